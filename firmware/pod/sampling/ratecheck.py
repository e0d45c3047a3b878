"""Detects samples that do not keep time with the clock's line, and measures the changed rate from the FIFO."""

_DRIFT_PERCENT = 2  # of a second: limit for the distance of samples from the clock's line
_DRIFT_READINGS = 8  # in a row: a single reading of the FIFO can be late
_MEASURE_MS = 1500  # duration of a measurement: accurate to 0.25 % at 416 Hz


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
