"""Age of a stride when it arrives: late ones come from a buffer that nobody read, on this computer or in between."""

import sys
import time

_RELAX = 0.001  # s per s: the clocks of pod and computer differ by less, so the quickest way stays known
_EQUAL_S = 0.2  # largest difference of two equal ways: the jitter of a link, and less than the shortest stride
_ENOUGH = 3  # equal ways in a row


def steady_s() -> float:
    """Return a monotonic time of this computer, in s, that also counts its sleep where the platform can."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC)  # Counts sleep on macOS, in contrast to time.monotonic().
    return time.monotonic()


class Lateness:
    """Compares the way of each stride to this computer with the quickest one so far.

    The way is the time of arrival less the pod uptime of the end. Strides from a buffer arrive together, so their ways
    differ by their durations. Three strides of equal way arrive as they are made, so they are not late: an earlier
    uptime was wrong then.
    """

    def __init__(self) -> None:
        self._quickest_s: float | None = None
        self._way_s = self._at_s = 0.0  # of the previous stride
        self._equal = 0

    def take(self, uptime_s: float | None, now_s: float) -> float:
        """Return by how much a stride is later than the quickest one, in s. 0 if its time is unknown.

        `uptime_s`: pod uptime of its end. `now_s`: time of its arrival, in s of this computer.
        """
        if uptime_s is None:
            return 0.0
        way_s = now_s - uptime_s
        self._equal = self._equal + 1 if abs(way_s - self._way_s) < _EQUAL_S else 0
        if self._quickest_s is None or self._equal >= _ENOUGH:
            self._quickest_s = way_s
        else:
            self._quickest_s = min(way_s, self._quickest_s + _RELAX * (now_s - self._at_s))
        self._way_s, self._at_s = way_s, now_s
        return way_s - self._quickest_s

    def reset(self) -> None:
        """Drop the quickest way: the uptime of the pod begins again."""
        self._quickest_s, self._equal = None, 0
