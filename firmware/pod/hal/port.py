"""The console as a byte stream: the port that the REPL uses too. Reads never block."""

import select
import sys

import micropython


class Console:
    """Reads bytes of standard input one at a time, writes bytes to standard output without translation."""

    def __init__(self):
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._one = bytearray(1)
        self._readable = select.poll()
        self._readable.register(sys.stdin, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(sys.stdout, select.POLLOUT)

    def take(self) -> None:
        """Treat byte 3 as data, not as an interrupt."""
        micropython.kbd_intr(-1)

    def give_back(self) -> None:
        """Let Ctrl-C interrupt again, for the REPL."""
        micropython.kbd_intr(3)

    def read(self) -> int:
        """Return the next byte, -1 if none waits."""
        for _, event in self._readable.ipoll(0):
            if event & select.POLLIN and self._in.readinto(self._one):
                return self._one[0]
        return -1

    def write(self, buf: bytearray, start: int, length: int) -> int:
        """Write `buf[start:start + length]`. Return the number of bytes written, 0 while the console takes none."""
        for _, event in self._writable.ipoll(0):
            if event & select.POLLOUT:
                return self._out.write(buf, start, length) or 0
        return 0
