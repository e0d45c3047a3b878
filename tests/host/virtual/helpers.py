"""The tiny firmware of this folder, and the ways to reach a pod."""

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import serial

FIRMWARE = Path(__file__).with_name("firmware")


class Cable:
    """One end of the serial line, as a person with a terminal program has it."""

    def __init__(self, url: str) -> None:
        self.port = serial.serial_for_url(url, timeout=0.02)
        self._ahead = b""

    def until(self, wanted: bytes, timeout_s: float = 5.0) -> bytes:
        """Everything up to and with `wanted`; what follows it is kept for the next time."""
        seen, deadline = self._ahead, time.monotonic() + timeout_s
        while wanted not in seen:
            assert time.monotonic() < deadline, f"{wanted!r} did not come, but {seen[-500:]!r}"
            seen += self.port.read(4096)
        end = seen.index(wanted) + len(wanted)
        self._ahead = seen[end:]
        return seen[:end]

    def ask(self, letter: str, timeout_s: float = 5.0) -> dict[str, Any]:
        """The tiny firmware's answer to a letter."""
        self.port.write(letter.encode())
        line = self.until(b"}\n", timeout_s)
        return json.loads(line[line.rindex(b"{") :])

    def knock(self, timeout_s: float = 5.0) -> dict[str, Any]:
        """The status of a pod that may still be starting: asked for again and again."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                return self.ask("s", timeout_s=0.5)
            except AssertionError:
                assert time.monotonic() < deadline, "no answer"

    def quiet(self, seconds: float) -> bytes:
        """What comes within that time."""
        seen, deadline = b"", time.monotonic() + seconds
        while time.monotonic() < deadline:
            seen += self.port.read(4096)
        return seen


@contextlib.contextmanager
def plugged(url: str) -> Iterator[Cable]:
    """Take the cable for a while."""
    cable = Cable(url)
    try:
        yield cable
    finally:
        cable.port.close()
