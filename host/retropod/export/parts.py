"""Parts of a run between its direction bouts and lap marks: each becomes a lap of a FIT file."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from retropod.insight.bouts import bout_strides
from retropod.insight.stride import Stride


class RunPart(NamedTuple):
    """A part from `start_s` to `end_s`, in s of pod uptime.

    `direction`: of its bout, or `unknown` outside of the bouts. `strides`: those of this direction that begin in it.
    `marked`: True if a lap mark ends it.
    """

    start_s: float
    end_s: float
    direction: str
    strides: Sequence[Stride]
    marked: bool

    @property
    def moving_s(self) -> float:
        """Time from the first to the last stride, in s."""
        if not self.strides:
            return 0.0
        return min(self.strides[-1].end_s, self.end_s) - (self.strides[0].uptime_s or 0.0)


def parts(strides: Sequence[Stride], marks_s: Sequence[float]) -> list[RunPart]:
    """Return the parts of a run, in order and without gaps. Each bout begins a part, and each mark ends one."""
    timed = sorted((stride for stride in strides if stride.uptime_s is not None), key=_start_s)
    if not timed:
        return []
    first_s, last_s = _start_s(timed[0]), max(stride.end_s for stride in timed)
    bouts = [(_start_s(bout[0]), bout[-1].end_s, bout[0].direction) for bout in bout_strides(timed)]
    marks = {mark for mark in marks_s if first_s < mark < last_s}
    edges = sorted({first_s, last_s, *marks, *(bout[0] for bout in bouts)})
    return [_part(timed, bouts, start_s, end_s, end_s in marks) for start_s, end_s in pairwise(edges)]


def _part(
    timed: Sequence[Stride], bouts: Sequence[tuple[float, float, str]], start_s: float, end_s: float, marked: bool
) -> RunPart:
    place = bisect_right(bouts, start_s, key=lambda bout: bout[0]) - 1
    direction = bouts[place][2] if place >= 0 and start_s < bouts[place][1] else "unknown"
    within = timed[bisect_left(timed, start_s, key=_start_s) : bisect_left(timed, end_s, key=_start_s)]
    return RunPart(start_s, end_s, direction, [one for one in within if one.direction == direction], marked)


def _start_s(stride: Stride) -> float:
    return stride.uptime_s or 0.0
