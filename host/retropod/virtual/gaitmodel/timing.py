"""How long strides and contacts last at a speed. Defaults only: a scenario may say otherwise.

Sources: backward running 82-108 strides/min a foot and 140-280 ms of contact between 1.6 and 3.5 m/s; backward
contact about 0.82 of forward at 3 m/s (Wright & Weyand 2001, J Exp Biol 204:1805); walking from the usual fall of
stride time with the square root of speed.
"""

from __future__ import annotations

_HALF_FALL_S = 0.035  # half of the time in which the roll over the heel loses its rate
_ROLL_SHARE = 0.2  # of the time between phases 1 and 2, until that roll has ended


def rolls_on_s(family: str, swing_s: float) -> float:
    """How long after phase 1 the sole still stands; `swing_s` lies between phases 1 and 2.

    Walking backward, the heel leaves when the roll over it has lost half its rate: recordings, their soles' points
    followed by a strapdown (tests/bench/kinematic_events.py). Of running backward there are none.
    """
    return _ROLL_SHARE * swing_s - _HALF_FALL_S if family == "backward_walk" else 0.0


def to_phase_one_s(family: str, contact: float, period: float) -> float:
    """What of a contact time lies before phase 1 and after contact: the rest rolls on."""
    if family != "backward_walk":
        return contact
    return (contact - _ROLL_SHARE * period + _HALF_FALL_S) / (1.0 - _ROLL_SHARE)


def period_s(family: str, speed_mps: float) -> float:
    """TrueStride period, seconds."""
    speed = max(speed_mps, 0.3)
    if family == "walk":
        return 1.08 * (1.3 / speed) ** 0.55
    if family == "run":
        return 0.84 * (2.1 / speed) ** 0.47
    if family == "backward_walk":
        return 1.2 * (0.9 / speed) ** 0.45
    if family == "backward_run":
        return 0.69 * (1.8 / speed) ** 0.33
    return {"sideways": 0.85, "turn": 1.0, "jump": 0.75, "stairs_up": 1.2, "stairs_down": 1.1}[family]


def contact_s(family: str, speed_mps: float, period: float) -> float:
    """Contact time, seconds."""
    if family == "run":
        return 0.41 * (2.1 / max(speed_mps, 1.2)) ** 0.95
    if family == "backward_run":
        return 0.28 * (1.6 / max(speed_mps, 1.2)) ** 0.8
    if family == "walk":
        return period - 0.40 - 0.33 * (period - 1.1)
    if family == "backward_walk":
        return 0.68 * period - _HALF_FALL_S
    return period * {"sideways": 0.57, "jump": 0.45}.get(family, 0.61)
