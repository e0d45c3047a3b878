"""A serial line's speed: how many bytes may pass by now."""

import time
from collections.abc import Callable

_BITS = 10  # start, eight data, stop
_LUMP_S = 0.002  # bytes pass in lumps of this length: finer than any timeout that matters, coarser than the scheduler
_LATE_S = 0.1  # a line that had more to carry did carry it while this process waited for the processor


class Throttle:
    """One direction of a line at `baud`; None lets everything pass. `now_s`: clock, in s."""

    def __init__(self, baud: int | None, now_s: Callable[[], float] = time.monotonic) -> None:
        self.set_baud(baud)
        self._now_s = now_s
        self._credit = 0.0
        self._at = now_s()
        self._busy = False  # more waited than might pass

    def set_baud(self, baud: int | None) -> None:
        """As fast as this from now on."""
        self._per_s = baud / _BITS if baud else None

    def _earn(self) -> float:
        now = self._now_s()
        if self._per_s:
            # an idle line saves nothing up beyond a lump
            most = max(1.0, self._per_s * (_LATE_S if self._busy else _LUMP_S))
            self._credit = min(self._credit + (now - self._at) * self._per_s, most)
        self._at = now
        return self._credit

    def allows(self, size: int) -> int:
        """How many of `size` bytes may pass now."""
        if self._per_s is None:
            return size
        allowed = min(size, int(self._earn()))
        self._busy = allowed < size
        return allowed

    def used(self, size: int) -> None:
        """`size` bytes have passed."""
        self._credit -= size

    def waits_ms(self) -> int:
        """How long until something may pass; 0 if something may now."""
        if self._per_s is None:
            return 0
        return 0 if self._earn() >= 1.0 else max(1, int(1000 * _LUMP_S))
