"""The one place that knows mpremote, as a subprocess: what it offers inside is going to change."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from retropod.errors import NoPod, OperationFailed, PortBusy, RetropodError

_NO_ANSWER = ("could not enter raw repl", "could not interrupt", "timeout waiting", "no device found")


class Board:
    """A board behind a port on which MicroPython answers."""

    def __init__(self, port: str, timeout_s: float = 300.0) -> None:
        self.port = port
        self._timeout_s = timeout_s

    def run(self, *steps: tuple[str, ...]) -> str:
        """mpremote commands, one after the other over one connection; returns what the board printed.

        The first connection interrupts and soft-resets the board, without main.py. Raises PortBusy, NoPod (nothing
        answers), OperationFailed.
        """
        command = [sys.executable, "-m", "mpremote", "connect", self.port]
        for step in steps:
            command += [*step, "+"]
        try:
            done = subprocess.run(
                command[:-1], capture_output=True, text=True, errors="replace", timeout=self._timeout_s, check=False
            )
        except subprocess.TimeoutExpired:
            raise self._explained("timeout waiting for the board") from None
        if done.returncode:
            raise self._explained(done.stderr + done.stdout)
        return done.stdout

    def ask(self, code: str, *before: tuple[str, ...]) -> Any:
        """Run `code`, which prints one line of JSON last, and return what it means."""
        lines = self.run(*before, ("exec", code)).strip().splitlines()
        try:
            return json.loads(lines[-1])
        except (IndexError, ValueError):
            raise OperationFailed(f"{self.port}: no sense in what the board answered", "try again") from None

    def _explained(self, output: str) -> RetropodError:
        text = output.lower()
        if "in use by another program" in text:
            return PortBusy(f"{self.port} is in use or not there", "close other programs; `retropod list --all`")
        if any(phrase in text for phrase in _NO_ANSWER):
            return NoPod(
                f"no MicroPython answers on {self.port}",
                "press the board's reset button and try again; a bare board needs MicroPython v1.26.1 first",
            )
        last = (output.strip().splitlines() or ["mpremote failed"])[-1]
        return OperationFailed(f"{self.port}: {last}", "press the board's reset button and try again")


def copy_step(folder: Path, names: list[str]) -> tuple[str, ...]:
    """The step that copies these entries of `folder`, with all that is in them, to the board's root."""
    return ("fs", "--no-verbose", "cp", "-r", *(str(folder / name) for name in names), ":/")
