"""Command lines in processes that are forked from a server with the modules already imported.

The imports of a command take 0.2 s of CPU, the fork takes 0.01 s, and the tests run hundreds of commands. A forked
process is a real process with its own environment, signals and exit code. The server of multiprocessing has one thread,
so that a fork is safe.
"""

import importlib
import io
import multiprocessing
import os
import pkgutil
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

import retropod

MAINS = {"retropod": "retropod.cli", "mpremote": "mpremote.main"}
_LATE = ("rich.live", "rich.progress", "rich.table", "http.client", "urllib.request", "webbrowser", "sqlite3")


@cache
def _server() -> ForkServerContext:
    """Name the modules that the server imports when the first command starts."""
    context = multiprocessing.get_context("forkserver")
    found = pkgutil.walk_packages(retropod.__path__, "retropod.")
    ours = [module.name for module in found if "onpod" not in module.name and "score" not in module.name]
    context.set_forkserver_preload([*MAINS.values(), *ours, *_LATE])
    return context


def _run(
    program: str, arguments: list[str], place: tuple[dict[str, str], Path], out: Connection, err: Connection
) -> None:
    """Run a command in the forked process."""
    for number, end in ((1, out), (2, err)):
        os.dup2(end.fileno(), number)
        end.close()
    # A shell that starts the tests in the background lets its processes ignore SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    environment, folder = place
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [program, *arguments]
    sys.exit(importlib.import_module(MAINS[program]).main())


class Command:
    """A running command, with the interface of `subprocess.Popen`. `stdout` and `stderr` are text files."""

    def __init__(self, program: str, *arguments: str | Path, environment: Mapping[str, str] | None = None) -> None:
        server = _server()
        out, out_end = server.Pipe(duplex=False)
        err, err_end = server.Pipe(duplex=False)
        self._process = server.Process(
            target=_run,
            args=(program, [*map(str, arguments)], (dict(environment or os.environ), Path.cwd()), out_end, err_end),
            daemon=True,
        )
        self._process.start()
        out_end.close()
        err_end.close()
        self.stdout, self.stderr = (io.TextIOWrapper(io.FileIO(os.dup(end.fileno()))) for end in (out, err))
        out.close()
        err.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def kill(self) -> None:
        self._process.kill()

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0.0)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Read both outputs to their end, then wait for the process. Raises subprocess.TimeoutExpired."""
        end = None if timeout is None else time.monotonic() + timeout
        seen: dict[io.TextIOWrapper, list[bytes]] = {self.stdout: [], self.stderr: []}
        with selectors.DefaultSelector() as selector:
            for file in seen:
                if not file.closed:
                    selector.register(file, selectors.EVENT_READ)
            while selector.get_map():
                left = None if end is None else max(0.0, end - time.monotonic())
                ready = selector.select(left)
                if not ready:
                    raise subprocess.TimeoutExpired(self._process.name, timeout or 0.0)
                for key, _ in ready:
                    file = key.fileobj
                    assert isinstance(file, io.TextIOWrapper)
                    data = os.read(file.fileno(), 1 << 16)
                    if data:
                        seen[file].append(data)
                    else:
                        selector.unregister(file)
                        file.close()
        self.wait(None if end is None else max(1.0, end - time.monotonic()))
        out, err = (b"".join(parts).decode() for parts in seen.values())
        return out, err

    def __enter__(self) -> "Command":
        return self

    def __exit__(self, *_: object) -> None:
        if self.poll() is None:
            self.kill()
        self.wait()


def run(
    program: str, *arguments: str | Path, environment: Mapping[str, str] | None = None, timeout_s: float = 240.0
) -> tuple[int, str, str]:
    """Run a command to its end. Return its exit code and both outputs; kill it after `timeout_s`."""
    with Command(program, *arguments, environment=environment) as command:
        out, err = command.communicate(timeout_s)
        return command.wait(), out, err


def mpremote(url: str, *steps: str, timeout_s: float = 240.0) -> str:
    """Run mpremote on a pod and return its output. Fails if mpremote fails."""
    code, out, err = run("mpremote", "connect", url, *steps, timeout_s=timeout_s)
    assert code == 0, out + err
    return out
