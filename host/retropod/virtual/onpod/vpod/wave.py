"""The input of one sensor element: int16 triplets at its true rate, in a file of the host, read in windows.

Before the first and after the last sample the sensor stands still (`before` and `after`, one triplet each). With `loop`
the first sample follows the last one.
"""

from micropython import const

from vpod.hostfs import MOUNT_POINT

SAMPLE_BYTES = const(6)
WINDOW = const(4096)  # samples held at a time


class Wave:
    """Samples of the accelerometer or of the gyroscope. `at` makes a range of them readable in `window`."""

    def __init__(self, path, count: int, before: bytes, after: bytes, loop: bool = False) -> None:
        self._file = open(MOUNT_POINT + path, "rb") if path else None
        self.count = count
        self._loop = loop and count > 0
        self._before = before * WINDOW
        self._after = after * WINDOW
        self.window = bytearray(self._before)
        self._first = None

    def at(self, index: int, count: int) -> int:
        """Byte offset in `window` of sample `index`; `count` samples follow each other there. count <= WINDOW."""
        if self._first is None or index < self._first or index + count > self._first + WINDOW:
            self._load(index)
        return (index - self._first) * SAMPLE_BYTES

    def triplet(self, index: int) -> bytes:
        """The six bytes of one sample, without moving the window."""
        if index < 0 or self._file is None:
            return self._before[:SAMPLE_BYTES]
        if self._loop:
            index %= self.count
        if index >= self.count:
            return self._after[:SAMPLE_BYTES]
        self._file.seek(index * SAMPLE_BYTES)
        return self._file.read(SAMPLE_BYTES)

    def close(self) -> None:
        """Give the file back."""
        if self._file:
            self._file.close()

    def _load(self, index: int) -> None:
        self._first = index
        self.window[:] = self._before if index < 0 else self._after
        view = memoryview(self.window)
        begin, end = max(index, 0), index + WINDOW
        while self._file and begin < end and (self._loop or begin < self.count):
            place = begin % self.count if self._loop else begin
            several = min(self.count - place, end - begin)
            self._file.seek(place * SAMPLE_BYTES)
            self._file.readinto(view[(begin - index) * SAMPLE_BYTES : (begin - index + several) * SAMPLE_BYTES])
            begin += several
        if index < 0 < begin < end:
            view[(begin - index) * SAMPLE_BYTES :] = self._after[: (end - begin) * SAMPLE_BYTES]
