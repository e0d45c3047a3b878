"""The tiny firmware of this folder, and a cable to the pod."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import serial

FIRMWARE = Path(__file__).with_name("firmware")


class Cable:
    """One end of the serial line, like a terminal program."""

    def __init__(self, url: str) -> None:
        self.port = serial.serial_for_url(url, timeout=0.02)
        self._ahead = b""

    def until(self, wanted: bytes, timeout_s: float = 30.0) -> bytes:
        """Return the bytes up to the end of `wanted`, and store the bytes after it for the next call."""
        seen, deadline = self._ahead, time.monotonic() + timeout_s
        while wanted not in seen:
            self._ahead = seen  # kept for the next call if the time is over
            assert time.monotonic() < deadline, f"{wanted!r} did not come, but {seen[-500:]!r}"
            seen += self.port.read(4096)
        end = seen.index(wanted) + len(wanted)
        self._ahead = seen[end:]
        return seen[:end]

    def ask(self, letter: str, timeout_s: float = 30.0) -> dict[str, Any]:
        """Send a letter and return the answer of the tiny firmware."""
        self.port.write(letter.encode())
        line = self.until(b"}\n", timeout_s)
        return json.loads(line[line.rindex(b"{") :])

    def knock(self, timeout_s: float = 30.0) -> dict[str, Any]:
        """Return the status of a pod that may still be starting, and repeat the request until it answers."""
        deadline = time.monotonic() + timeout_s
        repeated = False
        while True:
            try:
                status = self.ask("s", timeout_s=0.5)
                break
            except AssertionError:
                assert time.monotonic() < deadline, "no answer"
                repeated = True
        while repeated:  # Late answers to earlier requests must not answer the next one.
            try:
                self.until(b"}\n", timeout_s=0.3)
            except AssertionError:
                break
        return status

    def status(self, wanted: Callable[[dict[str, Any]], bool], timeout_s: float = 30.0) -> dict[str, Any]:
        """Return the first status that `wanted` accepts."""
        deadline = time.monotonic() + timeout_s
        while not wanted(found := self.ask("s", timeout_s)):
            assert time.monotonic() < deadline, found
            time.sleep(0.02)
        return found

    def quiet(self, seconds: float) -> bytes:
        """Return the bytes that arrive within that time."""
        seen, deadline = b"", time.monotonic() + seconds
        while time.monotonic() < deadline:
            seen += self.port.read(4096)
        return seen


@contextlib.contextmanager
def plugged(url: str) -> Iterator[Cable]:
    """Open the cable and close it at the end."""
    cable = Cable(url)
    try:
        yield cable
    finally:
        cable.port.close()
