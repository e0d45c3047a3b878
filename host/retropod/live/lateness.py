"""Age of a stride when it arrives: late ones come from a buffer that nobody read, on this computer or in between."""

import sys
import time

_RELAX = 0.001  # s per s: the clocks of pod and computer differ by less, so the quickest way stays known
_EQUAL_S = 0.2  # largest difference of two equal ways: the jitter of a link, and less than the shortest stride
_ENOUGH = 3  # equal ways in a row
_PROMPT_S = 1.0  # longest way of a stride that is not late: end of the stride to its decision, and a slow link


def steady_s() -> float:
    """Return a monotonic time of this computer, in s, that also counts its sleep where the platform can."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC)  # Counts sleep on macOS, in contrast to time.monotonic().
    return time.monotonic()


def steady_of(wall_s: float) -> float:
    """Return the time of `steady_s` at a recent time of day of this computer, in s since 1970."""
    return steady_s() - (time.time() - wall_s)


class Lateness:
    """Compares the way of each stride to this computer with the quickest one so far.

    The way is the time of arrival less the pod uptime of the end. Strides from a buffer arrive together, so their ways
    differ by their durations. Three strides of equal way arrive as they are made, so they are not late: an earlier
    uptime was wrong then. A relation of both clocks limits this: a link that delays each stride by 8 s has equal ways.

    `unsure`: true while equal ways are longer than the relation allows. A new one decides whether a clock jumped.
    """

    def __init__(self) -> None:
        self.unsure = False
        self._quickest_s: float | None = None
        self._known_s: float | None = None
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
            self._quickest_s = self._prompt(way_s)
        else:
            self._quickest_s = min(way_s, self._quickest_s + _RELAX * (now_s - self._at_s))
        self._way_s, self._at_s = way_s, now_s
        return way_s - self._quickest_s

    def relate(self, way_s: float) -> None:
        """Take the shortest possible way, in s, by a clock sync: time of this computer less the pod uptime."""
        self._known_s, self.unsure = way_s, False

    def reset(self) -> None:
        """Drop all ways: the uptime of the pod begins again."""
        self._quickest_s = self._known_s = None
        self._equal, self.unsure = 0, False

    def _prompt(self, way_s: float) -> float:
        """Return the way of strides that are not late, from the way of the last ones."""
        self.unsure = self._known_s is not None and way_s - self._known_s > _PROMPT_S
        return way_s if self._known_s is None else min(way_s, self._known_s + _PROMPT_S)
