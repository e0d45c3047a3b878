"""Charge of one lithium cell from its voltage. No input or output.

The table holds points of a resting cell's discharge at room temperature. Cells of one chemistry differ by about 5 % of
charge, and a load of 50 mA lowers the voltage by 10 to 20 mV. So the last tenth is a warning, not a measurement.
"""

_MV = (3300, 3500, 3600, 3680, 3730, 3770, 3800, 3850, 3920, 4000, 4080, 4160)
_PERCENT = (0, 3, 6, 10, 20, 30, 40, 50, 60, 75, 90, 100)
_RISE_PERCENT = 4  # show an increase only from here on: the voltage recovers when the load is removed
_LEAST_MV = 2500  # outside of these two, no battery is connected
_MOST_MV = 4500
_LOW_READINGS = 3  # in a row: the first reading of a cold battery under load may be wrong
_RECOVERED_MV = 150


def measured(power, mv: int, low_mv: int) -> None:
    """Update the battery state of `power` (a Power) with a reading. `low_mv`: the voltage of an empty battery."""
    if not _LEAST_MV <= mv <= _MOST_MV:
        power.battery_mv = power.low_readings = 0
        power.low = False
        return
    power.battery_mv = (3 * power.battery_mv + mv) // 4 if power.battery_mv else mv
    if power.powered or power.battery_mv >= low_mv + _RECOVERED_MV:
        power.low = False
    power.low_readings = power.low_readings + 1 if power.battery_mv < low_mv and not power.powered else 0
    if power.low_readings >= _LOW_READINGS:
        power.low = True


def percent(mv: int, shown: int) -> int:
    """Return the charge, 0 to 100. `shown`: the last result, -1 before the first one; small increases are not shown."""
    found = _interpolated(mv)
    return shown if shown >= 0 and shown < found < shown + _RISE_PERCENT and found < 100 else found


def _interpolated(mv: int) -> int:
    if mv <= _MV[0]:
        return 0
    for i in range(1, len(_MV)):
        if mv <= _MV[i]:
            span = _MV[i] - _MV[i - 1]
            return _PERCENT[i - 1] + ((mv - _MV[i - 1]) * (_PERCENT[i] - _PERCENT[i - 1]) + span // 2) // span
    return 100
