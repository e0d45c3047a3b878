"""After a power cut at any write of an installation, the pod starts the old or the new app completely."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from retropod.board import slot_writer, slots, transfer
from retropod.board.boardport import BoardPort
from retropod.board.mpremote import ReplBoard
from retropod.board.progress import NullObserver
from retropod.build import folded
from retropod.build.image import BuiltApp, PodFile
from retropod.build.shrink.flatten import with_names

HERE = Path(__file__).parent
_APP = """
import ledger_of_app
VERSION = {version!r}
def run():
    with open(__file__.rsplit("/", 1)[0] + "/ballast.bin", "rb") as file:
        whole = file.read() == VERSION.encode() * 700
    ledger_of_app.append(VERSION if whole else "half")
    {more}
    from pod.trial import Trial
    trial = Trial("/slot")
    if trial.on and trial.step(2000, True) or trial.failure:
        trial.settle()
"""
_BOARD = "def skip_held():\n    return False\ndef bite_after(ms):\n    pass\n"


_MOVED = {"pod.hal.board": "pod.board", "pod.storage.store": "pod.store", "pod.storage.trial": "pod.trial"}


def on_pod(source: str) -> bytes:
    """Return a source with the module names that the build gives the pod."""
    return with_names(source, _MOVED).encode()


def little_app(root: Path, version: str, more: str = "pass") -> BuiltApp:
    """An app that records its version if its files are complete, with the real trial."""
    source = _APP.format(version=version, more=more).replace("ledger_of_app.", "ledger.").replace(
        "import ledger_of_app", "import sys\nledger = sys.modules['ledger']"
    )  # fmt: skip
    pod = root / "firmware" / "pod"
    files = {
        "pod/__init__.py": b"",
        "pod/app.py": on_pod(source),
        "pod/ballast.bin": version.encode() * 700,
        "pod/board.py": _BOARD.encode(),
        "pod/store.py": on_pod((pod / "storage" / "store.py").read_text()),
        "pod/trial.py": on_pod((pod / "storage" / "trial.py").read_text()),
    }
    main = on_pod((root / "firmware" / "main.py").read_text())
    starters = [PodFile("boot.py", version.encode()), PodFile("main.py", main + f"# {version}\n".encode())]
    return BuiltApp((0, 0, 1), [PodFile(name, data) for name, data in files.items()], starters)


class Notebook(ReplBoard):
    """A board that records the code and reports success. `held`: digests of files by slot."""

    def __init__(self, held: dict[str, dict[str, str]] | None = None) -> None:
        super().__init__(BoardPort("paper"))
        self.operations: list[list[str]] = []
        self._held = held or {}

    @contextlib.contextmanager
    def session(self, fresh: bool = True) -> Iterator[None]:
        yield

    def exec(self, code: str) -> str:
        self.operations.append(["exec", code])
        return ""

    def restart(self) -> None:
        self.operations.append(["start"])

    def ask(self, code: str) -> Any:
        self.exec(code)
        if code == transfer._RECEIVER.format(bits=transfer._WINDOW_BITS):
            return True
        for slot in ("app_a", "app_b"):
            if code == slots._DIGESTS.format(slot=slot, skip=len(slot) + 2):
                return self._held.get(slot, {})
        return 1 << 30 if "statvfs" in code else []


def install(board: Notebook, app: BuiltApp, layout: slots.SlotLayout, *trial: str) -> None:
    """Install as retropod.install.install and .update do."""
    if trial and not layout.words:
        slots.write_choice(board, layout.current)
    slot = slot_writer.fill(board, app, layout, slots.read_digests(board, layout.current), NullObserver())
    if trial:
        slot_writer.replace_starters(board, app, layout)
        slots.write_choice(board, slot, *trial)
        board.restart()  # confirms itself, or falls back
        board.restart()
    else:
        slots.write_choice(board, slot)
        slot_writer.replace_starters(board, app, layout)
    if layout.flat:
        slots.remove_flat_app(board)
    board.restart()


def cut_all(
    micropython: Path, root: Path, tmp_path: Path, before: list[Any], during: list[Any], shift: int = 0
) -> dict[str, Any]:
    """Cut the power in each write: write n after (n + shift) % 5 quarters of it, from none to all."""
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"blocks": 48, "before": before, "during": during, "shift": shift}))
    environment = {**os.environ, "PLAN": str(plan)}
    environment["MICROPYPATH"] = f"{root / 'tests/firmware/onpod'}:{folded.folders().search_path}"
    done = subprocess.run(
        [str(micropython), "-X", "heapsize=64m", str(HERE / "onpod" / "run_cuts.py")],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


FRESH = slots.SlotLayout("", [], {}, False, "")
IN_A = slots.SlotLayout("app_a", ["app_a"], {"app_a": "x", "app_b": ""}, False, "")
FLAT = slots.SlotLayout(slots.FLAT, [], {"app_a": "", "app_b": ""}, True, "")
TRIAL = ("trial", "app_a", "60000")


def written(
    root: Path, layout: slots.SlotLayout, app: BuiltApp, *trial: str, held: dict[str, dict[str, str]] | None = None
) -> list[list[str]]:
    board = Notebook(held)
    install(board, app, layout, *trial)
    return board.operations


def held_by(app: BuiltApp) -> dict[str, str]:
    """Digests as the pod reports them for a slot with this app."""
    return {file.name: file.sha256 for file in app.files}


@pytest.mark.parametrize("shift", range(5))
def test_update_from_slot_to_slot(micropython, repo_root, tmp_path, shift: int) -> None:
    old, new = little_app(repo_root, "old"), little_app(repo_root, "new")
    found = cut_all(micropython, repo_root, tmp_path, written(repo_root, FRESH, old),
                  written(repo_root, IN_A, new, *TRIAL), shift)  # fmt: skip
    assert found["uncut"][-1] == "new"
    assert set(found["ends"]) == {"old", "new"}
    assert found["cuts"] > 60


@pytest.mark.parametrize("shift", range(5))
def test_update_that_copies_from_the_slot_that_runs(micropython, repo_root, tmp_path, shift: int) -> None:
    """The host sends only files that differ. The pod copies the others from its running slot or keeps them."""
    old, new = little_app(repo_root, "old"), little_app(repo_root, "new")
    during = written(repo_root, IN_A, new, *TRIAL, held={"app_a": held_by(old)})
    codes = [operation[1] for operation in during if operation[0] == "exec"]
    assert not any("_open('/app_b/pod/store.py')" in code for code in codes)
    assert any("'/app_a/pod/store.py', '/app_b/pod/store.py'" in code for code in codes)
    found = cut_all(micropython, repo_root, tmp_path, written(repo_root, FRESH, old), during, shift)
    assert found["uncut"][-1] == "new"
    assert set(found["ends"]) == {"old", "new"}
    assert found["cuts"] > 60


def test_update_to_an_app_that_crashes(micropython, repo_root, tmp_path) -> None:
    old, new = little_app(repo_root, "old"), little_app(repo_root, "new", "raise RuntimeError('boom')")
    found = cut_all(micropython, repo_root, tmp_path, written(repo_root, FRESH, old),
                  written(repo_root, IN_A, new, *TRIAL))  # fmt: skip
    assert set(found["ends"]) == {"old"}
    assert "new" in found["uncut"]
    assert found["uncut"][-1] == "old"


def test_update_of_the_first_layout(micropython, repo_root, tmp_path) -> None:
    """An app next to main.py, from before the slots."""
    old, new = little_app(repo_root, "old"), little_app(repo_root, "new")
    simple = b"from pod import app\napp.run()\n"
    before = [["exec", "import os\nos.mkdir('/pod')"]]
    before += [["write", "/" + file.name, file.data.hex()] for file in old.files]
    before.append(["write", "/main.py", simple.hex()])
    found = cut_all(micropython, repo_root, tmp_path, before, written(repo_root, FLAT, new, "trial", ".", "60000"))
    assert found["uncut"][-1] == "new"
    assert set(found["ends"]) == {"old", "new"}


def test_install_over_an_app(micropython, repo_root, tmp_path) -> None:
    old, new = little_app(repo_root, "old"), little_app(repo_root, "new")
    found = cut_all(micropython, repo_root, tmp_path, written(repo_root, FRESH, old), written(repo_root, IN_A, new))
    assert set(found["ends"]) == {"old", "new"}


CRASHES = "raise RuntimeError('boom')"


@pytest.mark.parametrize(
    ("choice", "broken", "ran"),
    [
        ("app_a", "", ["a", "a"]),
        ("app_b trial app_a 60000", "", ["a", "b"]),  # main.py starts no trial that it cannot record
        ("app_b tried app_a 60000", "", ["a", "a"]),
        ("app_b tried app_a 60000", "b", ["a", "a"]),
        ("app_a failed app_b why", "", ["a", "a"]),
        ("app_b", "b", ["b", "a", "b", "a"]),
        ("", "a", ["a", "b", "a", "b"]),
        ("app_b", "ab", ["b", "a", "b", "a"]),
    ],
)
def test_a_start_on_a_full_flash(micropython, repo_root, tmp_path, choice: str, broken: str, ran: list[str]) -> None:
    """main.py cannot write at the first start, but at the second."""
    before: list[Any] = []
    for name in "ab":
        app = little_app(repo_root, name, CRASHES if name in broken else "pass")
        layout = slots.SlotLayout("app_b" if name == "a" else "app_a", [], {"app_a": "", "app_b": ""}, False, "")
        board = Notebook()
        slot_writer.fill(board, app, layout, {}, NullObserver())
        slot_writer.replace_starters(board, app, layout)
        before += board.operations
    if choice:
        before.append(["exec", slots._WRITE_CHOICE.format(line=choice)])
    found = cut_all(micropython, repo_root, tmp_path, before, [["start full"], ["start"]])
    assert found["uncut"][: len(ran)] == ran
    assert "half" not in found["uncut"]
