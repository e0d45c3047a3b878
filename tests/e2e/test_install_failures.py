"""Installations that fail or are cut off: the pod runs its old app again, and the cause is named."""

import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.bench_install import Cost, measured
from e2e.tool import Tool
from retropod.board import slots, stopped, transfer
from retropod.board.mpremote import ReplBoard
from retropod.board.steps import Nobody
from retropod.board.transfer import Sent
from retropod.build import image
from retropod.build.image import App, PodFile
from retropod.errors import NoPod, OperationFailed, RetropodError
from retropod.install import install, post_install, update
from retropod.virtual.pod import VirtualPod

build = image.build
_SESSION_BYTES = 9000  # of code that asks the pod, whatever is installed
_FILL = """
import os
os.mkdir("/app_b")
for number in range(99):
    try:
        with open("/fill%d" % number, "wb") as f:
            f.write(bytes(16384))
    except OSError:
        break
"""


def changed(architecture: str) -> App:
    """The app with one file in addition, of 3 kB that do not compress."""
    made = build(architecture)
    noise = b"".join(PodFile("", bytes((number,))).sha256.encode() for number in range(48))
    return made._replace(files=[*made.files, PodFile("more.bin", noise)])


@pytest.fixture
def pod(installed: Path, tmp_path: Path) -> Iterator[VirtualPod]:
    """A pod with the app in a slot."""
    (tmp_path / "pod").mkdir()
    shutil.copy(installed, tmp_path / "pod")
    with VirtualPod(tmp_path / "pod") as pod:
        post_install.wait_for_hello(pod.url, 60)
        yield pod


def runs_the_old_app(pod: VirtualPod, tool: Any) -> None:
    """It answers, with the slot and the run that it had."""
    assert post_install.wait_for_hello(pod.url, 60).name == "left foot"
    assert [entry["run"] for entry in tool(pod.url).good("runs", "--json").objects] == [1]
    board = ReplBoard(pod.url)
    with board.session():
        layout = slots.look(board)
        board.restart()
    assert layout.current == "app_a"


def failed(pod: VirtualPod, kind: type[RetropodError], cause: str) -> RetropodError:
    with pytest.raises(kind, match=cause) as caught:
        update.update(pod.url)
    return caught.value


def test_the_same_app_is_not_sent_again(pod: VirtualPod, tool) -> None:
    before = post_install.wait_for_hello(pod.url, 60)
    cost = measured(pod, install.install)
    assert cost.sent < _SESSION_BYTES, cost
    assert post_install.wait_for_hello(pod.url, 60).boot_count == before.boot_count + 1
    ran = tool(pod.url).good("install")
    assert "already runs this app, version 0.1.0" in ran.out
    assert not tool(pod.url).good("update", "--json").objects[0]["changed"]
    runs_the_old_app(pod, tool)


def test_only_the_changed_file_is_sent(pod: VirtualPod, monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[str] = []
    send = transfer.send

    def noted(board: ReplBoard, sent: list[Sent], *more: Any) -> None:
        files.extend(file.path for file in sent)
        send(board, sent, *more)

    monkeypatch.setattr(image, "build", changed)
    monkeypatch.setattr(transfer, "send", noted)
    size = len(changed("x64").manifest.data)
    cost: Cost = measured(pod, update.update)
    assert files == ["/app_b/more.bin", "/app_b/manifest.new"]
    assert cost.sent < 2 * _SESSION_BYTES + 3072 * 4 / 3 + size + 80 * len(build("x64").files), cost


def test_a_file_that_was_damaged_on_the_line(pod: VirtualPod, tool, monkeypatch: pytest.MonkeyPatch) -> None:
    send = transfer.send

    def damaging(board: ReplBoard, sent: list[Sent], *more: Any) -> None:
        send(board, [file._replace(data=b"!" + file.data[1:]) for file in sent], *more)

    monkeypatch.setattr(image, "build", changed)
    with monkeypatch.context() as patch:
        patch.setattr(transfer, "send", damaging)
        failed(pod, OperationFailed, "checksum of .* differs after the transfer; the old app was started again")
    runs_the_old_app(pod, tool)


def test_a_full_storage_is_reported_with_numbers(pod: VirtualPod, tool, monkeypatch: pytest.MonkeyPatch) -> None:
    ReplBoard(pod.url).exec(_FILL)
    ReplBoard(pod.url).restart()
    post_install.wait_for_hello(pod.url, 60)
    monkeypatch.setattr(image, "build", changed)
    cause = r"storage is full: \d+ kB are free, the app takes \d+ kB; the old app was started again"
    failed(pod, OperationFailed, cause)
    room = slots.missing_room  # which makes the folders; the storage is found full in the middle of a copy then
    monkeypatch.setattr(slots, "missing_room", lambda board, made, layout: min(0, room(board, made, layout)))
    error = failed(pod, OperationFailed, cause)
    assert "erase" in error.hint
    runs_the_old_app(pod, tool)


class Interrupting(Nobody):
    """Raises `error` at the first progress of a copy, after `act`."""

    def __init__(self, error: BaseException | None, act: Any = lambda: None) -> None:
        self._error, self._act, self._done = error, act, False

    def progress(self, part: float, size: int = 0) -> None:
        if self._done or not size:
            return
        self._done = True
        self._act()
        if self._error:
            raise self._error


def test_any_other_error_after_the_prompt(pod: VirtualPod, tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "build", changed)
    with pytest.raises(ZeroDivisionError):
        update.update(pod.url, watcher=Interrupting(ZeroDivisionError()))
    runs_the_old_app(pod, tool)

    def broken(architecture: str) -> App:
        raise OperationFailed("pod/x.py does not compile")

    monkeypatch.setattr(image, "build", broken)
    failed(pod, OperationFailed, "does not compile; the old app was started again")
    runs_the_old_app(pod, tool)


def test_ctrl_c_while_copying(installed: Path, tmp_path: Path, tool) -> None:
    (tmp_path / "pod").mkdir()
    shutil.copy(installed, tmp_path / "pod")
    with VirtualPod(tmp_path / "pod", baud=115_200) as pod:
        ReplBoard(pod.url).exec("import os\nos.remove('/app_a/pod.pack')")  # which makes it another app
        command: Tool = tool(pod.url)
        with command.start("install") as running:
            assert running.process.stderr is not None
            for line in running.process.stderr:
                if line.startswith("sending 1 of"):
                    break
            running.process.send_signal(signal.SIGINT)
            code, err = running.end(60)
        assert code == 130
        assert "the old app was started again" in err
        board = ReplBoard(pod.url)
        with board.session():
            assert slots.look(board).words == ["app_a"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pyserial leaks a socket that was reset
def test_the_port_is_lost_while_copying(installed: Path, tmp_path: Path, tool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cable is pulled: no command reaches the pod, which starts its app again after a time without any."""
    (tmp_path / "pod").mkdir()
    shutil.copy(installed, tmp_path / "pod")
    monkeypatch.setattr(stopped, "LOST_S", 4.0)
    monkeypatch.setattr(image, "build", changed)
    with VirtualPod(tmp_path / "pod", link="socket") as pod:
        post_install.wait_for_hello(pod.url, 60)
        socket = pod._port
        pulled = Interrupting(None, lambda: socket._hang_up())
        with pytest.raises(NoPod, match="went away while in use; the old app restarts within 4 s"):
            update.update(pod.url, watcher=pulled)
        time.sleep(stopped.LOST_S)
        assert post_install.wait_for_hello(pod.url, 60).name == "left foot"


def test_the_power_goes_while_copying(pod: VirtualPod, tool, monkeypatch: pytest.MonkeyPatch) -> None:
    """tests/host/install/test_cuts.py tries every write; this is the whole pod, once."""
    monkeypatch.setattr(image, "build", changed)
    monkeypatch.setattr(update, "ReplBoard", lambda port, watcher: ReplBoard(port, watcher, timeout_s=2.0))
    with pytest.raises(NoPod, match="if the pod has power"):
        update.update(pod.url, watcher=Interrupting(None, pod.kill))
    pod.power_on()
    runs_the_old_app(pod, tool)


def test_a_pod_without_an_app_on_its_flash(micropython: Path, tmp_path: Path) -> None:
    """A pod that answers may hold runs: the remedy keeps them."""
    with VirtualPod(tmp_path / "pod") as pod:
        error = failed(pod, OperationFailed, "holds no app to update; the old app was started again")
        assert "install" in error.hint and "flash" not in error.hint
        post_install.wait_for_hello(pod.url, 60)
