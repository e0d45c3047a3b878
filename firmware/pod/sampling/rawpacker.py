"""Packs raw samples into messages, compressed where that is shorter. Allocates nothing."""

from pod.storage.messages import copy
from retrowire import codec, framing, schema

try:
    from pod.sampling import _kernel_rice as rice
except (ImportError, SyntaxError):  # MicroPython without the viper emitter: send plain counts
    rice = None

_BLOCK = 16  # samples
_MOST = 240  # samples of a message; the message has one byte for their number
_COUNTS = codec.value("raw_encoding", "counts")
_RICE = codec.value("raw_encoding", "rice")


class RawPacker:
    """Call `add` until `full`, and `finish` for the rest. `payload[:length]` is the message.

    A message holds whole blocks, except for the last one of a stream.
    """

    def __init__(self, axes: int):
        self._axes = axes
        self._width = 2 * axes
        self._head = codec.size(schema.RAW)
        self._room = (framing.MAX_PAYLOAD - self._head) & ~1  # a compressed frame is made of words
        self._plain = self._room // self._width // _BLOCK * _BLOCK  # samples that fit as counts
        self.payload = bytearray(self._head + self._room)
        self.length = 0
        self._block = bytearray(_BLOCK * self._width)
        self._filled = 0  # samples in the block
        self._packed = 0  # samples in the message
        self._values = [0, 0, axes, _COUNTS, b""]
        self._frame = bytearray(self._room + (rice.SLACK if rice else 0))
        if rice:
            self._state = rice.state()
            self._least_k = rice.least_k()

    def clear(self) -> None:
        """Discard gathered samples, because raw samples are not wanted now."""
        self._filled = self._packed = 0

    def take(self, first: int, samples: bytearray, count: int, publisher) -> None:
        """Add `count` samples, the first with index `first`. Send each full message to `publisher`."""
        at = 0
        while at < count:
            at += self.add(first + at, samples, at, count - at)
            if self.full():
                publisher.raw(self.payload, self.length)

    def flush(self, publisher) -> None:
        """Send the rest, which does not fill a message, to `publisher`."""
        while self.finish():
            publisher.raw(self.payload, self.length)

    def add(self, first: int, samples: bytearray, at: int, count: int) -> int:
        """Add samples from place `at` of `samples`, the first with index `first`. Return how many fitted."""
        if self._filled == 0 and self._packed == 0:
            self._values[0] = first
        took = min(count, _BLOCK - self._filled)
        width = self._width
        copy(self._block, self._filled * width, samples, at * width, took * width)
        self._filled += took
        return took

    def full(self) -> bool:
        """Return whether a message is ready. The block that has just become full begins the next message."""
        return self._filled == _BLOCK and not self._pack()

    def finish(self) -> bool:
        """Make a message of the rest. Return False if nothing is left. Two calls may be needed."""
        if self._filled and not self._pack():
            return True
        if self._packed == 0:
            return False
        self._close()
        return True

    def _pack(self) -> bool:
        """Add the block to the message. If it does not fit, close the message and begin another one with the block."""
        if self._packed and (self._packed + self._filled > _MOST or not self._join()):
            self._close()
            self._begin()
            return False
        if self._packed == 0:
            self._begin()
        return True

    def _begin(self) -> None:
        """Begin a message with one block. If plain counts are shorter for it, use them for the whole message."""
        self._values[3] = _RICE
        if rice:
            rice.begin(self._block, self._axes, self._frame, self._state)
        if not rice or not self._compress(1) or rice.finish(self._frame, self._state) > self._filled * self._width:
            self._values[3] = _COUNTS
            self._copy()
        self._packed = self._filled
        self._filled = 0

    def _join(self) -> bool:
        """Add the block if there is room."""
        if self._values[3] == _RICE:
            fits = self._compress(0)
        elif self._packed + self._filled <= self._plain:
            self._copy()
            fits = True
        else:
            fits = False
        if fits:
            self._packed += self._filled
            self._filled = 0
        return fits

    def _compress(self, first: int) -> bool:
        block, frame, room = self._block, self._frame, self._room
        return rice.add_block(block, first, self._filled, self._axes, frame, room, self._state, self._least_k) == 1

    def _copy(self) -> None:
        at = self._packed * self._width
        copy(self._frame, at, self._block, 0, self._filled * self._width)

    def _close(self) -> None:
        size = self._packed * self._width
        if self._values[3] == _RICE:
            size = rice.finish(self._frame, self._state)
        copy(self.payload, self._head, self._frame, 0, size)
        self.length = self._head + size
        self._values[1] = self._packed
        codec.pack_into(schema.RAW, self._values, self.payload, 0)
        self._values[0] += self._packed
        self._packed = 0
