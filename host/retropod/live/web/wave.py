"""Latest raw samples of the accelerometer as lines for a drawing. A gap of the samples is a gap of the lines."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from retropod.client.messages import RawMessage
from retropod.errors import DamagedData
from retropod.live.lateness import steady_s
from retropod.live.watch import FRESH_S
from retropod.runs import samples

_SAMPLES = 1200  # about 3 s at 416 Hz
_POINTS = 300
_AXES = 3
_BREAK = _SAMPLES // _POINTS  # samples of the shortest gap: a point of the drawing is never left out

Lines = tuple[tuple[float | None, ...], ...]
"""The axes x, y and z, each from 0 (greatest value of all axes) to 1 (smallest). None: a lost sample."""


class RawWave:
    """Collects raw messages. `lines` decodes them, so that nothing is decoded while no page shows them."""

    def __init__(self, clock: Callable[[], float] = steady_s) -> None:
        """`clock`: monotonic clock, in s."""
        self._clock = clock
        self.clear()

    def clear(self) -> None:
        """Remove all samples: those of a new connection do not continue them."""
        self._pending: deque[RawMessage] = deque()
        self._counts = np.empty((0, _AXES), np.float32)
        self._next: int | None = None
        self._heard_s = 0.0

    def add(self, message: RawMessage) -> None:
        """Take the next message. Leave out those that the drawing no longer shows: a message takes 10 ms to decode."""
        self._heard_s = self._clock()
        self._pending.append(message)
        waiting = sum(one.count or 1 for one in self._pending)
        while waiting - (self._pending[0].count or 1) >= _SAMPLES:
            waiting -= self._pending.popleft().count or 1

    def lines(self) -> Lines:
        """Return the lines, none if the latest sample is more than 3 s old."""
        if self._clock() - self._heard_s > FRESH_S:
            self.clear()
        fresh = [part for one in _decoded(list(self._pending)) for part in self._joined(one)]
        self._pending.clear()
        self._counts = np.concatenate([self._counts, *fresh])[-_SAMPLES:]
        known = self._counts[np.isfinite(self._counts)]
        if not len(known):
            return ()
        low, high = float(known.min()), float(known.max())
        shown = self._counts[:: -(-len(self._counts) // _POINTS)]
        scaled = (high - shown) / max(high - low, 1.0)
        return tuple(tuple(None if np.isnan(value) else round(float(value), 3) for value in axis) for axis in scaled.T)

    def _joined(self, part: samples.RawSamples) -> "Iterable[np.ndarray[tuple[int, int], np.dtype[np.float32]]]":
        """Yield the samples of contiguous numbers, and gaps of their length between them."""
        for at in np.split(np.arange(len(part.index)), np.flatnonzero(np.diff(part.index) != 1) + 1):
            first, last = int(part.index[at[0]]), int(part.index[at[-1]])
            if self._next is not None and first != self._next:
                lost = min(max(first - self._next, _BREAK), _SAMPLES)
                yield np.full((lost, _AXES), np.nan, np.float32)
            self._next = last + 1
            yield part.counts[at, :_AXES].astype(np.float32)


def _decoded(messages: Sequence[RawMessage]) -> Iterable[samples.RawSamples]:
    """Yield the samples. All messages together take as long as one. A damaged one is left out."""
    try:
        if messages:
            yield samples.decode(messages)
    except DamagedData:  # Or of a later version: the stream reports it.
        if len(messages) > 1:
            for message in messages:
                yield from _decoded([message])
