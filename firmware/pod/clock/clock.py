"""Uptime, boot count, wall time from the host. No `time.time()`: the pod's own guess is worth nothing.

Seconds and milliseconds are kept apart: epoch milliseconds do not fit 31 bits.
"""

UNSET = 0
SYNCED = 1
CARRIED = 2
_DRIFT_S_PER_MS = 10  # 100 ppm: more than any crystal of an ESP32 board is off, its temperature included


class Clock:
    """Uptime in `uptime_s` and `uptime_ms` (0..999) as of the last `update`; `boot` counts starts."""

    def __init__(self, boot: int, ticks_ms, ticks_diff):
        """`ticks_ms`, `ticks_diff`: as in MicroPython's `time`; `update` must run at least every 2**29 ms."""
        self.boot = boot
        self.uptime_s = 0
        self.uptime_ms = 0
        self.state = UNSET
        self.slept_s = 0  # of the uptime: counted then by an oscillator that is good to 5 %
        self.error_ms = 0  # when it was set, which was at this uptime
        self.set_s = 0
        self.set_ms = 0
        # uptime of the boot before when this one began, and the error of that; -1: not known
        self.before_s = 0
        self.before_ms = 0
        self.before_error_ms = -1
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._last = ticks_ms()
        self._untaken_ms = 0
        # wall time minus uptime
        self._offset_s = 0
        self._offset_ms = 0

    def update(self) -> None:
        """Look at the ticks."""
        now = self._ticks_ms()
        elapsed = self._ticks_diff(now, self._last)
        self._last = now
        self.uptime_ms += elapsed
        self._untaken_ms += elapsed
        if self.uptime_ms >= 1000:
            self.uptime_s += self.uptime_ms // 1000
            self.uptime_ms %= 1000

    def take_elapsed(self) -> int:
        """Milliseconds since the last call: what a turn of the main loop has taken."""
        self.update()
        elapsed = self._untaken_ms
        self._untaken_ms = 0
        return elapsed

    def set_epoch(self, epoch_s: int, epoch_ms: int, error_ms: int) -> None:
        """The host says what time it is (s and ms since 1970, UTC), and how wrong that may be."""
        self.set_epoch_at(epoch_s, epoch_ms, error_ms, self.uptime_s, self.uptime_ms)

    def set_epoch_at(self, epoch_s: int, epoch_ms: int, error_ms: int, s: int, ms: int) -> None:
        """It was that time at uptime `s`, `ms`."""
        carry_s, self._offset_ms = _normal(0, epoch_ms - ms)
        self._offset_s = epoch_s - s + carry_s
        self.set_s = s
        self.set_ms = ms
        self.error_ms = error_ms
        self.state = SYNCED

    def carry(self, s: int, ms: int, error_ms: int) -> None:
        """By its own count the boot before would stand at this uptime now; `error_ms`: how wrong that may be."""
        self.before_s, self.before_ms = _normal(s - self.uptime_s, ms - self.uptime_ms)
        self.before_error_ms = error_ms

    def error_now_ms(self) -> int:
        """How wrong `epoch` may be by now."""
        return self.error_ms + (self.uptime_s - self.set_s) // _DRIFT_S_PER_MS + 1

    def epoch(self) -> tuple:
        """Wall time (s, ms) now; (None, None) while nobody has set it."""
        if self.state == UNSET:
            return None, None
        return _normal(self.uptime_s + self._offset_s, self.uptime_ms + self._offset_ms)

    def epoch_when_set(self) -> tuple:
        """Wall time (s, ms) at uptime `set_s`, `set_ms`; (None, None) while nobody has set it."""
        if self.state == UNSET:
            return None, None
        return _normal(self.set_s + self._offset_s, self.set_ms + self._offset_ms)


def _normal(s: int, ms: int) -> tuple:
    """The same with 0 <= ms < 1000."""
    return s + ms // 1000, ms % 1000
