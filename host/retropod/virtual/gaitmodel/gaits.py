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


_ALWAYS = (
    Lobe("shake", 1.0, 0.45, 1.0),
    Lobe("shake", 0.0, 2.05, 2.75),
    Lobe("aloft", 1.0, 0.95, 1.4),
    Lobe("aloft", 0.0, 1.6, 2.0),
)


def _forward(
    *, early: float, push: float, push_from: float, kick: float, swing_from: float, swing: float,
    slap_ms: float, lean: float, brake: float, high: float, low: float, drop_ms: float, sag: float,
) -> tuple[Lobe, ...]:  # fmt: skip
    """Heel leaves, toe pushes, foot swings through toe-up, heel lands, foot slaps down."""
    return (
        Lobe("pitch", early, 0.25, 1.04, 0.85, 0.1),
        Lobe("pitch", push, push_from, 1.05, 0.6, 0.1, fall_ms=42.0),
        Lobe("pitch", kick, 0.9, 1.6, 0.35, 0.5),
        Lobe("pitch", swing, swing_from, 1.99, 0.3, 0.2),
        Lobe("pitch", 0.0, 1.95, 2.0, 0.25, 0.55, late_ms=slap_ms),
        Lobe("roll", 5.0 * lean, 0.85, 1.3),
        Lobe("roll", -11.0 * lean, 1.2, 1.95),
        Lobe("roll", 0.0, 1.9, 2.0, 0.4, 0.4, late_ms=50.0),
        Lobe("yaw", 6.0 * lean, 0.7, 1.35),
        Lobe("yaw", -9.0 * lean, 1.45, 1.98),
        Lobe("yaw", 0.0, 1.9, 2.0, late_ms=60.0),
        Lobe("x", 0.48, 0.9, 2.0, 0.35, 0.6),
        Lobe("x", 0.42, 0.95, 2.0, 0.97 - brake, brake),
        Lobe("x", 0.0, 1.1, 2.0, 0.5, 0.1, late_ms=18.0, fall_ms=20.0),
        Lobe("y", 0.02, 1.0, 1.5),
        Lobe("y", 0.0, 1.5, 2.0),
        Lobe("z", high, 0.92, 1.4, 0.4, 0.5),
        Lobe("z", low - high, 1.35, 1.8),
        Lobe("z", 0.0, 1.72, 2.0, 0.4, 0.1, late_ms=drop_ms, fall_ms=drop_ms + 2.0),
        Lobe("sag", sag, 2.0, 2.0, 0.45, 0.5, late_ms=60.0),
        Lobe("sag", 0.0, 2.9, 3.9),
        *_ALWAYS,
    )


def _forward_rings(blow: float, wobble: float) -> tuple[Ring, ...]:
    """The heel's blow, the slap of the forefoot after it, and a shoe that wobbles on for a tenth of a second."""
    return (
        Ring("z", 0.6 * blow, 2.0, 42.0, 12.0),
        Ring("x", -0.5 * blow, 2.0, 33.0, 14.0),
        Ring("z", 0.4 * blow, 2.0, 48.0, 11.0, 55.0),
        Ring("x", 1.3 * wobble, 2.0, 24.0, 20.0, 8.0),
        Ring("y", 0.6 * wobble, 2.0, 27.0, 20.0, 5.0),
        Ring("pitch", -1.0 * wobble, 2.0, 20.0, 20.0, 4.0),
        Ring("roll", 0.8 * wobble, 2.0, 22.0, 20.0),
    )


def _backward(
    *, lift: float, lift_from: float, fall: float, plunge: float, back: float, heel_ms: float, lean: float,
    high: float, low: float,
) -> tuple[Lobe, ...]:  # fmt: skip
    """Foot rolls off its heel toe-up, swings back, turns toe-down, the ball lands, the heel drops."""
    return (
        Lobe("pitch", lift, lift_from, 1.08, 0.7, 0.1, fall_ms=75.0),
        Lobe("pitch", fall, 0.96, 1.9, 0.22, 0.7),
        Lobe("pitch", plunge, 1.2, 2.0, 0.4, 0.1, late_ms=6.0, fall_ms=24.0),
        Lobe("pitch", back, 1.7, 2.05, 0.4, 0.5),
        Lobe("pitch", 0.0, 2.0, 2.0, 0.8, 0.1, late_ms=heel_ms, fall_ms=15.0),
        Lobe("roll", 8.0 * lean, 1.0, 1.6),
        Lobe("roll", 0.0, 1.6, 2.05),
        Lobe("yaw", 7.0 * lean, 0.9, 1.2),
        Lobe("yaw", 0.0, 1.2, 2.0),
        Lobe("x", 0.88, 0.82, 2.0, 0.4, 0.45),
        Lobe("x", 0.0, 1.1, 2.0, 0.5, 0.1, late_ms=16.0, fall_ms=18.0),
        Lobe("y", -0.02, 1.0, 1.5),
        Lobe("y", 0.0, 1.5, 2.0),
        Lobe("z", high, 0.98, 1.45, 0.4, 0.5),
        Lobe("z", low - high, 1.4, 1.8),
        Lobe("z", 0.0, 1.7, 2.0, 0.45, 0.1, late_ms=9.0, fall_ms=11.0),
        Lobe("sag", 0.003, 2.0, 2.0, 0.45, 0.5, late_ms=70.0),
        Lobe("sag", 0.0, 2.9, 3.9),
        *_ALWAYS,
    )


def _backward_rings(blow: float, wobble: float, heel_ms: float) -> tuple[Ring, ...]:
    """Two blows: the ball lands, then the heel."""
    return (
        Ring("z", 0.6 * blow, 2.0, 45.0, 10.0),
        Ring("x", 0.6 * blow, 2.0, 38.0, 12.0),
        Ring("z", 0.9 * blow, 2.0, 48.0, 10.0, heel_ms - 12.0),
        Ring("x", 0.7 * blow, 2.0, 40.0, 12.0, heel_ms - 12.0),
        Ring("y", 0.5 * wobble, 2.0, 30.0, 16.0, heel_ms - 12.0),
        Ring("x", 0.9 * wobble, 2.0, 25.0, 18.0, 6.0),
        Ring("pitch", 0.7 * wobble, 2.0, 21.0, 18.0, heel_ms - 10.0),
    )


def _sideways(tilt: float) -> tuple[Lobe, ...]:
    """x is along the way, which lies across the shoe; the outer edge leads. Roll and yaw are those of a step to the left."""
    return (
        Lobe("pitch", -15.0, 0.4, 1.05, 0.7, 0.1, fall_ms=50.0),
        Lobe("pitch", 6.0, 1.0, 1.7),
        Lobe("pitch", 0.0, 1.7, 2.0, 0.4, 0.2, late_ms=40.0),
        Lobe("roll", -0.3 * tilt, 0.6, 1.1),
        Lobe("roll", tilt, 0.9, 1.7),
        Lobe("roll", 0.0, 1.65, 2.0, 0.4, 0.2, late_ms=35.0),
        Lobe("yaw", -0.25 * tilt, 0.6, 1.05),
        Lobe("yaw", 0.6 * tilt, 1.0, 1.5),
        Lobe("yaw", 0.0, 1.4, 2.1),
        Lobe("x", 0.86, 0.9, 2.0, 0.35, 0.5),
        Lobe("x", 0.0, 1.1, 2.0, 0.4, 0.1, late_ms=10.0, fall_ms=11.0),
        Lobe("z", 0.05, 1.0, 1.5),
        Lobe("z", 0.0, 1.5, 2.0, 0.45, 0.1, late_ms=8.0, fall_ms=9.0),
        *_ALWAYS,
    )


_SIDE_RINGS = (
    Ring("z", 1.2, 2.0, 48.0, 10.0),
    Ring("y", 1.3, 2.0, 42.0, 12.0),
    Ring("x", 1.3, 2.0, 45.0, 10.0),
    Ring("roll", 1.6, 2.0, 21.0, 18.0),
)

_TURN = (
    Lobe("pitch", -14.0, 0.6, 1.2),
    Lobe("pitch", 20.0, 1.2, 1.8),
    Lobe("pitch", 0.0, 1.8, 2.0, late_ms=60.0),
    Lobe("roll", 5.0, 1.0, 1.5),
    Lobe("roll", 0.0, 1.5, 2.1),
    Lobe("x", 0.0, 1.0, 2.0, 0.4, 0.4),
    Lobe("z", 0.05, 1.0, 1.5),
    Lobe("z", 0.0, 1.5, 2.0, 0.45, 0.1, late_ms=10.0, fall_ms=12.0),
    *_ALWAYS,
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
    *_ALWAYS,
)

_STAIRS_UP = (
    Lobe("pitch", -38.0, 0.4, 1.15, 0.6, 0.3),
    Lobe("pitch", 42.0, 1.1, 1.8),
    Lobe("pitch", 0.0, 1.8, 2.0, late_ms=70.0),
    Lobe("x", 0.0, 1.0, 2.0, 0.4, 0.45),
    Lobe("z", 0.42, 0.98, 1.75, 0.4, 0.5),
    Lobe("z", 0.0, 1.7, 2.0, 0.45, 0.1, late_ms=12.0, fall_ms=14.0),
    *_ALWAYS,
)

_STAIRS_DOWN = (
    Lobe("pitch", -20.0, 0.4, 1.2),
    Lobe("pitch", 25.0, 1.1, 1.6),
    Lobe("pitch", -25.0, 1.55, 2.0),
    Lobe("pitch", 0.0, 1.97, 2.0, 0.3, 0.2, late_ms=90.0, fall_ms=18.0),
    Lobe("x", 0.0, 0.95, 1.9, 0.4, 0.4),
    Lobe("z", 0.05, 0.98, 1.3),
    Lobe("z", 0.0, 1.3, 2.0, 0.5, 0.1, late_ms=10.0, fall_ms=12.0),
    *_ALWAYS,
)

STYLES: dict[str, tuple[tuple[float, Style], ...]] = {
    "walk": (
        (0.7, Style(_forward(early=-14.0, push=-42.0, push_from=0.72, kick=-3.0, swing_from=1.02, swing=86.0, slap_ms=105.0,
                             lean=0.7, brake=0.5, high=0.045, low=0.030, drop_ms=12.0, sag=0.001), _forward_rings(0.7, 0.5), 0.2)),
        (1.5, Style(_forward(early=-16.0, push=-50.0, push_from=0.66, kick=-6.0, swing_from=1.02, swing=99.0, slap_ms=95.0,
                             lean=1.0, brake=0.5, high=0.055, low=0.035, drop_ms=11.0, sag=0.002), _forward_rings(1.3, 1.2), 0.3)),
    ),
    "run": (
        (1.9, Style(_forward(early=-10.0, push=-54.0, push_from=0.55, kick=-4.0, swing_from=1.0, swing=98.0, slap_ms=95.0,
                             lean=1.3, brake=0.4, high=0.08, low=0.05, drop_ms=10.0, sag=0.005), _forward_rings(1.6, 1.8), 0.4)),
        (3.6, Style(_forward(early=-8.0, push=-60.0, push_from=0.30, kick=-30.0, swing_from=1.25, swing=117.0, slap_ms=85.0,
                             lean=2.0, brake=0.33, high=0.14, low=0.08, drop_ms=9.0, sag=0.008), _forward_rings(2.2, 2.8), 0.5)),
        (5.5, Style(_forward(early=-8.0, push=-62.0, push_from=0.25, kick=-38.0, swing_from=1.25, swing=126.0, slap_ms=75.0,
                             lean=2.3, brake=0.33, high=0.20, low=0.10, drop_ms=8.0, sag=0.010), _forward_rings(2.8, 3.2), 0.6)),
    ),
    "backward_walk": (
        (0.5, Style(_backward(lift=25.0, lift_from=0.45, fall=-46.0, plunge=-4.0, back=0.0, heel_ms=125.0, lean=0.8,
                              high=0.030, low=0.015), _backward_rings(1.3, 0.8, 125.0), 0.2)),
        (1.4, Style(_backward(lift=33.0, lift_from=0.40, fall=-64.0, plunge=-5.0, back=0.0, heel_ms=95.0, lean=1.0,
                              high=0.045, low=0.025), _backward_rings(2.0, 1.4, 95.0), 0.3)),
    ),
    "backward_run": (
        (1.6, Style(_backward(lift=28.0, lift_from=0.30, fall=-75.0, plunge=-5.0, back=22.0, heel_ms=80.0, lean=1.2,
                              high=0.06, low=0.035), _backward_rings(2.2, 1.8, 80.0), 0.4)),
        (3.5, Style(_backward(lift=27.0, lift_from=0.20, fall=-99.0, plunge=-5.0, back=48.0, heel_ms=60.0, lean=1.6,
                              high=0.12, low=0.06), _backward_rings(2.8, 2.4, 60.0), 0.5)),
    ),
    "sideways": ((0.6, Style(_sideways(34.0), _SIDE_RINGS)), (1.5, Style(_sideways(50.0), _SIDE_RINGS, 0.4))),
    "turn": ((1.0, Style(_TURN, _forward_rings(0.7, 0.5))),),
    "jump": ((1.0, Style(_JUMP, _forward_rings(1.8, 2.0), 0.4)),),
    "stairs_up": ((1.0, Style(_STAIRS_UP, _forward_rings(0.9, 0.8))),),
    "stairs_down": ((1.0, Style(_STAIRS_DOWN, _backward_rings(1.2, 1.0, 88.0))),),
}  # fmt: skip
"""Family of movement -> (speed in m/s, style) in rising order; between two speeds every number is interpolated."""
