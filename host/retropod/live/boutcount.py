"""Bouts of a live session, counted while the strides arrive."""

from retropod.insight.bouts import bout_strides
from retropod.insight.stride import Stride


class BoutCount:
    """Number of bouts (see `bout_strides`), and the strides of the last one."""

    def __init__(self) -> None:
        self.last: list[Stride] = []
        self._ended = 0
        self._tail: list[Stride] = []

    @property
    def number(self) -> int:
        """Number of bouts so far, including the last one."""
        return self._ended + bool(self.last)

    def add(self, stride: Stride) -> None:
        """Take the next stride. A bout that a later bout follows is final, so its strides are dropped."""
        self._tail.append(stride)
        found = list(bout_strides(self._tail))
        if len(found) > 1:
            self._ended += len(found) - 1
            self._tail = self._tail[self._tail.index(found[-1][0]) :]
        self.last = found[-1] if found else []
