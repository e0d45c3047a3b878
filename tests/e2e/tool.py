"""The command line in its own process, and its results."""

import json
import os
import select
import signal
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

import jsondocs
from commands import Command, run
from retropod.cli.commands import cli
from retropod.client.pod import Pod
from retropod.transport.serial import BAUD, SerialTransport

PATIENCE_S = 240.0  # limit of a wait for an event, on a machine that has other work
_COMMANDS = cli.list_commands(click.Context(cli))


@dataclass(frozen=True)
class Ran:
    """Result of a command."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The lines of standard output, decoded as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


class Tool:
    """Runs `retropod` with a port and its own store."""

    def __init__(self, store: Path, port: str = "", baud: int = 0) -> None:
        self.port = port
        self.baud = baud or BAUD
        self.store = store
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("RETROPOD_P")}
        self.environment |= {
            "RETROPOD_RUNS": str(store),
            "COLUMNS": "120",
            "XDG_STATE_HOME": str(store.parent / "logs"),
        }
        if port:
            self.environment["RETROPOD_PORT"] = port
        if baud:
            self.environment["RETROPOD_BAUD"] = str(baud)

    def __call__(self, *arguments: str, timeout_s: float = PATIENCE_S) -> Ran:
        ran = Ran(*run("retropod", *arguments, environment=self.environment, timeout_s=timeout_s))
        assert "Traceback" not in ran.err, ran.err
        jsondocs.check(arguments, ran.out, _COMMANDS)
        return ran

    def good(self, *arguments: str, timeout_s: float = PATIENCE_S) -> Ran:
        """Run a command that must succeed."""
        ran = self(*arguments, timeout_s=timeout_s)
        assert ran.code == 0, f"{arguments}: exit {ran.code}\n{ran.err}"
        return ran

    def start(self, *arguments: str) -> "Running":
        """Start a command that continues to run."""
        return Running(Command("retropod", *arguments, environment=self.environment))


class Running:
    """A command that prints JSON lines while it runs. Use it as a context, which ends it."""

    def __init__(self, process: Command) -> None:
        self.process = process
        os.set_blocking(self._out.fileno(), False)
        self._rest, self._ready = "", deque[str]()
        self.rest: list[dict[str, Any]] = []

    @property
    def _out(self) -> Any:
        assert self.process.stdout is not None
        return self.process.stdout

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def until(self, wanted: Any, timeout_s: float = PATIENCE_S) -> list[dict[str, Any]]:
        """Return the objects up to the first that `wanted(object)` accepts. Fails on a timeout."""
        seen: list[dict[str, Any]] = []
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self._ready += self._lines()
            while self._ready:
                seen.append(json.loads(self._ready.popleft()))
                if wanted(seen[-1]):
                    return seen
            time.sleep(0.02)
        raise AssertionError(f"no such object within {timeout_s} s; {len(seen)} objects, last {seen[-1:]}")

    def told(self, wanted: str, timeout_s: float = PATIENCE_S) -> str:
        """Return what the command wrote to standard error, up to a text. Fails on a timeout."""
        seen, deadline = "", time.monotonic() + timeout_s
        number = self.process.stderr.fileno()
        while wanted not in seen:
            ready, _, _ = select.select([number], [], [], max(deadline - time.monotonic(), 0.0))
            data = os.read(number, 1 << 16) if ready else b""
            assert data, f"no {wanted!r} within {timeout_s} s or before the end, but {seen!r}"
            seen += data.decode()
        return seen

    def _lines(self) -> list[str]:
        try:
            data = os.read(self._out.fileno(), 1 << 16).decode()
        except BlockingIOError:
            return []
        *lines, self._rest = (self._rest + data).split("\n")
        return lines

    def interrupt(self) -> None:
        """Interrupt the command like Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self, timeout_s: float = PATIENCE_S) -> tuple[int, str]:
        """Wait for the end. Return exit code and standard error. `rest` then holds the objects not yet taken."""
        os.set_blocking(self._out.fileno(), True)
        out, err = self.process.communicate(timeout=timeout_s)
        assert "Traceback" not in err, err
        self.rest = [json.loads(line) for line in [*self._ready, *(self._rest + out).splitlines()]]
        return self.process.returncode, err


def is_stride(one: dict[str, Any]) -> bool:
    """Return True if a printed object is a stride."""
    return one["type"] == "stride"


def leave_traces(url: str) -> None:
    """Give the pod a name and one run."""
    with Pod(SerialTransport(url)) as client:
        client.change("name", "left foot")
        client.record("start")
        time.sleep(0.5)
        client.record("stop")
