"""Order of the steps of `flash`, and the state of the board after a step that fails or is not needed."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from retropod.board import esptool, probe, vfs
from retropod.board.boardport import BoardPort
from retropod.errors import OperationFailed, RetropodError, UsageError
from retropod.install import flash, install
from retropod.repair.repair import Repair
from retropod.runs.store import Store


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The actions on a bare board, which each succeed."""
    seen: list[str] = []
    monkeypatch.setattr(probe, "probe", lambda port: seen.append("probed") or probe.SILENT)
    monkeypatch.setattr(probe, "resume", lambda port: seen.append("resumed"))
    monkeypatch.setattr(vfs, "has_files", lambda port, observer: False)
    monkeypatch.setattr(esptool, "restart", lambda port, observer: seen.append("restarted"))
    monkeypatch.setattr(install, "install", lambda *_: seen.append("installed") or SimpleNamespace(board=None))
    monkeypatch.setattr(install, "compile_app", lambda observer: seen.append("compiled"))
    monkeypatch.setattr(flash, "_first_hello", lambda *_: None)
    return seen


@pytest.mark.parametrize("found", [probe.SILENT, probe.BOOT_LOADER])
def test_a_board_without_files_that_is_kept_leaves_its_boot_loader(happened, monkeypatch, found: str) -> None:
    monkeypatch.setattr(probe, "probe", lambda port: found)
    flash.flash(BoardPort("/dev/x"), lambda found: flash.KEEP)
    assert happened == ["compiled", "restarted", "installed"]


def fail(*_: object) -> None:
    raise OperationFailed("enough")


@pytest.mark.parametrize("failing", [(install, "compile_app"), (esptool.importlib.util, "find_spec")])
def test_a_program_starts_again_if_a_step_before_the_erasure_fails(happened, monkeypatch, failing: tuple) -> None:
    """The port has no reset lines, so only the prompt can start it."""
    monkeypatch.setattr(probe, "probe", lambda port: probe.REPL)
    monkeypatch.setattr(*failing, fail)
    with pytest.raises(RetropodError):
        flash.flash(BoardPort("socket://127.0.0.1:9"), lambda found: flash.ERASE)
    assert happened[-1] == "resumed"


def test_a_pipe_is_refused_as_firmware_before_the_board_is_contacted(happened, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(UsageError, match="is a pipe or a device"):
        flash.flash(BoardPort("/dev/x"), fail, path)
    with pytest.raises(UsageError, match="is a pipe or a device"):
        Repair(BoardPort("/dev/x"), lambda loss: None, firmware=path, store=Store(tmp_path)).run()
    assert happened == []
