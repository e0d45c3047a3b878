"""Bouts: consecutive strides in one direction."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

_PAUSE_S = 3.0  # a longer pause ends a bout; no walking stride takes as long
_BRIDGE = 2  # strides in a row without or in another direction that do not end a bout: a turn or a stumble
_LEAST = 3  # strides of a bout


class Placed(Protocol):
    """A stride with a direction and its time, in s: all that the division into bouts needs."""

    @property
    def direction(self) -> str: ...
    @property
    def uptime_s(self) -> float | None: ...
    @property
    def end_s(self) -> float: ...


_Placed = TypeVar("_Placed", bound=Placed)


def bout_strides(strides: Iterable[_Placed]) -> Iterator[list[_Placed]]:
    """Yield the strides of each bout: at least three consecutive strides in one direction.

    A pause over 3 s ends a bout. Up to two strides of another or unknown direction do not, if the bout continues after
    them: a turn or a stumble. They are not part of the bout.
    """
    for part in without_pauses(strides):
        yield from (one for one in _one_way(part) if len(one) >= _LEAST)


def without_pauses(strides: Iterable[_Placed]) -> Iterator[list[_Placed]]:
    """Yield the strides between pauses over 3 s."""
    part: list[_Placed] = []
    for stride in strides:
        if part and abs((stride.uptime_s or 0.0) - part[-1].end_s) > _PAUSE_S:
            yield part
            part = []
        part.append(stride)
    if part:
        yield part


def _one_way(strides: Iterable[_Placed]) -> Iterator[list[_Placed]]:
    """Yield the strides of each direction in turn. Strides that interrupt a direction briefly are dropped."""
    waiting = deque(strides)
    current: list[_Placed] = []
    aside: list[_Placed] = []
    while waiting:
        stride = waiting.popleft()
        if current and stride.direction == current[0].direction:
            current.append(stride)
            aside = []
        elif current:
            aside.append(stride)
            if len(aside) > _BRIDGE:
                yield current
                waiting.extendleft(reversed(aside))
                current, aside = [], []
        elif stride.direction != "unknown":
            current = [stride]
    if current:
        yield current
