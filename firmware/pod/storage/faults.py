"""The last faults, in memory and in one file, so that a host can read faults that happened in the field.

A fault is stored in memory at once, because it can occur while the file system is in use. `step` writes the file.
"""

from pod.storage import store
from retrowire import codec

_KEPT = 16
_TEXT_BYTES = 120
_AGAIN_S = 60  # the same fault within a minute is counted but not stored, to limit wear of the flash
_EVENT = codec.value("event", "fault")


class Faults:
    """A ring of faults. `count` counts all faults since the boot, stored or not."""

    def __init__(self, path: str, clock, publish):
        """`clock`: has `boot` and `uptime_s`. `publish(kind, a, b)` sends an event of each fault that is stored."""
        self._path = path
        self._clock = clock
        self._rows = _rows(store.read(path))
        self._last = {}
        self.count = 0
        self._publish = publish
        self._changed = False

    def add(self, code: int, text: str) -> None:
        """Store a fault in memory. Does not use the file."""
        self.count += 1
        now = self._clock.uptime_s
        if now - self._last.get(code, -_AGAIN_S) < _AGAIN_S:
            return
        self._last[code] = now
        self._rows.append((self._clock.boot, now, code, _clean(text)))
        del self._rows[:-_KEPT]
        self._changed = True
        self._publish(_EVENT, code, 0)

    def step(self) -> None:
        """Write the file if a fault was added. Ignore a full flash, which would only cause another fault."""
        if self._changed:
            self._changed = False
            self._save()

    def rows(self) -> list:
        """Return (boot count, uptime in s, code, text) of each fault, oldest first."""
        return self._rows

    def _save(self) -> None:
        lines = ["%d\t%d\t%d\t%s\n" % row for row in self._rows]
        try:
            store.write_atomic(self._path, "".join(lines).encode())
        except OSError:
            pass  # A host can still read the faults from memory.


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
            pass  # End of the file, or a torn line.
    return rows[-_KEPT:]
