"""Counts and distances of a sequence of strides by direction. `groups.py` computes medians, within one direction."""

from collections import Counter
from collections.abc import Iterable, Sequence
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


def summarise(strides: Sequence[Stride]) -> Summary:
    """Return the totals of the strides."""
    count = Counter(stride.direction for stride in strides)
    return Summary(
        strides=len(strides),
        count={direction: count[direction] for direction in DIRECTIONS},
        share={direction: count[direction] / len(strides) if strides else 0.0 for direction in DIRECTIONS},
        duration_s=sum(stride.cycle_s or stride.period_s or 0.0 for stride in strides),
        distance_m={direction: _distance(strides, direction) for direction in DIRECTIONS},
        doubtful_lengths=sum(bool(stride.length_caveats) for stride in strides),
    )


def _distance(strides: Iterable[Stride], direction: str) -> float | None:
    """Return the distance in a direction, in m: the sum of its reliable lengths. None if there is no reliable one."""
    chosen = [stride for stride in strides if stride.direction == direction]
    known = [one.length_m for one in chosen if one.length_m is not None and not one.length_caveats]
    return sum(known, 0.0) if known or not chosen else None
