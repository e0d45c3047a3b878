"""Charge of one lithium cell by its voltage. Loaded when somebody asks.

Points of a resting cell's discharge at room temperature; cells of one chemistry differ by some 5 % of charge, and a
load of 50 mA takes 10 to 20 mV off: the last tenth is meant as a warning, not as a measurement.
"""

_MV = (3300, 3500, 3600, 3680, 3730, 3770, 3800, 3850, 3920, 4000, 4080, 4160)
_PERCENT = (0, 3, 6, 10, 20, 30, 40, 50, 60, 75, 90, 100)
_BACK = 4  # so much more must it be to be shown as more: the voltage recovers when the load goes


def percent(mv: int, shown: int) -> int:
    """0 to 100. `shown`: what was told last, -1 nothing; small steps back up are not told."""
    found = _interpolated(mv)
    return shown if shown >= 0 and shown < found < shown + _BACK and found < 100 else found


def _interpolated(mv: int) -> int:
    if mv <= _MV[0]:
        return 0
    for i in range(1, len(_MV)):
        if mv <= _MV[i]:
            span = _MV[i] - _MV[i - 1]
            return _PERCENT[i - 1] + ((mv - _MV[i - 1]) * (_PERCENT[i] - _PERCENT[i - 1]) + span // 2) // span
    return 100
