"""Files of the running virtual pods: locked, private, and removed with their process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from retropod.transport import registry
from retropod.transport.registry import register, registered, speed_of

URL = "/dev/pts/7"


@pytest.fixture
def folder(runtime_folder: Path) -> Path:
    """Folder of the files, which does not exist yet."""
    return runtime_folder / "retropod" / "virtual"


def test_a_pod_is_registered_until_it_ends(folder: Path) -> None:
    assert registered() == []
    with register(URL) as found:
        assert found
        assert registered() == registered() == [URL]  # readers do not disturb each other
        (path,) = folder.iterdir()
        assert path.stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777 == 0o700
        with register("socket://127.0.0.1:4000"):
            assert registered() == [URL, "socket://127.0.0.1:4000"]
    assert list(folder.iterdir()) == []
    assert registered() == []


def test_the_speed_of_a_pod_is_registered(folder: Path) -> None:
    with register(URL, 8.0), register("/dev/pts/8"):
        assert (speed_of(URL), speed_of("/dev/pts/8"), speed_of("/dev/ttyUSB0")) == (8.0, 1.0, 1.0)


@pytest.mark.parametrize("speed", ['"8"', "-1.0", "0.0", "NaN", "Infinity", "1e999", "null", "true"])
def test_a_speed_that_cannot_be_is_ignored(folder: Path, speed: str) -> None:
    with register(URL, 8.0):
        (path,) = folder.iterdir()
        path.write_text(f'{{"port": "{URL}", "speed": {speed}}}', "ascii")
        assert (registered(), speed_of(URL)) == ([URL], 1.0)


def test_the_file_of_a_killed_process_is_removed(folder: Path) -> None:
    script = (
        "import os, sys, time\nfrom retropod.transport.registry import register\n"
        f"with register({URL!r}):\n    print('here', flush=True)\n    sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"here\n"
        assert registered() == [URL]
        other.kill()
    assert len(list(folder.iterdir())) == 1
    assert registered() == []
    assert list(folder.iterdir()) == []


def _write(path: Path, content: bytes) -> None:
    registry._make(path.parent)
    path.write_bytes(content)
    path.chmod(0o600)


def test_a_file_without_a_lock_is_stale_whatever_its_process_number(folder: Path) -> None:
    path = folder / "pod-0123456789abcdef.json"
    _write(path, json.dumps({"port": URL, "pid": os.getpid()}).encode())
    assert registered() == []
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json",
        b"\xff\xfe",
        b"[]",
        b'{"port": 5}',
        b'{"port": "/dev/ttyUSB0"}',
        b'{"port": "socket://example.org:80"}',
        b'{"port": "/dev/pts/1/../../ttyS0"}',
        b'{"port": "/dev/pts/7"' + b" " * 2000 + b"}",
        b"[" * 1024,
    ],
)
def test_a_file_with_another_content_is_ignored(folder: Path, content: bytes) -> None:
    with register(URL):
        (path,) = folder.iterdir()
        path.write_bytes(content)  # it keeps its lock
        assert registered() == []
        assert path.exists()


def test_a_file_that_others_can_write_is_ignored(folder: Path) -> None:
    with register(URL):
        (path,) = folder.iterdir()
        path.chmod(0o644)
        assert registered() == []
        path.chmod(0o600)
        assert registered() == [URL]
        folder.chmod(0o777)
        assert registered() == []
        with register("/dev/pts/8") as found:
            assert not found
        folder.chmod(0o700)


def test_links_pipes_and_other_files_are_ignored(folder: Path, tmp_path: Path) -> None:
    _write(tmp_path / "target", b"kept")
    registry._make(folder)
    (folder / "pod-0000000000000001.json").symlink_to(tmp_path / "target")
    os.mkfifo(folder / "pod-0000000000000002.json", 0o600)
    _write(folder / "notes.txt", b"{}")
    assert registered() == []
    assert len(list(folder.iterdir())) == 3
    assert (tmp_path / "target").read_bytes() == b"kept"


def test_a_linked_folder_is_ignored(folder: Path, tmp_path: Path) -> None:
    with register(URL):
        folder.rename(tmp_path / "elsewhere")
        folder.symlink_to(tmp_path / "elsewhere")
        assert registered() == []
        folder.unlink()
        (tmp_path / "elsewhere").rename(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to other accounts")
def test_a_file_of_another_account_is_ignored(folder: Path) -> None:
    with register(URL):
        (path,) = folder.iterdir()
        os.chown(path, 65534, 65534)
        assert registered() == []
        os.chown(path, 0, 0)
        os.chown(folder, 65534, 65534)
        assert registered() == []
        os.chown(folder, 0, 0)


def test_a_folder_that_cannot_be_made_leaves_the_pod_unregistered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("retropod.transport.registry._folder", lambda: tmp_path / "file" / "virtual")
    with register(URL) as found:
        assert not found
        assert registered() == []


def test_a_missing_runtime_folder_prints_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without XDG_RUNTIME_DIR, platformdirs warns about its choice. Warnings are errors in these tests."""
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    registry._folder()
