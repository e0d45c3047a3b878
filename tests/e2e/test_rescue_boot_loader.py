"""A pod on which only the chip's boot loader answers: the real esptool reads its runs from the flash."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from littlefs import LittleFS, UserContext

from e2e.bench_of_boards import BareBoard, BootLoader
from host.install.images import ROWS, Row, image
from host.runfiles import run_file
from retropod.board.espimage import CHIPS
from retropod.doctor import silent
from retropod.virtual.pod import VirtualPod

ESP32 = CHIPS["ESP32"]
_IMAGE_BYTES = 100_000  # more than esptool sends to read
_BLOCK, _BLOCKS = 4096, 12
_FILES = Row(1, 0x81, 0x200000, _BLOCKS * _BLOCK, "vfs")
_SETTINGS = b'{"name": "left foot"}'


def file_system(files: dict[str, bytes]) -> bytes:
    """A littlefs as MicroPython makes it."""
    context = UserContext(_BLOCKS * _BLOCK)
    system = LittleFS(context=context, block_size=_BLOCK, block_count=_BLOCKS)
    system.mkdir("/runs")
    for name, data in files.items():
        with system.open(name, "wb") as file:
            file.write(data)
    system.unmount()
    return bytes(context.buffer)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[tuple[BootLoader, Path, bytes]]:
    """A board with MicroPython and a run in its flash: its boot loader, an image to write, the run."""
    firmware = tmp_path / "micropython.bin"
    firmware.write_bytes(image(ESP32, rows=(*ROWS[:2], _FILES), size=2 * _IMAGE_BYTES))
    run = run_file(1, blocks=40)
    files = file_system({"/settings.json": _SETTINGS, "/runs/000001.run": run})
    with BootLoader() as boot_loader:
        boot_loader.flash[ESP32.offset : ESP32.offset + firmware.stat().st_size] = firmware.read_bytes()
        boot_loader.flash[_FILES.offset : _FILES.offset + _FILES.size] = files
        yield boot_loader, firmware, run


def test_a_pod_stuck_in_its_boot_loader(micropython, board, tmp_path, tool) -> None:
    boot_loader, firmware, run = board
    (tmp_path / "stock").mkdir()
    pod = VirtualPod(tmp_path / "pod", firmware=tmp_path / "stock", link="socket")
    with pod, BareBoard(boot_loader.url, pod.url, _IMAGE_BYTES) as bare:
        found = silent.diagnose(bare.url)
        assert found.name == "boot loader"
        assert "reset button" in found.fix
        options = ("--yes", "--json", "-v", "--firmware", str(firmware))
        ran = tool(bare.url).good("flash", "--repair", *options)
    done = ran.objects[0]
    assert "1 run saved completely" in ran.err
    assert (done["found"], done["erased"]) == ("boot loader", True)
    assert done["pod"]["name"] == "left foot"
    assert Path(done["saved"][0]["file"]).read_bytes() == run
    assert boot_loader.holds(firmware.read_bytes(), ESP32.offset)
    assert boot_loader.holds(b"\xff" * _FILES.size, _FILES.offset)


def test_a_silent_board_with_files_is_not_erased_unasked(board, tool) -> None:
    boot_loader, firmware, _ = board
    before = bytes(boot_loader.flash)
    ran = tool(boot_loader.url)("flash", "--firmware", str(firmware))
    assert ran.code == 1
    assert "a silent board with files in its flash" in ran.err
    assert "--repair saves the runs first" in ran.err
    assert bytes(boot_loader.flash) == before
