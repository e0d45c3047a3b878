"""Sample frames of one or two elements, and the ring of bytes that keeps them until they are read."""

from array import array

import micropython

ELEMENT = 6  # bytes of three axes


@micropython.viper
def _weave(out: ptr8, acc: ptr8, gyr: ptr8, plan: ptr32):
    """Frames of acc, or of acc and gyr. plan: count, offset in acc, offset in gyr (0 and no gyr: -), parts, swap."""
    count = plan[0]
    a = plan[1]
    g = plan[2]
    two = plan[3] == 2
    swap = plan[4]
    to = 0
    while count > 0:
        i = 0
        while i < 6:
            out[to + (i ^ swap)] = acc[a + i]
            i += 1
        to += 6
        a += 6
        if two:
            i = 0
            while i < 6:
                out[to + (i ^ swap)] = gyr[g + i]
                i += 1
            to += 6
            g += 6
        count -= 1


class Frames:
    """`make` puts frames into `data`: little-endian waves in, the chip's byte order out."""

    def __init__(self, most: int, elements: tuple, big_endian: bool) -> None:
        self.size = ELEMENT * len(elements)
        self.data = bytearray(most * self.size)
        self._elements = elements
        self._plan = array("i", [0, 0, 0, len(elements), 1 if big_endian else 0])

    def make(self, waves: list, index: int, count: int) -> None:
        """`count` frames from sample `index` of the waves on."""
        plan = self._plan
        plan[0] = count
        plan[1] = waves[0].at(index, count)
        plan[2] = waves[-1].at(index, count)
        _weave(self.data, waves[0].window, waves[-1].window, plan)


class ByteRing:
    """Bytes in, bytes out; when it is full the oldest go and `overflowed` tells."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._ring = bytearray(size)
        self.clear()

    def clear(self) -> None:
        """Empty, and never overflowed."""
        self._head = self.count = 0
        self.overflowed = False

    def put(self, data, length: int) -> None:
        """The first `length` bytes of `data`."""
        begin = max(0, length - self.size)
        at = (self._head + self.count + begin) % self.size
        first = min(length - begin, self.size - at)
        view = memoryview(data)
        self._ring[at : at + first] = view[begin : begin + first]
        self._ring[: length - begin - first] = view[begin + first : length]
        self.count += length
        if self.count > self.size:
            self._head = (self._head + self.count - self.size) % self.size
            self.count = self.size
            self.overflowed = True

    def take_into(self, buf, length: int) -> int:
        """Up to `length` of the oldest bytes to the begin of `buf`; how many there were."""
        length = min(length, self.count)
        first = min(length, self.size - self._head)
        view = memoryview(self._ring)
        buf[:first] = view[self._head : self._head + first]
        if length > first:
            buf[first:length] = view[: length - first]
        self._head = (self._head + length) % self.size
        self.count -= length
        return length

    def state(self) -> dict:
        """Everything, for `restore`."""
        return {"ring": self._ring.hex(), "head": self._head, "count": self.count, "overflowed": self.overflowed}

    def restore(self, state: dict) -> None:
        """Be what `state` says."""
        self._ring[:] = bytes.fromhex(state["ring"])
        self._head, self.count, self.overflowed = state["head"], state["count"], state["overflowed"]
