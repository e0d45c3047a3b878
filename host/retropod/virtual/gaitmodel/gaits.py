"""How each gait moves the foot over one stride: order, sign and timing of its movements.

Shapes were drawn by hand from what is published about foot kinematics and held against real recordings (see
compare.py); no sample of a recording is in here.
"""

from __future__ import annotations

from .style import Lobe, Ring


def _always(load: float) -> tuple[Lobe, ...]:
    """The foot trembles: most in the air, and by `load` of that while the body passes over it."""
    return (
        Lobe("shake", load, -0.35, 0.0),
        Lobe("shake", 1.0, 0.45, 1.0),
        Lobe("shake", -1.0, 2.05, 2.75),
        Lobe("shake", 0.0, 3.0, 3.35),
        Lobe("aloft", 1.0, 0.8, 1.25),
        Lobe("aloft", 0.0, 1.6, 2.0),
    )


def forward(
    *, early: float, push: float, push_from: float, kick: float, swing_from: float, swing: float,
    slap_ms: float, lean: float, brake: float, high: float, low: float, drop_ms: float, sag: float, load: float,
) -> tuple[Lobe, ...]:  # fmt: skip
    """Heel leaves, toe pushes, foot swings through toe-up, heel lands, foot slaps down."""
    return (
        Lobe("pitch", early, -0.1, 1.04, 0.8, 0.1),
        Lobe("pitch", push, push_from, 1.05, 0.6, 0.1, fall_ms=42.0),
        Lobe("pitch", kick, 0.9, 1.6, 0.35, 0.5),
        Lobe("pitch", swing, swing_from, 1.99, 0.3, 0.2),
        Lobe("pitch", 0.0, 1.93, 2.0, 0.36, 0.5, late_ms=slap_ms),
        Lobe("roll", 5.0 * lean, 0.85, 1.3),
        Lobe("roll", -11.0 * lean, 1.2, 1.95),
        Lobe("roll", 0.0, 1.9, 2.0, 0.4, 0.4, late_ms=50.0),
        Lobe("yaw", 6.0 * lean, 0.7, 1.4),
        Lobe("yaw", -7.0 * lean, 1.45, 1.98),
        Lobe("yaw", 0.0, 1.9, 2.0, late_ms=60.0),
        Lobe("x", 0.46, 0.9, 2.0, 0.4, 0.5, late_ms=35.0),
        Lobe("x", 0.42, 0.95, 2.0, 0.97 - brake, brake, late_ms=45.0),
        Lobe("x", 0.0, 1.1, 2.0, 0.5, 0.1, late_ms=18.0, fall_ms=20.0),
        Lobe("y", 0.02, 1.0, 1.5),
        Lobe("y", 0.0, 1.5, 2.0),
        Lobe("z", high, 0.92, 1.4, 0.4, 0.5),
        Lobe("z", low - high, 1.35, 1.8),
        Lobe("z", 0.0, 1.72, 2.0, 0.4, 0.1, late_ms=drop_ms, fall_ms=drop_ms + 2.0),
        Lobe("sag", sag, 2.0, 2.0, 0.45, 0.5, late_ms=60.0),
        Lobe("sag", 0.0, 2.9, 3.9),
        *_always(load),
    )


def forward_rings(blow: float, wobble: float) -> tuple[Ring, ...]:
    """The heel's blow, the slap of the forefoot after it, and a shoe that wobbles on for a tenth of a second."""
    return (
        Ring("z", 0.6 * blow, 2.0, 42.0, 12.0),
        Ring("x", -0.5 * blow, 2.0, 33.0, 14.0),
        Ring("z", 0.4 * blow, 2.0, 48.0, 11.0, 55.0),
        Ring("x", 1.3 * wobble, 2.0, 25.0, 14.0, 8.0),
        Ring("y", 0.6 * wobble, 2.0, 28.0, 14.0, 5.0),
        Ring("pitch", -1.1 * wobble, 2.0, 22.0, 13.0, 4.0),
        Ring("roll", 1.0 * wobble, 2.0, 23.0, 14.0),
    )


def backward(
    *, lift: float, lift_from: float, fall: float, plunge: float, back: float, heel_ms: float, lean: float,
    high: float, low: float, load: float,
) -> tuple[Lobe, ...]:  # fmt: skip
    """Foot rolls off its heel toe-up, swings back, turns toe-down, the ball lands, the heel drops."""
    return (
        Lobe("pitch", lift, lift_from, 1.2, 0.8, 0.1, fall_ms=70.0),
        Lobe("pitch", fall, 1.08, 1.99, 0.2, 0.65),
        Lobe("pitch", plunge, 1.2, 2.0, 0.4, 0.1, late_ms=15.0, fall_ms=40.0),
        Lobe("pitch", back, 1.7, 2.05, 0.4, 0.5),
        Lobe("pitch", 0.0, 2.0, 2.0, 0.8, 0.1, late_ms=heel_ms, fall_ms=15.0),
        Lobe("roll", 8.0 * lean, 1.0, 1.6),
        Lobe("roll", 0.0, 1.6, 2.05),
        Lobe("yaw", 8.0 * lean, 1.02, 1.32),
        Lobe("yaw", 0.0, 1.3, 2.0),
        Lobe("x", 0.9, 0.88, 2.0, 0.42, 0.54, late_ms=95.0),
        Lobe("x", 0.0, 1.1, 2.0, 0.5, 0.1, late_ms=16.0, fall_ms=18.0),
        Lobe("y", -0.02, 1.0, 1.5),
        Lobe("y", 0.0, 1.5, 2.0),
        Lobe("z", high, 0.98, 1.45, 0.4, 0.5),
        Lobe("z", low - high, 1.4, 1.8),
        Lobe("z", 0.0, 1.7, 2.0, 0.45, 0.1, late_ms=9.0, fall_ms=11.0),
        Lobe("sag", 0.003, 2.0, 2.0, 0.45, 0.5, late_ms=70.0),
        Lobe("sag", 0.0, 2.9, 3.9),
        *_always(load),
    )


def backward_rings(blow: float, wobble: float, heel_ms: float) -> tuple[Ring, ...]:
    """Two blows: the ball lands, then the heel."""
    return (
        Ring("z", 0.6 * blow, 2.0, 45.0, 10.0),
        Ring("x", 0.6 * blow, 2.0, 38.0, 12.0),
        Ring("z", 0.9 * blow, 2.0, 48.0, 10.0, heel_ms - 12.0),
        Ring("x", 0.7 * blow, 2.0, 40.0, 12.0, heel_ms - 12.0),
        Ring("y", 0.5 * wobble, 2.0, 32.0, 11.0, heel_ms - 12.0),
        Ring("x", 0.9 * wobble, 2.0, 27.0, 12.0, 6.0),
        Ring("pitch", 0.7 * wobble, 2.0, 25.0, 11.0, heel_ms - 10.0),
    )


def sideways(tilt: float) -> tuple[Lobe, ...]:
    """x is along the way, across the shoe; the outer edge leads. Roll and yaw are those of a step to the left."""
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
        *_always(0.5),
    )


SIDE_RINGS = (
    Ring("z", 1.2, 2.0, 48.0, 10.0),
    Ring("y", 1.3, 2.0, 42.0, 12.0),
    Ring("x", 1.3, 2.0, 45.0, 10.0),
    Ring("roll", 1.6, 2.0, 21.0, 18.0),
)

TURN = (
    Lobe("pitch", -14.0, 0.6, 1.2),
    Lobe("pitch", 20.0, 1.2, 1.8),
    Lobe("pitch", 0.0, 1.8, 2.0, late_ms=60.0),
    Lobe("roll", 5.0, 1.0, 1.5),
    Lobe("roll", 0.0, 1.5, 2.1),
    Lobe("x", 0.0, 1.0, 2.0, 0.4, 0.4),
    Lobe("z", 0.05, 1.0, 1.5),
    Lobe("z", 0.0, 1.5, 2.0, 0.45, 0.1, late_ms=10.0, fall_ms=12.0),
    *_always(0.5),
)

JUMP = (
    Lobe("pitch", -45.0, 0.5, 1.15, 0.6, 0.3),
    Lobe("pitch", 22.0, 1.2, 1.8),
    Lobe("pitch", 0.0, 1.97, 2.0, 0.3, 0.2, late_ms=60.0, fall_ms=18.0),
    Lobe("x", 0.0, 1.0, 2.0),
    Lobe("z", 0.24, 0.95, 1.5, 0.2, 0.75),
    Lobe("z", 0.0, 1.5, 2.0, 0.8, 0.1, late_ms=24.0, fall_ms=26.0),
    Lobe("sag", 0.008, 2.0, 2.0, late_ms=70.0),
    Lobe("sag", 0.0, 2.9, 3.9),
    *_always(0.5),
)

STAIRS_UP = (
    Lobe("pitch", -38.0, 0.4, 1.15, 0.6, 0.3),
    Lobe("pitch", 42.0, 1.1, 1.8),
    Lobe("pitch", 0.0, 1.8, 2.0, late_ms=70.0),
    Lobe("x", 0.0, 1.0, 2.0, 0.4, 0.45),
    Lobe("z", 0.42, 0.98, 1.75, 0.4, 0.5),
    Lobe("z", 0.0, 1.7, 2.0, 0.45, 0.1, late_ms=12.0, fall_ms=14.0),
    *_always(0.5),
)

STAIRS_DOWN = (
    Lobe("pitch", -20.0, 0.4, 1.2),
    Lobe("pitch", 25.0, 1.1, 1.6),
    Lobe("pitch", -25.0, 1.55, 2.0),
    Lobe("pitch", 0.0, 1.97, 2.0, 0.3, 0.2, late_ms=90.0, fall_ms=18.0),
    Lobe("x", 0.0, 0.95, 1.9, 0.4, 0.4),
    Lobe("z", 0.05, 0.98, 1.3),
    Lobe("z", -0.36, 1.2, 1.97, 0.45, 0.4),
    Lobe("z", 0.0, 1.6, 2.0, 0.5, 0.1, late_ms=10.0, fall_ms=12.0),
    *_always(0.5),
)
