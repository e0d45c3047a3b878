"""Uptime, boot count, and wall time from the host. The pod never uses `time.time()`: its real-time clock is never set.

Seconds and milliseconds are separate: epoch milliseconds exceed 31 bits.
"""

UNSET = 0
SYNCED = 1
CARRIED = 2
_DRIFT_S_PER_MS = 10  # 100 ppm: an upper limit for any crystal of an ESP32 board, its temperature included


class Clock:
    """Uptime in `uptime_s` and `uptime_ms` (0..999) at the last `update`; `boot` is the number of this boot."""

    def __init__(self, boot: int, ticks_ms, ticks_diff):
        """`ticks_ms`, `ticks_diff`: as in MicroPython's `time`. Call `update` at least every 2**29 ms."""
        self.boot = boot
        self.uptime_s = 0
        self.uptime_ms = 0
        self.state = UNSET
        self.slept_s = 0  # part of the uptime, counted during sleep by an oscillator with 5 % tolerance
        self.error_ms = 0  # error bound of the wall time when it was set, which was at this uptime:
        self.set_s = 0
        self.set_ms = 0
        self.before_s = 0  # uptime of the boot before when this one began
        self.before_ms = 0
        self.before_error_ms = -1  # its error bound; -1: unknown
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
        self._last = ticks_ms()
        self._untaken_ms = 0
        self._offset_s = 0  # wall time minus uptime
        self._offset_ms = 0

    def update(self) -> None:
        """Read the ticks."""
        now = self._ticks_ms()
        elapsed = self._ticks_diff(now, self._last)
        self._last = now
        self.uptime_ms += elapsed
        self._untaken_ms += elapsed
        if self.uptime_ms >= 1000:
            self.uptime_s += self.uptime_ms // 1000
            self.uptime_ms %= 1000

    def take_elapsed(self) -> int:
        """Return the milliseconds since the last call: the duration of one iteration of the main loop."""
        self.update()
        elapsed = self._untaken_ms
        self._untaken_ms = 0
        return elapsed

    def set_epoch(self, epoch_s: int, epoch_ms: int, error_ms: int) -> None:
        """Set the wall time (s and ms since 1970, UTC) of now, and its error bound."""
        self.set_epoch_at(epoch_s, epoch_ms, error_ms, self.uptime_s, self.uptime_ms)

    def set_epoch_at(self, epoch_s: int, epoch_ms: int, error_ms: int, s: int, ms: int) -> None:
        """Set the wall time of uptime `s`, `ms`."""
        carry_s, self._offset_ms = _normal(0, epoch_ms - ms)
        self._offset_s = epoch_s - s + carry_s
        self.set_s = s
        self.set_ms = ms
        self.error_ms = error_ms
        self.state = SYNCED

    def carry(self, s: int, ms: int, error_ms: int) -> None:
        """Set the uptime that the boot before would have now, and its error bound."""
        self.before_s, self.before_ms = _normal(s - self.uptime_s, ms - self.uptime_ms)
        self.before_error_ms = error_ms

    def error_now_ms(self) -> int:
        """Return the error bound of `epoch`."""
        return self.error_ms + (self.uptime_s - self.set_s) // _DRIFT_S_PER_MS + 1

    def epoch(self) -> tuple:
        """Return the wall time (s, ms) of now; (None, None) if it is not set."""
        if self.state == UNSET:
            return None, None
        return _normal(self.uptime_s + self._offset_s, self.uptime_ms + self._offset_ms)

    def epoch_when_set(self) -> tuple:
        """Return the wall time (s, ms) of uptime `set_s`, `set_ms`; (None, None) if it is not set."""
        if self.state == UNSET:
            return None, None
        return _normal(self.set_s + self._offset_s, self.set_ms + self._offset_ms)


def _normal(s: int, ms: int) -> tuple:
    """Return the same time with 0 <= ms < 1000."""
    return s + ms // 1000, ms % 1000
