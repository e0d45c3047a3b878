"""Pods that do not work: diagnosis by `flash`, and repair by `--keep-micropython`. test_rescue.py tests `--repair`."""

import shutil
import time
from pathlib import Path

import pytest
import serial

from e2e import boards
from retropod.board import probe, slots
from retropod.board.boardport import BoardPort
from retropod.client.pod import Pod
from retropod.client.refusals import NoAnswer
from retropod.transport.serial import SerialTransport
from retropod.virtual.pod import VirtualPod

_FILL = """
try:
    for number in range(99):
        with open("/fill%d" % number, "wb") as f:
            f.write(bytes(32768))
except OSError:
    pass
"""


@pytest.fixture
def pod(installed: Path, tmp_path: Path):
    """A pod with a copy of that flash."""
    (tmp_path / "pod").mkdir()
    shutil.copy(installed, tmp_path / "pod")
    with VirtualPod(tmp_path / "pod") as pod:
        yield pod


def repairs(tool, url: str) -> None:
    """Install the app again and check that the run is still stored."""
    tool(url).good("flash", "--keep-micropython")
    assert [entry["run"] for entry in tool(url).good("runs", "--json").objects] == [1]


def spoil(pod: VirtualPod, code: str) -> None:
    boards.execute(pod.url, code, restart=True)
    time.sleep(1.0)


def probed(url: str) -> str:
    with BoardPort(url) as port:
        return probe.probe(port)


def test_an_app_that_crashes_at_start(pod, tool) -> None:
    spoil(pod, "f = open('/app_a/pod.pack', 'w'); f.write('nonsense'); f.close()")
    assert probed(pod.url) == probe.REPL
    ran = tool(pod.url)("info")
    assert ran.code == 3
    assert "the pod's app is not running" in ran.err
    for _ in range(5):  # A prompt reads a frame as key presses, with another effect each time.
        with pytest.raises(NoAnswer, match="the pod's app is not running"):
            Pod(SerialTransport(pod.url), hello_attempts=1)


def test_a_damaged_choice_and_damaged_settings(pod, tool) -> None:
    spoil(pod, "for name in ('/slot', '/settings.json'):\n f = open(name, 'wb'); f.write(b'\\xff\\xfe'); f.close()")
    assert tool(pod.url).good("info", "--json").objects[0]["pod"]["name"] == "retropod"
    before = tool(pod.url).good("info", "--json").objects[0]["pod"]["boot_count"]
    results = tool(pod.url)("doctor", "--json").objects[0]["results"]
    assert [one["text"] for one in results if one["item"] == "slot"] == ["file damaged"]
    assert tool(pod.url).good("info", "--json").objects[0]["pod"]["boot_count"] == before
    repairs(tool, pod.url)
    with boards.repl(pod.url) as board:
        assert slots.read_layout(board).words == ["app_a"]


def test_a_pod_left_in_the_raw_repl(pod, tool) -> None:
    with serial.Serial(pod.url, timeout=10) as port:
        port.write(b"\r\x03")
        assert port.read_until(b">>> ").endswith(b">>> ")
        port.write(b"\x01")
        assert port.read_until(b"exit\r\n>").endswith(b"exit\r\n>")
    assert probed(pod.url) == probe.REPL


def test_a_full_storage_is_reported(pod, tool) -> None:
    spoil(pod, _FILL + "import os\nos.remove('/app_a/pod.pack')  # otherwise the app is identical and is not written\n")
    ran = tool(pod.url)("flash", "--keep-micropython")
    assert ran.code == 1
    assert "storage is full" in ran.err
    assert "erase" in ran.err


def test_another_program_holds_the_port(pod, tool) -> None:
    with serial.Serial(pod.url, exclusive=True):
        ran = tool(pod.url)("flash")
    assert ran.code == 3
    assert "in use by another program" in ran.err
