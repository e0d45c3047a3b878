"""First part of the self-test: sensor, flash, heap, battery. Loaded on demand.

The text of an answer begins with the name of its item. The host has a table of the items with meaning and fix.
"""

from retrowire import codec

_PASS = codec.value("verdict", "pass")
_WARN = codec.value("verdict", "warn")
_FAIL = codec.value("verdict", "fail")
_SKIPPED = codec.value("verdict", "skipped")
_FULL = codec.value("state", "full")
_ENOUGH_MIN = 60
_LOW_PERCENT = 20
_EMPTY_PERCENT = 5
_ENOUGH_HEAP = 12_288
_LEAST_HEAP = 4096
_ENOUGH_BLOCK = 4096  # a new run needs a block of 1 kB, and so does the list of a long folder
_LEAST_BLOCK = 1536
_UNKNOWN_H = codec.none("H")
_UNKNOWN_B = codec.none("B")
# places in the status message
_STATE, _MV, _PERCENT, _FREE_KB, _TOTAL_KB, _MINUTES = 1, 8, 9, 10, 11, 12
_SENSOR_FAULTS = (
    codec.value("fault", "sensor_missing"),
    codec.value("fault", "sensor_ambiguous"),
    codec.value("fault", "sensor_other"),
    codec.value("fault", "sensor_fifo"),
    codec.value("fault", "sensor_unsupported"),
    codec.value("fault", "sensor_sibling"),
    codec.value("fault", "sensor_lost"),
    codec.value("fault", "sensor_reset"),
    codec.value("fault", "sensor_rate"),
    codec.value("fault", "sensor_axis"),
    codec.value("fault", "bus_stuck"),
)
_REASONS = {  # by a name that drivers use, or by a fault
    "was_moving": codec.value("check_reason", "was_moving"),
    "odd_gravity": codec.value("check_reason", "odd_gravity"),
    "other_range": codec.value("check_reason", "other_range"),
    "forced_chip": codec.value("check_reason", "forced_chip"),
    "rate_too_high": codec.value("check_reason", "rate_too_high"),
    codec.value("fault", "sensor_ambiguous"): codec.value("check_reason", "several_sensors"),
    codec.value("fault", "sensor_other"): codec.value("check_reason", "other_chip"),
    codec.value("fault", "sensor_fifo"): codec.value("check_reason", "rate_too_high"),
    codec.value("fault", "sensor_unsupported"): codec.value("check_reason", "unsupported_chip"),
    codec.value("fault", "sensor_sibling"): codec.value("check_reason", "sibling_chip"),
}


def rows(status_values, board, clock, samples, faults):
    """Yield (verdict, value, text[, reason]) of each item. `status_values(0)`: values of the status message."""
    status = status_values(0)
    yield _sensor(samples, faults.rows())
    yield from _ranges(samples.sensor)
    yield _bus(samples, clock.uptime_s)
    yield _overruns(samples)
    yield _flash(status)
    yield _heap(board.heap_free(), _largest(bytearray))
    yield _battery(status[_MV], status[_PERCENT])


def _sensor(samples, faults: list) -> tuple:
    sensor = samples.sensor
    if sensor is None:
        causes = [row for row in faults if row[2] in _SENSOR_FAULTS]
        if not causes:
            return _FAIL, 0, "sensor none answers"
        _, _, code, text = causes[-1]
        # A sensor that was lost may have been reported as ambiguous for another reason before.
        return _FAIL, 0, " ".join(("sensor", text)), _REASONS.get(code, 0) if samples.chip == "none" else 0
    if sensor.doubt or sensor.note:
        text = "sensor %s, %s" % (samples.chip, sensor.doubt or sensor.note)
        return _WARN, sensor.axes, text, _REASONS[sensor.reason]
    return _PASS, sensor.axes, " ".join(("sensor", samples.chip))


def _ranges(sensor):
    """Yield the range of accelerometer and gyroscope; the values are the units of one count."""
    if sensor is None:
        yield _SKIPPED, 0, "range no sensor"
        return
    yield _PASS, sensor.acc_lsb_ug, "range %d g" % round((sensor.full_scale + 1) * sensor.acc_lsb_ug / 1_000_000)
    if sensor.gyr_lsb_udps:
        yield _PASS, sensor.gyr_lsb_udps, "range %d dps" % (sensor.full_scale * sensor.gyr_lsb_udps // 1_000_000)


def _bus(samples, uptime_s: int) -> tuple:
    errors = samples.all_errors()
    if samples.sensor is None:
        return _SKIPPED, errors, "bus no sensor"
    if errors == 0:
        return _PASS, 0, "bus"
    return _FAIL if errors >= max(5, uptime_s) else _WARN, errors, "bus in %d s" % uptime_s


def _overruns(samples) -> tuple:
    text = "overruns %d of %d samples lost" % (samples.lost, samples.taken + samples.lost)
    return _WARN if samples.overruns else _PASS, samples.overruns, text


def _flash(status: list) -> tuple:
    minutes = status[_MINUTES]
    verdict = _PASS if minutes >= _ENOUGH_MIN else _WARN
    if status[_STATE] == _FULL or minutes == 0:
        verdict = _FAIL
    return verdict, minutes, "flash %d of %d kB free" % (status[_FREE_KB], status[_TOTAL_KB])


def _heap(free: int, largest: int) -> tuple:
    verdict = _PASS if free >= _ENOUGH_HEAP and largest >= _ENOUGH_BLOCK else _WARN
    if free < _LEAST_HEAP or largest < _LEAST_BLOCK:
        verdict = _FAIL
    return verdict, free, "heap largest block %d" % largest


def _largest(take) -> int:
    """Return about the size of the largest free block, up to 4 kB. `take(size)` allocates a block.

    A larger block would make the heap grow into memory that machine code may need.
    """
    size = _ENOUGH_BLOCK
    while size >= 200:
        try:
            take(size)
            return size
        except MemoryError:
            size -= size >> 2
    return 0


def _battery(mv: int, percent: int) -> tuple:
    if mv == _UNKNOWN_H:
        return _SKIPPED, 0, "battery not measured"
    if percent == _UNKNOWN_B:
        return _PASS, mv, "battery"
    verdict = _FAIL if percent < _EMPTY_PERCENT else _WARN if percent < _LOW_PERCENT else _PASS
    return verdict, mv, "battery %d %%" % percent
