"""The FIFO of the LSM6DSO family: 512 words of a tag byte and six data bytes, as a ring.

The tag byte: sensor in bits 7..3, a counter of time slots modulo 4 in bits 2..1, even parity in bit 0.
"""

from array import array

import micropython
from micropython import const

DEPTH = const(512)  # words: 3 kB of data
WORD = const(7)  # bytes


@micropython.viper
def _fill(ring: ptr8, source: ptr8, plan: ptr32):
    """Samples of one element into the ring. plan: word, word step, count, source offset, its step, tag, slot."""
    word = plan[0]
    count = plan[2]
    at = plan[3]
    tag = plan[5] << 3
    slot = plan[6]
    while count > 0:
        head = tag | ((slot & 3) << 1)
        parity = head ^ (head >> 4)
        parity ^= parity >> 2
        parity ^= parity >> 1
        to = word * 7
        ring[to] = head | (parity & 1)
        ring[to + 1] = source[at]
        ring[to + 2] = source[at + 1]
        ring[to + 3] = source[at + 2]
        ring[to + 4] = source[at + 3]
        ring[to + 5] = source[at + 4]
        ring[to + 6] = source[at + 5]
        at += plan[4]
        word = (word + plan[1]) & 511
        slot += 1
        count -= 1


class Fifo:
    """`put` writes the words of one element over several slots, `added` then makes them readable."""

    def __init__(self) -> None:
        self.ring = bytearray(DEPTH * WORD)
        self._plan = array("i", [0] * 7)
        self.clear()

    def clear(self) -> None:
        """Empty, and no overrun."""
        self.head = self.count = 0
        self.overrun = self.latched = False

    def overflow(self) -> None:
        """Something found no place, or took another's."""
        self.overrun = self.latched = True

    def put(self, tag: int, slot: int, slots: int, place: int, width: int, window, offset: int, step: int) -> None:
        """From `window` at `offset` on, a sample every `step` bytes, into word `place` of `width` of each slot."""
        plan = self._plan
        plan[0] = (self.head + self.count + place) % DEPTH
        plan[1] = width
        plan[2] = slots
        plan[3] = offset
        plan[4] = step
        plan[5] = tag
        plan[6] = slot & 3
        _fill(self.ring, window, plan)

    def added(self, words: int) -> None:
        """`words` were put; those that are too many have overwritten the oldest."""
        self.count += words
        if self.count > DEPTH:
            self.overflow()
            self.head = (self.head + self.count - DEPTH) % DEPTH
            self.count = DEPTH

    def read_into(self, buf) -> None:
        """Words from the oldest on. A word that is read in part stays; an empty FIFO reads as zeros."""
        done = 0
        while self.count and len(buf) - done >= WORD:
            run = min((len(buf) - done) // WORD, self.count, DEPTH - self.head)
            begin, size = self.head * WORD, run * WORD
            buf[done : done + size] = memoryview(self.ring)[begin : begin + size]
            self.head = (self.head + run) % DEPTH
            self.count -= run
            done += size
        if done < len(buf):
            buf[done:] = self.oldest()[: len(buf) - done] + bytes(max(0, len(buf) - done - WORD))
        if self.count < DEPTH:
            self.overrun = False

    def oldest(self) -> bytes:
        """Return the next word, zeros if the FIFO is empty."""
        at = self.head * WORD
        return bytes(self.ring[at : at + WORD]) if self.count else bytes(WORD)

    def state(self) -> dict:
        """Everything, for `restore`."""
        flags = (self.overrun, self.latched)
        return {"ring": self.ring.hex(), "head": self.head, "count": self.count, "flags": flags}

    def restore(self, state: dict) -> None:
        """Be what `state` says."""
        self.ring[:] = bytes.fromhex(state["ring"])
        self.head, self.count = state["head"], state["count"]
        self.overrun, self.latched = state["flags"]
