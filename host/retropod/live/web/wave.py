"""Latest raw samples of the accelerometer as lines for a drawing."""

from collections import deque
from collections.abc import Iterable

import numpy as np

from retropod.client.messages import RawMessage
from retropod.errors import DamagedData
from retropod.runs import samples

_SAMPLES = 1200  # about 3 s at 416 Hz
_POINTS = 300
_AXES = 3
_PENDING = 400  # messages between two drawings: more than 4 s


class RawWave:
    """Collects raw messages. `lines` decodes them, so that nothing is decoded while no page shows them."""

    def __init__(self) -> None:
        self._pending: deque[RawMessage] = deque(maxlen=_PENDING)
        self._counts = np.empty((0, _AXES), np.int16)

    def add(self, message: RawMessage) -> None:
        """Take the next message."""
        self._pending.append(message)

    def lines(self) -> tuple[tuple[float, ...], ...]:
        """Return the x, y and z axes of the chip, each from 0 (greatest count of all axes) to 1 (smallest)."""
        fresh = list(_decoded(self._pending))
        self._pending.clear()
        self._counts = np.concatenate([self._counts, *fresh])[-_SAMPLES:]
        if not len(self._counts):
            return ()
        shown = self._counts[:: -(-len(self._counts) // _POINTS)].astype(np.float64)
        low, high = float(shown.min()), float(shown.max())
        scaled = (high - shown) / max(high - low, 1.0)
        return tuple(tuple(float(value) for value in axis) for axis in scaled.T.round(3))


def _decoded(messages: Iterable[RawMessage]) -> "Iterable[np.ndarray[tuple[int, int], np.dtype[np.int16]]]":
    for message in messages:
        try:
            yield samples.decode([message]).counts[:, :_AXES]
        except DamagedData:  # Or of a later version: the stream reports it.
            continue
