"""Style of a gait: segments and rings over the phase of one stride.

The phase is 0 at mid-stance, 1 at toe-off, 2 at initial contact and 3 at the next mid-stance, and linear in time in
between. A segment may extend beyond both ends, because a running foot is never completely at rest.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Segment:
    """A movement of one channel. `amount` in degrees (angles), m (z, sag) or stride lengths (x, y)."""

    channel: str
    amount: float
    """ignored in the last segment of a channel, which moves the channel to its value at the end of the stride"""
    start: float
    """phase"""
    end: float
    """phase"""
    rise: float = 0.45
    """share of the duration in which the speed rises"""
    fall: float = 0.45
    """share of the duration in which the speed falls"""
    late_ms: float = 0.0
    """delay of the end after phase `end`: the effect of the contact takes a fixed time"""
    fall_ms: float = 0.0
    """if not 0: time in which the speed falls, for an impact; replaces `fall`"""


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
    """delay of the start after `phase`"""


@dataclass(frozen=True)
class Style:
    """Movements of a gait at one speed."""

    segments: tuple[Segment, ...]
    rings: tuple[Ring, ...] = ()
    shake_mm: float = 0.25
    """standard deviation of the tremor of the foot in the swing"""
