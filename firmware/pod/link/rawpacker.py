"""Raw samples, packed as they come: `add` until `full`, and `payload[:length]` is a message. Allocates nothing."""

from pod.storage.messages import copy
from retrowire import codec, framing, schema

try:
    from pod.link import _kernel_rice as rice
except (ImportError, SyntaxError):  # a MicroPython without the viper emitter: counts as they are
    rice = None

_BLOCK = 16  # samples
_MOST = 240  # samples of a message; their number is a byte
_COUNTS = codec.value("raw_encoding", "counts")
_RICE = codec.value("raw_encoding", "rice")


class RawPacker:
    """`add` until `full`; `finish` for what is left. A message holds whole blocks, the last of a stream excepted."""

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
        self._packed = 0  # samples in the message that grows
        self._values = [0, 0, axes, _COUNTS, b""]
        self._frame = bytearray(self._room + (rice.SLACK if rice else 0))
        if rice:
            self._state = rice.state()
            self._least_k = rice.least_k()

    def clear(self) -> None:
        """Forget what has been gathered: nobody listens any more."""
        self._filled = self._packed = 0

    def take(self, first: int, samples: bytearray, count: int, publisher) -> None:
        """`count` samples, the first of which has index `first`; `publisher` gets every message that gets full."""
        at = 0
        while at < count:
            at += self.add(first + at, samples, at, count - at)
            if self.full():
                publisher.raw(self.payload, self.length)

    def flush(self, publisher) -> None:
        """`publisher` gets what does not fill a message yet."""
        while self.finish():
            publisher.raw(self.payload, self.length)

    def add(self, first: int, samples: bytearray, at: int, count: int) -> int:
        """Take samples `at`.. of `samples`, the first of which has index `first`; returns how many fitted."""
        if self._filled == 0 and self._packed == 0:
            self._values[0] = first
        took = min(count, _BLOCK - self._filled)
        width = self._width
        copy(self._block, self._filled * width, samples, at * width, took * width)
        self._filled += took
        return took

    def full(self) -> bool:
        """Whether a message is ready: the block that has just become full begins the next one."""
        return self._filled == _BLOCK and not self._pack()

    def finish(self) -> bool:
        """Make a message of what is left; False when that is nothing. May take two calls."""
        if self._filled and not self._pack():
            return True
        if self._packed == 0:
            return False
        self._close()
        return True

    def _pack(self) -> bool:
        """The block joins the message; or where it does not fit, the message is closed and the block begins another."""
        if self._packed and (self._packed + self._filled > _MOST or not self._join()):
            self._close()
            self._begin()
            return False
        if self._packed == 0:
            self._begin()
        return True

    def _begin(self) -> None:
        """A message of one block. When this block is shorter as counts, so will be those that follow it."""
        self._values[3] = _RICE
        if rice:
            rice.begin(self._block, self._axes, self._frame, self._state)
        if not rice or not self._compress(1) or rice.finish(self._frame, self._state) > self._filled * self._width:
            self._values[3] = _COUNTS
            self._copy()
        self._packed = self._filled
        self._filled = 0

    def _join(self) -> bool:
        """The block joins those that are there, if there is room."""
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
