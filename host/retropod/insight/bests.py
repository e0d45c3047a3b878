"""Personal bests backward, from the signed distance."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from retropod.insight.context import RunContext
from retropod.insight.measures import LENGTH_ERROR
from retropod.insight.stride import Stride, rounded
from retropod.insight.value import Reason, Value, absent

MILE_M = 1609.344
_DISTANCES = (("100 m", 100.0), ("400 m", 400.0), ("800 m", 800.0), ("mile", MILE_M), ("5 km", 5000.0))
# Backward records, in s. Ref: Guinness World Records 2016.
RECORDS_S = {"100 m": 13.6, "mile": 5 * 60 + 54.0}


@dataclass(frozen=True, slots=True)
class Best:
    """Shortest backward time over a distance. `time_s`: its spread is the error bound. `start_s`: pod uptime."""

    name: str
    distance_m: float
    time_s: Value
    start_s: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`. `record_s`: backward record, null if none is known here."""
        return {
            "name": self.name,
            "distance_m": self.distance_m,
            "best_time_s": self.time_s.as_json(),
            "start_s": rounded(self.start_s),
            "record_s": RECORDS_S.get(self.name),
        }


def bests(strides: Sequence[Stride], context: RunContext) -> tuple[Best, ...]:
    """Return the best of each distance. A distance that the run does not reach has a reason."""
    path, reason = _path(strides), _reason(strides, context)
    return tuple(_best(name, distance_m, path, reason) for name, distance_m in _DISTANCES)


def _best(name: str, distance_m: float, path: Sequence[tuple[float, float, float, float]], reason: Reason) -> Best:
    found: tuple[float, float, int] | None = None
    open_at: list[tuple[float, float, int]] = []  # starts that no later start beats: (distance, time, index)
    for index, (start_s, end_s, before_m, after_m) in enumerate(path):
        while open_at and open_at[-1][0] >= before_m:  # A later start from no farther on is faster.
            open_at.pop()
        open_at.append((before_m, start_s, index))
        at = bisect_right(open_at, after_m - distance_m, key=lambda one: one[0]) - 1
        if at < 0:
            continue
        began_m, began_s, first = open_at[at]
        excess = (after_m - began_m - distance_m) / (after_m - before_m) if after_m > before_m else 0.0
        time_s = end_s - min(excess, 1.0) * (end_s - start_s) - began_s
        if time_s > 0 and (found is None or time_s < found[0]):
            found = time_s, began_s, index - first + 1
    if found is None:
        return Best(name, distance_m, absent(reason), None)
    time_s, began_s, number = found
    return Best(name, distance_m, Value(time_s, None, number, LENGTH_ERROR * time_s), began_s)


def _path(strides: Sequence[Stride]) -> list[tuple[float, float, float, float]]:
    """Return start and end of each stride (pod uptime, in s), and the backward distance there, in m."""
    path: list[tuple[float, float, float, float]] = []
    distance_m = 0.0
    for stride in strides:
        if stride.uptime_s is not None:
            after_m = distance_m + _backward_m(stride)
            path.append((stride.uptime_s, stride.end_s, distance_m, after_m))
            distance_m = after_m
    return path


def _backward_m(stride: Stride) -> float:
    """Return the backward distance of a stride, in m. It is never too large, so that a best is never too short."""
    backward_m = -(stride.along_m or 0.0)
    reliable = stride.direction == "backward" and not stride.length_caveats
    return backward_m if reliable else 0.0 if stride.direction == "backward" else -abs(backward_m)


def _reason(strides: Sequence[Stride], context: RunContext) -> Reason:
    """Return why a distance has no best."""
    if not any(one.direction == "backward" for one in strides):
        return Reason.NO_BACKWARD
    if context.gyroscope is False:
        return Reason.NO_GYROSCOPE
    return Reason.TOO_SHORT if any(_backward_m(one) > 0 for one in strides) else Reason.NO_LENGTH
