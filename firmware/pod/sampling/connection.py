"""Connection to the sensor: finds it, detects that it fails, clears the bus, reconnects."""

from pod import sensors
from pod.ondemand import load
from pod.sampling.drain import RETIME_PERMILLE, differ
from pod.sampling.sampleclock import SampleClock
from retrowire import codec

_DEAD_DRAINS = 25  # without a sample
_EXPLAIN_EVERY = 120  # searches: once a minute name the part that answers instead of a supported one
_ENOUGH_HZ = 400_000  # clock that carries every rate
_FAILURES = 5  # failed drains in a row until the sensor counts as lost

_FAULTS = {  # by the names that drivers use
    "sensor_missing": codec.value("fault", "sensor_missing"),
    "sensor_ambiguous": codec.value("fault", "sensor_ambiguous"),
    "sensor_other": codec.value("fault", "sensor_other"),
    "sensor_fifo": codec.value("fault", "sensor_fifo"),
    "sensor_unsupported": codec.value("fault", "sensor_unsupported"),
    "sensor_sibling": codec.value("fault", "sensor_sibling"),
    "sensor_lost": codec.value("fault", "sensor_lost"),
    "sensor_reset": codec.value("fault", "sensor_reset"),
    "bus_stuck": codec.value("fault", "bus_stuck"),
}
_EVENT_SENSOR = codec.value("event", "sensor")
_GONE, _CAME, _SET_UP = 0, 1, 2  # `a` of the sensor event; health.py has the others


class SensorConnection:
    """Sets `samples.sensor` while the sensor delivers. `failures`: failed drains in a row."""

    def __init__(self, board, settings, samples, faults, publisher, pipeline, drain, health):
        self.failures = 0
        self._board = board
        self._settings = settings
        self._samples = samples
        self._faults = faults
        self._publisher = publisher
        self._pipeline = pipeline
        self._drain = drain
        self._health = health
        self._searches = 0
        self._acc_lsb_ug = 0
        self._stated_mhz = 0  # rate that the driver stated when the sensor was found

    def connect(self) -> None:
        """Find and configure the sensor. Raises OSError or SensorError. Loads modules."""
        samples = self._samples
        pipeline = self._pipeline
        board = self._board
        # Do not identify the part again: that needs a foot at rest.
        part = samples.chip if pipeline.engine else self._settings.get("chip")
        bus = board.i2c(self._settings)
        explain = pipeline.engine is None and self._searches % _EXPLAIN_EVERY == 0
        self._searches += 1
        ticks = board.ticks_us, board.ticks_diff
        sensor = sensors.probe(bus, self._settings, part, board.sleep_ms, *ticks, self._carried, explain)
        self._searches = 0
        if sensor.doubt:
            self._fault("sensor_fifo" if sensor.reason == "rate_too_high" else "sensor_ambiguous", sensor.doubt)
        if pipeline.engine is None:
            self._begin(sensor)
        elif (sensor.chip, sensor.acc_lsb_ug) != (samples.chip, self._acc_lsb_ug):
            raise sensors.SensorError("sensor_ambiguous", "another sensor than before: restart the pod")
        elif sensor.rate_mhz != self._stated_mhz and differ(sensor.rate_mhz, pipeline.rate_mhz, RETIME_PERMILLE):
            self._drain.skip_gap(samples.index - 1)
            self._drain.retime(sensor.rate_mhz)
        if pipeline.wanted_mhz:
            pipeline.build(sensor, pipeline.wanted_mhz)
        self._stated_mhz = sensor.rate_mhz
        samples.sensor = sensor
        self._configured()
        self._publisher.event(_EVENT_SENSOR, _CAME, 0)

    def check(self) -> bool:
        """Restore a lost configuration, or give up a silent sensor. Return whether the sensor needed neither."""
        sensor = self._samples.sensor
        if not sensor.configured():
            self._fault("sensor_reset", "the sensor lost its configuration")
            sensor.start()
            self._configured()
            self._publisher.event(_EVENT_SENSOR, _SET_UP, 0)
            return False
        if self._drain.silent >= _DEAD_DRAINS:
            self._give_up("the sensor delivers nothing")
            return False
        return True

    def failed(self, error) -> None:
        """Handle an error of the bus or the driver."""
        samples = self._samples
        samples.errors += 1
        if samples.sensor is None:
            self._free_bus()
            if self._pipeline.engine:
                return  # The loss of the sensor was already reported.
            code = error.code if isinstance(error, sensors.SensorError) else "sensor_missing"
            if code:  # otherwise the last reported cause still applies
                self._fault(code, str(error))
            return
        self.failures += 1
        if samples.sensor.slots == 1:
            self._drain.resume = samples.taken > 0  # A block may have been lost. Only the clock shows that.
        if self.failures >= _FAILURES or isinstance(error, sensors.SensorError):
            self._give_up("no answer: %s" % error)

    def self_test(self) -> list:
        """Run the driver's self-test. Return (axis, measured, least, most) of each axis.

        Sampling stops for up to a second, which leaves a gap. Raises OSError or SensorError.
        """
        try:
            rows = self._samples.sensor.self_test()
        except (OSError, sensors.SensorError) as error:
            self.failed(error)
            raise
        self._configured()
        return rows

    def wake(self) -> None:
        """Configure the sensor after sleep. The index advances by the time that has passed, without lost samples."""
        samples = self._samples
        lost = samples.lost
        try:
            samples.sensor.start()
        except (OSError, sensors.SensorError) as error:
            self.failed(error)
        self._drain.skip_gap(samples.index)
        samples.lost = lost
        samples.clock.restart(samples.clock.rate_mhz)
        self._configured()

    def _carried(self, driver: str) -> tuple:
        """Return the rate that the bus carries, and a reason if it is not that of the setting. Raises SensorError."""
        i2c_hz, rate_hz = self._settings.get("i2c_hz"), self._settings.get("rate_hz")
        if i2c_hz >= _ENOUGH_HZ:
            return rate_hz, ""
        rate_hz, reason = load("retrowire.bus").carried(driver, i2c_hz, rate_hz)
        if not rate_hz:
            raise sensors.SensorError("sensor_fifo", reason)
        return rate_hz, reason

    def _begin(self, sensor) -> None:
        """Begin to sample with the first sensor that has answered."""
        samples = self._samples
        samples.chip = sensor.chip
        self._acc_lsb_ug = sensor.acc_lsb_ug
        samples.clock = SampleClock(sensor.rate_mhz)
        self._health.watch(sensor)  # Before the engine exists: the first drain needs both.
        self._pipeline.build(sensor, sensor.rate_mhz)
        sensor.empty()  # Discard samples that came while the engine was loaded.

    def _configured(self) -> None:
        self.failures = 0
        self._drain.restart()

    def _fault(self, name: str, text: str) -> None:
        self._faults.add(_FAULTS[name], text)

    def _give_up(self, reason: str) -> None:
        self._fault("sensor_lost", reason)
        self._samples.sensor = None
        self._free_bus()
        self._publisher.event(_EVENT_SENSOR, _GONE, 0)

    def _free_bus(self) -> None:
        if not self._board.free_bus():
            self._fault("bus_stuck", "the data line stays low: wiring, or a pull-up is missing")
