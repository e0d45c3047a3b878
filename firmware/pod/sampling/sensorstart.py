"""Start of the sensor: finds and configures it. Loaded on demand, as the modules that `probe` needs."""

from array import array

from pod import sensors
from pod.ondemand import load
from pod.sampling import _kernel_axes as kernel
from pod.sampling.drain import RETIME_PERMILLE, differ
from pod.sampling.sampleclock import SampleClock
from retrowire import codec

_EXPLAIN_EVERY = 120  # searches: once a minute name the part that answers instead of a supported one
_ENOUGH_HZ = 400_000  # clock that carries every rate
_RESTLESS_UG = 100_000
_RESTLESS_UDPS = 20_000_000
_FAULT_AMBIGUOUS = codec.value("fault", "sensor_ambiguous")
_FAULT_FIFO = codec.value("fault", "sensor_fifo")


def start(connection) -> None:
    """Set `samples.sensor` to a configured sensor. Raises OSError or SensorError."""
    samples = connection.samples
    pipeline = connection.pipeline
    sensor = _found(connection)
    connection.searches = 0
    if sensor.doubt:
        connection.faults.add(_FAULT_FIFO if sensor.reason == "rate_too_high" else _FAULT_AMBIGUOUS, sensor.doubt)
    if pipeline.engine is None:
        _begin(connection, sensor)
    elif (sensor.chip, sensor.acc_lsb_ug) != (samples.chip, connection.acc_lsb_ug):
        raise sensors.SensorError("sensor_ambiguous", "another sensor than before: restart the pod")
    elif sensor.rate_mhz != connection.stated_mhz and differ(sensor.rate_mhz, pipeline.rate_mhz, RETIME_PERMILLE):
        connection.drain.skip_gap(samples.index - 1)
        connection.drain.retime(sensor.rate_mhz)
    if pipeline.wanted_mhz:
        pipeline.build(sensor, pipeline.wanted_mhz)
    connection.stated_mhz = sensor.rate_mhz
    samples.sensor = sensor


def _found(connection):
    samples, pipeline, board, settings = connection.samples, connection.pipeline, connection.board, connection.settings
    # Do not identify the part again: that needs a foot at rest.
    part = samples.chip if pipeline.engine else settings.get("chip")
    bus = board.i2c(settings)
    explain = pipeline.engine is None and connection.searches % _EXPLAIN_EVERY == 0
    connection.searches += 1

    def carried(driver: str) -> tuple:
        return _carried(driver, settings.get("i2c_hz"), settings.get("rate_hz"))

    return sensors.probe(bus, settings, part, board.sleep_ms, board.ticks_us, board.ticks_diff, carried, explain)


def _carried(driver: str, i2c_hz: int, rate_hz: int) -> tuple:
    """Return the rate that the bus carries, and a reason if it is not that of the setting. Raises SensorError."""
    if i2c_hz >= _ENOUGH_HZ:
        return rate_hz, ""
    rate_hz, reason = load("retrowire.bus").carried(driver, i2c_hz, rate_hz)
    if not rate_hz:
        raise sensors.SensorError("sensor_fifo", reason)
    return rate_hz, reason


def _begin(connection, sensor) -> None:
    """Begin to sample with the first sensor that has answered."""
    samples = connection.samples
    samples.chip = sensor.chip
    connection.acc_lsb_ug = sensor.acc_lsb_ug
    samples.clock = SampleClock(sensor.rate_mhz)
    connection.health.axes = _axes(sensor)  # Before the engine exists: the first drain needs both.
    connection.pipeline.build(sensor, sensor.rate_mhz)
    sensor.empty()  # Discard samples that came while the engine was loaded.


def _axes(sensor):
    """Return the state of `_kernel_axes` for this sensor."""
    state = array("i", [0] * (kernel.HEAD + sensor.axes * kernel.ROW))
    state[kernel.LIMIT] = sensor.full_scale - 1
    for i in range(sensor.axes):
        restless = _RESTLESS_UG // sensor.acc_lsb_ug if i < 3 else _RESTLESS_UDPS // sensor.gyr_lsb_udps
        state[kernel.HEAD + i * kernel.ROW + kernel.RESTLESS] = restless
    return state
