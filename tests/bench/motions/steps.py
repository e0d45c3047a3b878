"""Motions made of single steps, on the sole that rolls: stairs, escalator, lunges, hops, kneeling, a pushing foot."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from retropod.virtual.gaitmodel.foot import GRAVITY_M_S2, Foot, sensor_path
from retropod.virtual.gaitmodel.motion import Array, FootMotion, tremor

from .pose import REST_S, Pose, Walked, column, instants, integral, rise, vibration

_FOOT = Foot()
_SLAP_S = 0.012  # time in which an impact stops the foot
_DROP_M, _DROP_S = 0.02, 0.07  # last part of a step, which the ground stops
_LEAST_M = 0.1  # a shorter displacement has no direction


@dataclass
class Steps:
    """A foot that is moved step by step. `walked`: the steps that have a direction."""

    t: Array
    rng: np.random.Generator
    walked: list[Walked] = field(default_factory=list[Walked])

    def __post_init__(self) -> None:
        self.motion = FootMotion(self.t)
        self._still()

    def _still(self) -> None:
        self.motion.channels["pitch"] += 0.001 * tremor(self.t, self.rng, 0.15, 0.9)
        self.motion.channels["x"] += 0.0001 * tremor(self.t, self.rng, 0.15, 0.9)

    def move(self, name: str, amount: float, start: float, end: float, fall_s: float = 0.0) -> None:
        """Move a channel smoothly; `fall_s`: time of the stop, for an impact."""
        share = 0.45 * (end - start)
        self.motion.add_segment(name, amount, start, end, share, fall_s or share)

    def step(
        self, start: float, swing_s: float, dx: float, dz: float = 0.0, lift: float = 0.06, push: float = -0.6,
        strike: float = 0.25, stood_s: float = 1.0,
    ) -> float:  # fmt: skip
        """Add a step of `dx` forward and `dz` up, and return the time of contact.

        `push`, `strike`: pitch at toe-off and at contact, in rad. `stood_s`: time on the ground before; the heel
        lifts in the second half of it, or later.
        """
        contact = start + swing_s
        self.move("pitch", push, start - min(0.25 * swing_s + 0.1, 0.5 * stood_s), start + 0.06)
        self.move("pitch", strike - push, start + 0.06, contact)
        self.move("pitch", -strike, contact - 0.01, contact + 0.09)
        self.move("aloft", 1.0, start - 0.03, start + 0.08)
        self.move("aloft", -1.0, contact - 0.09, contact)
        self.move("x", dx, start - 0.03, contact + 0.005, 0.12 * swing_s)
        top = lift + max(dz, 0.0)
        self.move("z", top, start - 0.02, start + 0.6 * swing_s)
        self.move("z", dz - top + _DROP_M, start + 0.5 * swing_s, contact)
        self.move("z", -_DROP_M, contact - _DROP_S, contact, _SLAP_S)
        self._impact(contact, 1.0)
        if abs(dx) >= _LEAST_M:
            self.walked.append((start - 0.3, contact + 0.3, "forward" if dx > 0 else "backward"))
        return contact

    def hop(self, start: float, flight_s: float, down_rad: float, flat_rad: float) -> None:
        """Add a flight with the toes pointing down by `down_rad`; the foot stands at `flat_rad` (heel up) before."""
        end = start + flight_s
        self.move("pitch", flat_rad - down_rad, start - 0.12, start + 0.03)
        self.move("pitch", down_rad - flat_rad, end - 0.02, end + 0.1)
        u = np.clip((self.t - start) / flight_s, 0.0, 1.0)
        self.motion.channels["z"] += GRAVITY_M_S2 / 2.0 * flight_s**2 * u * (1.0 - u)
        for name in ("x", "y"):
            self.move(name, self.rng.normal(0.0, 0.02), start, end)
        self.move("aloft", 1.0, start, start + 0.06)
        self.move("aloft", -1.0, end - 0.06, end)
        self._impact(end, 2.0)

    def _impact(self, at: float, size_mm: float) -> None:
        for name, hz in (("z", 45.0), ("x", 35.0), ("y", 30.0)):
            self.motion.add_ring(name, 1e-3 * size_mm * self.rng.uniform(0.2, 0.8), at, hz, 0.012)
        self.motion.add_ring("pitch", 0.01 * self.rng.uniform(0.3, 1.0), at, 22.0, 0.02)

    def pose(self, carried: Array | None = None) -> Pose:
        """Return the movement of the sensor; `carried` (N, 3): displacement of the ground, in m."""
        channels = self.motion.finished()
        channels["z"] = _soft(channels["z"], self.t)
        path = sensor_path(channels, _FOOT)
        if carried is not None:
            path = path + carried
        return Pose(path, channels["yaw"], channels["pitch"], channels["roll"], self.walked)


def _soft(z: Array, t: Array) -> Array:
    """Smooth the corners of ballistic flights: the ground stops the foot within 12 ms."""
    width = max(3, round(_SLAP_S / (t[1] - t[0])))
    window = np.hanning(width + 2)[1:-1]
    half = width // 2
    padded = np.pad(z, (half, width - 1 - half), mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid")


def hopping(
    t: Array, rng: np.random.Generator, *, every_s: float, uneven: float, flight_s: float, down_rad: float,
    flat_rad: float,
) -> Pose:  # fmt: skip
    """Return hops on the spot: rope skipping (short, on the ball) or jumps (long flights, between them flat)."""
    steps = Steps(t, rng)
    at = REST_S + 1.0
    last = t[-1] - REST_S - 1.0 - every_s
    steps.move("pitch", -flat_rad, REST_S, at - 0.2)
    while at < last:
        steps.hop(at, flight_s * rng.uniform(0.9, 1.1), down_rad, flat_rad)
        at += max(every_s * (1.0 + uneven * rng.uniform(-1.0, 1.0)), 1.1 * flight_s + 0.16)
    steps.move("pitch", flat_rad, at, at + 0.6)
    return steps.pose()


def kneeling(
    t: Array, rng: np.random.Generator, *, every_s: float, down_s: float, knee_rad: float, step_m: float,
    hold_s: float,
) -> Pose:  # fmt: skip
    """Return kneeling down and getting up: the foot steps back by `step_m` and turns about the toes by `knee_rad`."""
    steps = Steps(t, rng)
    for at in instants(t, rng, every_s, 1.5 * every_s, tail_s=2.0 * down_s + hold_s + 2.5):
        start = at
        if step_m > _LEAST_M:
            start = steps.step(at, 0.5, -step_m, lift=0.04, push=0.15, strike=-0.3) + 0.1
        steps.move("pitch", -knee_rad, start, start + down_s)
        up = start + down_s + hold_s * rng.uniform(0.5, 1.0)
        steps.move("pitch", knee_rad, up, up + down_s)
        if step_m > _LEAST_M:
            steps.step(up + down_s + 0.2, 0.5, step_m, lift=0.04)
    return steps.pose()


def lunges(
    t: Array, rng: np.random.Generator, *, every_s: float, step_m: float, swing_s: float, hold_s: float,
    rear_rad: float,
) -> Pose:  # fmt: skip
    """Return alternating lunges: this foot steps out and back, then stays behind and rolls over its ball."""
    steps = Steps(t, rng)
    length = 2.0 * swing_s + hold_s + 0.6
    for number, at in enumerate(instants(t, rng, length + every_s, length + 2.0 * every_s, length)):
        if number % 2 == 0:
            contact = steps.step(at, swing_s, step_m, lift=0.08)
            steps.step(contact + hold_s, swing_s, -step_m, lift=0.08, push=0.2, strike=-0.3, stood_s=hold_s)
        else:
            steps.move("pitch", -rear_rad, at, at + 0.8 * swing_s + 0.3)
            steps.move("pitch", rear_rad, at + swing_s + hold_s, at + 2.0 * swing_s + hold_s + 0.3)
    return steps.pose()


def stairs(
    t: Array, rng: np.random.Generator, *, way: int, period_s: float, swing_share: float, tread_m: float,
    riser_m: float, flight: float,
) -> Pose:  # fmt: skip
    """Return flights of stairs with a level stride and a rest between them: this foot takes every other stair."""
    steps = Steps(t, rng)
    at, end = REST_S + 1.0, t[-1] - REST_S - 3.0 * period_s
    while at < end:
        for _ in range(round(flight)):
            if at < end:
                _stair(steps, at, swing_share * period_s, 2.0 * tread_m, 2.0 * way * riser_m)
                at += period_s * rng.normal(1.0, 0.03)
        steps.step(at, swing_share * period_s, rng.uniform(0.7, 1.2))
        at += period_s + rng.uniform(0.0, 3.0)
    return steps.pose()


def _stair(steps: Steps, at: float, swing_s: float, dx: float, dz: float) -> float:
    if dz > 0.0:
        return steps.step(at, swing_s, dx, dz, lift=0.05, push=-0.7, strike=-0.05)
    return steps.step(at, swing_s, dx, dz, lift=0.03, push=-0.5, strike=-0.3)


def escalator(
    t: Array, rng: np.random.Generator, *, way: int, speed_mps: float, slope_rad: float, walks: float,
    period_s: float, hum_m: float,
) -> Pose:  # fmt: skip
    """Return strides onto an escalator, a ride on which the person stands or climbs, and strides off it.

    `walks`: number of strides on the escalator; below 1 the person stands.
    """
    steps = Steps(t, rng)
    swing = 0.4 * period_s
    at = REST_S + 1.0
    for _ in range(4):
        contact = steps.step(at, swing, rng.uniform(0.9, 1.3))
        at += period_s
    on, climb = contact - swing, contact + 1.0
    for k in range(round(walks)):
        _stair(steps, climb + 2.0 + k * period_s, 0.4 * period_s, 0.8, 0.4 * way)
    off = climb + max(8.0, 4.0 + walks * period_s) + rng.uniform(2.0, 12.0)
    for k in range(5):
        steps.step(off + 0.5 + k * period_s, swing, rng.uniform(0.9, 1.3))
    moving = rise(t, on, swing) - rise(t, off + 0.5, swing)
    inclined = rise(t, climb, 1.0) - rise(t, off - 2.0, 1.0)
    angle = slope_rad * inclined
    hum = moving * vibration(t, rng, hum_m, 8.0, 50.0)
    ahead = integral(t, speed_mps * moving * np.cos(angle))
    up = way * integral(t, speed_mps * moving * np.sin(angle))
    return steps.pose(column(ahead, 0.0, up + hum))


def pushing_foot(
    t: Array, rng: np.random.Generator, *, period_s: float, speed_mps: float, contact_s: float, pushes: float
) -> Pose:
    """Return the foot that pushes a kick scooter: it stands while it pushes, and swings ahead with the rider.

    After each `pushes` pushes it steps onto the deck, glides there, and steps down again.
    """
    steps = Steps(t, rng)
    at, count, speed = REST_S + 1.0, 0, np.zeros_like(t)
    swing = period_s - contact_s
    while at < t[-1] - REST_S - 3.0 * period_s - 3.0:
        count += 1
        if count % max(2, round(pushes)) == 0:
            down = at + swing + rng.uniform(0.5, 2.0)
            steps.step(at, swing, 0.2, lift=0.2, push=-0.5, strike=0.1, stood_s=contact_s)
            steps.step(down, swing, 0.1, lift=0.05, push=-0.1, strike=0.1)
            speed += speed_mps * (rise(t, at, swing) - rise(t, down, swing))
            at = down + period_s
        else:
            dx = speed_mps * min(1.0, math.sqrt(count / 4.0)) * period_s
            at = steps.step(at, swing, dx, lift=0.12, push=-0.5, strike=0.1, stood_s=contact_s) + contact_s
    return steps.pose(column(integral(t, speed), 0.0, 0.0))
