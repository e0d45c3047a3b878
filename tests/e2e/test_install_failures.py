"""Failed and interrupted installations: the pod runs its old app again, and the error names the cause."""

import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.bench_install import Cost, measured
from e2e import boards
from e2e.tool import Tool
from retropod.board import slot_writer, slots, stopped, transfer
from retropod.board.mpremote import ReplBoard
from retropod.board.progress import NullObserver
from retropod.board.transfer import SentFile
from retropod.build import image
from retropod.build.image import BuiltApp, PodFile
from retropod.errors import NoPod, OperationFailed, RetropodError
from retropod.install import update
from retropod.virtual import builtapp
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


def changed(architecture: str) -> BuiltApp:
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
        boards.wait_for_hello(pod.url)
        yield pod


def runs_the_old_app(pod: VirtualPod, tool: Any) -> None:
    """The pod answers, with its slot and its run unchanged."""
    assert boards.wait_for_hello(pod.url).name == "left foot"
    assert [entry["run"] for entry in tool(pod.url).good("runs", "--json").objects] == [1]
    with boards.repl(pod.url) as board, board.session():
        layout = slots.read_layout(board)
        board.restart()
    assert layout.current == "app_a"


def failed(pod: VirtualPod, kind: type[RetropodError], cause: str) -> RetropodError:
    with pytest.raises(kind, match=cause) as caught:
        boards.update_app(pod.url)
    return caught.value


def test_the_same_app_is_not_sent_again(pod: VirtualPod, tool) -> None:
    before = boards.wait_for_hello(pod.url)
    cost = measured(pod, boards.install_app)
    assert cost.sent < _SESSION_BYTES, cost
    assert boards.wait_for_hello(pod.url).boot_count == before.boot_count + 1
    ran = tool(pod.url).good("install")
    assert "already runs this app, version 0.1.0" in ran.out
    assert not tool(pod.url).good("update", "--json").objects[0]["changed"]
    runs_the_old_app(pod, tool)


def test_only_the_changed_file_is_sent(pod: VirtualPod, monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[str] = []
    send = transfer.send

    def noted(board: ReplBoard, sent: list[SentFile], *more: Any) -> None:
        files.extend(file.path for file in sent)
        send(board, sent, *more)

    monkeypatch.setattr(image, "build", changed)
    monkeypatch.setattr(transfer, "send", noted)
    size = len(changed("x64").manifest.data)
    cost: Cost = measured(pod, boards.update_app)
    assert files == ["/app_b/more.bin", "/app_b/manifest.new"]
    assert cost.sent < 2 * _SESSION_BYTES + 3072 * 4 / 3 + size + 80 * len(build("x64").files), cost


def test_a_file_that_was_damaged_on_the_line(pod: VirtualPod, tool, monkeypatch: pytest.MonkeyPatch) -> None:
    send = transfer.send

    def damaging(board: ReplBoard, sent: list[SentFile], *more: Any) -> None:
        send(board, [file._replace(data=b"!" + file.data[1:]) for file in sent], *more)

    monkeypatch.setattr(image, "build", changed)
    with monkeypatch.context() as patch:
        patch.setattr(transfer, "send", damaging)
        failed(pod, OperationFailed, "checksum of .* differs after the transfer; the old app was started again")
    runs_the_old_app(pod, tool)


def test_a_full_storage_is_reported_with_numbers(pod: VirtualPod, tool, monkeypatch: pytest.MonkeyPatch) -> None:
    boards.execute(pod.url, _FILL)
    boards.restart(pod.url)
    boards.wait_for_hello(pod.url)
    monkeypatch.setattr(image, "build", changed)
    cause = r"storage is full: \d+ kB are free, the app takes \d+ kB; the old app was started again"
    failed(pod, OperationFailed, cause)
    # missing_room also makes the folders. With this change the storage is full in the middle of a copy.
    room = slot_writer.missing_room
    monkeypatch.setattr(slot_writer, "missing_room", lambda board, made, layout: min(0, room(board, made, layout)))
    error = failed(pod, OperationFailed, cause)
    assert "erase" in error.hint
    runs_the_old_app(pod, tool)


class Interrupting(NullObserver):
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
        boards.update_app(pod.url, observer=Interrupting(ZeroDivisionError()))
    runs_the_old_app(pod, tool)


def broken_for(*architectures: str) -> Any:
    """Return a build that fails for these architectures."""

    def make(architecture: str) -> BuiltApp:
        if architecture in architectures:
            raise OperationFailed("pod/x.py does not compile")
        return build(architecture)

    return make


@pytest.mark.parametrize("action", [boards.update_app, boards.install_app])
def test_a_compiler_error_comes_before_the_app_stops(pod: VirtualPod, action: Any, monkeypatch) -> None:
    before = boards.wait_for_hello(pod.url)
    monkeypatch.setattr(image, "build", broken_for("xtensawin"))
    with pytest.raises(OperationFailed, match=r"does not compile$"):
        action(pod.url)
    assert boards.wait_for_hello(pod.url).boot_count == before.boot_count


def test_a_compiler_error_for_an_unusual_board(pod: VirtualPod, tool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its architecture is known only after the app has stopped."""
    monkeypatch.setattr(image, "build", broken_for("x64"))
    failed(pod, OperationFailed, "does not compile; the old app was started again")
    runs_the_old_app(pod, tool)


def test_ctrl_c_while_copying(installed: Path, tmp_path: Path, tool) -> None:
    (tmp_path / "pod").mkdir()
    shutil.copy(installed, tmp_path / "pod")
    with VirtualPod(tmp_path / "pod", baud=115_200) as pod:
        boards.execute(pod.url, "import os\nos.remove('/app_a/pod.pack')")  # Now it is another app.
        command: Tool = tool(pod.url)
        with command.start("install") as running:
            assert running.process.stderr is not None
            for line in running.process.stderr:
                if line.startswith("sending 1 of"):
                    break
            running.process.send_signal(signal.SIGINT)
            code, err = running.end()
        assert code == 130
        assert "the old app was started again" in err
        with boards.repl(pod.url) as board:
            assert slots.read_layout(board).words == ["app_a"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pyserial leaks a socket that was reset
def test_the_port_is_lost_while_copying(installed: Path, tmp_path: Path, tool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cable is pulled: the pod starts its app again after a time without commands."""
    (tmp_path / "pod").mkdir()
    shutil.copy(installed, tmp_path / "pod")
    monkeypatch.setattr(stopped, "LOST_S", 4.0)
    monkeypatch.setattr(image, "build", changed)
    with VirtualPod(tmp_path / "pod", link="socket") as pod:
        boards.wait_for_hello(pod.url)
        socket = pod._port
        pulled = Interrupting(None, lambda: socket._hang_up())
        with pytest.raises(NoPod, match="disconnected while in use; the old app restarts within 4 s"):
            boards.update_app(pod.url, observer=pulled)
        time.sleep(stopped.LOST_S)
        assert boards.wait_for_hello(pod.url).name == "left foot"


def test_the_power_goes_while_copying(pod: VirtualPod, tool, monkeypatch: pytest.MonkeyPatch) -> None:
    """tests/host/install/test_cuts.py cuts the power at every write. This tests the complete pod once."""
    monkeypatch.setattr(image, "build", changed)
    monkeypatch.setattr(update, "ReplBoard", lambda port, observer: ReplBoard(port, observer, timeout_s=2.0))
    with pytest.raises(NoPod, match="if the pod has power"):
        boards.update_app(pod.url, observer=Interrupting(None, pod.kill))
    pod.power_on()
    runs_the_old_app(pod, tool)


def test_a_virtual_pod_is_up_to_date(micropython: Path, tmp_path: Path, tool) -> None:
    """Its app is not on its flash, but has the files of this tool's app."""
    with VirtualPod(tmp_path / "pod") as pod:
        ran = tool(pod.url).good("update")
        assert "already up to date" in ran.out
        assert tool(pod.url).good("update", "--json").objects[0]["changed"] is False
        assert tool(pod.url).good("update", "--check", "--json").objects[0]["verdict"] == "same"


def test_a_pod_with_another_app_that_is_not_on_its_flash(micropython: Path, tmp_path: Path) -> None:
    """A pod that answers may have runs: the remedy keeps them."""
    firmware = Path(shutil.copytree(builtapp.folder(), tmp_path / "firmware"))
    (firmware / "boot.py").write_text("# another one")
    with VirtualPod(tmp_path / "pod", firmware=firmware) as pod:
        error = failed(pod, OperationFailed, "has no app to update; the old app was started again")
        assert "install" in error.hint and "flash" not in error.hint
        boards.wait_for_hello(pod.url)
