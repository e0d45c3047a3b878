"""Groups of strides with their metrics: directions, bouts and laps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from retropod.insight.bouts import bout_strides
from retropod.insight.context import RunContext
from retropod.insight.directions import DIRECTIONS, in_words
from retropod.insight.events import Lap
from retropod.insight.gait import RUNNING, WALKING, gaits
from retropod.insight.metrics import measure
from retropod.insight.stride import Stride, rounded
from retropod.insight.value import Reason, Value, absent

LEAST = 5
"""Strides of a gait that are shown on their own."""
TOTALS = ("strides", "time_s", "distance_m", "energy_kj", "clipped_share", "heel_share")
"""Sums and shares of strides. Strides of both gaits have them too."""


@dataclass(frozen=True, slots=True)
class MeasuredGroup:
    """Strides in one direction and their metrics. `start_s` and `end_s`: pod uptime, in s. `values`: by metric name.

    `gait`: running or walking, None for all strides. A bout is a group of consecutive strides.
    """

    direction: str
    start_s: float
    end_s: float
    strides: tuple[Stride, ...]
    values: dict[str, Value]
    gait: str | None = None

    @property
    def distance_m(self) -> float | None:
        """Distance in the direction of the group, in m. None if no stride has a reliable length."""
        return self.values["distance_m"].value

    @property
    def title(self) -> str:
        """Direction and gait in words."""
        return in_words(self.direction) + (f", {self.gait}" if self.gait else "")

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`."""
        times = {"start_s": rounded(self.start_s), "end_s": rounded(self.end_s)}
        way = {"direction": self.direction, "gait": self.gait}
        return {**way, **times, **{name: one.as_json() for name, one in self.values.items()}}


@dataclass(frozen=True, slots=True)
class LapPart:
    """The part of a run that a lap mark ends. `end_s`: pod uptime of the mark, in s, None for the part after the last.

    `groups`: one for each direction of its strides.
    """

    number: int
    start_s: float
    end_s: float | None
    groups: tuple[MeasuredGroup, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`."""
        return {
            "number": self.number,
            "start_s": rounded(self.start_s),
            "end_s": rounded(self.end_s),
            "directions": [one.as_json() for one in self.groups],
        }


def group(strides: Sequence[Stride], context: RunContext) -> MeasuredGroup:
    """Return the group of these strides, which have one direction. At least one stride is needed.

    With both gaits it has totals and shares only: a median over both describes neither.
    """
    whole = _group(strides, context)
    if not has_two_gaits(strides):
        return whole
    values = {name: one if name in TOTALS else absent(Reason.TWO_GAITS) for name, one in whole.values.items()}
    return replace(whole, values=values)


def _group(strides: Sequence[Stride], context: RunContext, gait: str | None = None) -> MeasuredGroup:
    values = measure(strides, context)
    start_s, end_s = strides[0].uptime_s or 0.0, strides[-1].end_s
    return MeasuredGroup(strides[0].direction, start_s, end_s, tuple(strides), values, gait)


def by_direction(strides: Iterable[Stride], context: RunContext) -> tuple[MeasuredGroup, ...]:
    """Return a group for each direction that occurs, in the order of DIRECTIONS."""
    found: dict[str, list[Stride]] = {name: [] for name in DIRECTIONS}
    for stride in strides:
        found[stride.direction].append(stride)
    return tuple(group(chosen, context) for chosen in found.values() if chosen)


def by_gait(whole: MeasuredGroup, context: RunContext) -> tuple[MeasuredGroup, ...]:
    """Return the walking and the running strides of a group. Empty if one gait has fewer than five strides."""
    return tuple(_group(part, context, name) for name, part in _parts(whole.strides).items())


def split(directions: Iterable[MeasuredGroup], parts: Iterable[MeasuredGroup]) -> list[MeasuredGroup]:
    """Return the directions, each replaced by its gaits if `parts` has some."""
    by_way = {way: list(group) for way, group in groupby(parts, key=lambda one: one.direction)}
    return [shown for whole in directions for shown in by_way.get(whole.direction, [whole])]


def without_gait(directions: Sequence[MeasuredGroup], parts: Iterable[MeasuredGroup]) -> int:
    """Return the number of strides of the directions that `split` leaves out: their contact time is unknown."""
    return sum(len(one.strides) for one in directions) - sum(len(one.strides) for one in split(directions, parts))


def has_two_gaits(strides: Sequence[Stride]) -> bool:
    """Return whether strides of one direction, in order, have five or more of walking and of running."""
    return bool(_parts(strides))


def _parts(strides: Sequence[Stride]) -> dict[str, list[Stride]]:
    """Return the strides of each gait, empty if one gait has fewer than five strides."""
    known = list(zip(strides, gaits(strides), strict=True))
    parts = {name: [one for one, gait in known if gait == name] for name in (WALKING, RUNNING)}
    return parts if all(len(part) >= LEAST for part in parts.values()) else {}


def bouts(strides: Iterable[Stride], context: RunContext) -> tuple[MeasuredGroup, ...]:
    """Return the bouts of the strides with their metrics. See `bout_strides`."""
    return tuple(group(one, context) for one in bout_strides(strides))


def laps(strides: Sequence[Stride], marks: Iterable[Lap], context: RunContext) -> tuple[LapPart, ...]:
    """Return the parts between the lap marks of known time. Without a mark there is no lap."""
    known = sorted((mark.uptime_s, mark.number) for mark in marks if mark.uptime_s is not None)
    if not known:
        return ()
    first_s = strides[0].uptime_s if strides else None
    start_s = next((one for one in (context.origin_s, first_s) if one is not None), known[0][0])
    parts: list[LapPart] = []
    for end_s, number in known:
        parts.append(LapPart(number, start_s, end_s, by_direction(_within(strides, start_s, end_s), context)))
        start_s = end_s
    rest = _within(strides, start_s, float("inf"))
    return (*parts, LapPart(known[-1][1] + 1, start_s, None, by_direction(rest, context))) if rest else tuple(parts)


def _within(strides: Iterable[Stride], start_s: float, end_s: float) -> list[Stride]:
    """Return the strides that end within [start_s, end_s)."""
    return [stride for stride in strides if start_s <= stride.end_s < end_s]
