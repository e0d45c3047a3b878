"""Virtual pods that cost what an ESP32 costs, real time, and the command line in this process."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from click.testing import CliRunner

from host import runfiles
from retropod.cli.commands import cli
from retropod.client.pod import Pod
from retropod.errors import OperationFailed
from retropod.replay.replay import IDENTITY
from retropod.transport.serial import SerialTransport
from retropod.virtual import installed
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.pod import VirtualPod
from retropod.virtual.source import Source

FLASH_BYTES = 2 << 20
START_S = 20.0  # limit of a start: a pod needs 2 to 3 s
_MINUTE_S = 60.0
_RATE_HZ = 416  # the default of the setting: without a change, no restart is needed


@cache
def walking(rate_hz: float, seconds: float) -> Source:
    """A minute of the gait model, which begins and ends with standing, repeated for at least `seconds`."""
    minute = scenario("walk", rate_hz, 1, duration_s=min(_MINUTE_S, seconds))
    times = math.ceil(seconds * rate_hz / len(minute.acc))
    gyr = None if minute.gyr is None else np.tile(minute.gyr, (times, 1))
    return Source(np.tile(minute.acc, (times, 1)), gyr, rate_hz)


def client(pod: VirtualPod) -> Pod:
    """Connect as a command does."""
    return Pod(SerialTransport(pod.url))


def stored_runs(count: int, blocks: int = 16) -> dict[str, bytes]:
    """Return `count` whole runs of `blocks` blocks of 200 bytes by path on the pod."""
    return {f"/runs/{run:06d}.run": runfiles.run_file(run, blocks) for run in range(1, count + 1)}


@contextmanager
def still_pod(
    folder: Path, seconds: float, chip: str = "lsm6dso32", files: dict[str, bytes] | None = None, **settings: Any
) -> Iterator[VirtualPod]:
    """A pod that answers and stands still until go(), then walks for `seconds`; its mount is given.

    `files`: more files on its flash. `settings`: those that differ from the defaults.
    """
    state = folder / "pod"
    if files:
        state.mkdir(parents=True)
        installed.provide(state, FLASH_BYTES)
        installed.add(state, files)
    source = walking(float(settings.get("rate_hz", _RATE_HZ)), seconds)
    if settings.get("rate_hz") == _RATE_HZ:
        del settings["rate_hz"]
    with VirtualPod(state, source, chip, hold="still", cost="esp32") as virtual:
        await_ready(virtual)
        with client(virtual) as pod:
            for name, value in settings.items():
                pod.change(name, value)
            pod.mount("given", IDENTITY)
            if settings:
                pod.restart()
        if settings:
            time.sleep(0.5)  # the restart is under way
            await_ready(virtual)
        yield virtual


def await_ready(virtual: VirtualPod) -> None:
    """Wait for the app. Raises OperationFailed when it does not come up."""
    if not virtual.wait_ready(START_S):
        raise OperationFailed("the pod did not start", virtual.log_text()[-500:])


class Ran(NamedTuple):
    """A command that has ended. `seconds`: from the opened port to its end, without the start of Python."""

    code: int
    out: str
    seconds: float


class Commands:
    """Runs `retropod` in this process at one port, with a store in `folder`."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder

    def __call__(self, *arguments: str, store: str = "store") -> Ran:
        environment = {"RETROPOD_RUNS": str(self.folder / store), "XDG_STATE_HOME": str(self.folder / "logs")}
        began = time.monotonic()
        done = CliRunner().invoke(cli, ["--port", self.url, *arguments], env=environment)
        took_s = time.monotonic() - began
        error = f" {type(done.exception).__name__}: {done.exception}" if done.exception and done.exit_code else ""
        return Ran(done.exit_code, done.output + error, took_s)
