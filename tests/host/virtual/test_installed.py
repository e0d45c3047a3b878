"""The app on the virtual pod's own flash, as `install` leaves it on a board."""

import json
from pathlib import Path

import pytest

from commands import mpremote
from host.virtual.helpers import FIRMWARE, plugged
from retropod.client.pod import Pod
from retropod.transport.serial import SerialTransport
from retropod.virtual import builtapp, installed
from retropod.virtual.pod import VirtualPod

FLASH_BYTES = 2 << 20


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache, and an app that is built in no time."""
    folder = tmp_path / "cache"
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(folder))
    monkeypatch.setattr(installed, "app_files", lambda: {"/main.py": b"VALUE = 1\n", "/app_a/a.mpy": b"first"})
    return folder


def read(flash: Path, path: str) -> bytes:
    """A file on a pod's flash, by a littlefs that is not MicroPython's."""
    littlefs = pytest.importorskip("littlefs")
    files = littlefs.LittleFS(block_size=4096, block_count=FLASH_BYTES // 4096, mount=False)
    files.context.buffer = bytearray(flash.read_bytes())
    files.mount()
    with files.open(path, "rb") as file:
        return file.read()


def change(directory: Path, files: dict[str, bytes]) -> None:
    """Change the flash as a user would."""
    assert installed._store(directory / "flash.bin", files, installed._digests(held(directory)))


def held(directory: Path) -> dict[str, bytes]:
    return {
        path: read(directory / "flash.bin", path) for path in json.loads((directory / "installed.json").read_text())
    }


def test_the_app_is_stored_once_and_the_image_is_cached(micropython, cache, tmp_path, monkeypatch):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    installed.provide(one, FLASH_BYTES)
    monkeypatch.setattr(installed, "app_files", lambda: pytest.fail("it was built a second time"))
    installed.provide(one, FLASH_BYTES)
    installed.provide(two, FLASH_BYTES)
    assert read(two / "flash.bin", "/app_a/a.mpy") == b"first"
    assert (one / "flash.bin").read_bytes() == (two / "flash.bin").read_bytes()


def test_a_changed_app_takes_the_place_of_an_older_one(micropython, cache, tmp_path, monkeypatch):
    installed.provide(tmp_path, FLASH_BYTES)
    monkeypatch.setattr(installed, "app_files", lambda: {"/main.py": b"VALUE = 2\n", "/app_a/b.mpy": b"second"})
    monkeypatch.setattr(builtapp, "digest", lambda _: "another")
    installed.provide(tmp_path, FLASH_BYTES)
    assert read(tmp_path / "flash.bin", "/app_a/b.mpy") == b"second"
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "flash.bin", "/app_a/a.mpy")


def test_an_app_that_a_user_installed_stays(micropython, cache, tmp_path, monkeypatch):
    installed.provide(tmp_path, FLASH_BYTES)
    change(tmp_path, {"/main.py": b"VALUE = 'mine'\n", "/app_a/a.mpy": b"first"})
    monkeypatch.setattr(installed, "app_files", lambda: {"/main.py": b"VALUE = 2\n"})
    monkeypatch.setattr(builtapp, "digest", lambda _: "another")
    installed.provide(tmp_path, FLASH_BYTES)
    assert read(tmp_path / "flash.bin", "/main.py") == b"VALUE = 'mine'\n"


def test_the_app_of_a_flash_from_elsewhere_stays(micropython, cache, tmp_path):
    (tmp_path / "flash.bin").write_bytes(b"\xff" * FLASH_BYTES)
    assert installed._store(tmp_path / "flash.bin", {"/main.py": b"VALUE = 'mine'\n"}, {})
    installed.provide(tmp_path, FLASH_BYTES)
    assert read(tmp_path / "flash.bin", "/main.py") == b"VALUE = 'mine'\n"


def test_the_real_app_runs_from_a_slot(micropython, tmp_path):
    with VirtualPod(tmp_path / "pod", installed=True) as pod, Pod(SerialTransport(pod.url)) as client:
        assert client.status().state in ("armed", "sensor_missing", "recording")
        client.close()
        listing = mpremote(pod.url, "ls", ":")
    assert "app_a/" in listing
    assert "main.py" in listing


def test_a_firmware_of_ones_own_is_stored_as_it_is(micropython, tmp_path):
    with VirtualPod(tmp_path / "pod", installed=True, firmware=FIRMWARE) as pod, plugged(pod.url) as cable:
        assert cable.ask("s")["boots"] == 1
    assert read(tmp_path / "pod" / "flash.bin", "/main.py") == (FIRMWARE / "main.py").read_bytes()
