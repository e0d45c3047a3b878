"""One command opens the port of a board once, and again only after esptool or a disconnect."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import serial

from retropod.board import boardport
from retropod.board.boardport import BoardPort
from retropod.board.mpremote import ReplBoard
from retropod.build import image
from retropod.build.image import BuiltApp, PodFile
from retropod.client.pod import Pod
from retropod.errors import OperationFailed, PortBusy, PortMissing
from retropod.install import flash, install, post_install, update
from retropod.repair.repair import Repair
from retropod.runs.store import Store
from retropod.transport.serial import PortGone, SerialTransport
from retropod.virtual.pod import VirtualPod

build = image.build


def with_one_more_file(architecture: str) -> BuiltApp:
    """The app with one file in addition."""
    made = build(architecture)
    return made._replace(files=[*made.files, PodFile("more.bin", b"more")])


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """URL of every port that is opened in this process, by any library."""
    urls: list[str] = []
    make = serial.serial_for_url

    def counted(url: str, *arguments: Any, **options: Any) -> Any:
        urls.append(url)
        return make(url, *arguments, **options)

    monkeypatch.setattr(serial, "serial_for_url", counted)
    return urls


@pytest.fixture
def stock(tmp_path: Path, micropython: Path) -> Path:
    """A folder without firmware: the pod is a board with MicroPython and without an app."""
    folder = tmp_path / "stock"
    folder.mkdir()
    return folder


@pytest.fixture
def bare(tmp_path: Path, stock: Path) -> Iterator[VirtualPod]:
    """A board with MicroPython and without an app."""
    with VirtualPod(tmp_path / "pod", firmware=stock) as pod:
        yield pod


def test_install_update_and_repair_open_the_port_once_each(
    bare: VirtualPod, opened: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with BoardPort(bare.url) as port:
        install.install(port)
        post_install.wait_for_hello(port)
    assert opened == [bare.url]
    opened.clear()

    monkeypatch.setattr(image, "build", with_one_more_file)
    with BoardPort(bare.url) as port:
        assert update.update(port).changed
    assert opened == [bare.url]
    opened.clear()

    with BoardPort(bare.url) as port:
        ReplBoard(port).exec("import os\nos.remove('/main.py')")
        done = Repair(port, lambda loss: None, store=Store(tmp_path / "store")).run()
    assert done.diagnosis.name == "interrupted"
    assert opened == [bare.url]


def test_flash_that_keeps_micropython_opens_the_port_once(bare: VirtualPod, opened: list[str]) -> None:
    with BoardPort(bare.url) as port:
        flash.flash(port, lambda found: flash.KEEP)
    assert opened == [bare.url]


def test_no_other_program_can_open_the_port_between_steps(bare: VirtualPod) -> None:
    with BoardPort(bare.url) as port:
        board = ReplBoard(port)
        assert board.ask("print(1)") == 1
        with pytest.raises(PortBusy):
            SerialTransport(bare.url)
        with port.released():
            SerialTransport(bare.url).close()
        assert board.ask("print(2)") == 2
    SerialTransport(bare.url).close()


def test_a_port_that_never_existed_is_reported_at_once() -> None:
    with BoardPort("/dev/no-such-port") as port, pytest.raises(PortMissing):
        port.transport()


def test_the_port_of_a_connected_pod_is_taken_over(tmp_path: Path, micropython: Path, opened: list[str]) -> None:
    with VirtualPod(tmp_path / "pod") as pod:
        client = Pod(SerialTransport(pod.url))
        with BoardPort.taken_from(client) as port, port.pod() as again:
            assert again.pod_id == client.pod_id
    assert len(opened) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pyserial leaks a socket that was reset
def test_a_port_that_disconnects_is_opened_again(tmp_path: Path, micropython: Path, opened: list[str]) -> None:
    """As the port of a board with native USB, which disconnects when the board restarts."""
    with VirtualPod(tmp_path / "pod", link="socket") as pod, BoardPort(pod.url) as port:
        port.pod().close()  # Now the pod has accepted the connection.
        lost = threading.Event()
        transport = port.transport()
        transport.start(lambda data: None, lambda error: lost.set())
        pod._port._hang_up()
        assert lost.wait(5)
        assert ReplBoard(port).ask("print(3)") == 3
        assert len(opened) == 2
        pod._port._hang_up()
        board = ReplBoard(port)
        with contextlib.suppress(PortGone):  # The port had no reader: this session or its start detects the loss.
            assert board.ask("print(4)") == 4
        assert board.ask("print(5)") == 5
        assert len(opened) == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pyserial leaks a socket that was reset
def test_a_port_that_disconnects_on_the_way_to_the_prompt_is_opened_again(
    tmp_path: Path, micropython: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A board with native USB that still restarts when its port is opened."""
    with VirtualPod(tmp_path / "pod", link="socket") as pod, BoardPort(pod.url) as port:
        enter = ReplBoard._enter
        entries: list[bool] = []

        def disconnected(board: ReplBoard, line: Any, fresh: bool, attempts: int = 1) -> None:
            if not entries:
                pod._port._hang_up()
            entries.append(fresh)
            enter(board, line, fresh, attempts)

        monkeypatch.setattr(ReplBoard, "_enter", disconnected)
        port.pod().close()  # Now the pod has accepted the connection.
        assert ReplBoard(port).ask("print(3)") == 3
    assert len(opened) == len(entries) == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pyserial leaks a socket that was reset
def test_update_of_a_pod_whose_port_disconnects_at_each_restart(
    tmp_path: Path, stock: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A board with native USB disconnects at a hard reset."""
    with VirtualPod(tmp_path / "pod", firmware=stock, link="socket") as pod, BoardPort(pod.url) as port:
        boot = pod._boot
        restarts: list[int] = []

        def disconnecting(cause: int, raw_repl: bool = False) -> None:
            if not raw_repl:  # a hard reset
                restarts.append(cause)
                pod._port._hang_up()
            boot(cause, raw_repl)

        monkeypatch.setattr(pod, "_boot", disconnecting)
        install.install(port)
        post_install.wait_for_hello(port)
        monkeypatch.setattr(image, "build", with_one_more_file)
        assert update.update(port).changed
    assert len(restarts) == 3  # after the installation, into the trial, and after it
    assert len(opened) == 1 + len(restarts)


def test_a_port_without_permission_is_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a port that was open before may lack permission for a moment, after it has returned."""

    attempts: list[str] = []

    def refuse(url: str, baud: int) -> None:
        attempts.append(url)
        raise OperationFailed("no permission")

    monkeypatch.setattr(boardport, "open_port", refuse)
    with pytest.raises(OperationFailed, match="no permission"):
        BoardPort("/dev/ttyX").open(20.0)
    assert len(attempts) == 1
