"""Trial of a new app: it settles once a host has greeted it and its start-up check has passed. Then the pod restarts.

Until then the watchdog runs, and main.py starts the other slot at the next boot. main.py documents the file.
"""

import sys

from pod.storage import store

_SHORTEST_MS = 2000  # the loop must run for so long without an exception


class Trial:
    """State of the trial, as main.py left it. `on`: this app has not settled. `failure`: why the other slot failed."""

    def __init__(self, path: str):
        self.path = path
        words = _words(store.read(path))
        self._slot = words[0] if words else ""
        state = words[1] if len(words) > 2 else ""
        # If the flash is full, main.py cannot write that it went back, and this can be the app of the other slot.
        self.on = state == "tried" and "/" + self._slot in sys.path
        self.failure = " ".join(words[2:]) if state == "failed" else ""
        self._run_ms = 0

    def step(self, elapsed_ms: int, greeted: bool) -> bool:
        """Return True when the start-up check is due: the loop runs, and this app has answered a host."""
        self._run_ms = min(self._run_ms + elapsed_ms, _SHORTEST_MS)
        return self.on and greeted and self._run_ms == _SHORTEST_MS

    def settle(self) -> None:
        """Make this slot the good one. Raises OSError if that cannot be written; the check is due again later then."""
        self._run_ms = 0
        if self._slot:
            store.write_atomic(self.path, self._slot.encode())
        self.on = False
        self.failure = ""


def _words(data: bytes) -> list:
    try:
        return data.decode().split()
    except UnicodeError:
        return []  # main.py ignores such a file too.
