"""Latest raw samples of the accelerometer as lines for a drawing."""

from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np

from retropod.client.messages import RawMessage
from retropod.errors import DamagedData
from retropod.runs import samples

_SAMPLES = 1200  # about 3 s at 416 Hz
_POINTS = 300
_AXES = 3


class RawWave:
    """Collects raw messages. `lines` decodes them, so that nothing is decoded while no page shows them."""

    def __init__(self) -> None:
        self._pending: deque[RawMessage] = deque()
        self._counts = np.empty((0, _AXES), np.int16)

    def add(self, message: RawMessage) -> None:
        """Take the next message. Leave out those that the drawing no longer shows: a message takes 10 ms to decode."""
        self._pending.append(message)
        waiting = sum(one.count or 1 for one in self._pending)
        while waiting - (self._pending[0].count or 1) >= _SAMPLES:
            waiting -= self._pending.popleft().count or 1

    def lines(self) -> tuple[tuple[float, ...], ...]:
        """Return the x, y and z axes of the chip, each from 0 (greatest count of all axes) to 1 (smallest)."""
        fresh = list(_decoded(list(self._pending)))
        self._pending.clear()
        self._counts = np.concatenate([self._counts, *fresh])[-_SAMPLES:]
        if not len(self._counts):
            return ()
        shown = self._counts[:: -(-len(self._counts) // _POINTS)].astype(np.float64)
        low, high = float(shown.min()), float(shown.max())
        scaled = (high - shown) / max(high - low, 1.0)
        return tuple(tuple(float(value) for value in axis) for axis in scaled.T.round(3))


def _decoded(messages: Sequence[RawMessage]) -> "Iterable[np.ndarray[tuple[int, int], np.dtype[np.int16]]]":
    """Yield the samples. All messages together take as long as one. A damaged one is left out."""
    try:
        yield samples.decode(messages).counts[:, :_AXES]
    except DamagedData:  # Or of a later version: the stream reports it.
        if len(messages) > 1:
            for message in messages:
                yield from _decoded([message])
