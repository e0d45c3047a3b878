"""Plan of a session: a sequence of stages, each with one kind of movement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from retropod.errors import UsageError

from .motion import FootMotion
from .stride import ModelStep, Wearer, add_stride
from .timing import contact_s, contact_without_roll_s, period_s

_DEG = math.pi / 180.0


@dataclass(frozen=True)
class MovementKind:
    """Properties of a kind of movement. Speed in m/s; rise and turn per stride."""

    family: str
    label: str
    gait: str
    travel_deg: float = 0.0
    speed_mps: float = 1.0
    """default of the stage"""
    rise_m: float = 0.0
    turn_deg: float = 0.0
    """default of the stage"""


KINDS: dict[str, MovementKind] = {
    "walk": MovementKind("walk", "forward", "walk", speed_mps=1.25),
    "jog": MovementKind("run", "forward", "jog", speed_mps=2.1),
    "run": MovementKind("run", "forward", "run", speed_mps=3.4),
    "backward-walk": MovementKind("backward_walk", "backward", "walk", 180.0, 0.9),
    "backward-jog": MovementKind("backward_run", "backward", "jog", 180.0, 1.8),
    "backward-run": MovementKind("backward_run", "backward", "run", 180.0, 2.6),
    "side-left": MovementKind("sideways", "lateral_left", "walk", 90.0, 1.0),
    "side-right": MovementKind("sideways", "lateral_right", "walk", -90.0, 1.0),
    "turn": MovementKind("turn", "turn", "other", 60.0, 0.15, turn_deg=70.0),
    "jump": MovementKind("jump", "other", "jump", speed_mps=0.02),
    "stairs-up": MovementKind("stairs_up", "forward", "stairs", speed_mps=0.48, rise_m=0.34),
    "stairs-down": MovementKind("stairs_down", "forward", "stairs", speed_mps=0.52, rise_m=-0.34),
}
"""Kinds of movement that consist of strides."""

FIDGETS = ("stand", "tap", "shuffle")
"""Kinds of movement without strides: the foot stays in place, or nearly."""


@dataclass(frozen=True)
class Stage:
    """A part of a session with one kind of movement. `strides` or `duration_s` gives its length.

    A value of None follows from kind and speed.
    """

    kind: str
    duration_s: float | None = None
    strides: int | None = None
    speed_mps: float | None = None
    period_s: float | None = None
    contact_s: float | None = None
    turn_deg: float | None = None
    """heading change per stride, left positive"""
    from_rest: bool = True
    """the first stride starts from standing, with half the length"""
    to_rest: bool = True
    """the last stride stops next to the other foot, with half the length"""


@dataclass
class SessionPlan:
    """Strides and fidgets in sequence. Times in s from the start of the recording."""

    wearer: Wearer
    rng: np.random.Generator
    now_s: float = 0.0
    heading_rad: float = 0.0
    steps: list[ModelStep] = field(default_factory=list[ModelStep])
    fidgets: list[tuple[str, float, float]] = field(default_factory=list[tuple[str, float, float]])

    def add(self, stage: Stage) -> None:
        """Append a stage. Raises UsageError for an unknown kind."""
        if stage.kind in FIDGETS:
            length = stage.duration_s if stage.duration_s is not None else 3.0
            self.fidgets.append((stage.kind, self.now_s, self.now_s + length))
            self.now_s += length
        elif stage.kind in KINDS:
            self._add_strides(stage, KINDS[stage.kind])
        else:
            known = ", ".join((*KINDS, *FIDGETS))
            raise UsageError(f"unknown movement: {stage.kind!r}", f"use one of {known}")

    def _add_strides(self, stage: Stage, kind: MovementKind) -> None:
        speed = stage.speed_mps if stage.speed_mps is not None else kind.speed_mps
        period = stage.period_s or period_s(kind.family, speed) * self.wearer.habit.get("period", 1.0)
        count = stage.strides if stage.strides is not None else max(1, round((stage.duration_s or 10.0) / period))
        contact = contact_without_roll_s(kind.family, stage.contact_s or contact_s(kind.family, speed, period), period)
        turn = (stage.turn_deg if stage.turn_deg is not None else kind.turn_deg) * _DEG
        for index in range(count):
            half = (index == 0 and stage.from_rest) or (index == count - 1 and stage.to_rest)
            self._add_stride(kind, speed * period * (0.55 if half else 1.0), period, contact, turn)

    def _add_stride(self, kind: MovementKind, length: float, period: float, contact: float, turn: float) -> None:
        rng, spread = self.rng, self.wearer.spread
        this_period = period * (1.0 + 0.6 * spread * rng.standard_normal())
        this_contact = min(contact * (1.0 + 0.8 * spread * rng.standard_normal()), 0.75 * this_period)
        this_length = length * (1.0 + 0.8 * spread * rng.standard_normal())
        step = ModelStep(
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
        )
        self.steps.append(step)
        self.now_s += this_period
        self.heading_rad += step.turn_rad

    def add_to(self, motion: FootMotion) -> None:
        """Add all strides and fidgets to the motion."""
        for step in self.steps:
            add_stride(motion, step, self.wearer, self.rng)
        for kind, start, end in self.fidgets:
            if kind == "tap":
                _tap(motion, start, end, self.rng)
            elif kind == "shuffle":
                _shuffle(motion, start, end, self.rng)


def plan_session(stages: Sequence[Stage], rng: np.random.Generator, spread: float) -> SessionPlan:
    """Return the plan of the stages for a wearer drawn from `rng`. `spread`: relative standard deviation of strides."""
    habit = {name: float(np.exp(0.08 * rng.standard_normal())) for name in ("pitch", "roll", "yaw", "z", "y")}
    habit["period"] = float(np.exp(0.03 * rng.standard_normal()))
    plan = SessionPlan(Wearer(habit, spread), rng)
    for stage in stages:
        plan.add(stage)
    return plan


def _tap(motion: FootMotion, start: float, end: float, rng: np.random.Generator) -> None:
    """Add taps: of a finger on the shoe, or of the toes on the ground."""
    now = start + 0.3
    while now < end - 0.5:
        if rng.random() < 0.5:
            motion.add_ring("z", 1e-4 * rng.uniform(1.0, 4.0), now, rng.uniform(50.0, 90.0), 0.012)
            motion.add_ring("x", 1e-4 * rng.uniform(0.5, 2.0), now, rng.uniform(50.0, 90.0), 0.012)
            now += rng.uniform(0.25, 0.7)
        else:
            lift = math.radians(rng.uniform(6.0, 16.0))
            motion.add_segment("pitch", lift, now, now + 0.16, 0.07, 0.07)
            motion.add_segment("pitch", -lift, now + 0.15, now + 0.28, 0.06, 0.012)
            motion.add_ring("z", 4e-4, now + 0.27, 45.0, 0.012)
            now += rng.uniform(0.45, 0.9)


def _shuffle(motion: FootMotion, start: float, end: float, rng: np.random.Generator) -> None:
    """Add shuffling: the sole slides by 1 to 6 cm, turns a little and stops."""
    now = start + 0.3
    while now < end - 0.8:
        length, heading, size = rng.uniform(0.25, 0.5), rng.uniform(0.0, 2.0 * math.pi), rng.uniform(0.01, 0.06)
        motion.add_segment("x", size * math.cos(heading), now, now + length, 0.45 * length, 0.4 * length)
        motion.add_segment("y", size * math.sin(heading), now, now + length, 0.45 * length, 0.4 * length)
        motion.add_segment("yaw", math.radians(rng.normal(0.0, 8.0)), now, now + length, 0.4 * length, 0.4 * length)
        lift = math.radians(rng.normal(0.0, 6.0))
        motion.add_segment("pitch", lift, now, now + 0.55 * length, 0.2 * length, 0.2 * length)
        motion.add_segment("pitch", -lift, now + 0.45 * length, now + length, 0.2 * length, 0.1 * length)
        now += length + rng.uniform(0.1, 0.8)


def closing_stance(step: ModelStep) -> tuple[float, float]:
    """Return the interval (start, end), in s, that contains the mid-stance at the end of the stride."""
    return step.landing_s + 0.2 * step.contact_s, step.landing_s + 0.68 * step.contact_s
