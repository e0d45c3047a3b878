"""Whether samples keep time with the clock's line; a rate that has changed is measured from the FIFO itself."""

_DRIFT_PERCENT = 2  # of a second: samples that come so much sooner or later than the clock's line has them
_DRIFT_LOOKS = 8  # in a row: one look alone may have been late itself
_MEASURE_MS = 1500  # for how long a rate is measured: to a quarter of a percent at 416 Hz


class RateCheck:
    """`watch` at every look at the FIFO; once that says that samples run away, `measure` until there is a rate."""

    def __init__(self):
        self.restart()

    def restart(self) -> None:
        """What was seen before is void."""
        self.measuring = False
        self._drifting = 0  # looks in a row
        self._index = self._s = self._ms = 0

    def watch(self, clock, index: int, s: int, ms: int) -> bool:
        """At uptime `s`, `ms` sample `index` was the newest. True once the SampleClock `clock` is off for good."""
        ahead = index - clock.expected(s, ms)
        drifts = clock.calibrated and abs(ahead) * 100_000 > _DRIFT_PERCENT * clock.rate_mhz
        self._drifting = self._drifting + 1 if drifts else 0
        if self._drifting < _DRIFT_LOOKS:
            return False
        self.measuring = True
        self._index, self._s, self._ms = index, s, ms
        return True

    def measure(self, index: int, s: int, ms: int) -> int:
        """The rate in mHz since `watch` said so; 0 while that is too short ago to tell."""
        span_ms = (s - self._s) * 1000 + ms - self._ms
        if span_ms < _MEASURE_MS:
            return 0
        rate_mhz = (index - self._index) * 1_000_000 // span_ms
        self.restart()
        return max(1, rate_mhz)


def differ(rate_mhz: int, other_mhz: int, permille: int) -> bool:
    """Whether two rates are so far apart."""
    return abs(rate_mhz - other_mhz) * 1000 > other_mhz * permille
