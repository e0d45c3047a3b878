"""Errors of an installation, and the compiled app."""

import socket
from typing import Any

import pytest

from retropod.board import mpremote
from retropod.board.boardport import BoardPort
from retropod.board.mpremote import NoRepl, PodError, ReplBoard
from retropod.build import image
from retropod.errors import OperationFailed, PortMissing
from retropod.install import install


class Answering(ReplBoard):
    """A board that answers a question with `answer`."""

    def __init__(self, answer: list[Any]) -> None:
        super().__init__(BoardPort("test"))
        self._answer = answer

    def ask(self, code: str) -> Any:
        return self._answer


def test_a_port_that_is_not_there() -> None:
    with pytest.raises(PortMissing):
        ReplBoard(BoardPort("/dev/no-such-port")).exec("pass")


def test_a_port_where_no_micropython_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mpremote, "_ENTER_S", 0.2)
    server = socket.create_server(("127.0.0.1", 0))
    url = f"socket://127.0.0.1:{server.getsockname()[1]}"
    with server, BoardPort(url) as port, pytest.raises(NoRepl):
        ReplBoard(port).exec("pass")


@pytest.mark.parametrize(
    ("line", "number"),
    [("OSError: [Errno 28] ENOSPC", 28), ("OSError: 28", 28), ("ValueError: 28", 0), ("MemoryError:", 0)],
)
def test_an_exception_on_the_board(line: str, number: int) -> None:
    error = PodError("PORT", f'Traceback (most recent call last):\r\n  File "<stdin>", line 1\r\n{line}\r\n')
    assert (error.reason, error.errno) == (line, number)
    assert line in error.message


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (["micropython", [1, 26, 0], 10 << 10 | 6, "ESP32"], "1.26.0"),
        (["circuitpython", [9, 0, 0], 10 << 10 | 6, "ESP32"], "circuitpython"),
        (["micropython", [1, 26, 1], 6, "ESP8266"], "no compiled code"),
    ],
)
def test_a_board_that_cannot_run_the_app(answer: list[Any], cause: str) -> None:
    with pytest.raises(OperationFailed, match=cause):
        install.identify(Answering(answer))


def test_a_board_that_can() -> None:
    info = install.identify(Answering(["micropython", [1, 26, 1], 10 << 10 | 0x306, "ESP32"]))
    assert (info.version, info.architecture) == ((1, 26, 1), "xtensawin")


@pytest.mark.parametrize("architecture", ["xtensawin", "rv32imc"])
def test_the_app_compiles_for_every_board(architecture: str) -> None:
    app = image.build(architecture)
    assert {"packs.mpy", "pod.pack", "retrowire.pack"} <= {file.name for file in app.files}
    assert all(file.name.endswith((".mpy", ".pack")) for file in app.files)
    assert [file.name for file in app.starters] == ["boot.py", "main.py"]  # MicroPython starts them by name, as source
    assert app.version >= (0, 1, 0)


def test_the_same_source_gives_the_same_bytes() -> None:
    first, second = image.build("xtensawin"), image.build("xtensawin")
    assert first == second
    assert first.manifest == second.manifest


def test_a_file_that_does_not_compile_is_named(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pod").mkdir()
    (tmp_path / "pod" / "broken.py").write_text("def f(:\n")
    monkeypatch.setattr(image.sources, "firmware_dir", lambda: tmp_path)
    with pytest.raises(OperationFailed, match=r"pod/broken\.py does not compile"):
        image.build("xtensawin")
