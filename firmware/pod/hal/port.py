"""The console as a byte stream: the port that the REPL uses too. Reads never block."""

import select
import sys

import micropython


class Console:
    """Bytes from standard input one at a time, bytes to standard output without translation."""

    def __init__(self):
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._one = bytearray(1)
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self._room = select.poll()
        self._room.register(sys.stdout, select.POLLOUT)

    def take(self) -> None:
        """Byte 3 is data from now on, no interrupt."""
        micropython.kbd_intr(-1)

    def give_back(self) -> None:
        """Ctrl-C interrupts again, as the REPL needs it."""
        micropython.kbd_intr(3)

    def read(self) -> int:
        """The next byte, -1 when none waits."""
        for _, event in self._poll.ipoll(0):
            if event & select.POLLIN and self._in.readinto(self._one):
                return self._one[0]
        return -1

    def write(self, buf: bytearray, start: int, length: int) -> int:
        """Write `buf[start:start + length]`; returns how many bytes went, 0 while the console takes none."""
        for _, event in self._room.ipoll(0):
            if event & select.POLLOUT:
                return self._out.write(buf, start, length) or 0
        return 0
