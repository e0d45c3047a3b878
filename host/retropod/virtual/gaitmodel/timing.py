"""How long strides and contacts last at a speed. Defaults only: a scenario may say otherwise.

Sources: backward running 82-108 strides/min a foot and 140-280 ms of contact between 1.6 and 3.5 m/s; backward
contact about 0.82 of forward at 3 m/s (Wright & Weyand 2001, J Exp Biol 204:1805); walking from the usual fall of
stride time with the square root of speed.
"""

from __future__ import annotations


def period_s(family: str, speed_mps: float) -> float:
    """Stride period, seconds."""
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
    return period * {"backward_walk": 0.60, "sideways": 0.57, "jump": 0.45}.get(family, 0.61)
