"""Drains the sensor's FIFO and keeps the time base: sample index against uptime, lost samples, the measured rate.

A drain can run while the file system is in use (see flash.py), so nothing here writes a file or loads a module.
"""

from pod.sampling.sampleclock import SampleClock
from pod.sensors import SensorError
from retrowire import codec

_BUDGET_MS = 40  # of one drain, plus one burst: then the other steps of the main loop run
_LONGEST_GAP = 1 << 24  # samples: half a day
_CHANGED_PERMILLE = 7  # a smaller difference is not a changed rate: samples are missing
_ABSURD_PERMILLE = 350  # no oscillator is off by more
RETIME_PERMILLE = 30  # a larger change of the rate needs a new engine
_SLACK = 2  # samples that an estimate from the clock can be off by without a loss
_DRIFT_PERCENT = 2  # of a second: limit for the distance of samples from the clock's line
_DRIFT_READINGS = 8  # in a row: a single reading of the FIFO can be late
_MEASURE_MS = 1500  # duration of a measurement: accurate to 0.25 % at 416 Hz
_FAULT_RATE = codec.value("fault", "sensor_rate")
_EVENT_RATE = codec.value("event", "rate")


class Drain:
    """Moves samples from the FIFO to the pipeline.

    `silent`: drains in a row without a sample. `resume`: samples may be missing, and the next drain estimates their
    number from the clock. `active`: a drain runs.
    """

    def __init__(self, clock, samples, faults, publisher, pipeline, health):
        """`clock`: the pod's Clock."""
        self.silent = 0
        self.resume = False
        self.active = False
        self._clock = clock
        self._samples = samples
        self._faults = faults
        self._publisher = publisher
        self._pipeline = pipeline
        self._health = health
        self._rate_check = RateCheck()

    def run(self) -> None:
        """Drain the FIFO once, or as far as the time budget allows: the rest waits in the FIFO.

        Raises OSError or SensorError if the sensor does not answer.
        """
        self.active = True
        try:
            self._run()
        finally:
            self.active = False

    def restart(self) -> None:
        """Begin again after the sensor was configured: estimate from the clock how many samples are missing."""
        samples = self._samples
        self.silent = 0
        self._rate_check.restart()
        self.resume = samples.taken > 0 and samples.clock.started()

    def estimate_lost(self, newest: int) -> int:
        """Return the number of lost samples by the clock. `newest`: index of the newest sample if none were lost."""
        expected = self._samples.clock.expected(self._clock.uptime_s, self._clock.uptime_ms)
        return max(0, min(_LONGEST_GAP, expected - newest))

    def skip_gap(self, newest: int) -> None:
        """Skip the samples that are missing now. `newest`: as in `estimate_lost`."""
        self._clock.update()
        self._pipeline.skip(self.estimate_lost(newest))

    def retime(self, rate_mhz: int) -> None:
        """Begin a new time base at this rate, because the oscillator has changed. The index continues."""
        self._samples.clock = SampleClock(rate_mhz)
        if differ(rate_mhz, self._pipeline.rate_mhz, RETIME_PERMILLE):
            self._pipeline.wanted_mhz = rate_mhz
        self._publisher.event(_EVENT_RATE, rate_mhz, 0)

    def _run(self) -> None:
        samples = self._samples
        sensor = samples.sensor
        self.silent += 1
        words = sensor.level()
        self._clock.update()
        newest = samples.index - 1 + sensor.waiting(words)
        estimate = 0
        if sensor.overrun:
            samples.overruns += 1
            if words == 0:
                self.resume = True  # The driver had to empty the FIFO.
        if words == 0:
            return
        if self.resume:
            self.resume = False
            lost = self.estimate_lost(newest)
            self._pipeline.skip(lost if lost > _SLACK else 0)
        elif sensor.overrun:
            self._rate_check.restart()
            estimate = self.estimate_lost(newest)
        else:
            self._keep_time(newest)
        count = last = 0
        s, ms = self._clock.uptime_s, self._clock.uptime_ms
        took = sensor.read(words)
        while took:
            words -= took
            count = sensor.unpack()
            while count:
                self._take(sensor, count, estimate)
                estimate = 0
                last = count
                count = sensor.unpack()
            self._clock.update()
            if (self._clock.uptime_s - s) * 1000 + self._clock.uptime_ms - ms >= _BUDGET_MS:
                break
            took = sensor.read(words)
        if last:
            self._health.check_axes(last - 1)

    def _take(self, sensor, count: int, estimate: int) -> None:
        lost = sensor.lost()
        if estimate:
            slots = sensor.slots
            lost += (estimate - lost + slots // 2) // slots * slots  # The FIFO counts losses modulo `slots`, or not.
        self._pipeline.skip(lost)
        self.silent = 0
        self._pipeline.take(sensor.samples, count)

    def _keep_time(self, newest: int) -> None:
        """Compare the newest sample with the clock. While a changed rate is measured, no stride is decided."""
        clock = self._samples.clock
        s, ms = self._clock.uptime_s, self._clock.uptime_ms
        if self._rate_check.measuring:
            self._pipeline.engine.gap(0)
            rate_mhz = self._rate_check.measure(newest, s, ms)
            if rate_mhz:
                self._follow(newest, rate_mhz)
        elif self._rate_check.watch(clock, newest, s, ms):
            self._faults.add(_FAULT_RATE, "samples do not keep time: the sensor's oscillator has changed")
            self._pipeline.engine.gap(0)
        else:
            self._pipeline.skip(clock.look(newest, s, ms))

    def _follow(self, newest: int, rate_mhz: int) -> None:
        """Samples left the clock's line at this rate: the rate has changed, or samples were lost without a sign."""
        before_mhz = self._samples.clock.rate_mhz
        if differ(rate_mhz, before_mhz, _ABSURD_PERMILLE):
            raise SensorError("sensor_rate", "the sensor does not deliver steadily")
        if not differ(rate_mhz, before_mhz, _CHANGED_PERMILLE):
            self._pipeline.skip(self.estimate_lost(newest))
        self.retime(rate_mhz)


class RateCheck:
    """Call `watch` at each reading of the FIFO. Once it returns True, call `measure` until it returns a rate."""

    def __init__(self):
        self.restart()

    def restart(self) -> None:
        """Discard all readings."""
        self.measuring = False
        self._drifting = 0  # readings in a row
        self._index = self._s = self._ms = 0

    def watch(self, clock, index: int, s: int, ms: int) -> bool:
        """Add a reading: at uptime `s`, `ms` sample `index` was the newest. Return whether the SampleClock is off."""
        ahead = index - clock.expected(s, ms)
        drifts = clock.calibrated and abs(ahead) * 100_000 > _DRIFT_PERCENT * clock.rate_mhz
        self._drifting = self._drifting + 1 if drifts else 0
        if self._drifting < _DRIFT_READINGS:
            return False
        self.measuring = True
        self._index, self._s, self._ms = index, s, ms
        return True

    def measure(self, index: int, s: int, ms: int) -> int:
        """Return the rate in mHz since `watch` returned True; 0 if that is too short ago."""
        span_ms = (s - self._s) * 1000 + ms - self._ms
        if span_ms < _MEASURE_MS:
            return 0
        rate_mhz = (index - self._index) * 1_000_000 // span_ms
        self.restart()
        return max(1, rate_mhz)


def differ(rate_mhz: int, other_mhz: int, permille: int) -> bool:
    """Return whether two rates differ by more than `permille`."""
    return abs(rate_mhz - other_mhz) * 1000 > other_mhz * permille
