"""Averages of the strides of one direction: the only place where an export takes metrics of several strides."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from retropod.insight.stride import Stride
from retropod.insight.summary import summarise


class Averages(NamedTuple):
    """Number and distance of the strides, mean length, and medians. None: unknown. `speed_mps` is negative backward."""

    strides: int
    distance_m: float | None
    length_m: float | None
    speed_mps: float | None
    cadence_spm: float | None
    contact_time_s: float | None
    aerial_time_s: float | None


def averages(strides: Sequence[Stride], direction: str) -> Averages:
    """Return the averages of the strides in this direction. Strides of other directions do not mix into a median."""
    chosen = [stride for stride in strides if stride.direction == direction]
    found, lengths = summarise(chosen), reliable_lengths_m(chosen)
    return Averages(
        found.strides,
        found.distance_m[direction],
        sum(lengths) / len(lengths) if lengths else None,
        found.speed_mps,
        found.cadence_spm,
        found.contact_time_s,
        found.aerial_time_s,
    )


def reliable_lengths_m(strides: Iterable[Stride]) -> list[float]:
    """Return the lengths of the strides of any direction, in m, without the unknown and unreliable ones."""
    return [one.length_m for one in strides if one.length_m is not None and not one.length_caveats]
