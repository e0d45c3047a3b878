"""The out-of-band pipes of the pod's processor: orders to it, events from it, and a log of both."""

import json
import os
import threading
from pathlib import Path
from typing import Any

from retropod.errors import OperationFailed

_DEAF_S = 60.0  # limit of the wait for an order: a firmware that works sleeps often, but the machine may be busy
_SILENT = ("chips", "counts", "did", "fifo", "pin", "shift", "spent")  # events that would only fill the log


class Wires:
    """Two named pipes in `directory`. `marks` are set by events of their name."""

    def __init__(self, directory: Path) -> None:
        self.log = directory / "pod.log"
        self.log.write_bytes(b"")
        self.commands_path, self.events_path = directory / "commands", directory / "events"
        self._commands, self.events = _pipe(self.commands_path), _pipe(self.events_path)
        names = ("held", "ready", "started", "source_end", "power_cut", "did")
        self.marks = {name: threading.Event() for name in names}

    def close(self) -> None:
        """Cut them."""
        for descriptor, path in ((self._commands, self.commands_path), (self.events, self.events_path)):
            os.close(descriptor)
            path.unlink(missing_ok=True)
        self._commands = self.events = -1

    def tell(self, do: str, **details: Any) -> None:
        """Send an order and go on."""
        if self._commands < 0:
            raise OperationFailed(f"the virtual pod cannot {do}", "it is closed")
        os.write(self._commands, (json.dumps({"do": do, **details}) + "\n").encode())

    def order(self, do: str, **details: Any) -> None:
        """Send an order and wait until it is executed. The pod reads orders while its firmware sleeps."""
        self.marks["did"].clear()
        self.tell(do, **details)
        if not self.marks["did"].wait(_DEAF_S):
            raise OperationFailed(f"the virtual pod did not {do}", "its firmware never sleeps, or it is off")

    def forget(self) -> None:
        """Drop the orders that the pod has not read."""
        try:
            while os.read(self._commands, 65536):
                pass
        except BlockingIOError:
            return

    def take(self, line: bytes) -> dict[str, Any]:
        """Decode and log the event of one line. Call `mark` after it was handled."""
        event: dict[str, Any] = json.loads(line)
        if event["event"] not in _SILENT:
            self.note(line)
        return event

    def mark(self, event: dict[str, Any]) -> None:
        """Wake the threads that wait for the event."""
        if event["event"] in self.marks:
            self.marks[event["event"]].set()

    def note(self, line: bytes) -> None:
        """Write a line to the log."""
        with self.log.open("ab") as log:
            log.write(line + b"\n")


def _pipe(path: Path) -> int:
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK)  # both ways, so that neither side ever waits for the other
