"""Errors of files: one line with the path, and a hint for the cause."""

import errno
import os
from pathlib import Path

import pytest

from retropod.cli import failure, run
from retropod.errors import naming

# errno: word of the hint
CAUSES = {
    errno.ENOSPC: "free space", errno.EDQUOT: "free space", errno.EFBIG: "free space", errno.EACCES: "permissions",
    errno.EPERM: "permissions", errno.ENOENT: "missing", errno.EEXIST: "another name", errno.ENOTDIR: "folder",
    errno.EISDIR: "instead of a folder", errno.EROFS: "can be written", errno.EMFILE: "ulimit -n",
    errno.ENFILE: "too many open files", errno.ENAMETOOLONG: "shorter", errno.ELOOP: "loop", errno.EIO: "disk",
    errno.EPIPE: "closed the connection", errno.EBUSY: "check the path",
}  # fmt: skip


def shown(capsys: pytest.CaptureFixture[str], error: BaseException) -> list[str]:
    assert failure.report(error) == 1
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("number", CAUSES, ids=errno.errorcode.get)
def test_each_cause_has_its_hint(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    error, hint = shown(capsys, OSError(number, os.strerror(number), "/runs/000007.rpr"))
    reason = os.strerror(number)
    assert error == f"error: /runs/000007.rpr: {reason[0].lower()}{reason[1:]}"
    assert hint.startswith("hint: ") and CAUSES[number] in hint


def test_both_files_of_a_failed_move_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    error, _ = shown(capsys, OSError(errno.EXDEV, "Invalid cross-device link", "/a/part", None, "/b/whole"))
    assert error == "error: /a/part: /b/whole: invalid cross-device link"


def test_a_failed_write_names_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert run(["firmware", str(tmp_path / "app")]) == 1
    error, hint = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: {tmp_path}/app/") and error.endswith(": no space left on device")
    assert "free space" in hint


def test_a_name_that_the_error_has_is_kept() -> None:
    with pytest.raises(FileNotFoundError) as caught, naming(Path("/other")):
        Path("/no/such/file").read_bytes()
    assert caught.value.filename == "/no/such/file"


@pytest.mark.parametrize("arguments", [["firmware", "{}/file/app"], ["firmware", "{}/file"]])
def test_a_file_in_place_of_a_folder(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert run([one.format(tmp_path) for one in arguments]) in (1, 2)
    error, hint = capsys.readouterr().err.splitlines()
    assert error.startswith("error: ") and str(tmp_path / "file") in error and hint.startswith("hint: ")
