"""Table of the gaits at the speeds for which they were drawn."""

from __future__ import annotations

from .gaits import (
    JUMP,
    SIDE_RINGS,
    STAIRS_DOWN,
    STAIRS_UP,
    TURN,
    backward,
    backward_rings,
    forward,
    forward_rings,
    sideways,
)
from .style import Style

STYLES: dict[str, tuple[tuple[float, Style], ...]] = {
    "walk": (
        (
            0.7,
            Style(
                forward(
                    early=-14.0, push=-42.0, push_from=0.72, kick=-3.0, swing_from=1.02, swing=86.0, slap_ms=105.0,
                    lean=0.7, brake=0.48, high=0.045, low=0.030, drop_ms=12.0, sag=0.001, load=0.35,
                ),
                forward_rings(0.7, 0.5),
                0.2,
            ),
        ),
        (
            1.5,
            Style(
                forward(
                    early=-16.0, push=-50.0, push_from=0.66, kick=-6.0, swing_from=1.02, swing=99.0, slap_ms=95.0,
                    lean=1.0, brake=0.48, high=0.055, low=0.035, drop_ms=11.0, sag=0.002, load=0.35,
                ),
                forward_rings(1.3, 1.2),
                0.3,
            ),
        ),
    ),
    "run": (
        (
            1.9,
            Style(
                forward(
                    early=-16.0, push=-50.0, push_from=0.55, kick=-4.0, swing_from=1.0, swing=98.0, slap_ms=95.0,
                    lean=2.0, brake=0.48, high=0.08, low=0.05, drop_ms=10.0, sag=0.004, load=0.5,
                ),
                forward_rings(1.6, 1.8),
                0.4,
            ),
        ),
        (
            3.6,
            Style(
                forward(
                    early=-14.0, push=-54.0, push_from=0.58, kick=-30.0, swing_from=1.25, swing=117.0, slap_ms=72.0,
                    lean=2.8, brake=0.45, high=0.14, low=0.08, drop_ms=9.0, sag=0.005, load=0.3,
                ),
                forward_rings(2.2, 2.8),
                0.5,
            ),
        ),
        (
            5.5,
            Style(
                forward(
                    early=-14.0, push=-56.0, push_from=0.54, kick=-38.0, swing_from=1.25, swing=126.0, slap_ms=65.0,
                    lean=3.0, brake=0.45, high=0.20, low=0.10, drop_ms=8.0, sag=0.006, load=0.3,
                ),
                forward_rings(2.8, 3.2),
                0.6,
            ),
        ),
    ),
    "backward_walk": (
        (
            0.5,
            Style(
                backward(
                    lift=25.0, lift_from=0.5, fall=-42.0, plunge=-8.0, back=0.0, heel_ms=140.0, lean=0.8,
                              high=0.030, low=0.015, load=0.35,
                ),
                backward_rings(1.3, 0.8, 140.0),
                0.2,
            ),
        ),
        (
            1.4,
            Style(
                backward(
                    lift=33.0, lift_from=0.40, fall=-58.0, plunge=-11.0, back=0.0, heel_ms=110.0, lean=1.0,
                              high=0.045, low=0.025, load=0.35,
                ),
                backward_rings(2.0, 1.4, 110.0),
                0.3,
            ),
        ),
    ),
    "backward_run": (
        (
            1.6,
            Style(
                backward(
                    lift=25.0, lift_from=0.5, fall=-75.0, plunge=-5.0, back=34.0, heel_ms=75.0, lean=1.2,
                              high=0.06, low=0.035, load=0.25,
                ),
                backward_rings(2.2, 1.8, 75.0),
                0.4,
            ),
        ),
        (
            3.5,
            Style(
                backward(
                    lift=23.0, lift_from=0.54, fall=-99.0, plunge=-5.0, back=62.0, heel_ms=52.0, lean=1.6,
                              high=0.12, low=0.06, load=0.3,
                ),
                backward_rings(2.8, 2.4, 52.0),
                0.5,
            ),
        ),
    ),
    "sideways": ((0.6, Style(sideways(34.0), SIDE_RINGS)), (1.5, Style(sideways(50.0), SIDE_RINGS, 0.4))),
    "turn": ((1.0, Style(TURN, forward_rings(0.7, 0.5))),),
    "jump": ((1.0, Style(JUMP, forward_rings(1.8, 2.0), 0.4)),),
    "stairs_up": ((1.0, Style(STAIRS_UP, forward_rings(0.9, 0.8))),),
    "stairs_down": ((1.0, Style(STAIRS_DOWN, backward_rings(1.2, 1.0, 88.0))),),
}  # fmt: skip
"""Family of movement -> (speed in m/s, style) in ascending order. Between two speeds all numbers are interpolated."""
