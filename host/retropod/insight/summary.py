"""What a number of strides amount to: shares, medians, bouts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from retropod.insight.stride import Stride

DIRECTIONS = ("forward", "backward", "lateral", "unknown")
_BOUT_PAUSE_S = 3.0  # longer than any walking stride: whoever paused that long began anew
_BRIDGE = 2  # strides of unknown direction that a bout may hold: a turn or a stumble does not end it


@dataclass(frozen=True, slots=True)
class Summary:
    """`count` by direction; `share` of strides, of the decided ones with unknown apart; medians; distances in m."""

    strides: int
    count: dict[str, int]
    share: dict[str, float]
    duration_s: float
    cadence_spm: float | None
    contact_time_s: float | None
    aerial_time_s: float | None
    speed_mps: float | None
    distance_m: dict[str, float]
    doubtful_lengths: int

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Bout:
    """Strides in a row in one direction: when they began and ended (s of pod uptime), and what they amount to."""

    direction: str
    start_s: float
    end_s: float
    summary: Summary

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def summarise(strides: Sequence[Stride]) -> Summary:
    """Sum up strides. Shares are of all strides; medians leave out what is not known or not trusted."""
    count = Counter(stride.direction for stride in strides)
    trusted = [stride for stride in strides if not stride.length_doubt]
    return Summary(
        strides=len(strides),
        count={direction: count[direction] for direction in DIRECTIONS},
        share={direction: count[direction] / len(strides) if strides else 0.0 for direction in DIRECTIONS},
        duration_s=sum(stride.cycle_s or stride.period_s or 0.0 for stride in strides),
        cadence_spm=_median(stride.cadence_spm for stride in strides),
        contact_time_s=_median(stride.contact_time_s for stride in strides),
        aerial_time_s=_median(stride.aerial_time_s for stride in strides),
        speed_mps=_median(stride.speed_mps for stride in trusted if stride.direction in ("forward", "backward")),
        distance_m={direction: _distance(trusted, direction) for direction in DIRECTIONS},
        doubtful_lengths=len(strides) - len(trusted),
    )


def bouts(strides: Sequence[Stride]) -> list[Bout]:
    """Strides in a row in one direction. A pause ends a bout, a few strides of unknown direction inside it do not."""
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


def _distance(strides: Iterable[Stride], direction: str) -> float:
    """Metres gone in a direction; a stride of unknown length counts as none."""
    chosen = [stride for stride in strides if stride.direction == direction]
    return sum(one.length_m or 0.0 for one in chosen)


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
