"""Synthesis of a stride: adds the pieces of a style, with the variation of this stride, to a `FootMotion`."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from .motion import FootMotion
from .style import Ring, Segment, Style
from .styles import STYLES
from .timing import heel_roll_s

MID_STANCE = 0.48
"""share of the contact time before mid-stance"""

Piece = TypeVar("Piece", Segment, Ring)

_ANGLES = ("pitch", "roll", "yaw")
_HEADING_CHANGE = Segment("yaw", 0.0, 0.75, 2.15, 0.45, 0.45)
_TIME_SPREAD = 0.015  # standard deviation of the start of a segment, in phases


@dataclass(frozen=True)
class ModelStep:
    """A planned stride, in s, m and rad. Its truth is measured later on the path of the sensor."""

    family: str
    label: str
    gait: str
    speed_mps: float
    start_s: float
    """opening mid-stance"""
    period_s: float
    contact_s: float
    """contact time, of which one part precedes phase 1 and one follows the landing"""
    length_m: float
    travel_rad: float
    """direction of travel relative to the heading: 0 forward, pi backward, +pi/2 left"""
    heading_rad: float
    """at the opening mid-stance"""
    turn_rad: float
    rise_m: float

    @property
    def end_s(self) -> float:
        """Time of the planned closing mid-stance."""
        return self.start_s + self.period_s

    @property
    def rolled_s(self) -> float:
        """Time of phase 1."""
        return self.start_s + (1.0 - MID_STANCE) * self.contact_s

    @property
    def toe_off_s(self) -> float:
        """Time at which the sole leaves the ground."""
        return self.rolled_s + heel_roll_s(self.family, self.period_s - self.contact_s)

    @property
    def landing_s(self) -> float:
        """Time at which the sole meets the ground."""
        return self.end_s - MID_STANCE * self.contact_s

    @property
    def mirror(self) -> float:
        """-1 for a step to the right, which is a mirrored step to the left, else 1."""
        return -1.0 if math.sin(self.travel_rad) < -0.5 else 1.0

    def time_of(self, phase: float) -> float:
        """Return the time of a phase: 0 mid-stance, 1 rolled off, 2 contact, 3 mid-stance. Extrapolates beyond both."""
        knots = (self.start_s, self.rolled_s, self.landing_s, self.end_s)
        piece = min(max(math.floor(phase), 0), 2)
        return knots[piece] + (phase - piece) * (knots[piece + 1] - knots[piece])


def style_at(family: str, speed_mps: float) -> Style:
    """Return the style of a family at a speed: interpolated between the tabled speeds, constant beyond them."""
    anchors = STYLES[family]
    speeds = [speed for speed, _ in anchors]
    place = float(np.interp(speed_mps, speeds, np.arange(len(anchors))))
    low = min(int(place), len(anchors) - 1)
    return _between(anchors[low][1], anchors[min(low + 1, len(anchors) - 1)][1], place - low)


def _between(a: Style, b: Style, share: float) -> Style:
    segments = tuple(_mixed(p, q, share) for p, q in zip(a.segments, b.segments, strict=True))
    rings = tuple(_mixed(p, q, share) for p, q in zip(a.rings, b.rings, strict=True))
    return Style(segments, rings, a.shake_mm + share * (b.shake_mm - a.shake_mm))


def _mixed(a: Piece, b: Piece, share: float) -> Piece:
    numbers = [f.name for f in fields(a) if f.name != "channel"]
    return replace(a, **{n: getattr(a, n) + share * (getattr(b, n) - getattr(a, n)) for n in numbers})


@dataclass(frozen=True)
class Wearer:
    """Variation between wearers and between the strides of one wearer."""

    habit: dict[str, float]
    """channel -> factor, constant over a recording"""
    spread: float
    """relative standard deviation of every movement from stride to stride"""


def add_stride(motion: FootMotion, step: ModelStep, wearer: Wearer, rng: np.random.Generator) -> None:
    """Add the stride to the motion."""
    style = style_at(step.family, step.speed_mps)
    _add_segment(motion, _HEADING_CHANGE, step.mirror * math.degrees(step.turn_rad), step, rng)
    last = {segment.channel: index for index, segment in enumerate(style.segments)}
    moved = dict.fromkeys(last, 0.0)
    ends = {"x": 1.0, "z": step.rise_m}
    for index, segment in enumerate(style.segments):
        if last[segment.channel] == index:
            amount = ends.get(segment.channel, 0.0) - moved[segment.channel]
        else:
            amount = segment.amount * wearer.habit.get(segment.channel, 1.0) * _random_factor(rng, wearer.spread)
        moved[segment.channel] += amount
        _add_segment(motion, segment, amount, step, rng, style.shake_mm)
    for ring in style.rings:
        _add_ring(motion, ring, step, wearer, rng)


def _random_factor(rng: np.random.Generator, spread: float) -> float:
    return float(np.exp(spread * rng.standard_normal()))


def _add_segment(
    motion: FootMotion,
    segment: Segment,
    amount: float,
    step: ModelStep,
    rng: np.random.Generator,
    shake_mm: float = 0.0,
) -> None:
    start = step.time_of(segment.start + _TIME_SPREAD * rng.standard_normal())
    end = step.time_of(segment.end) + 1e-3 * segment.late_ms
    length = end - start
    fall = min(1e-3 * segment.fall_ms, 0.6 * length) if segment.fall_ms > 0 else segment.fall * length
    for channel, part in _parts(segment.channel, amount, step, shake_mm):
        motion.add_segment(channel, part, start, end, min(segment.rise * length, length - fall), fall)


def _parts(channel: str, amount: float, step: ModelStep, shake_mm: float) -> tuple[tuple[str, float], ...]:
    """Convert a movement to channels and units of the motion. In a style, x is the direction of travel, y across it."""
    if channel in _ANGLES:
        side = step.mirror if channel != "pitch" else 1.0
        return ((channel, side * math.radians(amount)),)
    if channel == "shake":
        return ((channel, 1e-3 * shake_mm * amount),)
    if channel not in ("x", "y"):
        return ((channel, amount),)
    travel = step.heading_rad + 0.5 * step.turn_rad + step.travel_rad + (0.5 * math.pi if channel == "y" else 0.0)
    distance = amount * step.length_m
    return (("x", distance * math.cos(travel)), ("y", distance * math.sin(travel)))


def _add_ring(motion: FootMotion, ring: Ring, step: ModelStep, wearer: Wearer, rng: np.random.Generator) -> None:
    start = step.time_of(ring.phase) + 1e-3 * ring.late_ms
    amount = ring.amount * _random_factor(rng, 3.0 * wearer.spread)
    freq = ring.freq_hz * _random_factor(rng, wearer.spread)
    if ring.channel in _ANGLES:
        motion.add_ring(ring.channel, math.radians(amount), start, freq, 1e-3 * ring.decay_ms)
    elif ring.channel == "z":
        motion.add_ring("z", 1e-3 * amount, start, freq, 1e-3 * ring.decay_ms)
    else:
        heading = step.heading_rad + step.turn_rad + (0.5 * math.pi if ring.channel == "y" else 0.0)
        motion.add_ring("x", 1e-3 * amount * math.cos(heading), start, freq, 1e-3 * ring.decay_ms)
        motion.add_ring("y", 1e-3 * amount * math.sin(heading), start, freq, 1e-3 * ring.decay_ms)
