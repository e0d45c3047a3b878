"""Intervals: repetitions of going backward, each with the way back and the rest after it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any

from retropod.insight.groups import MeasuredGroup, has_two_gaits
from retropod.insight.stride import rounded
from retropod.insight.value import Reason

_LEAST_STRIDES = 5  # of a repetition
_LEAST = 3  # repetitions
_SIMILAR = 2.0  # largest ratio of the duration of a repetition to the median duration
# Metrics that are compared, and the best of several values. Speed is negative backward.
_BEST: dict[str, Callable[[Sequence[float]], float]] = {"speed_mps": max, "cadence_spm": max, "contact_time_s": min}


@dataclass(frozen=True, slots=True)
class Repetition:
    """A backward bout `up`, the longest forward bout `down` before the next repetition, and the rest, in s.

    `rest_s` is the time until the next repetition that no bout fills, None after the last one.
    """

    number: int
    up: MeasuredGroup
    down: MeasuredGroup | None
    rest_s: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`."""
        return {
            "number": self.number,
            "up": self.up.as_json(),
            "down": self.down.as_json() if self.down else None,
            "rest_s": rounded(self.rest_s),
        }


@dataclass(frozen=True, slots=True)
class Trend:
    """Best and mean value of the repetitions, in SI units, and the relative change from the first to the last third.

    The speed has no sign here.
    """

    best: float
    best_number: int
    mean: float
    fade: float


@dataclass(frozen=True, slots=True)
class Intervals:
    """The repetitions of a run, and the trend of each known metric by its name.

    `reason`: cause of missing repetitions, or of trends that have no meaning.
    """

    repetitions: tuple[Repetition, ...]
    trends: dict[str, Trend]
    reason: Reason | None

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`, without the repetitions."""
        trends = {name: rounded(asdict(one)) for name, one in self.trends.items()}
        return {"repetitions": len(self.repetitions), "reason": self.reason and str(self.reason), "trends": trends}


def intervals(bouts: Sequence[MeasuredGroup]) -> Intervals:
    """Detect the intervals: three or more backward bouts with durations within a factor of 2 of their median."""
    backward = [one for one in bouts if one.direction == "backward" and len(one.strides) >= _LEAST_STRIDES]
    typical_s = median(map(_duration_s, backward)) if backward else 0.0
    chosen = [one for one in backward if typical_s / _SIMILAR <= _duration_s(one) <= typical_s * _SIMILAR]
    if len(chosen) < _LEAST:
        return Intervals((), {}, Reason.TOO_FEW_REPETITIONS)
    ends_s = [*(one.start_s for one in chosen[1:]), None]
    found = tuple(
        _repetition(number, up, bouts, end_s) for number, (up, end_s) in enumerate(zip(chosen, ends_s, strict=True), 1)
    )
    if has_two_gaits([stride for one in chosen for stride in one.strides]):  # Their mean describes neither.
        return Intervals(found, {}, Reason.MIXED_REPETITIONS)
    trends = {name: trend for name in _BEST if (trend := _trend(name, found))}
    return Intervals(found, trends, None)


def _repetition(number: int, up: MeasuredGroup, bouts: Sequence[MeasuredGroup], end_s: float | None) -> Repetition:
    between = [one for one in bouts if one.start_s >= up.end_s - 1e-6 and (end_s is None or one.end_s <= end_s + 1e-6)]
    back = max((one for one in between if one.direction == "forward"), key=_duration_s, default=None)
    rest_s = None if end_s is None else max(0.0, end_s - up.end_s - sum(map(_duration_s, between)))
    return Repetition(number, up, back, rest_s)


def _duration_s(bout: MeasuredGroup) -> float:
    return bout.end_s - bout.start_s


def _trend(name: str, repetitions: Sequence[Repetition]) -> Trend | None:
    """Return the trend of a metric of the backward bouts. None if a repetition lacks a value."""
    values = [abs(value) for one in repetitions if (value := one.up.values[name].value)]
    if len(values) < len(repetitions):
        return None
    best, third = _BEST[name](values), max(1, len(values) // 3)
    fade = fmean(values[-third:]) / fmean(values[:third]) - 1
    return Trend(best, values.index(best) + 1, fmean(values), fade)
