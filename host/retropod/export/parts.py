"""Parts of a run between its direction bouts and lap marks: each becomes a lap of a FIT file."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from retropod.insight.stride import Stride
from retropod.insight.summary import bouts


class RunPart(NamedTuple):
    """A part from `start_s` to `end_s`, in s of pod uptime.

    `direction`: of its bout, or `unknown` outside of the bouts. `strides`: those that begin in it. `marked`: True if a
    lap mark ends it.
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
    timed = [stride for stride in strides if stride.uptime_s is not None]
    if not timed:
        return []
    first_s, last_s = timed[0].uptime_s or 0.0, max(stride.end_s for stride in timed)
    found = bouts(timed)
    marks = {mark for mark in marks_s if first_s < mark < last_s}
    edges = sorted({first_s, last_s, *marks, *(bout.start_s for bout in found)})
    return [
        RunPart(
            start_s,
            end_s,
            next((bout.direction for bout in found if bout.start_s <= start_s < bout.end_s), "unknown"),
            [stride for stride in timed if start_s <= (stride.uptime_s or 0.0) < end_s],
            end_s in marks,
        )
        for start_s, end_s in pairwise(edges)
    ]
