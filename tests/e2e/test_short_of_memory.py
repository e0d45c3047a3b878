"""A pod whose memory is short: the engine still fits where little is to spare, and where it does not, the pod says so.

Sizes are those of a runtime with 64-bit words, that holds the simulated board as well.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.test_installed_app import build
from e2e.tool import Tool
from retropod.virtual import pod as virtual
from retropod.virtual.pod import VirtualPod

_ENOUGH = 500 << 10
_TOO_LITTLE = 420 << 10
# As on an ESP32 (see hardware.py); without it, the heap is in pieces before the engine comes.
_BOOT = "import gc\ngc.collect()\ngc.threshold(8192)\n"


@pytest.fixture
def board(tmp_path: Path) -> Path:
    folder = build(tmp_path / "board")
    (folder / "boot.py").write_text(_BOOT)
    return folder


def test_the_engine_fits_where_little_is_to_spare(
    board: Path, micropython: Path, tool: Callable[[str], Tool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(virtual, "_HEAP_BYTES", _ENOUGH)
    with VirtualPod(tmp_path / "pod", firmware=board, installed=True) as pod:
        said = tool(pod.url).good("info", "--json").objects[0]
    assert said["status"]["state"] == "armed" and said["status"]["heap_free_bytes"] < 120 << 10
    assert said["faults"] == []


def test_a_pod_without_room_for_the_engine_greets_says_so_and_goes_on(
    board: Path, micropython: Path, tool: Callable[[str], Tool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(virtual, "_HEAP_BYTES", _TOO_LITTLE)
    with VirtualPod(tmp_path / "pod", firmware=board, installed=True) as pod:
        at = tool(pod.url)
        said = at.good("info", "--json").objects[0]
        assert said["status"]["state"] == "sensor_missing"
        assert "memory allocation failed" in said["faults"][0]["text"]
        at.good("runs")
        at("doctor")
        again = at.good("info", "--json").objects[0]
    assert again["pod"]["boot_count"] == said["pod"]["boot_count"], "it did not restart"
    assert again["status"]["uptime_s"] >= said["status"]["uptime_s"]
