"""Shapes of the gaits over one stride: order, sign and timing of the movements.

The shapes were drawn by hand from published foot kinematics and compared with real recordings
(tools/gait_figures.py). They contain no samples of recordings.
"""

from __future__ import annotations

from .style import Ring, Segment


def _always(load: float) -> tuple[Segment, ...]:
    """Return tremor and airborne share of any gait. Tremor is full in the air, and `load` of that under the body."""
    return (
        Segment("shake", load, -0.35, 0.0),
        Segment("shake", 1.0, 0.45, 1.0),
        Segment("shake", -1.0, 2.05, 2.75),
        Segment("shake", 0.0, 3.0, 3.35),
        Segment("aloft", 1.0, 0.8, 1.25),
        Segment("aloft", 0.0, 1.6, 2.0),
    )


def forward(
    *, early: float, push: float, push_from: float, kick: float, swing_from: float, swing: float,
    slap_ms: float, lean: float, brake: float, high: float, low: float, drop_ms: float, sag: float, load: float,
) -> tuple[Segment, ...]:  # fmt: skip
    """Return the shape of a forward stride: heel-off, push-off, swing with toes up, heel strike, foot slap."""
    return (
        Segment("pitch", early, -0.1, 1.04, 0.8, 0.1),
        Segment("pitch", push, push_from, 1.05, 0.6, 0.1, fall_ms=42.0),
        Segment("pitch", kick, 0.9, 1.6, 0.35, 0.5),
        Segment("pitch", swing, swing_from, 1.99, 0.3, 0.2),
        Segment("pitch", 0.0, 1.93, 2.0, 0.36, 0.5, late_ms=slap_ms),
        Segment("roll", 5.0 * lean, 0.85, 1.3),
        Segment("roll", -11.0 * lean, 1.2, 1.95),
        Segment("roll", 0.0, 1.9, 2.0, 0.4, 0.4, late_ms=50.0),
        Segment("yaw", 6.0 * lean, 0.7, 1.4),
        Segment("yaw", -7.0 * lean, 1.45, 1.98),
        Segment("yaw", 0.0, 1.9, 2.0, late_ms=60.0),
        Segment("x", 0.46, 0.9, 2.0, 0.4, 0.5, late_ms=35.0),
        Segment("x", 0.42, 0.95, 2.0, 0.97 - brake, brake, late_ms=45.0),
        Segment("x", 0.0, 1.1, 2.0, 0.5, 0.1, late_ms=18.0, fall_ms=20.0),
        Segment("y", 0.02, 1.0, 1.5),
        Segment("y", 0.0, 1.5, 2.0),
        Segment("z", high, 0.92, 1.4, 0.4, 0.5),
        Segment("z", low - high, 1.35, 1.8),
        Segment("z", 0.0, 1.72, 2.0, 0.4, 0.1, late_ms=drop_ms, fall_ms=drop_ms + 2.0),
        Segment("sag", sag, 2.0, 2.0, 0.45, 0.5, late_ms=60.0),
        Segment("sag", 0.0, 2.9, 3.9),
        *_always(load),
    )


def forward_rings(impact: float, wobble: float) -> tuple[Ring, ...]:
    """Return the oscillations of a forward stride: heel impact, forefoot slap, and 0.1 s of wobble of the shoe."""
    return (
        Ring("z", 0.6 * impact, 2.0, 42.0, 12.0),
        Ring("x", -0.5 * impact, 2.0, 33.0, 14.0),
        Ring("z", 0.4 * impact, 2.0, 48.0, 11.0, 55.0),
        Ring("x", 1.3 * wobble, 2.0, 25.0, 14.0, 8.0),
        Ring("y", 0.6 * wobble, 2.0, 28.0, 14.0, 5.0),
        Ring("pitch", -1.1 * wobble, 2.0, 22.0, 13.0, 4.0),
        Ring("roll", 1.0 * wobble, 2.0, 23.0, 14.0),
    )


def backward(
    *, lift: float, lift_from: float, fall: float, plunge: float, back: float, heel_ms: float, lean: float,
    high: float, low: float, load: float,
) -> tuple[Segment, ...]:  # fmt: skip
    """Return the shape of a backward stride: roll over the heel, swing back, toes down, ball contact, heel drop."""
    return (
        Segment("pitch", lift, lift_from, 1.2, 0.8, 0.1, fall_ms=70.0),
        Segment("pitch", fall, 1.08, 1.99, 0.2, 0.65),
        Segment("pitch", plunge, 1.2, 2.0, 0.4, 0.1, late_ms=15.0, fall_ms=40.0),
        Segment("pitch", back, 1.7, 2.05, 0.4, 0.5),
        Segment("pitch", 0.0, 2.0, 2.0, 0.8, 0.1, late_ms=heel_ms, fall_ms=15.0),
        Segment("roll", 8.0 * lean, 1.0, 1.6),
        Segment("roll", 0.0, 1.6, 2.05),
        Segment("yaw", 8.0 * lean, 1.02, 1.32),
        Segment("yaw", 0.0, 1.3, 2.0),
        Segment("x", 0.9, 0.88, 2.0, 0.42, 0.54, late_ms=95.0),
        Segment("x", 0.0, 1.1, 2.0, 0.5, 0.1, late_ms=16.0, fall_ms=18.0),
        Segment("y", -0.02, 1.0, 1.5),
        Segment("y", 0.0, 1.5, 2.0),
        Segment("z", high, 0.98, 1.45, 0.4, 0.5),
        Segment("z", low - high, 1.4, 1.8),
        Segment("z", 0.0, 1.7, 2.0, 0.45, 0.1, late_ms=9.0, fall_ms=11.0),
        Segment("sag", 0.003, 2.0, 2.0, 0.45, 0.5, late_ms=70.0),
        Segment("sag", 0.0, 2.9, 3.9),
        *_always(load),
    )


def backward_rings(impact: float, wobble: float, heel_ms: float) -> tuple[Ring, ...]:
    """Return the oscillations of a backward stride: impact of the ball, then of the heel."""
    return (
        Ring("z", 0.6 * impact, 2.0, 45.0, 10.0),
        Ring("x", 0.6 * impact, 2.0, 38.0, 12.0),
        Ring("z", 0.9 * impact, 2.0, 48.0, 10.0, heel_ms - 12.0),
        Ring("x", 0.7 * impact, 2.0, 40.0, 12.0, heel_ms - 12.0),
        Ring("y", 0.5 * wobble, 2.0, 32.0, 11.0, heel_ms - 12.0),
        Ring("x", 0.9 * wobble, 2.0, 27.0, 12.0, 6.0),
        Ring("pitch", 0.7 * wobble, 2.0, 25.0, 11.0, heel_ms - 10.0),
    )


def sideways(tilt: float) -> tuple[Segment, ...]:
    """Return the shape of a step to the left: x is the direction of travel, across the shoe; the outer edge leads."""
    return (
        Segment("pitch", -15.0, 0.4, 1.05, 0.7, 0.1, fall_ms=50.0),
        Segment("pitch", 6.0, 1.0, 1.7),
        Segment("pitch", 0.0, 1.7, 2.0, 0.4, 0.2, late_ms=40.0),
        Segment("roll", -0.3 * tilt, 0.6, 1.1),
        Segment("roll", tilt, 0.9, 1.7),
        Segment("roll", 0.0, 1.65, 2.0, 0.4, 0.2, late_ms=35.0),
        Segment("yaw", -0.25 * tilt, 0.6, 1.05),
        Segment("yaw", 0.6 * tilt, 1.0, 1.5),
        Segment("yaw", 0.0, 1.4, 2.1),
        Segment("x", 0.86, 0.9, 2.0, 0.35, 0.5),
        Segment("x", 0.0, 1.1, 2.0, 0.4, 0.1, late_ms=10.0, fall_ms=11.0),
        Segment("z", 0.05, 1.0, 1.5),
        Segment("z", 0.0, 1.5, 2.0, 0.45, 0.1, late_ms=8.0, fall_ms=9.0),
        *_always(0.5),
    )


SIDE_RINGS = (
    Ring("z", 1.2, 2.0, 48.0, 10.0),
    Ring("y", 1.3, 2.0, 42.0, 12.0),
    Ring("x", 1.3, 2.0, 45.0, 10.0),
    Ring("roll", 1.6, 2.0, 21.0, 18.0),
)

TURN = (
    Segment("pitch", -14.0, 0.6, 1.2),
    Segment("pitch", 20.0, 1.2, 1.8),
    Segment("pitch", 0.0, 1.8, 2.0, late_ms=60.0),
    Segment("roll", 5.0, 1.0, 1.5),
    Segment("roll", 0.0, 1.5, 2.1),
    Segment("x", 0.0, 1.0, 2.0, 0.4, 0.4),
    Segment("z", 0.05, 1.0, 1.5),
    Segment("z", 0.0, 1.5, 2.0, 0.45, 0.1, late_ms=10.0, fall_ms=12.0),
    *_always(0.5),
)

JUMP = (
    Segment("pitch", -45.0, 0.5, 1.15, 0.6, 0.3),
    Segment("pitch", 22.0, 1.2, 1.8),
    Segment("pitch", 0.0, 1.97, 2.0, 0.3, 0.2, late_ms=60.0, fall_ms=18.0),
    Segment("x", 0.0, 1.0, 2.0),
    Segment("z", 0.24, 0.95, 1.5, 0.2, 0.75),
    Segment("z", 0.0, 1.5, 2.0, 0.8, 0.1, late_ms=24.0, fall_ms=26.0),
    Segment("sag", 0.008, 2.0, 2.0, late_ms=70.0),
    Segment("sag", 0.0, 2.9, 3.9),
    *_always(0.5),
)

STAIRS_UP = (
    Segment("pitch", -38.0, 0.4, 1.15, 0.6, 0.3),
    Segment("pitch", 42.0, 1.1, 1.8),
    Segment("pitch", 0.0, 1.8, 2.0, late_ms=70.0),
    Segment("x", 0.0, 1.0, 2.0, 0.4, 0.45),
    Segment("z", 0.42, 0.98, 1.75, 0.4, 0.5),
    Segment("z", 0.0, 1.7, 2.0, 0.45, 0.1, late_ms=12.0, fall_ms=14.0),
    *_always(0.5),
)

STAIRS_DOWN = (
    Segment("pitch", -20.0, 0.4, 1.2),
    Segment("pitch", 25.0, 1.1, 1.6),
    Segment("pitch", -25.0, 1.55, 2.0),
    Segment("pitch", 0.0, 1.97, 2.0, 0.3, 0.2, late_ms=90.0, fall_ms=18.0),
    Segment("x", 0.0, 0.95, 1.9, 0.4, 0.4),
    Segment("z", 0.05, 0.98, 1.3),
    Segment("z", -0.36, 1.2, 1.97, 0.45, 0.4),
    Segment("z", 0.0, 1.6, 2.0, 0.5, 0.1, late_ms=10.0, fall_ms=12.0),
    *_always(0.5),
)
