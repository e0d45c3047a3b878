"""Counts and distances of a sequence of strides by direction. `groups.py` computes medians, within one direction."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from retropod.insight.directions import DIRECTIONS
from retropod.insight.stride import Stride, rounded


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a sequence of strides in any direction. It has no medians: these mix the directions.

    `strides`: number of strides. `count`, `share` (0 to 1, of all strides) and `distance_m` by direction. `duration_s`:
    sum of the cycles. `doubtful_lengths`: strides with an unreliable length, which do not count in a distance. A
    distance is None if there are strides in that direction, but no reliable length of one: a pod without a gyroscope
    measures no length.
    """

    strides: int
    count: dict[str, int]
    share: dict[str, float]
    duration_s: float
    distance_m: dict[str, float | None]
    doubtful_lengths: int

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`."""
        return rounded(asdict(self))


class RunningSummary:
    """Totals of strides that arrive one after the other, in constant time and memory per stride."""

    def __init__(self) -> None:
        self._count = Counter[str]()
        self._duration_s = 0.0
        self._distance_m: dict[str, float] = {}
        self._doubtful = 0

    def add(self, stride: Stride) -> None:
        """Add a stride."""
        self._count[stride.direction] += 1
        self._duration_s += stride.cycle_s or stride.period_s or 0.0
        self._doubtful += bool(stride.length_caveats)
        if stride.length_m is not None and not stride.length_caveats:
            self._distance_m[stride.direction] = self._distance_m.get(stride.direction, 0.0) + stride.length_m

    def summary(self) -> Summary:
        """Return the totals of the strides so far."""
        strides = self._count.total()
        return Summary(
            strides=strides,
            count={direction: self._count[direction] for direction in DIRECTIONS},
            share={direction: self._count[direction] / strides if strides else 0.0 for direction in DIRECTIONS},
            duration_s=self._duration_s,
            distance_m={direction: self._distance(direction) for direction in DIRECTIONS},
            doubtful_lengths=self._doubtful,
        )

    def _distance(self, direction: str) -> float | None:
        """Return the distance in a direction, in m: the sum of its reliable lengths. None if no length is reliable."""
        return self._distance_m.get(direction) if self._count[direction] else 0.0


def summarise(strides: Iterable[Stride]) -> Summary:
    """Return the totals of the strides."""
    running = RunningSummary()
    for stride in strides:
        running.add(stride)
    return running.summary()
