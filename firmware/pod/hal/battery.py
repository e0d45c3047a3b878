"""One lithium cell: what its voltage means. Loaded when it has been measured, or when somebody asks. Pure.

Points of a resting cell's discharge at room temperature; cells of one chemistry differ by some 5 % of charge, and a
load of 50 mA takes 10 to 20 mV off: the last tenth is meant as a warning, not as a measurement.
"""

_MV = (3300, 3500, 3600, 3680, 3730, 3770, 3800, 3850, 3920, 4000, 4080, 4160)
_PERCENT = (0, 3, 6, 10, 20, 30, 40, 50, 60, 75, 90, 100)
_BACK = 4  # so much more must it be to be shown as more: the voltage recovers when the load goes
_LIKELY_MV = 2500  # elsewhere nothing is connected
_MOST_MV = 4500
_LOW_LOOKS = 3  # in a row: the first look at a cold battery under load may be wrong
_RECOVERED_MV = 150


def measured(power, mv: int, low_mv: int) -> None:
    """The voltage has been read: what `power` (a Power) is to know of it."""
    if not _LIKELY_MV <= mv <= _MOST_MV:
        power.battery_mv = power.low_looks = 0
        power.low = False
        return
    power.battery_mv = (3 * power.battery_mv + mv) // 4 if power.battery_mv else mv
    if power.powered or power.battery_mv >= low_mv + _RECOVERED_MV:
        power.low = False
    power.low_looks = power.low_looks + 1 if power.battery_mv < low_mv and not power.powered else 0
    if power.low_looks >= _LOW_LOOKS:
        power.low = True


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
