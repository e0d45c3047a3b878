"""Facts of a run for the index: duration; strides, metres and seconds by direction; bouts and laps.

The definitions are those of `insight`. Only the strides that share no direction and flags with an earlier one, or have
an unusual length or time, become `Stride` objects: a season of a million strides is then read in seconds.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from retropod.client.messages import StrideMessage
from retropod.client.wire import Layout
from retropod.insight.bouts import bout_strides
from retropod.insight.columns import si_values, times_s
from retropod.insight.directions import DIRECTIONS
from retropod.insight.events import laps
from retropod.insight.stride import Stride
from retropod.runs import reader
from retropod.runs.timing import began_s, lasted_s

_USUAL_M = 3.0  # displacement of a stride; 13 m/s, the highest possible speed, times the shortest cycle is longer
_USUAL_S = 1e9  # uptime
_USUAL_PERIOD_S = 9.0

Numbers = np.ndarray[Any, np.dtype[np.float64]]


class PlacedStride(NamedTuple):
    """A stride of a bout. `reliable_m`: its length, NaN if it is unknown or unreliable. `time_s`: its stride time."""

    direction: str
    uptime_s: float
    end_s: float
    reliable_m: float
    time_s: float


class BoutFacts(NamedTuple):
    """A bout. `start_s` and `end_s` count from the start of the run. `metres`: None if no length is reliable."""

    direction: str
    start_s: float
    end_s: float
    strides: int
    metres: float | None


class LapFacts(NamedTuple):
    """A lap mark. `at_s` counts from the start of the run."""

    number: int
    at_s: float | None


@dataclass
class RunFacts:
    """Facts of a run. `run` holds its header, its events, and the first and the last stride only.

    `strides`, `metres` and `seconds` by direction. A distance is None if there are strides, but no reliable length of
    one. `seconds`: sum of the stride times.
    """

    run: reader.Run
    duration_s: float
    strides: dict[str, int] = field(default_factory=dict[str, int])
    metres: dict[str, float | None] = field(default_factory=dict[str, float | None])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    bouts: list[BoutFacts] = field(default_factory=list[BoutFacts])
    laps: list[LapFacts] = field(default_factory=list[LapFacts])


def read(path: Path) -> RunFacts:
    """Read the facts of a run file. Raises the errors of `reader.read`."""
    run = reader.read(path, skim=True)
    strides = _Strides(b"".join(run.rows or []), run.layout)
    run.strides = strides.ends()
    placed = strides.placed()
    began = began_s(run) or 0.0
    by_direction = {direction: [one for one in placed if one.direction == direction] for direction in DIRECTIONS}
    return RunFacts(
        run,
        lasted_s(run),
        {direction: len(group) for direction, group in by_direction.items()},
        {direction: _metres(group) for direction, group in by_direction.items()},
        {direction: sum(one.time_s for one in group) for direction, group in by_direction.items()},
        [_bout(group, began) for group in bout_strides(placed)],
        [LapFacts(lap.number, None if lap.uptime_s is None else lap.uptime_s - began) for lap in laps(run.events)],
    )


def _bout(group: list[PlacedStride], began: float) -> BoutFacts:
    start_s, end_s = group[0].uptime_s - began, group[-1].end_s - began
    return BoutFacts(group[0].direction, start_s, end_s, len(group), _metres(group))


def _metres(strides: list[PlacedStride]) -> float | None:
    """Return the sum of the reliable lengths, in m. None if there are strides, but no reliable length."""
    known = [one.reliable_m for one in strides if one.reliable_m == one.reliable_m]  # NaN differs from itself
    return sum(known, 0.0) if known or not strides else None


class _Strides:
    """Stored strides as columns."""

    def __init__(self, content: bytes, layout: Layout | None) -> None:
        self._layout, self._content = layout, content
        self._rows: np.ndarray[Any, Any] = np.frombuffer(content, layout.dtype if layout else "u1")

    def ends(self) -> list[Stride]:
        """Return the first and the last stride."""
        return [self._stride(at) for at in sorted({0, len(self._rows) - 1})] if len(self._rows) else []

    def placed(self) -> list[PlacedStride]:
        """Return every stride with its direction, place and reliable length."""
        if not len(self._rows):
            return []
        start, period = self._known("uptime_s") + self._known("uptime_ms"), self._known("period")
        along, lateral = self._known("length"), np.nan_to_num(self._known("lateral"))
        usual = (
            (start <= _USUAL_S) & (period <= _USUAL_PERIOD_S) & ~((abs(along) > _USUAL_M) | (abs(lateral) > _USUAL_M))
        )
        directions, metres = self._by_kind(usual, np.hypot(along, lateral))
        assert self._layout is not None
        times = times_s(self._layout, self._content).tolist()
        placed = list(map(PlacedStride, directions, start.tolist(), (start + period).tolist(), metres.tolist(), times))
        for at in np.flatnonzero(~usual).tolist():
            placed[at] = _placed(self._stride(at), times[at])
        return placed

    def _by_kind(self, usual: Any, lengths: Numbers) -> tuple[list[str], Numbers]:
        """Return directions and reliable lengths. The first usual stride of each direction and flags decides both."""
        kinds = (self._raw("direction") << 32) | self._raw("flags")
        _, first, kind = np.unique(np.where(usual, kinds, -1), return_index=True, return_inverse=True)
        samples = [self._stride(at) for at in first.tolist()]
        reliable = np.array([not one.length_caveats for one in samples])[kind]
        names = [one.direction for one in samples]
        return [names[at] for at in kind.tolist()], np.where(reliable, lengths, np.nan)

    def _stride(self, at: int) -> Stride:
        assert self._layout is not None
        message = self._layout.decode(self._rows[at].tobytes())
        assert isinstance(message, StrideMessage)
        return Stride.of(message)

    def _raw(self, name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the numbers of a field, 0 if the file lacks it."""
        names = self._rows.dtype.names or ()
        return self._rows[name].astype(np.int64) if name in names else np.zeros(len(self._rows), np.int64)

    def _known(self, name: str) -> Numbers:
        """Return the values of a measured field in its unit, NaN where unknown."""
        assert self._layout is not None
        return si_values(self._layout, self._rows, name)


def _placed(stride: Stride, time_s: float) -> PlacedStride:
    length = None if stride.length_caveats else stride.length_m
    reliable_m = float("nan") if length is None else length
    return PlacedStride(stride.direction, stride.uptime_s or 0.0, stride.end_s, reliable_m, time_s)
