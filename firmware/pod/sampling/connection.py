"""Connection to the sensor: detects that it fails, clears the bus, reconnects (sensorstart.py)."""

from pod import sensors
from pod.ondemand import load
from retrowire import codec

_DEAD_DRAINS = 25  # without a sample
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
    """Sets `samples.sensor` while the sensor delivers. `failures`: failed drains in a row.

    sensorstart.py sets the last three attributes. `stated_mhz`: rate that the driver stated when the sensor was found.
    """

    def __init__(self, board, settings, samples, faults, publisher, pipeline, drain, health):
        self.failures = 0
        self.board = board
        self.settings = settings
        self.samples = samples
        self.faults = faults
        self.publisher = publisher
        self.pipeline = pipeline
        self.drain = drain
        self.health = health
        self.searches = 0
        self.acc_lsb_ug = 0
        self.stated_mhz = 0

    def connect(self) -> None:
        """Find and configure the sensor. Raises OSError or SensorError. Loads modules."""
        load("pod.sampling.sensorstart").start(self)
        self._configured()
        self.publisher.event(_EVENT_SENSOR, _CAME, 0)

    def check(self) -> bool:
        """Restore a lost configuration, or give up a silent sensor. Return whether the sensor needed neither."""
        sensor = self.samples.sensor
        if not sensor.configured():
            self._fault("sensor_reset", "the sensor lost its configuration")
            sensor.start()
            self._configured()
            self.publisher.event(_EVENT_SENSOR, _SET_UP, 0)
            return False
        if self.drain.silent >= _DEAD_DRAINS:
            self._give_up("the sensor delivers nothing")
            return False
        return True

    def failed(self, error) -> None:
        """Handle an error of the bus or the driver."""
        samples = self.samples
        samples.errors += 1
        if samples.sensor is None:
            self._free_bus()
            if self.pipeline.engine:
                return  # The loss of the sensor was already reported.
            code = error.code if isinstance(error, sensors.SensorError) else "sensor_missing"
            if code:  # otherwise the last reported cause still applies
                self._fault(code, str(error))
            return
        self.failures += 1
        if samples.sensor.slots == 1:
            self.drain.resume = samples.taken > 0  # A block may have been lost. Only the clock shows that.
        if self.failures >= _FAILURES or isinstance(error, sensors.SensorError):
            self._give_up("no answer: %s" % error)

    def self_test(self) -> list:
        """Run the driver's self-test. Return (axis, measured, least, most) of each axis.

        Sampling stops for up to a second, which leaves a gap. Raises OSError or SensorError.
        """
        try:
            rows = self.samples.sensor.self_test()
        except (OSError, sensors.SensorError) as error:
            self.failed(error)
            raise
        self._configured()
        return rows

    def wake(self) -> None:
        """Configure the sensor after sleep. The index advances by the time that has passed, without lost samples."""
        samples = self.samples
        lost = samples.lost
        try:
            samples.sensor.start()
        except (OSError, sensors.SensorError) as error:
            self.failed(error)
        self.drain.skip_gap(samples.index)
        samples.lost = lost
        samples.clock.restart(samples.clock.rate_mhz)
        self._configured()

    def _configured(self) -> None:
        self.failures = 0
        self.drain.restart()

    def _fault(self, name: str, text: str) -> None:
        self.faults.add(_FAULTS[name], text)

    def _give_up(self, reason: str) -> None:
        self._fault("sensor_lost", reason)
        self.samples.sensor = None
        self._free_bus()
        self.publisher.event(_EVENT_SENSOR, _GONE, 0)

    def _free_bus(self) -> None:
        if not self.board.free_bus():
            self._fault("bus_stuck", "the data line stays low: wiring, or a pull-up is missing")
