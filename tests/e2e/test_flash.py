"""From a bare board to a working pod: real esptool, real mpremote, real firmware."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.bench_of_boards import BareBoard, BootLoader
from host.install.images import image
from retropod.board.espimage import CHIPS
from retropod.virtual.pod import VirtualPod

ESP32 = CHIPS["ESP32"]


@pytest.fixture
def stock(tmp_path: Path) -> Path:
    """The firmware of a board that runs MicroPython and nothing else."""
    folder = tmp_path / "stock"
    folder.mkdir()
    return folder


@pytest.fixture
def boot_loader() -> Iterator[BootLoader]:
    """The boot loader of a bare ESP32 with 4 MB of flash."""
    with BootLoader() as boot_loader:
        yield boot_loader


@pytest.fixture
def micropython_image(tmp_path: Path) -> Path:
    path = tmp_path / "micropython.bin"
    path.write_bytes(image(ESP32))
    return path


def test_a_bare_board_becomes_a_pod(micropython, tmp_path, tool, stock, boot_loader, micropython_image) -> None:
    pod = VirtualPod(tmp_path / "pod", firmware=stock, link="socket")
    with pod, BareBoard(boot_loader.url, pod.url) as board:
        ran = tool(board.url).good("flash", "--firmware", str(micropython_image), timeout_s=120)
        assert "app 0.1.0" in ran.out
        assert f"retropod --port {board.url} mount" in ran.out
        for step in ("identifying the chip", "writing MicroPython", "comparing checksums", "testing", "done in"):
            assert step in ran.err
        info = tool(board.url).good("info", "--json").objects[0]
    assert info["pod"]["chip"] == "lsm6dso32"
    assert info["status"]["clock_state"] == "synced"
    assert not info["faults"]
    assert boot_loader.holds(micropython_image.read_bytes(), ESP32.offset)


def test_a_bad_image_leaves_the_flash_alone(tool, boot_loader, micropython_image) -> None:
    good = micropython_image.read_bytes()
    micropython_image.write_bytes(good[:-1])
    ran = tool(boot_loader.url)("flash", "--firmware", str(micropython_image))
    assert ran.code == 5
    assert "hint:" in ran.err
    assert boot_loader.holds(b"\xff" * len(good), ESP32.offset)


def test_a_board_that_runs_micropython_is_not_erased_unasked(micropython, tmp_path, tool, stock) -> None:
    with VirtualPod(tmp_path / "pod", firmware=stock) as pod:
        ran = tool(pod.url)("flash")
        assert ran.code == 1
        assert "a board with MicroPython" in ran.err
        assert "--keep-micropython" in ran.err
        kept = tool(pod.url).good("flash", "--keep-micropython", "--json", timeout_s=120).objects[0]
    assert not kept["erased"]
    assert {test["item"]: test["verdict"] for test in kept["tests"]}["sensor"] == "pass"


def test_nothing_answers(tool) -> None:
    ran = tool("socket://127.0.0.1:9")("flash")
    assert ran.code == 3
    assert "hint:" in ran.err
