"""Bouts of one kind of movement in a row, and how a wearer gets from one to the next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from retropod.errors import UsageError

from .motion import Motion
from .stride import Step, Wearer, lay
from .timing import contact_s, period_s, to_phase_one_s

_DEG = math.pi / 180.0


@dataclass(frozen=True)
class Kind:
    """What a bout's name stands for."""

    family: str
    label: str
    gait: str
    travel_deg: float = 0.0
    speed_mps: float = 1.0
    """when the bout gives none"""
    rise_m: float = 0.0
    """a stride"""
    turn_deg: float = 0.0
    """a stride, when the bout gives none"""


KINDS: dict[str, Kind] = {
    "walk": Kind("walk", "forward", "walk", speed_mps=1.25),
    "jog": Kind("run", "forward", "jog", speed_mps=2.1),
    "run": Kind("run", "forward", "run", speed_mps=3.4),
    "backward-walk": Kind("backward_walk", "backward", "walk", 180.0, 0.9),
    "backward-jog": Kind("backward_run", "backward", "jog", 180.0, 1.8),
    "backward-run": Kind("backward_run", "backward", "run", 180.0, 2.6),
    "side-left": Kind("sideways", "lateral_left", "walk", 90.0, 1.0),
    "side-right": Kind("sideways", "lateral_right", "walk", -90.0, 1.0),
    "turn": Kind("turn", "turn", "other", 60.0, 0.15, turn_deg=70.0),
    "jump": Kind("jump", "other", "jump", speed_mps=0.02),
    "stairs-up": Kind("stairs_up", "forward", "stairs", speed_mps=0.48, rise_m=0.34),
    "stairs-down": Kind("stairs_down", "forward", "stairs", speed_mps=0.52, rise_m=-0.34),
}
"""Everything that is made of strides."""

FIDGETS = ("stand", "tap", "shuffle")
"""Everything that is not: the foot stays where it is, or nearly."""


@dataclass(frozen=True)
class Bout:
    """One kind of movement. Strides come by `strides` or by `duration_s`; what is None follows from kind and speed."""

    kind: str
    duration_s: float | None = None
    strides: int | None = None
    speed_mps: float | None = None
    period_s: float | None = None
    contact_s: float | None = None
    turn_deg: float | None = None
    """heading change a stride, left positive"""
    from_rest: bool = True
    """the first stride starts from standing: half the length"""
    to_rest: bool = True
    """the last one stops beside the other foot: half the length"""


@dataclass
class Plan:
    """Strides and fidgets laid end to end. Seconds from the start of the recording."""

    wearer: Wearer
    rng: np.random.Generator
    now_s: float = 0.0
    heading_rad: float = 0.0
    steps: list[Step] = field(default_factory=list[Step])
    fidgets: list[tuple[str, float, float]] = field(default_factory=list[tuple[str, float, float]])

    def add(self, bout: Bout) -> None:
        """Continue with a bout."""
        if bout.kind in FIDGETS:
            length = bout.duration_s if bout.duration_s is not None else 3.0
            self.fidgets.append((bout.kind, self.now_s, self.now_s + length))
            self.now_s += length
        elif bout.kind in KINDS:
            self._add_strides(bout, KINDS[bout.kind])
        else:
            known = ", ".join((*KINDS, *FIDGETS))
            raise UsageError(f"the gait model knows no movement called {bout.kind!r}", f"it knows {known}")

    def _add_strides(self, bout: Bout, kind: Kind) -> None:
        speed = bout.speed_mps if bout.speed_mps is not None else kind.speed_mps
        period = bout.period_s or period_s(kind.family, speed) * self.wearer.habit.get("period", 1.0)
        count = bout.strides if bout.strides is not None else max(1, round((bout.duration_s or 10.0) / period))
        contact = to_phase_one_s(kind.family, bout.contact_s or contact_s(kind.family, speed, period), period)
        turn = (bout.turn_deg if bout.turn_deg is not None else kind.turn_deg) * _DEG
        for index in range(count):
            half = (index == 0 and bout.from_rest) or (index == count - 1 and bout.to_rest)
            self._add_stride(
                kind, speed * period * (0.55 if half else 1.0), period, contact, turn, index > 0 or not bout.from_rest
            )

    def _add_stride(
        self, kind: Kind, length: float, period: float, contact: float, turn: float, after_contact: bool
    ) -> None:
        rng, spread = self.rng, self.wearer.spread
        this_period = period * (1.0 + 0.6 * spread * rng.standard_normal())
        this_contact = min(contact * (1.0 + 0.8 * spread * rng.standard_normal()), 0.75 * this_period)
        this_length = length * (1.0 + 0.8 * spread * rng.standard_normal())
        step = Step(
            family=kind.family,
            label=kind.label,
            gait=kind.gait,
            speed_mps=length / period if kind.family != "sideways" else kind.speed_mps,
            start_s=self.now_s,
            period_s=this_period,
            contact_s=this_contact,
            length_m=this_length,
            travel_rad=kind.travel_deg * _DEG,
            heading_rad=self.heading_rad,
            turn_rad=turn * (1.0 + 1.5 * spread * rng.standard_normal()) + 0.4 * spread * rng.standard_normal(),
            rise_m=kind.rise_m,
            after_contact=after_contact,
        )
        self.steps.append(step)
        self.now_s += this_period
        self.heading_rad += step.turn_rad

    def lay_into(self, motion: Motion) -> None:
        """Everything planned, as movement."""
        for step in self.steps:
            lay(motion, step, self.wearer, self.rng)
        for kind, start, end in self.fidgets:
            if kind == "tap":
                _tap(motion, start, end, self.rng)
            elif kind == "shuffle":
                _shuffle(motion, start, end, self.rng)


def planned(bouts: Sequence[Bout], rng: np.random.Generator, spread: float) -> Plan:
    """A wearer drawn from `rng`, going through the bouts in order."""
    habit = {name: float(np.exp(0.08 * rng.standard_normal())) for name in ("pitch", "roll", "yaw", "z", "y")}
    habit["period"] = float(np.exp(0.03 * rng.standard_normal()))
    plan = Plan(Wearer(habit, spread), rng)
    for bout in bouts:
        plan.add(bout)
    return plan


def _tap(motion: Motion, start: float, end: float, rng: np.random.Generator) -> None:
    """Somebody taps the shoe with a finger, or the wearer taps the ground with the toes."""
    now = start + 0.3
    while now < end - 0.5:
        if rng.random() < 0.5:
            motion.add_ring("z", 1e-4 * rng.uniform(1.0, 4.0), now, rng.uniform(50.0, 90.0), 0.012)
            motion.add_ring("x", 1e-4 * rng.uniform(0.5, 2.0), now, rng.uniform(50.0, 90.0), 0.012)
            now += rng.uniform(0.25, 0.7)
        else:
            lift = math.radians(rng.uniform(6.0, 16.0))
            motion.add_lobe("pitch", lift, now, now + 0.16, 0.07, 0.07)
            motion.add_lobe("pitch", -lift, now + 0.15, now + 0.28, 0.06, 0.012)
            motion.add_ring("z", 4e-4, now + 0.27, 45.0, 0.012)
            now += rng.uniform(0.45, 0.9)


def _shuffle(motion: Motion, start: float, end: float, rng: np.random.Generator) -> None:
    """Restless feet: the sole slides a few centimetres and turns a little, and comes to stand again."""
    now = start + 0.3
    while now < end - 0.8:
        length, way, size = rng.uniform(0.25, 0.5), rng.uniform(0.0, 2.0 * math.pi), rng.uniform(0.01, 0.06)
        motion.add_lobe("x", size * math.cos(way), now, now + length, 0.45 * length, 0.4 * length)
        motion.add_lobe("y", size * math.sin(way), now, now + length, 0.45 * length, 0.4 * length)
        motion.add_lobe("yaw", math.radians(rng.normal(0.0, 8.0)), now, now + length, 0.4 * length, 0.4 * length)
        lift = math.radians(rng.normal(0.0, 6.0))
        motion.add_lobe("pitch", lift, now, now + 0.55 * length, 0.2 * length, 0.2 * length)
        motion.add_lobe("pitch", -lift, now + 0.45 * length, now + length, 0.2 * length, 0.1 * length)
        now += length + rng.uniform(0.1, 0.8)


def middle_of_stance(step: Step) -> tuple[float, float]:
    """Where the mid-stance that closes the stride is looked for: seconds, from and to."""
    return step.landing_s + 0.2 * step.contact_s, step.landing_s + 0.68 * step.contact_s
