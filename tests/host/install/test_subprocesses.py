"""Programs that print nothing, print without end, or do not end: each is ended at a stated limit."""

import sys
from typing import Any

import pytest

from retropod.board import esptool, subprocesses
from retropod.board.boardport import BoardPort
from retropod.board.espimage import CHIPS
from retropod.board.esptool import EsptoolUnusable
from retropod.board.progress import NullObserver
from retropod.board.subprocesses import Limits, Silent

PATIENT = Limits(60.0, 60.0)


def python(code: str) -> list[str]:
    return [sys.executable, "-u", "-c", code]


def test_output_and_exit_code() -> None:
    seen: list[str] = []
    assert subprocesses.run(python("print('one\\r\\ntwo'); exit(3)"), PATIENT, seen.append) == (3, "one\ntwo\n")
    assert "".join(seen) == "one\ntwo\n"


@pytest.mark.parametrize(
    ("code", "limits", "reason"),
    [
        ("import time; print('begin'); time.sleep(600)", Limits(2.0, 60.0), "printed nothing for 2 s"),
        ("while True: print('#' * 4000)", Limits(60.0, 1.0), "did not end within 1 s"),
        ("import os, time; os.close(1); os.close(2); time.sleep(600)", PATIENT, "did not end after its output"),
    ],
)
def test_a_program_that_does_not_end(code: str, limits: Limits, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocesses, "_END_S", 0.5)
    with pytest.raises(Silent, match=reason) as caught:
        subprocesses.run(python(code), limits)
    assert len(caught.value.output) <= 1 << 16


@pytest.fixture
def silent_esptool(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """An esptool that prints nothing and does not end, as where the stub flasher does not start."""
    (tmp_path / "esptool.py").write_text("import time\nprint('Running stub flasher...')\ntime.sleep(600)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(esptool, "_SILENCE_S", 1.0)


@pytest.mark.parametrize(("stub", "hint"), [(True, "--no-stub"), (False, "BOOT")])
def test_a_silent_esptool_is_ended_with_a_remedy(silent_esptool, stub: bool, hint: str) -> None:
    port = BoardPort("socket://127.0.0.1:9", stub=stub)
    with pytest.raises(EsptoolUnusable, match="printed nothing for 1 s and was ended") as caught:
        esptool.restart(port, NullObserver())
    assert hint in caught.value.hint


class Lines:
    """A port that notes the changes of its reset lines."""

    baudrate = 115_200
    timeout = None

    def __init__(self) -> None:
        self.changes: list[tuple[str, bool]] = []

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("dtr", "rts"):
            self.changes.append((name, value))
        super().__setattr__(name, value)

    def reset_input_buffer(self) -> None:
        """Nothing was received."""


def test_the_board_starts_again_after_an_error() -> None:
    lines = Lines()
    with pytest.raises(KeyboardInterrupt), esptool.restarts_after_error(BoardPort("x", opened=lines)):
        raise KeyboardInterrupt
    assert lines.changes == [("dtr", False), ("rts", True), ("rts", False)]
    with pytest.raises(KeyboardInterrupt), esptool.restarts_after_error(BoardPort("/dev/no-such-port")):
        raise KeyboardInterrupt


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device", "/tmp/flash.bin")

    monkeypatch.setattr(esptool, "_run", full)
    board = esptool.DetectedBoard(CHIPS["ESP32"], 4 << 20, "ESP32")
    for call in (lambda: esptool.read(BoardPort("x"), 0, 1, NullObserver()),
                 lambda: esptool.write(BoardPort("x"), board, b"", NullObserver())):  # fmt: skip
        with pytest.raises(esptool.OperationFailed, match=r"/tmp/flash\.bin: No space left") as caught:
            call()
        assert "TMPDIR" in caught.value.hint
