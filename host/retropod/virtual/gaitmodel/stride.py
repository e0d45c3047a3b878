"""One stride: from a style and this stride's own variation to lobes and rings in a `Motion`."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from .motion import Motion
from .style import Lobe, Ring, Style
from .styles import STYLES
from .timing import rolls_on_s

MID_STANCE = 0.48
"""part of the contact before mid-stance"""

Piece = TypeVar("Piece", Lobe, Ring)

_ANGLES = ("pitch", "roll", "yaw")
_HEADING_CHANGE = Lobe("yaw", 0.0, 0.75, 2.15, 0.45, 0.45)
_TIME_SPREAD = 0.015  # of a phase


@dataclass(frozen=True)
class Step:
    """One stride as planned, before the sensor's truth is read from the path. Seconds, metres, radians."""

    family: str
    label: str
    gait: str
    speed_mps: float
    start_s: float
    """mid-stance that opens it"""
    period_s: float
    contact_s: float
    """contact time before phase 1, and after its contact: both half stances belong to the same rhythm"""
    length_m: float
    travel_rad: float
    """direction of travel against the heading: 0 forward, pi backward, +pi/2 left"""
    heading_rad: float
    """at the opening mid-stance"""
    turn_rad: float
    rise_m: float
    after_contact: bool
    """a contact came before: the contact time is known"""

    @property
    def end_s(self) -> float:
        """Closing mid-stance as planned."""
        return self.start_s + self.period_s

    @property
    def rolled_s(self) -> float:
        """Phase 1."""
        return self.start_s + (1.0 - MID_STANCE) * self.contact_s

    @property
    def toe_off_s(self) -> float:
        """The sole leaves the ground."""
        return self.rolled_s + rolls_on_s(self.family, self.period_s - self.contact_s)

    @property
    def landing_s(self) -> float:
        """The sole meets the ground."""
        return self.end_s - MID_STANCE * self.contact_s

    @property
    def mirror(self) -> float:
        """-1 for a step to the right: it is a step to the left in a mirror."""
        return -1.0 if math.sin(self.travel_rad) < -0.5 else 1.0

    def time_of(self, phase: float) -> float:
        """Seconds at a phase: 0 mid-stance, 1 rolled off, 2 contact, 3 mid-stance; beyond at the slope of stance."""
        knots = (self.start_s, self.rolled_s, self.landing_s, self.end_s)
        piece = min(max(math.floor(phase), 0), 2)
        return knots[piece] + (phase - piece) * (knots[piece + 1] - knots[piece])


def style_at(family: str, speed_mps: float) -> Style:
    """The style of a family at a speed, interpolated between the tabled ones and held beyond them."""
    anchors = STYLES[family]
    speeds = [speed for speed, _ in anchors]
    place = float(np.interp(speed_mps, speeds, np.arange(len(anchors))))
    low = min(int(place), len(anchors) - 1)
    return _between(anchors[low][1], anchors[min(low + 1, len(anchors) - 1)][1], place - low)


def _between(a: Style, b: Style, share: float) -> Style:
    lobes = tuple(_mixed(p, q, share) for p, q in zip(a.lobes, b.lobes, strict=True))
    rings = tuple(_mixed(p, q, share) for p, q in zip(a.rings, b.rings, strict=True))
    return Style(lobes, rings, a.shake_mm + share * (b.shake_mm - a.shake_mm))


def _mixed(a: Piece, b: Piece, share: float) -> Piece:
    numbers = [f.name for f in fields(a) if f.name != "channel"]
    return replace(a, **{n: getattr(a, n) + share * (getattr(b, n) - getattr(a, n)) for n in numbers})


@dataclass(frozen=True)
class Wearer:
    """What makes one person's strides differ from another's, and each of them from the last."""

    habit: dict[str, float]
    """channel -> factor that stays the same over a recording"""
    spread: float
    """relative standard deviation of every movement from stride to stride"""


def lay(motion: Motion, step: Step, wearer: Wearer, rng: np.random.Generator) -> None:
    """Add the stride to the motion."""
    style = style_at(step.family, step.speed_mps)
    _lay_lobe(motion, _HEADING_CHANGE, step.mirror * math.degrees(step.turn_rad), step, rng)
    last = {lobe.channel: index for index, lobe in enumerate(style.lobes)}
    moved = dict.fromkeys(last, 0.0)
    ends = {"x": 1.0, "z": step.rise_m}
    for index, lobe in enumerate(style.lobes):
        if last[lobe.channel] == index:
            amount = ends.get(lobe.channel, 0.0) - moved[lobe.channel]
        else:
            amount = lobe.amount * wearer.habit.get(lobe.channel, 1.0) * _around_one(rng, wearer.spread)
        moved[lobe.channel] += amount
        _lay_lobe(motion, lobe, amount, step, rng, style.shake_mm)
    for ring in style.rings:
        _lay_ring(motion, ring, step, wearer, rng)


def _around_one(rng: np.random.Generator, spread: float) -> float:
    return float(np.exp(spread * rng.standard_normal()))


def _lay_lobe(
    motion: Motion, lobe: Lobe, amount: float, step: Step, rng: np.random.Generator, shake_mm: float = 0.0
) -> None:
    start = step.time_of(lobe.start + _TIME_SPREAD * rng.standard_normal())
    end = step.time_of(lobe.end) + 1e-3 * lobe.late_ms
    length = end - start
    fall = min(1e-3 * lobe.fall_ms, 0.6 * length) if lobe.fall_ms > 0 else lobe.fall * length
    for channel, part in _spread_over(lobe.channel, amount, step, shake_mm):
        motion.add_lobe(channel, part, start, end, min(lobe.rise * length, length - fall), fall)


def _spread_over(channel: str, amount: float, step: Step, shake_mm: float) -> tuple[tuple[str, float], ...]:
    """Into the motion's channels and units: x and y of a style run along and across the way, not the ground's axes."""
    if channel in _ANGLES:
        side = step.mirror if channel != "pitch" else 1.0
        return ((channel, side * math.radians(amount)),)
    if channel == "shake":
        return ((channel, 1e-3 * shake_mm * amount),)
    if channel not in ("x", "y"):
        return ((channel, amount),)
    way = step.heading_rad + 0.5 * step.turn_rad + step.travel_rad + (0.5 * math.pi if channel == "y" else 0.0)
    distance = amount * step.length_m
    return (("x", distance * math.cos(way)), ("y", distance * math.sin(way)))


def _lay_ring(motion: Motion, ring: Ring, step: Step, wearer: Wearer, rng: np.random.Generator) -> None:
    start = step.time_of(ring.phase) + 1e-3 * ring.late_ms
    amount = ring.amount * _around_one(rng, 3.0 * wearer.spread)
    freq = ring.freq_hz * _around_one(rng, wearer.spread)
    if ring.channel in _ANGLES:
        motion.add_ring(ring.channel, math.radians(amount), start, freq, 1e-3 * ring.decay_ms)
    elif ring.channel == "z":
        motion.add_ring("z", 1e-3 * amount, start, freq, 1e-3 * ring.decay_ms)
    else:
        way = step.heading_rad + step.turn_rad + (0.5 * math.pi if ring.channel == "y" else 0.0)
        motion.add_ring("x", 1e-3 * amount * math.cos(way), start, freq, 1e-3 * ring.decay_ms)
        motion.add_ring("y", 1e-3 * amount * math.sin(way), start, freq, 1e-3 * ring.decay_ms)
