"""Rescue of runs: nothing is overwritten, one bad file does not end it, and nothing unsaved is erased."""

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from littlefs import LittleFSError

from host.install.test_carve import written
from host.runfiles import run_file
from retropod import durable
from retropod.board import file_ops, probe
from retropod.board.boardport import BoardPort
from retropod.board.mpremote import NoRepl, ReplBoard
from retropod.board.progress import NullObserver
from retropod.cli import repair as command
from retropod.doctor.condition import Condition
from retropod.doctor.silent import APP, CORRUPT, NOWHERE, PROMPT, Diagnosis, Finding
from retropod.errors import DamagedData, OperationFailed
from retropod.install import install
from retropod.repair import carve, repair, salvage, settings
from retropod.repair.repair import Repair, Repaired
from retropod.repair.rescue import Rescue
from retropod.runs.store import Store
from retropod.transport.serial import PortGone
from retrowire import settingrows

RUNS = {"000001.run": run_file(1, blocks=20), "000002.run": run_file(2, blocks=20)}
SETTINGS = b'{"name": "left", "i2c_hz": 10000}'


@pytest.fixture
def rescue(tmp_path: Path) -> Rescue:
    return Rescue(Store(tmp_path / "store"))


def flash_image(files: dict[str, bytes]) -> bytes:
    return bytes(written({f"/runs/{name}": [data] for name, data in files.items()}))


# -- names -----------------------------------------------------------------------------------------------------------


def test_two_unreadable_runs_of_one_name_are_both_kept(rescue: Rescue) -> None:
    """After a format the run numbers repeat."""
    contents = [b"first", b"second", b"second"]
    paths = [salvage.store_run(data, "000001.run", rescue, False).path for data in contents]
    assert [path.read_bytes() for path in paths] == contents
    assert len(set(paths)) == 2


def test_two_complete_runs_of_one_number_are_both_kept(rescue: Rescue) -> None:
    contents = [run_file(1, blocks=3), run_file(1, blocks=4)[:-1] + b"?", run_file(1, blocks=3)]
    paths = [salvage.store_run(data, "000001.run", rescue, True).path for data in contents]
    assert [path.read_bytes() for path in paths] == contents
    assert not [path for path in rescue.store.root.rglob("*") if path.suffix in (".rescued", ".new")]


def test_two_images_of_one_second_are_both_kept(rescue: Rescue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(salvage.time, "strftime", lambda text: "now")
    for number in range(2):
        salvage.out_of_image(bytes((number,)) * 8192, rescue)
    assert [path.read_bytes()[0] for path in rescue.kept] == [0, 1]


def test_a_file_that_cannot_be_read_back_is_a_failure(rescue: Rescue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "digest", lambda path: b"")
    with pytest.raises(DamagedData, match="differs from the data that was written"):
        rescue.keep("settings.json", SETTINGS)


# -- one bad file ----------------------------------------------------------------------------------------------------


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Answers of the board for each file: its bytes and whether they are complete, or an error."""
    answers: dict[str, Any] = {name: (data, True) for name, data in RUNS.items()}

    def fetch(board: ReplBoard, prelude: str, name: str, observer: Any) -> tuple[bytes, bool]:
        if isinstance(answers[name], Exception):
            raise answers[name]
        return answers[name]

    monkeypatch.setattr(salvage, "_fetched", fetch)
    return answers


def over_repl(rescue: Rescue) -> list[str]:
    return salvage.over_repl(ReplBoard(BoardPort("x")), RUNS, rescue, NullObserver())


@pytest.mark.parametrize("error", [OperationFailed("MemoryError"), DamagedData("arrives damaged"), OSError(28, "full")])
def test_a_run_that_cannot_be_copied_does_not_end_the_others(rescue: Rescue, fetched, error: Exception) -> None:
    fetched["000001.run"] = error
    assert over_repl(rescue) == []
    assert [one.path.read_bytes() for one in rescue.saved] == [RUNS["000002.run"]]
    assert list(rescue.failures) == ["000001.run"]
    with pytest.raises(OperationFailed, match=r"nothing was erased: 000001\.run") as caught:
        rescue.check_complete()
    assert "--force" in caught.value.hint


def test_a_partial_run_is_reported_only_if_it_is_saved(rescue: Rescue, fetched, monkeypatch) -> None:
    """The files that this returns are erased on the pod."""
    fetched["000001.run"] = RUNS["000001.run"][:3000], False
    assert over_repl(rescue) == ["000001.run"]
    assert [one.whole for one in rescue.saved] == [False, True]
    monkeypatch.setattr(rescue, "keep", lambda name, data: (_ for _ in ()).throw(PermissionError(13, "denied", name)))
    assert over_repl(rescue) == []
    assert "denied" in rescue.failures["000001.run"]


def test_a_lost_port_ends_the_rescue(rescue: Rescue, fetched) -> None:
    fetched["000001.run"] = PortGone("x")
    with pytest.raises(PortGone):
        over_repl(rescue)


def test_a_board_that_claims_a_huge_file(rescue: Rescue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReplBoard, "ask", lambda board, code: [10**12, True, ""])
    monkeypatch.setattr(ReplBoard, "exec", lambda board, code: pytest.fail("it was read"))
    assert over_repl(rescue) == []
    assert all("more than any flash" in cause for cause in rescue.failures.values())


def test_the_runs_next_to_an_unreadable_one_are_read_from_an_image(rescue: Rescue, monkeypatch) -> None:
    """Nothing but its blocks is left of the unreadable one, from which it is put together."""
    contents = salvage._contents

    def reading(opener: Any, path: str) -> bytes:
        if path == "/runs/000001.run":
            raise LittleFSError(-5)
        return contents(opener, path)

    monkeypatch.setattr(salvage, "_contents", reading)
    salvage.out_of_image(flash_image(RUNS), rescue)
    assert sorted(one.path.read_bytes() for one in rescue.saved) == sorted(RUNS.values())


@pytest.mark.parametrize("data", [b"", b"RPRUN", carve.runfile.MAGIC + bytes(900), b"\xff" * 20_000])
def test_any_bytes_have_an_identity(data: bytes) -> None:
    assert salvage._identity(data) == ("", 0)


def test_the_search_of_an_image_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    image = flash_image({"000001.run": run_file(1, blocks=40)})
    (whole,) = carve.runs(image)
    monkeypatch.setattr(carve, "_MOST_S", -1.0)
    (cut,) = carve.runs(image)
    assert 0 < len(cut) < len(whole)


def test_a_download_that_fails_does_not_end_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [SimpleNamespace(run=number, raw={"size": 1}) for number in (1, 2, 3)]
    errors = {1: DamagedData("run 1: its SHA-256 differs"), 2: NoRepl("the pod stopped sending run 2")}

    def download(pod: Any, store: Store, run: int, size: int) -> Any:
        if run in errors:
            raise errors[run]
        return SimpleNamespace(path=tmp_path / "3", size=1)

    pod = SimpleNamespace(runs=lambda: entries, digest=lambda run, size: (1, b"\1"))
    monkeypatch.setattr(repair, "download", download)
    monkeypatch.setattr(BoardPort, "pod", lambda port: repair.contextlib.nullcontext(pod))
    task = Repair(BoardPort("x"), lambda loss: None, store=Store(tmp_path))
    task._download()
    assert [one.name for one in task.rescue.saved] == ["000003.run"]
    assert list(task.rescue.failures) == ["000001.run", "000002.run"]


# -- before something is erased --------------------------------------------------------------------------------------


@pytest.fixture
def corrupt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Repair, list[str]]]:
    """Return a repair of a board whose file system will be formatted, and the list of what happens."""
    happened: list[str] = []
    monkeypatch.setattr(probe, "clear_prompt", lambda port: None)
    monkeypatch.setattr(salvage, "flash_over_repl", lambda board, observer: flash_image(RUNS))
    monkeypatch.setattr(file_ops, "make_file_system", lambda board: happened.append("formatted"))
    monkeypatch.setattr(install, "install", lambda port, observer: happened.append("installed"))

    def make(root: Path, force: bool = False) -> tuple[Repair, list[str]]:
        return Repair(BoardPort("x"), happened.append, store=Store(root), force=force), happened

    return make


FOUND = Finding(Diagnosis(Condition.FILE_SYSTEM_CORRUPT, "", ""), CORRUPT)


def test_a_store_that_cannot_be_written_prevents_the_format(corrupt, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the place of the store")
    task, happened = corrupt(tmp_path / "file")
    with pytest.raises(OperationFailed, match=r"nothing was erased: image of the flash: .*File exists"):
        task._repair_file_system(FOUND)
    assert happened == []


def test_a_user_can_force_the_format(corrupt, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the place of the store")
    task, happened = corrupt(tmp_path / "file", force=True)
    task._repair_file_system(FOUND)
    assert "NOT saved: image of the flash, 000001.run, 000002.run" in happened[0]
    assert happened[1:] == ["formatted", "installed"]


def test_files_and_names_are_on_the_disk_before_the_format(corrupt, tmp_path: Path, monkeypatch) -> None:
    task, happened = corrupt(tmp_path / "store")
    sync = durable.sync_folder
    monkeypatch.setattr(durable, "sync_folder", lambda folder: happened.append(folder.name) or sync(folder))
    monkeypatch.setattr(durable.os, "fsync", lambda handle: happened.append("synced"))
    task._repair_file_system(FOUND)
    before = happened[: happened.index("formatted")]
    assert "rescued" in before  # the image
    assert before.count("synced") >= 2 * (len(RUNS) + 1)
    assert [one.whole for one in task.rescue.saved] == [True, True]
    saved = {hashlib.sha256(one.path.read_bytes()).hexdigest() for one in task.rescue.saved}
    assert saved == {hashlib.sha256(data).hexdigest() for data in RUNS.values()}


# -- the app after an error ------------------------------------------------------------------------------------------


@pytest.fixture
def restarts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The restarts of the board."""
    seen: list[str] = []
    monkeypatch.setattr(ReplBoard, "session", lambda board, fresh=True: contextlib.nullcontext())
    monkeypatch.setattr(ReplBoard, "restart", lambda board: seen.append("restarted"))
    monkeypatch.setattr(BoardPort, "reset", lambda port: seen.append("reset"))
    return seen


def fail(*_: object) -> None:
    raise KeyboardInterrupt


def repaired(found: Finding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repair.silent, "look", lambda port: found)
    Repair(BoardPort("x"), fail, store=Store(tmp_path)).run()


def test_a_recording_is_not_interrupted(restarts, tmp_path: Path, monkeypatch) -> None:
    found = Finding(Diagnosis(Condition.STORAGE_FULL, "", ""), APP, SimpleNamespace(state="recording", run=3))
    with pytest.raises(OperationFailed, match="is recording run 3"):
        repaired(found, tmp_path, monkeypatch)
    assert restarts == []


@pytest.mark.parametrize(("way", "step"), [(APP, "_repair_interrupted"), (PROMPT, "_save_over_repl"),
                                           (CORRUPT, "_salvaged")])  # fmt: skip
def test_the_app_starts_again_after_an_interrupt(restarts, tmp_path, monkeypatch, way: str, step: str) -> None:
    monkeypatch.setattr(Repair, "_download", lambda task: None)
    monkeypatch.setattr(probe, "clear_prompt", lambda port: None)
    monkeypatch.setattr(salvage, "flash_over_repl", lambda board, observer: b"")
    monkeypatch.setattr(Repair, step, fail)
    files = SimpleNamespace(runs={"000001.run": 1})
    with pytest.raises(KeyboardInterrupt):
        repaired(Finding(Diagnosis(Condition.INTERRUPTED, "", ""), way, None, files), tmp_path, monkeypatch)
    assert restarts == ["restarted"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OperationFailed("MemoryError")])
def test_a_silent_app_that_was_stopped_starts_again(restarts, tmp_path, monkeypatch, error: BaseException) -> None:
    def inspect(board: ReplBoard) -> None:
        raise error

    monkeypatch.setattr(repair.inspect_files, "inspect", inspect)
    monkeypatch.setattr(Repair, "_restarted", fail)
    with pytest.raises(KeyboardInterrupt):
        repaired(Finding(Diagnosis(Condition.SILENT, "", ""), NOWHERE), tmp_path, monkeypatch)
    assert restarts == ["restarted"]


# -- settings and MicroPython ----------------------------------------------------------------------------------------


def test_every_setting_is_kept_or_of_the_hardware() -> None:
    harmless = {*settingrows.names()} - {*settingrows.hardware()} - {"battery_ratio"}
    assert harmless == settings.KEPT


@pytest.mark.parametrize(
    ("text", "kept", "aside"),
    [
        (SETTINGS.decode(), {"name": "left"}, {"i2c_hz": 10000}),
        ('{"unheard_of": 1}', {}, {"unheard_of": 1}),
        ("{", {}, {}),
        ("[1]", {}, {}),
        (None, {}, {}),
    ],
)
def test_settings_are_split(text: str | None, kept: dict, aside: dict) -> None:
    assert settings.split(text) == (kept, aside)


def test_a_board_with_another_micropython_is_rewritten_after_the_rescue(tmp_path: Path, monkeypatch) -> None:
    happened: list[Any] = []

    def wrong(*_: object) -> None:
        raise install.WrongMicroPython("runs micropython 1.20")

    monkeypatch.setattr(Repair, "_install", wrong)
    monkeypatch.setattr(Repair, "_save_over_repl", lambda task, runs: happened.append(runs))
    monkeypatch.setattr(repair.flash, "write_micropython", lambda port, firmware, observer: happened.append("written"))
    monkeypatch.setattr(file_ops, "write_settings", lambda board, text: happened.append(text))
    monkeypatch.setattr(install, "install", lambda port, observer: happened.append("installed"))
    files = SimpleNamespace(runs={"000001.run": 1}, settings=SETTINGS.decode(), damaged_settings=False)
    task = Repair(BoardPort("x"), happened.append, store=Store(tmp_path))
    task._repair_stopped(Finding(Diagnosis(Condition.NO_APP, "", ""), PROMPT, None, files))
    assert happened[0] == {"000001.run": 1}
    assert "will be erased" in happened[1]
    assert happened[2:] == ["written", '{"name": "left"}', "installed"]
    assert task._aside == {"i2c_hz": 10000}
    assert [path.read_bytes() for path in task.rescue.kept] == [SETTINGS]


# -- the command -----------------------------------------------------------------------------------------------------


def test_failures_are_listed_and_end_with_their_exit_code(monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    hello = SimpleNamespace(name="x", device_id="0", firmware_major=1, firmware_minor=2, firmware_patch=3)
    done = Repaired(FOUND.diagnosis, [], False, [], {"000001.run": "disk full"}, {"sda": 3}, hello, [])
    monkeypatch.setattr(Repair, "run", lambda task: done)
    with pytest.raises(DamagedData, match=r"1 of its files could not be saved: 000001\.run") as caught:
        command.repair("x", False, False, None, True)
    assert caught.value.exit_code == 5
    out = capsys.readouterr().out
    assert "NOT SAVED 000001.run: disk full" in out
    assert "set aside sda 3" in out


def test_a_repair_that_fails_reports_what_is_saved(tmp_path: Path, monkeypatch, capsys) -> None:
    def run(task: Repair) -> None:
        task.rescue.kept.append(tmp_path / "settings.json")
        raise OperationFailed("cancelled")

    monkeypatch.setattr(Repair, "run", run)
    with pytest.raises(OperationFailed):
        command.repair("x", False, False, None, True)
    assert f"saved: {tmp_path / 'settings.json'}" in capsys.readouterr().err
