"""Last part of the self-test, with the pod at rest: gravity, noise, zero rate, sample rate, and the chip's own test.

Sampling continues, except during the chip's test of up to a second; its samples are counted as lost.
Limits: noise four times that of the noisiest chip (ADXL345 data sheet rev E: 1.5 LSB rms at 100 Hz); zero rate at
which the direction becomes less accurate; gravity by the zero-g levels of the data sheets.
"""

from pod import sensors
from retrowire import codec

_PASS = codec.value("verdict", "pass")
_WARN = codec.value("verdict", "warn")
_FAIL = codec.value("verdict", "fail")
_SKIPPED = codec.value("verdict", "skipped")
_HALF = codec.value("check_reason", "gravity_half")
_DOUBLE = codec.value("check_reason", "gravity_double")
_READ_HZ = 200  # samples that the processor has time for
_STILL_S = 4  # longest wait for a second without motion
_AGAIN_S = 3
_RATE_S = 5  # longest wait for a measured rate, which takes ten seconds from the sensor's start
_MOVES_UG = 150_000
_MOVES_UDPS = 12_000_000
_NEAR_MG = 80
_FAR_MG = 250
_OTHER_PART_MG = 60  # tolerance of a gravity that is half or twice the real one
_NOISE_UG = 25_000
_NOISE_UDPS = 400_000
_ZERO_RATE_UDPS = 10_000_000
_OFF_PERMILLE = 100  # tolerance of the oscillator of a good part
_LOST_PERMILLE = 250
_AXES = ("ax", "ay", "az", "gx", "gy", "gz")


class _Rest:
    """Statistics of samples at rest. `still` once there are enough samples without motion."""

    def __init__(self, sensor):
        self.axes = sensor.axes
        self._every = max(1, sensor.rate_hz // _READ_HZ)
        self._wanted = sensor.rate_hz // self._every  # for one second: no stance of a walk is quiet for so long
        self._moves = [
            _MOVES_UG // sensor.acc_lsb_ug if i < 3 else _MOVES_UDPS // sensor.gyr_lsb_udps for i in range(self.axes)
        ]
        self._begin()

    def _begin(self) -> None:
        self.count = 0
        self.first = [0] * self.axes
        self.sums = [0] * self.axes  # of differences to the first sample
        self.squares = [0] * self.axes
        self.low = [0] * self.axes
        self.high = [0] * self.axes

    @property
    def still(self) -> bool:
        """True once there are enough samples."""
        return self.count >= self._wanted

    def take(self, samples, count: int) -> None:
        """Add `count` samples of int16. Begin again if an axis moves."""
        for n in range(0, count, self._every):
            at = n * 2 * self.axes
            for i in range(self.axes):
                value = samples[at] | samples[at + 1] << 8
                value = (value ^ 0x8000) - 0x8000
                at += 2
                if self.count == 0:
                    self.first[i] = value
                value -= self.first[i]
                self.sums[i] += value
                self.squares[i] += value * value
                self.low[i] = min(self.low[i], value)
                self.high[i] = max(self.high[i], value)
                if self.high[i] - self.low[i] > self._moves[i]:
                    self._begin()
                    return
            self.count += 1
            if self.count >= self._wanted:
                return

    def mean(self, i: int) -> float:
        """Return the mean of one axis in counts."""
        return self.first[i] + self.sums[i] / self.count

    def noise(self, i: int) -> float:
        """Return the noise of one axis in counts rms."""
        mean = self.sums[i] / self.count
        return max(0.0, self.squares[i] / self.count - mean * mean) ** 0.5


def rows(clock, samples, pipeline, connection, recorder):
    """Yield (verdict, value, text[, reason]) of each item; None while a result is not ready."""
    names = ("gravity", "noise_acc", "noise_gyr", "zero_rate", "rate", "self_test")
    if samples.sensor is None:
        for name in names:
            yield _SKIPPED, 0, name + " no sensor"
        return
    rest = _Rest(samples.sensor)
    begun_s = clock.uptime_s
    yield from _wait(clock, samples, pipeline, rest, _STILL_S)
    if rest.still and samples.sensor:
        yield from _at_rest(rest, samples.sensor)
    else:
        for name in names[:4]:
            yield _SKIPPED, 0, name + (" it moves" if samples.sensor else " no sensor")
    while samples.sensor and not samples.clock.calibrated and clock.uptime_s - begun_s < _RATE_S:
        yield None
    yield _rate(samples)
    if recorder.run:
        yield _SKIPPED, 0, "self_test a run is open"
    else:
        yield from _self_test(clock, samples, pipeline, connection, rest.still)


def _wait(clock, samples, pipeline, rest: _Rest, most_s: int):
    """Pass the samples to `rest` until it has enough, for at most `most_s`."""
    begun_s = clock.uptime_s
    pipeline.tap = rest.take
    try:
        while samples.sensor and not rest.still and clock.uptime_s - begun_s < most_s:
            yield None
    finally:
        pipeline.tap = None


def _at_rest(rest: _Rest, sensor):
    yield _gravity(sum([rest.mean(i) ** 2 for i in range(3)]) ** 0.5 * sensor.acc_lsb_ug / 1000)
    yield _noise(rest, "noise_acc", 0, sensor.acc_lsb_ug, _NOISE_UG)
    if rest.axes == 3:
        yield _SKIPPED, 0, "noise_gyr no gyroscope"
        yield _SKIPPED, 0, "zero_rate no gyroscope"
        return
    yield _noise(rest, "noise_gyr", 3, sensor.gyr_lsb_udps, _NOISE_UDPS)
    means = [rest.mean(i) * sensor.gyr_lsb_udps for i in range(3, 6)]
    worst = max([abs(mean) for mean in means])
    axis = next(i for i in range(3) if abs(means[i]) == worst)
    verdict = _WARN if worst > _ZERO_RATE_UDPS else _PASS
    yield verdict, int(means[axis] / 1000), "zero_rate " + _AXES[3 + axis]


def _gravity(mg: float) -> tuple:
    off = abs(mg - 1000)
    verdict = _PASS if off <= _NEAR_MG else _WARN if off <= _FAR_MG else _FAIL
    if abs(mg - 500) < _OTHER_PART_MG:
        return verdict, round(mg), "gravity half of 1 g: the range of the chip is twice as large", _HALF
    if abs(mg - 2000) < 2 * _OTHER_PART_MG:
        return verdict, round(mg), "gravity twice 1 g: the range of the chip is half as large", _DOUBLE
    return verdict, round(mg), "gravity"


def _noise(rest: _Rest, name: str, first: int, lsb: int, most: int) -> tuple:
    spreads = [rest.high[i] - rest.low[i] for i in range(first, first + 3)]
    noises = [rest.noise(i) * lsb for i in range(first, first + 3)]
    worst = max(noises)
    if min(spreads) == 0 and max(spreads) > 2:
        return _WARN, 0, "%s %s stands still" % (name, _AXES[first + spreads.index(0)])
    return _WARN if worst > most else _PASS, round(worst), "%s %s" % (name, _AXES[first + noises.index(worst)])


def _rate(samples) -> tuple:
    if samples.sensor is None:
        return _SKIPPED, 0, "rate no sensor"
    if not samples.clock.calibrated:
        return _SKIPPED, 0, "rate not measured yet"
    rate_mhz, rate_hz = samples.clock.rate_mhz, samples.sensor.rate_hz
    off = abs(rate_mhz - rate_hz * 1000) // rate_hz
    verdict = _PASS if off <= _OFF_PERMILLE else _WARN if off <= _LOST_PERMILLE else _FAIL
    return verdict, rate_mhz, "rate %d" % rate_hz


def _self_test(clock, samples, pipeline, connection, still: bool):
    """Run the chip's own test. Its result is only valid if the pod is at rest before and after it."""
    results = ()
    still = still and (yield from _is_still(clock, samples, pipeline))
    if still:
        try:
            results = connection.self_test()
        except (OSError, sensors.SensorError) as error:
            yield _FAIL, 0, "self_test %s" % error
            return
        if not all(least <= measured <= most for _, measured, least, most in results):
            still = yield from _is_still(clock, samples, pipeline)
    if not still:
        yield _SKIPPED, 0, "self_test " + ("it moves" if samples.sensor else "no sensor")
        return
    for axis, measured, least, most in results:
        verdict = _PASS if least <= measured <= most else _FAIL
        yield verdict, measured, "self_test %s %d..%d %s" % (axis, least, most, "mg" if axis[0] == "a" else "dps")


def _is_still(clock, samples, pipeline):
    """Wait for a second at rest. Return whether there was one."""
    if samples.sensor is None:
        return False
    rest = _Rest(samples.sensor)
    yield from _wait(clock, samples, pipeline, rest, _AGAIN_S)
    return rest.still and samples.sensor is not None
