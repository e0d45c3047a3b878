"""The input of one sensor element: int16 triplets at its true rate, in a file of the host, read in windows.

Before the first and after the last sample the sensor stands still (`before` and `after`, one triplet each).
"""

from micropython import const

from vpod.hostfs import MOUNT_POINT

SAMPLE_BYTES = const(6)
WINDOW = const(4096)  # samples held at a time


class Wave:
    """Samples of the accelerometer or of the gyroscope. `at` makes a range of them readable in `window`."""

    def __init__(self, path, count: int, before: bytes, after: bytes) -> None:
        self._file = open(MOUNT_POINT + path, "rb") if path else None
        self.count = count
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
        begin = max(index, 0)
        end = min(index + WINDOW, self.count)
        if begin < end and self._file:
            self._file.seek(begin * SAMPLE_BYTES)
            view = memoryview(self.window)
            self._file.readinto(view[(begin - index) * SAMPLE_BYTES : (end - index) * SAMPLE_BYTES])
            if index < 0:
                view[(end - index) * SAMPLE_BYTES :] = self._after[: (WINDOW - end + index) * SAMPLE_BYTES]
