"""Options of `flash`, `install` and `update`, and the port that they choose."""

from collections.abc import Callable
from typing import Any

import click
import pytest

from retropod.board import probe
from retropod.board.boardport import BoardPort
from retropod.cli import commands, failure
from retropod.errors import OperationFailed, RetropodError
from retropod.install import flash, install, post_install, update
from retropod.repair.repair import Repair
from retropod.transport import ports
from retropod.transport.ports import PortInfo
from retropod.virtual.pod import VirtualPod

URL = "/dev/ttyUSB7"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process: exit code, standard output, standard error."""

    def command(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            commands.cli(list(arguments), standalone_mode=False)
        except (RetropodError, click.ClickException) as error:
            code = failure.report(error)
        out, err = capsys.readouterr()
        return code, out, err

    return command


@pytest.fixture
def boards(monkeypatch: pytest.MonkeyPatch) -> list[PortInfo]:
    """The likely ports of this machine."""
    found: list[PortInfo] = []
    monkeypatch.setattr(ports, "ports", lambda everything=False: found)
    return found


def noted(seen: list[Any]) -> Callable[..., Any]:
    """Return a function that notes its first argument, then fails."""

    def note(*arguments: Any, **_: Any) -> None:
        seen.append(arguments)
        raise OperationFailed("enough")

    return note


@pytest.mark.parametrize(
    ("options", "stub", "erases"), [((), True, None), (("--no-stub", "--yes"), False, flash.ERASE),
                                    (("--keep-micropython",), True, flash.KEEP)],
)  # fmt: skip
def test_flash_uses_the_only_board(run, boards, monkeypatch, options: tuple, stub: bool, erases: str | None) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(flash, "flash", noted(seen))
    boards.append(PortInfo(URL, "", "CH340"))
    code, _, err = run("--baud", "57600", "flash", *options)
    ((port, decide, firmware, _),) = seen
    assert (code, port.url, port.baud, port.stub, firmware) == (1, URL, 57600, stub, None)
    assert "error: enough" in err
    if erases:
        assert decide("app") == erases
    else:
        assert decide("silent") == flash.ERASE
        with pytest.raises(OperationFailed, match="is not bare"):
            decide("app")


@pytest.mark.parametrize("erased", [False, True])
def test_flash_reports_an_image_that_it_did_not_write(run, monkeypatch, tmp_path, erased: bool) -> None:
    image = tmp_path / "image.bin"
    image.touch()
    monkeypatch.setattr(flash, "flash", lambda *_: flash.Flashed(None, [], None, erased))
    monkeypatch.setattr("retropod.cli.flash._show", lambda url, done: None)
    _, _, err = run("--port", URL, "flash", "--firmware", str(image))
    assert (f"{image} was not written" in err) is not erased


@pytest.mark.parametrize(("count", "hint"), [(0, "list --all"), (2, f"--port {URL}0 flash")])
def test_flash_without_a_single_board(run, boards, count: int, hint: str) -> None:
    boards += [PortInfo(f"{URL}{number}", "", "CH340") for number in range(count)]
    code, _, err = run("flash")
    assert code == 3
    assert hint in err


def test_flash_repair_passes_its_options_on(run, monkeypatch, tmp_path) -> None:
    seen: list[Any] = []

    def begin(task: Repair) -> None:
        seen.append((task._port.url, task._port.stub, task._firmware, task._force))
        task._confirm("all will be lost")
        raise OperationFailed("enough")

    image = tmp_path / "image.bin"
    image.touch()
    monkeypatch.setattr(Repair, "run", begin)
    code, _, err = run("--port", URL, "flash", "--repair", "--yes", "--force", "--no-stub", "--firmware", str(image))
    assert code == 1
    assert seen == [(URL, False, image, True)]
    assert "all will be lost" in err
    assert "--yes" in run("--port", URL, "flash", "--repair")[2]


def test_install_needs_a_named_board(run, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = run("install")
    assert (code, "no board named" in err) == (2, True)
    board = install.BoardInfo((1, 26, 1), "xtensawin", "ESP32")
    monkeypatch.setattr(install, "install", lambda port, observer: install.Installed(board, "0.1.0", False))
    monkeypatch.setattr(post_install, "wait_for_hello", lambda port: None)
    code, out, _ = run("--port", URL, "install", "--json")
    assert (code, '"changed":false' in out, '"greets":true' in out) == (0, True, True)
    assert "already up to date" in run("--port", URL, "install")[1]


def test_update_uses_the_only_pod(run, boards, micropython, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retropod.client.discover.ports", lambda everything: boards)
    seen: list[Any] = []
    monkeypatch.setattr(update, "update", noted(seen))
    with VirtualPod(tmp_path / "pod") as pod:
        boards.append(PortInfo(pod.url, "", "CH340"))
        code, out, _ = run("update", "--check")
        assert (code, "the pod is up to date" in out) == (0, True)
        assert run("update")[0] == 1
        port = seen[0][0]
        assert isinstance(port, BoardPort)
        assert port.url == pod.url


class Flood:
    """A transport whose device sends without end."""

    url = "x"

    def __init__(self) -> None:
        self.passed: list[Callable[[bytes], None]] = []

    def start(self, on_bytes: Callable[[bytes], None], on_lost: Callable[[Any], None]) -> None:
        self.passed.append(on_bytes)

    def write(self, data: bytes) -> None:
        """Ignore a request."""

    def close(self) -> None:
        """Nothing is open."""


def test_unread_bytes_are_not_stored_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    flood = Flood()
    poll = post_install._Poll(flood)
    for _ in range(2 * post_install._MOST_BLOCKS):
        flood.passed[-1](b"x")
    assert poll._received.qsize() == post_install._MOST_BLOCKS
    monkeypatch.setattr(BoardPort, "transport", lambda port: flood)
    with probe._opened(BoardPort("x")) as (_, received):
        for _ in range(5):
            flood.passed[-1](b"x" * 400_000)
        assert len(received) == probe._MOST_BYTES
