"""The last faults, in memory and in one file, so that what went wrong in the field can be read at home.

A fault is noted in memory at once, since it may come up while the file system is in use. `step` writes the file.
"""

from pod.storage import store

_KEPT = 16
_TEXT_BYTES = 120
_AGAIN_S = 60  # the same fault within a minute is counted, not stored: flash wears


class Faults:
    """A ring of faults. `count` counts every one since the boot, stored or not."""

    def __init__(self, path: str, clock):
        """`clock`: has `boot` and `uptime_s`."""
        self._path = path
        self._clock = clock
        self._rows = _rows(store.read(path))
        self._last = {}
        self.count = 0
        self._listener = None
        self._changed = False

    def add(self, code: int, text: str) -> None:
        """Note a fault. Does not touch the file."""
        self.count += 1
        now = self._clock.uptime_s
        if now - self._last.get(code, -_AGAIN_S) < _AGAIN_S:
            return
        self._last[code] = now
        self._rows.append((self._clock.boot, now, code, _clean(text)))
        del self._rows[:-_KEPT]
        self._changed = True
        if self._listener:
            self._listener(code, text)

    def listen(self, listener) -> None:
        """Call `listener(code, text)` for each fault that is stored."""
        self._listener = listener

    def step(self) -> None:
        """Write the file if a fault was added. A full flash must not make a fault of the fault."""
        if self._changed:
            self._changed = False
            self._save()

    def rows(self) -> list:
        """(boot count, uptime in s, code, text), oldest first."""
        return self._rows

    def _save(self) -> None:
        lines = ["%d\t%d\t%d\t%s\n" % row for row in self._rows]
        try:
            store.write_atomic(self._path, "".join(lines).encode())
        except OSError:
            pass  # still in memory, and on the wire


def _clean(text: str) -> str:
    text = text.replace("\t", " ").replace("\n", " ")
    while len(text.encode()) > _TEXT_BYTES:
        text = text[:-1]
    return text


def _rows(data: bytes) -> list:
    rows = []
    for line in data.split(b"\n"):
        try:
            boot, uptime_s, code, text = line.decode().split("\t")
            rows.append((int(boot), int(uptime_s), int(code), text))
        except (ValueError, UnicodeError):
            pass  # the end of the file, or a line from a torn past
    return rows[-_KEPT:]
