"""How each gait moves the foot: tables of lobes over one stride, from mid-stance to mid-stance.

A stride's phase runs 0 mid-stance, 1 toe-off, 2 initial contact, 3 next mid-stance; between them it is linear in
time, and a lobe may reach beyond both ends, for a running foot is never quite at rest. Shapes were drawn by hand from
what is published about foot kinematics and held against real recordings (see compare.py); no sample of a recording is
in here.
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


_SHAKE = (Lobe("shake", 1.0, 0.45, 1.0, 0.5, 0.5), Lobe("shake", 0.0, 2.05, 2.75, 0.5, 0.5))


def _forward(
    push: float, kick: float, swing: float, high: float, low: float, drop: float, sag: float
) -> tuple[Lobe, ...]:
    """Heel leaves, toe pushes, foot swings through toe-up, heel lands, foot slaps down."""
    return (
        Lobe("pitch", push, 0.25, 1.14, 0.72, 0.24),
        Lobe("pitch", kick, 0.95, 1.55, 0.4, 0.4),
        Lobe("pitch", swing, 1.0, 1.93, 0.4, 0.3),
        Lobe("pitch", 0.0, 1.86, 2.0, 0.3, 0.3, late_ms=75.0),
        Lobe("roll", 5.0, 0.95, 1.4),
        Lobe("roll", -9.0, 1.35, 1.95),
        Lobe("roll", 0.0, 1.9, 2.1, late_ms=20.0),
        Lobe("yaw", 4.0, 0.95, 1.45),
        Lobe("yaw", 0.0, 1.5, 2.1),
        Lobe("x", 0.9, 0.95, 2.0, 0.4, 0.42),
        Lobe("x", 0.0, 1.1, 2.0, 0.5, 0.1, late_ms=18.0, fall_ms=20.0),
        Lobe("y", 0.02, 1.0, 1.5),
        Lobe("y", 0.0, 1.5, 2.0),
        Lobe("z", high, 0.98, 1.4, 0.4, 0.5),
        Lobe("z", low - high, 1.35, 1.8),
        Lobe("z", 0.0, 1.72, 2.0, 0.4, 0.1, late_ms=drop, fall_ms=drop + 2.0),
        Lobe("sag", sag, 2.0, 2.0, 0.45, 0.5, late_ms=60.0),
        Lobe("sag", 0.0, 2.9, 3.9),
        *_SHAKE,
    )


def _forward_rings(strength: float) -> tuple[Ring, ...]:
    return (
        Ring("z", 0.7 * strength, 2.0, 42.0, 12.0),
        Ring("x", -0.6 * strength, 2.0, 33.0, 14.0),
        Ring("pitch", 0.35 * strength, 2.02, 28.0, 16.0),
    )


def _backward(lift: float, fall: float, back: float, high: float, low: float, stop_ms: float) -> tuple[Lobe, ...]:
    """Foot rolls off its heel toe-up, swings back, turns toe-down, the ball lands, the heel drops."""
    return (
        Lobe("pitch", lift, 0.35, 1.3, 0.55, 0.35),
        Lobe("pitch", fall, 1.2, 1.85, 0.35, 0.4),
        Lobe("pitch", back, 1.75, 2.02, 0.4, 0.4),
        Lobe("pitch", 0.0, 1.98, 2.0, 0.3, 0.1, late_ms=stop_ms, fall_ms=16.0),
        Lobe("roll", 8.0, 1.0, 1.6),
        Lobe("roll", 0.0, 1.6, 2.05),
        Lobe("yaw", 5.0, 0.9, 1.35),
        Lobe("yaw", 0.0, 1.4, 2.0),
        Lobe("x", 0.93, 0.85, 2.0, 0.45, 0.4),
        Lobe("x", 0.0, 1.1, 2.0, 0.5, 0.1, late_ms=16.0, fall_ms=18.0),
        Lobe("y", -0.02, 1.0, 1.5),
        Lobe("y", 0.0, 1.5, 2.0),
        Lobe("z", high, 0.98, 1.45, 0.4, 0.5),
        Lobe("z", low - high, 1.4, 1.8),
        Lobe("z", 0.0, 1.7, 2.0, 0.45, 0.1, late_ms=10.0, fall_ms=12.0),
        Lobe("sag", 0.003, 2.0, 2.0, 0.45, 0.5, late_ms=70.0),
        Lobe("sag", 0.0, 2.9, 3.9),
        *_SHAKE,
    )


def _backward_rings(strength: float, heel_ms: float) -> tuple[Ring, ...]:
    """Two blows: the ball lands, then the heel."""
    return (
        Ring("z", 0.5 * strength, 2.0, 45.0, 10.0),
        Ring("x", 0.5 * strength, 2.0, 38.0, 12.0),
        Ring("z", 0.8 * strength, 2.0, 48.0, 10.0, heel_ms),
        Ring("x", 0.4 * strength, 2.0, 40.0, 12.0, heel_ms),
    )


def _sideways(tilt: float) -> tuple[Lobe, ...]:
    """x is along the way, which lies across the shoe; the outer edge leads."""
    return (
        Lobe("pitch", -14.0, 0.5, 1.2, 0.5, 0.4),
        Lobe("pitch", 6.0, 1.2, 1.7),
        Lobe("pitch", 0.0, 1.7, 2.0, 0.4, 0.2, late_ms=40.0),
        Lobe("roll", -0.25 * tilt, 0.7, 1.1),
        Lobe("roll", tilt, 1.0, 1.75),
        Lobe("roll", 0.0, 1.7, 2.0, 0.4, 0.2, late_ms=35.0),
        Lobe("yaw", -0.2 * tilt, 0.7, 1.1),
        Lobe("yaw", 0.8 * tilt, 1.0, 1.5),
        Lobe("yaw", 0.0, 1.4, 2.1),
        Lobe("x", 0.92, 0.92, 2.0, 0.35, 0.5),
        Lobe("x", 0.0, 1.1, 2.0, 0.4, 0.1, late_ms=14.0, fall_ms=15.0),
        Lobe("z", 0.05, 1.0, 1.5),
        Lobe("z", 0.0, 1.5, 2.0, 0.45, 0.1, late_ms=8.0, fall_ms=10.0),
        *_SHAKE,
    )


_SIDE_RINGS = (Ring("z", 0.9, 2.0, 48.0, 10.0), Ring("y", 0.8, 2.0, 40.0, 12.0), Ring("x", 0.5, 2.0, 45.0, 10.0))

_TURN = (
    Lobe("pitch", -14.0, 0.6, 1.2),
    Lobe("pitch", 20.0, 1.2, 1.8),
    Lobe("pitch", 0.0, 1.8, 2.0, late_ms=60.0),
    Lobe("roll", 5.0, 1.0, 1.5),
    Lobe("roll", 0.0, 1.5, 2.1),
    Lobe("x", 0.0, 1.0, 2.0, 0.4, 0.4),
    Lobe("z", 0.05, 1.0, 1.5),
    Lobe("z", 0.0, 1.5, 2.0, 0.45, 0.1, late_ms=10.0, fall_ms=12.0),
    *_SHAKE,
)

_JUMP = (
    Lobe("pitch", -45.0, 0.5, 1.15, 0.6, 0.3),
    Lobe("pitch", 22.0, 1.2, 1.8),
    Lobe("pitch", 0.0, 1.97, 2.0, 0.3, 0.2, late_ms=60.0, fall_ms=18.0),
    Lobe("x", 0.0, 1.0, 2.0),
    Lobe("z", 0.24, 0.95, 1.5, 0.2, 0.75),
    Lobe("z", 0.0, 1.5, 2.0, 0.8, 0.1, late_ms=14.0, fall_ms=15.0),
    Lobe("sag", 0.008, 2.0, 2.0, late_ms=70.0),
    Lobe("sag", 0.0, 2.9, 3.9),
    *_SHAKE,
)

_STAIRS_UP = (
    Lobe("pitch", -38.0, 0.4, 1.15, 0.6, 0.3),
    Lobe("pitch", 42.0, 1.1, 1.8),
    Lobe("pitch", 0.0, 1.8, 2.0, late_ms=70.0),
    Lobe("x", 0.0, 1.0, 2.0, 0.4, 0.45),
    Lobe("z", 0.42, 0.98, 1.75, 0.4, 0.5),
    Lobe("z", 0.0, 1.7, 2.0, 0.45, 0.1, late_ms=12.0, fall_ms=14.0),
    *_SHAKE,
)

_STAIRS_DOWN = (
    Lobe("pitch", -20.0, 0.4, 1.2),
    Lobe("pitch", 25.0, 1.1, 1.6),
    Lobe("pitch", -25.0, 1.55, 2.0),
    Lobe("pitch", 0.0, 1.97, 2.0, 0.3, 0.2, late_ms=90.0, fall_ms=18.0),
    Lobe("x", 0.0, 0.95, 1.9, 0.4, 0.4),
    Lobe("z", 0.05, 0.98, 1.3),
    Lobe("z", 0.0, 1.3, 2.0, 0.5, 0.1, late_ms=10.0, fall_ms=12.0),
    *_SHAKE,
)

STYLES: dict[str, tuple[tuple[float, Style], ...]] = {
    "walk": (
        (0.7, Style(_forward(-50.0, -2.0, 74.0, 0.045, 0.030, 12.0, 0.001), _forward_rings(0.7))),
        (1.6, Style(_forward(-64.0, -2.0, 94.0, 0.055, 0.035, 11.0, 0.002), _forward_rings(1.3))),
    ),
    "run": (
        (2.0, Style(_forward(-62.0, -8.0, 96.0, 0.08, 0.05, 10.0, 0.005), _forward_rings(1.5), 0.4)),
        (3.6, Style(_forward(-72.0, -24.0, 108.0, 0.14, 0.08, 9.0, 0.008), _forward_rings(2.0), 0.5)),
        (5.5, Style(_forward(-76.0, -34.0, 122.0, 0.20, 0.10, 8.0, 0.010), _forward_rings(2.6), 0.6)),
    ),
    "backward_walk": (
        (0.5, Style(_backward(22.0, -44.0, 0.0, 0.030, 0.015, 110.0), _backward_rings(0.9, 96.0))),
        (1.4, Style(_backward(28.0, -62.0, 8.0, 0.045, 0.025, 90.0), _backward_rings(1.4, 78.0))),
    ),
    "backward_run": (
        (1.6, Style(_backward(24.0, -72.0, 22.0, 0.06, 0.035, 75.0), _backward_rings(1.6, 62.0), 0.4)),
        (3.5, Style(_backward(22.0, -96.0, 48.0, 0.12, 0.06, 55.0), _backward_rings(2.2, 43.0), 0.5)),
    ),
    "sideways": ((0.6, Style(_sideways(22.0), _SIDE_RINGS)), (1.5, Style(_sideways(32.0), _SIDE_RINGS, 0.4))),
    "turn": ((1.0, Style(_TURN, _forward_rings(0.7))),),
    "jump": ((1.0, Style(_JUMP, _forward_rings(1.8), 0.4)),),
    "stairs_up": ((1.0, Style(_STAIRS_UP, _forward_rings(0.9))),),
    "stairs_down": ((1.0, Style(_STAIRS_DOWN, _backward_rings(1.2, 76.0))),),
}
"""Family of movement -> (speed in m/s, style) in rising order; between two speeds every number is interpolated."""
