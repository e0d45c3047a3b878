"""Bouts of a live session, counted while the strides arrive, in constant time and memory."""

from retropod.insight.bouts import bout_strides
from retropod.insight.stride import Stride

_BRIDGE = 2  # strides after a bout that can still be an interruption of it
_TAIL = 6  # strides of the current bout that decide whether it continues: more than the least number of a bout
_MOST = 50  # strides without a bout: older ones are in none


class BoutCount:
    """Number of bouts (see `bout_strides`), and the current one: `strides`, start and end in s of pod uptime.

    `strides` is 0 while there is no current bout.
    """

    def __init__(self) -> None:
        self.strides = 0
        self.began_s = self.ended_s = 0.0
        self._ended = 0
        self._tail: list[Stride] = []
        self._dropped = 0  # strides of the current bout that are not in the tail

    @property
    def number(self) -> int:
        """Number of bouts so far, including the current one."""
        return self._ended + bool(self.strides)

    def add(self, stride: Stride) -> None:
        """Take the next stride."""
        self._tail = [*self._tail[-_MOST:], stride]
        found = list(bout_strides(self._tail))
        if not found:
            self.strides = 0
            return
        if len(found) > 1:
            self._ended += len(found) - 1
            self._dropped = 0
        self._take(found[-1])

    def _take(self, bout: list[Stride]) -> None:
        after = self._tail[self._tail.index(bout[-1]) + 1 :]
        if len(after) > _BRIDGE:  # The bout has ended, and none has begun.
            self._ended += 1
            self._tail, self._dropped, self.strides = after, 0, 0
            return
        if not self._dropped:
            self.began_s = bout[0].uptime_s or 0.0
        self.ended_s = bout[-1].end_s
        self.strides = self._dropped + len(bout)
        kept = bout[-_TAIL:]
        self._dropped += len(bout) - len(kept)
        self._tail = self._tail[self._tail.index(kept[0]) :]
