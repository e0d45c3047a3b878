"""Order of the steps of `flash`, and the state of the board after a step that fails or is not needed."""

from types import SimpleNamespace

import pytest

from retropod.board import esptool, probe, vfs
from retropod.board.boardport import BoardPort
from retropod.install import flash, install


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The actions on a bare board, which each succeed."""
    seen: list[str] = []
    monkeypatch.setattr(probe, "probe", lambda port: seen.append("probed") or probe.SILENT)
    monkeypatch.setattr(probe, "resume", lambda port: seen.append("resumed"))
    monkeypatch.setattr(vfs, "has_files", lambda port, observer: False)
    monkeypatch.setattr(esptool, "restart", lambda port, observer: seen.append("restarted"))
    monkeypatch.setattr(install, "install", lambda *_: seen.append("installed") or SimpleNamespace(board=None))
    monkeypatch.setattr(flash, "_first_hello", lambda *_: None)
    return seen


@pytest.mark.parametrize("found", [probe.SILENT, probe.BOOT_LOADER])
def test_a_board_without_files_that_is_kept_leaves_its_boot_loader(happened, monkeypatch, found: str) -> None:
    monkeypatch.setattr(probe, "probe", lambda port: found)
    flash.flash(BoardPort("/dev/x"), lambda found: flash.KEEP)
    assert happened == ["restarted", "installed"]
