"""Default durations of strides and contacts by speed. A scenario may override them.

Sources: backward running has 82-108 strides/min per foot and 140-280 ms of contact between 1.6 and 3.5 m/s. Backward
contact is about 0.82 of forward contact at 3 m/s (Wright & Weyand 2001, J Exp Biol 204:1805). In walking, stride time
falls about with the square root of speed.
"""

from __future__ import annotations

_HALF_FALL_S = 0.035  # half of the time in which the rate of the roll over the heel falls
_ROLL_SHARE = 0.2  # share of the time between phases 1 and 2 after which that roll ends


def heel_roll_s(family: str, swing_s: float) -> float:
    """Return the time from phase 1 to toe-off, in s. `swing_s`: time between phases 1 and 2.

    In backward walking, the heel leaves the ground when the rate of the roll over it has halved. Source: strapdown
    integration of recordings (tests/bench/kinematic_events.py). Recordings of backward running are not available.
    """
    return _ROLL_SHARE * swing_s - _HALF_FALL_S if family == "backward_walk" else 0.0


def contact_without_roll_s(family: str, contact: float, period: float) -> float:
    """Return the contact time without the time from phase 1 to toe-off (`heel_roll_s`). All times in s."""
    if family != "backward_walk":
        return contact
    return (contact - _ROLL_SHARE * period + _HALF_FALL_S) / (1.0 - _ROLL_SHARE)


def period_s(family: str, speed_mps: float) -> float:
    """Return the stride period, in s."""
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
    """Return the contact time, in s."""
    if family == "run":
        return 0.41 * (2.1 / max(speed_mps, 1.2)) ** 0.95
    if family == "backward_run":
        return 0.28 * (1.6 / max(speed_mps, 1.2)) ** 0.8
    if family == "walk":
        return period - 0.40 - 0.33 * (period - 1.1)
    if family == "backward_walk":
        return 0.68 * period - _HALF_FALL_S
    return period * {"sideways": 0.57, "jump": 0.45}.get(family, 0.61)
