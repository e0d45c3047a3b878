"""Metrics of a sequence of strides: shares, medians, distances and bouts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from retropod.insight.directions import DIRECTIONS
from retropod.insight.stride import Stride, rounded

_BOUT_PAUSE_S = 3.0  # a longer pause ends a bout; no walking stride takes as long
_BRIDGE = 2  # unknown strides in a row that do not end a bout: a turn or a stumble


@dataclass(frozen=True, slots=True)
class Summary:
    """Metrics of a sequence of strides.

    `strides`: number of strides. `count`, `share` (0 to 1, of all strides) and `distance_m` by direction. `duration_s`:
    sum of the cycles. `cadence_spm`, `contact_time_s`, `aerial_time_s`, `speed_mps`: medians, None if unknown.
    `doubtful_lengths`: strides with an unreliable length; they count in neither speed nor distance. A distance is None
    if there are strides in that direction, but no reliable length of one: a pod without a gyroscope measures no length.
    """

    strides: int
    count: dict[str, int]
    share: dict[str, float]
    duration_s: float
    cadence_spm: float | None
    contact_time_s: float | None
    aerial_time_s: float | None
    speed_mps: float | None
    distance_m: dict[str, float | None]
    doubtful_lengths: int

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`."""
        return rounded(asdict(self))


@dataclass(frozen=True, slots=True)
class Bout:
    """Consecutive strides in one direction. `start_s` and `end_s`: pod uptime, in s."""

    direction: str
    start_s: float
    end_s: float
    summary: Summary

    @property
    def distance_m(self) -> float | None:
        """Distance of the strides in the direction of the bout, in m. None if unknown."""
        return self.summary.distance_m[self.direction]

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`."""
        return rounded(asdict(self))


def summarise(strides: Sequence[Stride]) -> Summary:
    """Return the metrics of the strides. Medians leave out unknown values and unreliable lengths."""
    count = Counter(stride.direction for stride in strides)
    trusted = [stride for stride in strides if not stride.length_caveats]
    return Summary(
        strides=len(strides),
        count={direction: count[direction] for direction in DIRECTIONS},
        share={direction: count[direction] / len(strides) if strides else 0.0 for direction in DIRECTIONS},
        duration_s=sum(stride.cycle_s or stride.period_s or 0.0 for stride in strides),
        cadence_spm=_median(stride.cadence_spm for stride in strides),
        contact_time_s=_median(stride.contact_time_s for stride in strides),
        aerial_time_s=_median(stride.aerial_time_s for stride in strides),
        speed_mps=_median(stride.speed_mps for stride in trusted if stride.direction in ("forward", "backward")),
        distance_m={direction: _distance(strides, direction) for direction in DIRECTIONS},
        doubtful_lengths=len(strides) - len(trusted),
    )


def bouts(strides: Sequence[Stride]) -> list[Bout]:
    """Group consecutive strides in one direction. A pause over 3 s ends a bout, up to 2 unknown strides do not."""
    groups: list[list[Stride]] = []
    for stride in strides:
        if groups and _continues(groups[-1], stride):
            groups[-1].append(stride)
        else:
            groups.append([stride])
    return [_bout(group) for group in groups if _direction(group) != "unknown"]


def _continues(group: list[Stride], stride: Stride) -> bool:
    pause = (stride.uptime_s or 0.0) - group[-1].end_s
    if pause > _BOUT_PAUSE_S or pause < -_BOUT_PAUSE_S:
        return False
    if stride.direction == "unknown":
        return any(one.direction != "unknown" for one in group[-_BRIDGE:])
    return _direction(group) in ("unknown", stride.direction)


def _direction(group: list[Stride]) -> str:
    return next((stride.direction for stride in group if stride.direction != "unknown"), "unknown")


def _bout(group: list[Stride]) -> Bout:
    while group[-1].direction == "unknown":
        group = group[:-1]
    return Bout(_direction(group), group[0].uptime_s or 0.0, group[-1].end_s, summarise(group))


def _distance(strides: Iterable[Stride], direction: str) -> float | None:
    """Return the distance in a direction, in m: the sum of its reliable lengths. None if there is no reliable one."""
    chosen = [stride for stride in strides if stride.direction == direction]
    known = [one.length_m for one in chosen if one.length_m is not None and not one.length_caveats]
    return sum(known, 0.0) if known or not chosen else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
