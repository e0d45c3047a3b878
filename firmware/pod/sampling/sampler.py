"""State of the sample stream, and the schedule of sampling: when to drain, to check and to search for the sensor.

drain.py moves the samples, pipeline.py finds strides in them, connection.py and health.py handle a failing sensor.
"""

from pod.gait.engine import preload
from pod.sensors import SensorError
from retrowire import codec

_DRAIN_MS = 20
_PROBE_MS = 500
_CHECK_MS = 500
_SILENT_DRAINS = 3  # without a sample: check now, a sensor that has lost its configuration is mostly silent
_RATE_EVENT_MS = 60_000
_EARLY_MS = 8  # a drain during a flash access may come so much before its time
_EVENT_RATE = codec.value("event", "rate")


class Samples:
    """Sensor, time base and counters since the boot. The parts of sampling write them. `index`: of the next sample.

    `sensor` (a driver) and `clock` (a SampleClock) are None while no sensor has answered. `errors` counts failed
    transfers and bad axes. `suspect`: an axis is stuck or saturated, so strides are not decided.
    """

    def __init__(self):
        self.sensor = None
        self.clock = None
        self.chip = "none"
        self.index = 0
        self.taken = 0
        self.lost = 0
        self.strides = 0
        self.overruns = 0
        self.errors = 0
        self.temperature_cc = None
        self.suspect = False

    def all_errors(self) -> int:
        """Return the number of errors and of rejected FIFO words."""
        return self.errors + (self.sensor.rejected() if self.sensor else 0)


class Sampler:
    """Runs the parts of sampling when they are due."""

    def __init__(self, clock, samples, publisher, pipeline, drain, health, connection, heap_free):
        """`clock`: the pod's Clock; `heap_free()` collects garbage."""
        self._clock = clock
        self._samples = samples
        self._publisher = publisher
        self._pipeline = pipeline
        self._drain = drain
        self._health = health
        self._connection = connection
        self._heap_free = heap_free
        self._stepped_s = clock.uptime_s
        self._stepped_ms = clock.uptime_ms
        self._wait_ms = 0
        self._check_ms = _CHECK_MS
        self._rate_ms = _RATE_EVENT_MS

    def step(self) -> None:
        """Drain if it is due, or search for a sensor twice a second. Call this often: it costs little otherwise."""
        self._count_down()
        if self._wait_ms > 0:
            return
        if self._samples.sensor is None:
            self._wait_ms = _PROBE_MS
            self._guarded(self._connection.connect)
            if self._samples.sensor:
                self._wait_ms = _DRAIN_MS
                self._check_ms = _CHECK_MS
            return
        self._wait_ms = _DRAIN_MS
        self._guarded(self._sample)
        if self._samples.sensor is None:
            self._wait_ms = 0  # Search at once for a sensor that was just lost.

    def collect(self) -> None:
        """Only drain if it is due. Call this while the file system is in use or during a long computation."""
        if self._samples.sensor is None or self._pipeline.engine is None or self._drain.active:
            return  # While an engine is built, its modules are read from flash.
        self._count_down()
        if self._wait_ms <= _EARLY_MS:
            self._wait_ms = _DRAIN_MS
            self._guarded(self._empty)
            if self._samples.sensor is None:
                self._wait_ms = 0

    def start(self) -> None:
        """Search for the sensor. Without one load the machine code for all: later there may be no memory for it."""
        self.step()
        if self._samples.sensor is None:
            __import__("pod.sensors.lsm6ds")
            __import__("pod.sensors.mpu6050")
            preload()

    def _count_down(self) -> None:
        clock = self._clock
        clock.update()
        elapsed_ms = (clock.uptime_s - self._stepped_s) * 1000 + clock.uptime_ms - self._stepped_ms
        self._stepped_s = clock.uptime_s
        self._stepped_ms = clock.uptime_ms
        self._wait_ms -= elapsed_ms
        self._check_ms -= elapsed_ms
        self._rate_ms -= elapsed_ms

    def _guarded(self, work) -> None:
        samples = self._samples
        try:
            work()
        except (OSError, SensorError) as error:
            self._connection.failed(error)
        except MemoryError as error:
            self._heap_free()
            if self._pipeline.engine is not None:
                self._drain.resume = samples.taken > 0  # The clock shows how many samples of this drain are lost.
                raise
            samples.sensor = None
            self._connection.failed(error)  # No room for the engine: the pod answers hosts without it.

    def _sample(self) -> None:
        pipeline = self._pipeline
        if pipeline.wanted_mhz:
            pipeline.build(self._samples.sensor, pipeline.wanted_mhz)
        self._empty()
        if self._check_ms <= 0 or self._drain.silent == _SILENT_DRAINS:
            self._check_ms = _CHECK_MS
            self._check()

    def _empty(self) -> None:
        self._drain.run()
        self._connection.failures = 0

    def _check(self) -> None:
        if self._connection.check():
            self._health.check_rate()
        self._health.report_errors()
        clock = self._samples.clock
        if self._rate_ms <= 0 and clock.calibrated:
            self._rate_ms = _RATE_EVENT_MS
            self._publisher.event(_EVENT_RATE, clock.rate_mhz, 0)
