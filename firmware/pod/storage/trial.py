"""A new app runs on trial: it settles once a host has greeted it and its start-up check has passed, and starts anew.

Until then the board's watchdog runs, and main.py goes back to the other slot at the next start. See main.py for what
the file says.
"""

import sys

from pod.storage import store

_SHORTEST_MS = 2000  # so long the loop has to turn without an exception


class Trial:
    """What main.py left about this start. `on`: this app has not settled. `failure`: why the other slot is not run."""

    def __init__(self, path: str):
        self._path = path
        words = _words(store.read(path))
        self._slot = words[0] if words else ""
        state = words[1] if len(words) > 2 else ""
        # a full flash may keep main.py from noting that it went back: then this is the other slot's app
        self.on = state == "tried" and "/" + self._slot in sys.path
        self.failure = " ".join(words[2:]) if state == "failed" else ""
        self._turned_ms = 0

    def step(self, elapsed_ms: int, greeted: bool) -> bool:
        """True when it is time for the start-up check: the loop turns, and a host has heard from this app."""
        self._turned_ms = min(self._turned_ms + elapsed_ms, _SHORTEST_MS)
        return self.on and greeted and self._turned_ms == _SHORTEST_MS

    def settle(self) -> None:
        """This slot is the good one from now on. OSError when that cannot be written: then it is time again later."""
        self._turned_ms = 0
        if self._slot:
            store.write_atomic(self._path, self._slot.encode())
        self.on = False
        self.failure = ""


def _words(data: bytes) -> list:
    try:
        return data.decode().split()
    except UnicodeError:
        return []  # main.py makes nothing of it either
