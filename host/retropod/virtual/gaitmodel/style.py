"""What a gait's table is made of: lobes and rings over the phase of one stride.

A stride's phase runs 0 mid-stance, 1 toe-off, 2 initial contact, 3 next mid-stance; between them it is linear in
time, and a lobe may reach beyond both ends, for a running foot is never quite at rest.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lobe:
    """One movement of one channel. Amount in degrees (angles), metres (z, sag), parts of the stride length (x, y)."""

    channel: str
    amount: float
    """ignored in the last lobe of a channel: that one takes the channel to where the stride must end"""
    start: float
    """phase"""
    end: float
    """phase"""
    rise: float = 0.45
    """part of the duration in which the speed builds up"""
    fall: float = 0.45
    """part of the duration in which it is lost"""
    late_ms: float = 0.0
    """the end comes so much after phase `end`: what contact stops takes time, not phase"""
    fall_ms: float = 0.0
    """when set: the speed is lost in this time, whatever the duration (an impact)"""


@dataclass(frozen=True)
class Ring:
    """A damped oscillation of shoe and tissue."""

    channel: str
    amount: float
    """mm, or degrees for angles"""
    phase: float
    freq_hz: float
    decay_ms: float
    late_ms: float = 0.0
    """it begins so much after its phase"""


@dataclass(frozen=True)
class Style:
    """How a gait looks at one speed."""

    lobes: tuple[Lobe, ...]
    rings: tuple[Ring, ...] = ()
    shake_mm: float = 0.25
    """trembling of the foot on its way, standard deviation"""
