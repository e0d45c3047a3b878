"""Requests of a host that start the movement of a waiting virtual pod."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import pytest

from retropod.cli import commands, sim
from retropod.client import wire
from retropod.client.frames import build
from retropod.virtual.firstuse import FirstUse
from retropod.virtual.pod import VirtualPod


def request(name: str, **fields: Any) -> bytes:
    return build(wire.by_name(name).id, 0, wire.encode(name, **fields))


@pytest.mark.parametrize(
    "data",
    [
        request("stream", what=("strides",), lease_ms=5.0),
        request("record", action="start"),
        request("mount_do", action="learn"),
    ],
)
def test_a_request_for_motion_is_seen_in_any_portions(data: bytes) -> None:
    use = FirstUse()
    for place in range(len(data)):
        assert not use.seen.is_set()
        use.take(data[place : place + 1])
    assert use.seen.is_set()
    use.take(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x03\x04\r\nimport os\r\n",
        bytes(range(256)) * 8,
        request("hello_get", major=1, minor=0, fingerprint=0),
        request("status_get"),
        request("stream", what=(), lease_ms=0.0),
        request("record", action="stop"),
        request("mount_do", action="query"),
        build(250, 0, b"unknown"),
        build(wire.by_name("record").id, 0, b""),
    ],
)
def test_other_bytes_are_not(data: bytes) -> None:
    use = FirstUse()
    use.take(data)
    assert not use.seen.is_set()


def test_a_request_after_rearm_is_seen() -> None:
    use = FirstUse()
    learn = request("mount_do", action="learn")
    use.take(learn + learn[:3])
    use.rearm()
    use.take(request("status_get"))
    assert not use.seen.is_set()
    use.take(request("stream", what=("strides",), lease_ms=5.0))
    assert use.seen.is_set()


def test_sim_does_not_count_its_own_mount_check(micropython: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[bool] = []

    def run(pods: Sequence[VirtualPod], waits: bool) -> None:
        used.extend(virtual.wait_used(0.0) for virtual in pods)
        raise KeyboardInterrupt

    monkeypatch.setattr(sim, "_run", run)
    monkeypatch.setattr(sim, "_end_with_terminal", lambda: None)
    with pytest.raises((KeyboardInterrupt, click.Abort)):
        commands.cli(["sim", "--json", "--from", "walk", "--mount", "learn"], standalone_mode=False)
    assert used == [False]
