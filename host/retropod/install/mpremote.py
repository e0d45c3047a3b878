"""The one place that knows mpremote, as a subprocess: what it offers inside is going to change."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from retropod.errors import NoPod, OperationFailed, RetropodError
from retropod.install.steps import Nobody, Watcher
from retropod.transport import failures

_NO_ANSWER = ("could not enter raw repl", "could not interrupt", "timeout waiting", "no device found")


_LOGGED = 4000  # letters of what a board prints; it may print its whole flash
SILENCE_S = 60.0  # the longest that a step of a working board says nothing: hashing an app on it takes ten seconds


class Board:
    """A board behind a port on which MicroPython answers. A step that says nothing for `timeout_s` is given up."""

    def __init__(self, port: str, watcher: Watcher | None = None, timeout_s: float = SILENCE_S) -> None:
        self.port = port
        self._watcher = watcher or Nobody()
        self._timeout_s = timeout_s

    def run(self, *steps: tuple[str, ...], on_line: Callable[[str], None] = lambda line: None) -> str:
        """mpremote commands, one after the other over one connection; returns what the board printed.

        The first connection interrupts and soft-resets the board, without main.py. Each line goes to `on_line` as it
        comes. Raises PortBusy, NoPod (nothing answers), OperationFailed.
        """
        command = [sys.executable, "-m", "mpremote", "connect", self.port]
        for step in steps:
            command += [*step, "+"]
        with tempfile.TemporaryFile("w+") as errors:
            code, out = self._follow(command[:-1], errors, on_line)
            errors.seek(0)
            err = errors.read()
        self._watcher.log(f"$ {' '.join(command[1:-1])}\n{out[:_LOGGED]}{err}")
        if code is None:
            raise self._explained("timeout waiting for the board")
        if code:
            raise self._explained(err + out)
        return out

    def _follow(self, command: list[str], errors: Any, on_line: Callable[[str], None]) -> tuple[int | None, str]:
        """Exit code (None: it took too long) and standard output."""
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, errors="replace") as process:
            late = _Late(process.kill, self._timeout_s)
            try:
                lines: list[str] = []
                for line in process.stdout or ():
                    late.again()
                    lines.append(line)
                    on_line(line)
                code = process.wait()
            except BaseException:
                process.kill()
                raise
            finally:
                late.cancel()
        return (None if late.happened else code), "".join(lines)

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
            gone = self.port.startswith("/") and not Path(self.port).exists()
            return failures.missing(self.port) if gone else failures.busy(self.port)
        if any(phrase in text for phrase in _NO_ANSWER):
            return NoPod(
                f"no MicroPython answers on {self.port}",
                f"press the board's reset button and try again; a bare board: retropod --port {self.port} flash",
            )
        if "enodev" in text:
            return OperationFailed(
                "the pod's file system does not mount", f"retropod --port {self.port} flash --repair"
            )
        if "enospc" in text or "errno 28" in text:
            return OperationFailed(
                "the pod's storage is full", "`retropod download`, then `retropod erase` frees space"
            )
        last = (output.strip().splitlines() or ["mpremote failed"])[-1]
        return OperationFailed(f"{self.port}: {last}", "press the board's reset button and try again")


class _Late:
    """Calls `act` unless again() comes within `after_s`, again and again."""

    def __init__(self, act: Callable[[], None], after_s: float) -> None:
        self.happened = False
        self._act, self._after_s = act, after_s
        self._timer = self._started()

    def again(self) -> None:
        """It is not late yet."""
        self.cancel()
        self._timer = self._started()

    def cancel(self) -> None:
        """It will not be late any more."""
        self._timer.cancel()

    def _started(self) -> threading.Timer:
        timer = threading.Timer(self._after_s, self._happen)
        timer.daemon = True
        timer.start()
        return timer

    def _happen(self) -> None:
        self.happened = True
        self._act()


def copy_steps(folder: Path, names: list[str], to: str) -> list[tuple[str, ...]]:
    """Steps that copy these files of `folder` (paths in it) below a folder of the board, whose folders are there.

    What lies there with the same content already is left alone. A line `cp ...` is printed for each file.
    """
    by_parent: dict[str, list[str]] = {}
    for name in names:
        by_parent.setdefault(str(PurePosixPath(name).parent), []).append(str(folder / name))
    return [("fs", "--verbose", "cp", *paths, f":{PurePosixPath(to) / parent}/") for parent, paths in by_parent.items()]
