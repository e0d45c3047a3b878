"""Gait of strides: walking or running."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from statistics import median

from retropod.insight.bouts import without_pauses
from retropod.insight.stride import Stride

WALKING, RUNNING = "walking", "running"
_EACH_SIDE = 4  # strides; a gait is kept for longer than half of this window
_AT_CHANGE = 15  # strides on each side of a possible change of gait that decide on it
# Least change of the medians between two gaits: duty factor, and stride time relative to the shorter one. The gait
# model jogs at 2.05 m/s with a duty factor of 0.50. Its parts above and below one half differ by 0.02 and 1.4 %, and
# its walk and run by 0.2 and more.
_LEAST_DUTY = 0.06
_LEAST_CYCLE = 0.08

_Rhythm = tuple[float, float]
_Part = list[tuple[bool, _Rhythm]]


def gaits(strides: Sequence[Stride]) -> list[str | None]:
    """Return the gait of each stride, for strides of one direction in order. None if its contact time is unknown.

    A stride has the gait of most of the nine strides around it without a pause. Running has flight, that is a duty
    factor below one half. A single stride of a jog is often near that limit, and the first and the last stride of a
    bout are slow. If neither duty factor nor stride time changes from part to part, the parts have the gait of most of
    their strides.
    Ref: Alexander 1989, Physiol Rev 69:1199.
    """
    parts: list[_Part] = []
    for stretch in without_pauses(strides):
        for part in _parts([rhythm for one in stretch if (rhythm := _rhythm(one))]):
            if parts and _alike(parts[-1][-_AT_CHANGE:], part[:_AT_CHANGE]):
                parts[-1] += part
            else:
                parts.append(part)
    found = iter([gait for part in parts for gait in [_gait(part)] * len(part)])
    return [next(found) if _rhythm(one) else None for one in strides]


def _rhythm(stride: Stride) -> _Rhythm | None:
    """Return duty factor and stride time, in s."""
    if stride.contact_time_s is None or stride.cycle_s is None:
        return None
    return stride.contact_time_s / stride.cycle_s, stride.cycle_s


def _parts(rhythms: Sequence[_Rhythm]) -> Iterator[_Part]:
    """Yield consecutive strides of which most neighbours have flight, or have none."""
    flights = [duty < 1 / 2 for duty, _ in rhythms]
    smooth = [_most(flights[max(0, at - _EACH_SIDE) : at + _EACH_SIDE + 1]) for at in range(len(flights))]
    for _, part in groupby(zip(smooth, rhythms, strict=True), key=itemgetter(0)):
        yield list(part)


def _most(flights: Sequence[bool]) -> bool:
    return 2 * sum(flights) > len(flights)


def _gait(part: _Part) -> str:
    return RUNNING if _most([flight for flight, _ in part]) else WALKING


def _alike(before: _Part, after: _Part) -> bool:
    """Return whether duty factor and stride time remain the same."""
    (duty, cycle_s), (other_duty, other_s) = _medians(before), _medians(after)
    return abs(duty - other_duty) < _LEAST_DUTY and abs(cycle_s - other_s) < _LEAST_CYCLE * min(cycle_s, other_s)


def _medians(part: _Part) -> _Rhythm:
    return median(duty for _, (duty, _) in part), median(cycle_s for _, (_, cycle_s) in part)
