"""Virtual pods in real time, and the command line."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.boards import install_app
from e2e.tool import Tool, leave_traces
from retropod.client.pod import Pod
from retropod.replay.replay import Setup, prepare
from retropod.transport.serial import SerialTransport
from retropod.virtual.pod import VirtualPod
from retropod.virtual.source import Source
from shared import once, scenario


@pytest.fixture(scope="session")
def a_minute_of_walking() -> Source:
    """A minute of walking with six axes."""
    return Source.from_movement(scenario("walk", 208.0, 1, duration_s=60.0))


@pytest.fixture
def walking(micropython: Path, tmp_path: Path, a_minute_of_walking: Source) -> Iterator[Callable[..., VirtualPod]]:
    """Start virtual pods that walk, from now on if `go`. Other arguments are those of VirtualPod.

    Except at speed "max", the minute is repeated: on a busy machine a test may take longer. Between its commands the
    pod may be without a host for so long that it would start a run automatically, so this is switched off.
    """
    with contextlib.ExitStack() as running:

        def make(mount: str = "given", go: bool = True, **settings: Any) -> VirtualPod:
            settings.setdefault("loop", settings.get("speed") != "max")
            pod = running.enter_context(VirtualPod(tmp_path / "pod", a_minute_of_walking, hold="still", **settings))
            with Pod(SerialTransport(pod.url)) as client:
                prepare(client, Setup(line_rate=settings.get("baud") or 0, mount=mount))
                client.change("auto_record", False)
            if go:
                pod.go()
            return pod

        yield make


@pytest.fixture(scope="session")
def installed(micropython: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flash of a pod with the app installed, with the name `left foot` and one run."""
    folder = tmp_path_factory.mktemp("installed")

    def make() -> bytes:
        with VirtualPod(folder) as pod:
            install_app(pod.url)
            leave_traces(pod.url)
        return (folder / "flash.bin").read_bytes()

    (folder / "flash.bin").write_bytes(once("installed", make))
    return folder / "flash.bin"


@pytest.fixture
def tool(tmp_path: Path) -> Callable[[str], Tool]:
    """Return the command line for a port, with its own store."""
    return lambda port="": Tool(tmp_path / "store", port)
