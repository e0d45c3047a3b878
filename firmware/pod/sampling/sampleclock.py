"""Time of each sample: the chip's oscillator measured by the ESP32's clock.

A reading of the FIFO gives the newest sample at this uptime. The sample is older than the reading by a random time of
up to one period. So the reading with the smallest delay of each window is used, and a line through these readings is
the chip's clock. Chip oscillators are off by several percent, the ESP32's crystal by 0.004 %.
"""

from array import array

_WINDOW_MS = 2000
_POINTS = 32  # windows on the line, about a minute
_LOST_PERIODS = 3  # a larger distance from a calibrated line in a whole window means lost samples
_FIRST_MS = 8000  # a shorter line is less accurate than the rate that the chip states
# A point of the ring: sample index, uptime s, uptime ms
_INDEX, _S, _MS, _WIDTH = 0, 1, 2, 3


class SampleClock:
    """Converts sample index to uptime and back. `rate_mhz`: as the chip states it, measured once that is better."""

    def __init__(self, rate_mhz: int):
        self.calibrated = False
        self.rate_mhz = rate_mhz
        self._ring = array("i", [0] * (_POINTS * _WIDTH))
        self._best = array("i", [0] * _WIDTH)  # of the open window
        self._anchor = array("i", [0] * _WIDTH)
        self._begun_s = 0
        self._begun_ms = 0
        self.restart(rate_mhz)

    def restart(self, rate_mhz: int) -> None:
        """Discard all readings, because the chip was configured again."""
        self.rate_mhz = rate_mhz
        self._set_period()
        self._held = 0
        self._next = 0
        self._started = False
        self._best_late_us = 0

    def started(self) -> bool:
        """Return whether it has a reading. Before the first one it cannot detect a loss."""
        return self._started

    def look(self, index: int, s: int, ms: int) -> int:
        """Add a reading: at uptime `s`, `ms` sample `index` was the newest in the FIFO. Allocates once per window.

        Returns the number of samples that were lost without a sign. The caller must advance its index by them.
        """
        if not self._started:
            self._started = True
            self._put(self._anchor, index, s, ms)
            self._open(index, s, ms)
            return 0
        late_us = self._late_us(index, s, ms)
        if late_us < self._best_late_us:
            self._best_late_us = late_us
            self._put(self._best, index, s, ms)
        lost = 0
        if (s - self._begun_s) * 1000 + ms - self._begun_ms >= _WINDOW_MS:
            lost = self._lost_unseen()
            if lost == 0:
                self._close()
            self._open(index + lost, s, ms)
        return lost

    def _lost_unseen(self) -> int:
        """Return the number of samples that the whole window is short of the line."""
        if not self.calibrated:
            return 0
        lost = self._best_late_us // self._period_us
        return lost if lost > _LOST_PERIODS else 0

    def uptime_ms_from(self, index: int, s: int) -> int:
        """Return the time of sample `index` in ms after uptime second `s`. The two must be within 15 minutes."""
        anchor = self._anchor
        return (anchor[_S] - s) * 1000 + anchor[_MS] + self._us(index - anchor[_INDEX]) // 1000

    def anchor_s(self) -> int:
        """Return the uptime second of the newest point, the best argument for `uptime_ms_from`."""
        return self._anchor[_S]

    def expected(self, s: int, ms: int) -> int:
        """Return the index of the newest sample at this uptime, by the line."""
        anchor = self._anchor
        elapsed_ms = (s - anchor[_S]) * 1000 + ms - anchor[_MS]
        return anchor[_INDEX] + elapsed_ms * self.rate_mhz // 1_000_000

    def tenth_ms(self, samples: int) -> int:
        """Convert a number of samples to time in 0.1 ms, rounded."""
        return (self._us(samples) + 50) // 100

    def _us(self, samples: int) -> int:
        # In two parts, to stay below 2**30 for up to 400,000 samples.
        return samples * self._period_us + (samples * self._period_256 >> 8)

    def _set_period(self) -> None:
        period = 256_000_000_000 // self.rate_mhz  # 1/256 us
        self._period_us = period >> 8
        self._period_256 = period & 255

    def _late_us(self, index: int, s: int, ms: int) -> int:
        anchor = self._anchor
        return ((s - anchor[_S]) * 1000 + ms - anchor[_MS]) * 1000 - self._us(index - anchor[_INDEX])

    def _open(self, index: int, s: int, ms: int) -> None:
        self._begun_s = s
        self._begun_ms = ms
        self._best_late_us = self._late_us(index, s, ms)
        self._put(self._best, index, s, ms)

    def _close(self) -> None:
        """Add the reading with the smallest delay to the line. Later times count from it."""
        at = self._next * _WIDTH
        for i in range(_WIDTH):
            self._ring[at + i] = self._best[i]
            self._anchor[i] = self._best[i]
        self._next = (self._next + 1) % _POINTS
        self._held = min(self._held + 1, _POINTS)
        self._measure()

    def _measure(self) -> None:
        oldest = (self._next - self._held) % _POINTS * _WIDTH
        ring = self._ring
        anchor = self._anchor
        span_ms = (anchor[_S] - ring[oldest + _S]) * 1000 + anchor[_MS] - ring[oldest + _MS]
        if span_ms >= _FIRST_MS:
            self.rate_mhz = (anchor[_INDEX] - ring[oldest + _INDEX]) * 1_000_000 // span_ms
            self.calibrated = True
            self._set_period()

    @staticmethod
    def _put(point, index: int, s: int, ms: int) -> None:
        point[_INDEX] = index
        point[_S] = s
        point[_MS] = ms
