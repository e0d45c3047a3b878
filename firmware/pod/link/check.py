"""The pod's test of itself, first part: sensor, flash, heap, battery. jobs.py sends one answer for each item.

Loaded on demand. The text of an answer begins with the name of its item; the host's table gives meaning and remedy.
"""

from pod.link import status
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
_ENOUGH_BLOCK = 4096  # a new run takes 1 kB in one piece, and so does the list of a long directory
_LEAST_BLOCK = 1536
_NOT_KNOWN_H = codec.none("H")
_NOT_KNOWN_B = codec.none("B")
# where the status message has them
_STATE, _MV, _PERCENT, _FREE_KB, _TOTAL_KB, _MINUTES = 1, 8, 9, 10, 11, 12
_OF_SENSOR = (
    codec.value("fault", "sensor_missing"),
    codec.value("fault", "sensor_ambiguous"),
    codec.value("fault", "sensor_other"),
    codec.value("fault", "sensor_fifo"),
    codec.value("fault", "sensor_lost"),
    codec.value("fault", "sensor_reset"),
    codec.value("fault", "sensor_rate"),
    codec.value("fault", "sensor_axis"),
    codec.value("fault", "bus_stuck"),
)
_REASONS = {  # by a name of the driver, or by a fault
    "was_moving": codec.value("check_reason", "was_moving"),
    "odd_gravity": codec.value("check_reason", "odd_gravity"),
    "other_range": codec.value("check_reason", "other_range"),
    codec.value("fault", "sensor_ambiguous"): codec.value("check_reason", "several_sensors"),
    codec.value("fault", "sensor_other"): codec.value("check_reason", "other_chip"),
    codec.value("fault", "sensor_fifo"): codec.value("check_reason", "rate_too_high"),
}


def rows(parts, link):
    """Yield (verdict, value, text[, reason]) of each item; None while there is no result yet."""
    told = status.values(0, parts, link)
    yield _sensor(parts)
    yield from _ranges(parts.sampler.sensor)
    yield _bus(parts.sampler, parts.clock.uptime_s)
    yield _overruns(parts.sampler)
    yield _flash(told)
    yield _heap(parts.board.heap_free(), _largest(bytearray))
    yield _battery(told[_MV], told[_PERCENT])


def _sensor(parts) -> tuple:
    sensor = parts.sampler.sensor
    if sensor is None:
        why = [row for row in parts.faults.rows() if row[2] in _OF_SENSOR]
        if not why:
            return _FAIL, 0, "sensor none answers"
        _, _, code, text = why[-1]
        return _FAIL, 0, "sensor " + text, _REASONS.get(code, 0)
    if sensor.doubt or sensor.note:
        text = "sensor %s, %s" % (parts.sampler.chip, sensor.doubt or sensor.note)
        return _WARN, sensor.axes, text, _REASONS[sensor.reason]
    return _PASS, sensor.axes, "sensor " + parts.sampler.chip


def _ranges(sensor):
    """What one count is worth, too."""
    if sensor is None:
        yield _SKIPPED, 0, "range no sensor"
        return
    yield _PASS, sensor.acc_lsb_ug, "range %d g" % round((sensor.full_scale + 1) * sensor.acc_lsb_ug / 1_000_000)
    if sensor.gyr_lsb_udps:
        yield _PASS, sensor.gyr_lsb_udps, "range %d dps" % (sensor.full_scale * sensor.gyr_lsb_udps // 1_000_000)


def _bus(sampler, uptime_s: int) -> tuple:
    errors = sampler.all_errors()
    if not sampler.present:
        return _SKIPPED, errors, "bus no sensor"
    if errors == 0:
        return _PASS, 0, "bus"
    return _FAIL if errors >= max(5, uptime_s) else _WARN, errors, "bus in %d s" % uptime_s


def _overruns(sampler) -> tuple:
    text = "overruns %d of %d samples lost" % (sampler.lost, sampler.samples + sampler.lost)
    return _WARN if sampler.overruns else _PASS, sampler.overruns, text


def _flash(told: list) -> tuple:
    minutes = told[_MINUTES]
    verdict = _PASS if minutes >= _ENOUGH_MIN else _WARN
    if told[_STATE] == _FULL or minutes == 0:
        verdict = _FAIL
    return verdict, minutes, "flash %d of %d kB free" % (told[_FREE_KB], told[_TOTAL_KB])


def _heap(free: int, largest: int) -> tuple:
    verdict = _PASS if free >= _ENOUGH_HEAP and largest >= _ENOUGH_BLOCK else _WARN
    if free < _LEAST_HEAP or largest < _LEAST_BLOCK:
        verdict = _FAIL
    return verdict, free, "heap largest block %d" % largest


def _largest(take) -> int:
    """The largest piece of memory that can be had at once, about, up to 4 kB; `take`: takes so many bytes.

    A larger one would make the heap grow, into memory that machine code may need.
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
    if mv == _NOT_KNOWN_H:
        return _SKIPPED, 0, "battery not measured"
    if percent == _NOT_KNOWN_B:
        return _PASS, mv, "battery"
    verdict = _FAIL if percent < _EMPTY_PERCENT else _WARN if percent < _LOW_PERCENT else _PASS
    return verdict, mv, "battery %d %%" % percent
