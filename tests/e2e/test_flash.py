"""From a bare board to a working pod: real esptool, real mpremote, real firmware."""

import subprocess
import sys
from pathlib import Path

import pytest
from esp32_mock_bootloader import mock_bootloader

from e2e.bench_of_boards import BareBoard
from host.install.images import image
from retropod.install.espimage import CHIPS
from retropod.virtual.pod import VirtualPod

ESP32 = CHIPS["ESP32"]
# the mock leaves the pipe of its server to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def stock(tmp_path: Path) -> Path:
    """The firmware of a board that runs MicroPython and nothing else."""
    folder = tmp_path / "stock"
    folder.mkdir()
    return folder


@pytest.fixture
def boot_loader():
    """The mock boot loader of an ESP32 with 4 MB of flash."""
    with mock_bootloader("esp32") as mock:
        yield mock.url()


@pytest.fixture
def micropython_image(tmp_path: Path) -> Path:
    path = tmp_path / "micropython.bin"
    path.write_bytes(image(ESP32))
    return path


def holds(url: str, data: bytes, folder: Path) -> bool:
    """Whether the boot loader has `data` where an image goes."""
    wanted = folder / "wanted.bin"
    wanted.write_bytes(data)
    command = [sys.executable, "-m", "esptool", "--port", url, "--before", "no-reset", "--after", "no-reset"]
    command += ["verify-flash", "--flash-size", "keep", hex(ESP32.offset), str(wanted)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0 or "mismatch" in done.stdout.lower() + done.stderr.lower(), done.stdout + done.stderr
    return done.returncode == 0


def test_a_bare_board_becomes_a_pod(micropython, tmp_path, tool, stock, boot_loader, micropython_image) -> None:
    pod = VirtualPod(tmp_path / "pod", firmware=stock, link="socket")
    with pod, BareBoard(boot_loader, pod.url) as board:
        ran = tool(board.url).good("flash", "--firmware", str(micropython_image), timeout_s=120)
        assert "app 0.1.0" in ran.out
        assert f"next: fasten it to the shoe, then: retropod --port {board.url} mount" in ran.out
        for step in ("recognising the chip", "writing MicroPython", "comparing checksums", "testing", "done in"):
            assert step in ran.err
        info = tool(board.url).good("info", "--json").objects[0]
    assert info["pod"]["chip"] == "lsm6dso32"
    assert info["status"]["clock_state"] == "synced"
    assert not info["faults"]
    assert holds(boot_loader, micropython_image.read_bytes(), tmp_path)


def test_a_bad_image_leaves_the_flash_alone(tmp_path, tool, boot_loader, micropython_image) -> None:
    good = micropython_image.read_bytes()
    micropython_image.write_bytes(good[:-1])
    ran = tool(boot_loader)("flash", "--firmware", str(micropython_image))
    assert ran.code == 5
    assert "hint:" in ran.err
    assert holds(boot_loader, b"\xff" * 65536, tmp_path)
    assert not holds(boot_loader, good, tmp_path)


def test_a_board_that_runs_micropython_is_not_erased_unasked(micropython, tmp_path, tool, stock) -> None:
    with VirtualPod(tmp_path / "pod", firmware=stock) as pod:
        ran = tool(pod.url)("flash")
        assert ran.code == 1
        assert "a board with MicroPython already" in ran.err
        assert "--keep-micropython" in ran.err
        kept = tool(pod.url).good("flash", "--keep-micropython", "--json", timeout_s=120).objects[0]
    assert not kept["erased"]
    assert {test["item"]: test["verdict"] for test in kept["tests"]}["sensor"] == "pass"


def test_nothing_answers(tool) -> None:
    ran = tool("socket://127.0.0.1:9")("flash")
    assert ran.code == 3
    assert "hint:" in ran.err
