"""A pod of which nothing but the chip's boot loader answers: its runs are read out of the flash by the real esptool."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from esp32_mock_bootloader import server
from littlefs import LittleFS, UserContext

from e2e.bench_of_boards import BareBoard
from host.install.images import ROWS, Row, image
from host.runfiles import run_file
from retropod.install import rescue
from retropod.install.espimage import CHIPS
from retropod.virtual.pod import VirtualPod

ESP32 = CHIPS["ESP32"]
_IMAGE_BYTES = 100_000  # more than esptool sends to read
_BLOCK, _BLOCKS = 4096, 12
_FILES = Row(1, 0x81, 0x200000, _BLOCKS * _BLOCK, "vfs")
_SETTINGS = b'{"name": "left foot"}'


@pytest.fixture
def flash(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, server.FlashImage]]:
    """The mock boot loader in this process, and its flash.

    It waits for 50 ms for an acknowledgement and gives up; esptool reads a socket byte by byte and needs longer.
    """
    monkeypatch.setattr(server, "_CLIENT_RECV_TIMEOUT", 5.0)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"socket://127.0.0.1:{listener.getsockname()[1]}"

    def serve() -> None:
        with contextlib.suppress(OSError):  # the listener is closed in the end
            server._tcp_listen_loop(listener, None, "esp32", None, "")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    held = server.get_flash_image()
    held.reset()
    yield url, held
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


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


def test_a_pod_stuck_in_its_boot_loader(micropython, flash, tmp_path, tool) -> None:
    url, held = flash
    firmware = tmp_path / "micropython.bin"
    firmware.write_bytes(image(ESP32, rows=(*ROWS[:2], _FILES), size=2 * _IMAGE_BYTES))
    run = run_file(1, blocks=40)
    files = file_system({"/settings.json": _SETTINGS, "/runs/000001.run": run})
    held.data[ESP32.offset : ESP32.offset + firmware.stat().st_size] = firmware.read_bytes()
    held.data[_FILES.offset : _FILES.offset + _FILES.size] = files
    (tmp_path / "stock").mkdir()
    pod = VirtualPod(tmp_path / "pod", firmware=tmp_path / "stock", link="socket")
    with pod, BareBoard(url, pod.url, _IMAGE_BYTES) as board:
        found = rescue.diagnose(board.url)
        assert found.name == "boot loader"
        assert "reset button" in found.mend
        ran = tool(board.url).good(
            "flash", "--repair", "--yes", "--json", "-v", "--firmware", str(firmware), timeout_s=120
        )
    done = ran.objects[0]
    assert "1 run saved whole" in ran.err
    assert (done["found"], done["erased"]) == ("boot loader", True)
    assert done["pod"]["name"] == "left foot"
    assert Path(done["saved"][0]["file"]).read_bytes() == run
    assert held.data[ESP32.offset : ESP32.offset + 4] == firmware.read_bytes()[:4]
    assert bytes(held.data[_FILES.offset : _FILES.offset + _FILES.size]) != files
