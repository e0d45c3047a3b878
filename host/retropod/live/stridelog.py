"""Strides of a live session in the bytes of the wire: 44 bytes per stride instead of half a kilobyte."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import cast, overload

from retropod.client import wire
from retropod.client.messages import StrideMessage
from retropod.insight.stride import Stride

_SIZE = wire.dtype("stride").itemsize


class StrideLog(Sequence[Stride]):
    """All strides of a session. The last `recent` ones are objects, the others are decoded on each access."""

    def __init__(self, recent: int) -> None:
        self._bytes = bytearray()
        self._recent: deque[Stride] = deque(maxlen=recent)

    def add(self, message: StrideMessage) -> Stride:
        """Add the next stride and return it."""
        stride = Stride.of(message, self._recent[-1] if self._recent else None)
        self._bytes += wire.encode("stride", **message.values)
        self._recent.append(stride)
        return stride

    def __len__(self) -> int:
        return len(self._bytes) // _SIZE

    def __iter__(self) -> Iterator[Stride]:
        before: Stride | None = None
        for at in range(0, len(self._bytes), _SIZE):
            before = Stride.of(cast(StrideMessage, wire.decode("stride", bytes(self._bytes[at : at + _SIZE]))), before)
            yield before

    @overload
    def __getitem__(self, index: int) -> Stride: ...
    @overload
    def __getitem__(self, index: slice) -> list[Stride]: ...
    def __getitem__(self, index: int | slice) -> Stride | list[Stride]:
        first = index.start if isinstance(index, slice) else index
        if first is not None and -len(self._recent) <= first < 0:
            return list(self._recent)[index]
        return list(self)[index]
