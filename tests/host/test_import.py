"""`retropod import`: run files of another computer, and recordings through the engine."""

import hashlib
import os
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import season
from host.schemas import checked
from retropod import recording, sources
from retropod.cli import run
from retropod.client.timesync import Sync, Synced
from retropod.export.engine import RecordingFacts, stride_values, through_engine
from retropod.export.intake import is_run
from retropod.export.runwriter import width
from retropod.runs import reader, tags
from retropod.runs.clocklog import ClockLog
from retropod.runs.files import RunFiles
from retropod.runs.store import Store
from retropod.runs.timing import timing
from retropod.runs.trash import trash_of
from retropod.score import engine_runner
from retropod.virtual.gaitmodel import scenario
from retrowire import codec, runfile, schema
from season import Bout

POD = "240ac40000010000"
RUN = season.run_file([Bout("backward", 20)], run=7)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return Store()


@pytest.fixture(scope="session")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of the gait model: 40 s, forward and backward, 208 Hz."""
    path = tmp_path_factory.mktemp("recordings") / "walk.npz"
    scenario("mixed", 208.0, 1).save(path)
    return path


# -- run files -----------------------------------------------------------------------------------------------------


def test_a_run_file_is_stored_under_its_pod(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    Path("any-name").write_bytes(RUN)
    assert run(["import", "any-name", "--json"]) == 0
    (line,) = checked("import", capsys.readouterr().out)
    assert line == {"source": "any-name", "name": f"{POD}/7", "file": str(store.path(POD, 7)), "strides": 20,
                    "already": False}  # fmt: skip
    assert store.path(POD, 7).read_bytes() == RUN and store.state(store.path(POD, 7)) == "verified"
    assert run(["import", "any-name", "--json"]) == 0
    (line,) = checked("import", capsys.readouterr().out)
    assert line["already"] and len(store.all()) == 1
    assert run(["show", f"{POD}/7"]) == 0


def test_another_run_of_the_same_number_is_stored_too(store: Store) -> None:
    other = season.run_file([Bout("forward", 5)], run=7, boot_count=2)
    for name, content in (("a.rpr", RUN), ("b.rpr", other)):
        Path(name).write_bytes(content)
    assert run(["import", "a.rpr", "b.rpr"]) == 0
    assert {one.path.read_bytes() for one in store.all()} == {RUN, other}
    assert {one.run for one in store.all()} == {7}


def test_the_checksum_of_the_download_decides(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    Path("cut.rpr").write_bytes(RUN[:-9])
    assert run(["import", "cut.rpr"]) == 5
    assert "is damaged, and has no checksum" in capsys.readouterr().err
    digest = hashlib.sha256(RUN[:-9]).hexdigest()
    Path("cut.rpr.sha256").write_text(f"{digest}  cut.rpr\n")
    assert run(["import", "cut.rpr"]) == 0
    Path("cut.rpr").write_bytes(RUN)
    assert run(["import", "cut.rpr"]) == 5
    assert "differs from its checksum" in capsys.readouterr().err
    assert [one.path.read_bytes() for one in store.all()] == [RUN[:-9]]


@pytest.mark.parametrize("content", [b"", RUN[:40], b"\0" * 400, RUN[:8] + bytes(900), b"RPOD" + RUN])
def test_a_file_that_is_not_a_run_is_one_error(
    store: Store, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("x.rpr").write_bytes(content)
    assert run(["import", "x.rpr"]) == 5
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"]
    assert store.all() == [] and not list(Path("store").rglob("*.import"))


def test_random_damage_is_never_stored(store: Store) -> None:
    chance = np.random.default_rng(3)
    for _ in range(60):
        bad = bytearray(RUN)
        bad[int(chance.integers(len(bad)))] ^= int(chance.integers(1, 256))
        Path("x.rpr").write_bytes(bad)
        assert run(["import", "x.rpr"]) in (4, 5)
    assert store.all() == []


def test_one_bad_file_does_not_end_the_import(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    Path("good.rpr").write_bytes(RUN)
    Path("bad.rpr").write_bytes(RUN[:-9])
    assert run(["import", "missing.rpr", "bad.rpr", "good.rpr", "--json"]) == 5
    lines = checked("import", capsys.readouterr().out)
    assert lines[0]["source"] == "good.rpr"
    assert {line["file"]: line["exit_code"] for line in lines[1:]} == {"missing.rpr": 2, "bad.rpr": 5}


def test_a_hostile_pod_id_and_name_stay_in_the_store(store: Store, tmp_path: Path, capsys: Any) -> None:
    names = {"device_id": b"../../..", "name": b"\x1b[2J../../x", "wearer": b"=1+1"}
    Path("x.rpr").write_bytes(season.run_file([Bout("forward", 5)], **names))
    assert run(["import", "x.rpr"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert [one.path.parent.name for one in store.all()] == [b"../../..".hex()]
    assert {path.name for path in tmp_path.iterdir()} == {"x.rpr", "store"}


def test_a_full_disk_is_one_line(store: Store, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    Path("x.rpr").write_bytes(RUN)
    monkeypatch.setattr("retropod.export.intake.durable.replace", full)
    assert run(["import", "x.rpr"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("no space left on device") and len(lines) == 2


def synced(sync: Sync) -> Synced:
    return Synced(0.0, 0.0, sync.low_s, sync.uptime_s, sync, None)


def test_tags_and_clock_of_the_other_store_come_along(store: Store, tmp_path: Path, capsys: Any) -> None:
    other = RunFiles(tmp_path / "other")
    path = other.path(POD, 7)
    path.parent.mkdir(parents=True)
    path.write_bytes(RUN)
    tags.change(other.root, path, ["shoe=red", "note=there"])
    began_s = reader.read(path).header.seconds("uptime") or 0.0
    ClockLog(other, POD).add(synced(Sync(1, began_s, season.NOON, season.NOON + 0.01)))
    assert run(["import", str(path)]) == 0
    (one,) = store.all()
    assert tags.read(one.path) == {"shoe": "red", "note": "there"}
    start = timing(reader.read(one.path), one.path, store).start
    assert start is not None and start.time_s == pytest.approx(season.NOON, abs=0.1)
    tags.change(store.root, one.path, ["note=here", "shoe="])
    assert run(["import", str(path)]) == 0
    assert tags.read(one.path) == {"shoe": "red", "note": "here"}, "tags that are here stay"
    log = one.path.with_name("clock.jsonl").read_text().splitlines()
    assert len(log) == len(set(log)), "the log is not added twice"
    assert Path(str(path)).read_bytes() == RUN and not capsys.readouterr().err


def test_a_damaged_file_of_tags_does_not_stop_the_import(store: Store, capsys: Any) -> None:
    Path("x.rpr").write_bytes(RUN)
    tags.path_of(Path("x.rpr")).write_bytes(b"{")
    assert run(["import", "x.rpr"]) == 0
    (one,) = store.all()
    assert "x.rpr.tags.json is not a valid file of tags" in capsys.readouterr().err
    assert not tags.path_of(one.path).exists() and not one.path.with_name("clock.jsonl").exists()


def test_the_beginning_of_a_stored_run_is_not_stored(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    short = RUN[: -codec.size(schema.EVENT) - runfile.BLOCK_AROUND]  # without the end
    for name, content in (("whole.rpr", RUN), ("short.rpr", short)):
        Path(name).write_bytes(content)
    assert run(["import", "whole.rpr", "short.rpr", "--json"]) == 0
    assert [line["already"] for line in checked("import", capsys.readouterr().out)] == [False, True]
    assert [one.path.read_bytes() for one in store.all()] == [RUN]
    assert store.state(store.path(POD, 7)) == "verified"


def test_a_download_that_a_stored_run_continues_is_not_stored(store: Store) -> None:
    path = store.path(POD, 7)
    path.parent.mkdir(parents=True)
    path.write_bytes(RUN)
    part = path.with_suffix(".part")
    part.write_bytes(RUN[:-9])
    assert store.keep(part, POD, 7, hashlib.sha256(RUN[:-9]).digest()) == path
    assert path.read_bytes() == RUN and not part.exists() and len(store.all()) == 1


# -- recordings ----------------------------------------------------------------------------------------------------


def test_a_recording_becomes_a_run(store: Store, walk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", str(walk), "--wearer", "Ada", "--start", "2026-03-31 18:05", "--json"]) == 0
    (line,) = checked("import", capsys.readouterr().out)
    (one,) = store.all()
    found = reader.read(one.path)
    assert line["strides"] == len(found.strides) > 20 and found.whole and found.ended
    assert {"forward", "backward"} <= {stride.direction for stride in found.strides}
    assert (found.header.name, found.header.wearer, found.header.mount) == ("walk", "Ada", "given")
    start = timing(found, one.path, store).start
    assert start is not None and start.time_s == datetime(2026, 3, 31, 18, 5).astimezone().timestamp()
    assert run(["show", "walk/1"]) == 0 and run(["export", "walk/1", "--format", "fit"]) == 0
    out = capsys.readouterr().out
    assert "backward" in out and "engine -" in out and "none at" not in out
    assert run(["show", "walk/1", "--json"]) == 0
    head = checked("show", capsys.readouterr().out)[0]
    assert (head["model"], head["chip"]) == (None, None)


def test_the_missing_start_of_an_import_is_named_with_its_option(
    walk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["import", str(walk)]) == run(["show", "walk/1"]) == 0
    assert "imported without `--start`" in capsys.readouterr().out
    assert run(["export", "walk/1", "--format", "fit"]) == 1
    assert "`--start TIME`" in capsys.readouterr().err


def test_a_wearer_that_the_header_cannot_hold_is_refused(store: Store, walk: Path, capsys: Any) -> None:
    most = width("wearer")
    name = "ä" * (most // 2)
    assert run(["import", str(walk), "--wearer", name + "n"]) == 2
    assert f"has {most + 1} bytes, the limit is {most}" in capsys.readouterr().err and store.all() == []
    assert run(["import", str(walk), "--wearer", name]) == 0
    assert reader.read(store.all()[0].path).header.wearer == name


@pytest.mark.parametrize("start", ["1900-01-01 10:00", "2020-05-01 10:00", "2200-01-01 10:00"])
def test_a_start_that_the_timing_would_ignore_is_refused(start: str, store: Store, walk: Path, capsys: Any) -> None:
    assert run(["import", str(walk), "--start", start]) == 2
    assert f"the start {start} is not between 20" in capsys.readouterr().err and store.all() == []


def test_the_strides_are_those_of_the_engine(walk: Path) -> None:
    held = recording.load(walk)
    made = through_engine(held, RecordingFacts("walk"))
    job = engine_runner.EngineJob(engine_runner.counts_of(held, "walk", held.rate_hz, engine_runner.ChipScale()))
    (expected,) = engine_runner.run([job], sources.firmware_dir())
    for stride, one in zip(reader.parse(made.content).strides, expected, strict=True):
        assert stride.direction == one["direction"]
        assert stride.confidence == one["confidence"]
        assert stride.uptime_s == pytest.approx(one["open_s"], abs=0.0006)
        assert stride.toe_off_s == pytest.approx(one["toe_off_s"] - one["open_s"], abs=1e-4)
        assert stride.contact_s == pytest.approx(one["contact_s"] - one["open_s"], abs=1e-4)
        assert stride.length_m == pytest.approx(one["length_m"], abs=1e-3)
        assert stride.peak_g == pytest.approx(one["peak_g"], abs=0.01)


def test_the_engine_gives_the_same_run_under_cpython(walk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for gyroscope in (True, False):
        held = recording.load(walk, gyroscope)
        monkeypatch.undo()
        expected = through_engine(held, RecordingFacts("walk"))

        def missing() -> str:
            raise FileNotFoundError

        monkeypatch.setattr(engine_runner, "micropython", missing)
        assert through_engine(held, RecordingFacts("walk")) == expected


def test_the_id_of_a_recording_is_that_of_no_pod(store: Store, walk: Path) -> None:
    shutil.copy(walk, "a.npz")
    assert run(["import", "a.npz"]) == 0 and run(["import", "a.npz"]) == 0
    assert len(store.all()) == 1
    assert run(["import", "a.npz", "--no-gyro"]) == 0
    ids = {one.pod_id for one in store.all()}
    assert len(ids) == 2
    # The first byte of the MAC address of a device is even: the lowest bit marks the address of a group.
    assert all(bytes.fromhex(one)[0] & 1 for one in ids)


def test_a_recording_is_stored_once_whatever_its_name(store: Store, walk: Path, capsys: Any) -> None:
    shutil.copy(walk, "b.npz")
    assert run(["import", str(walk), "--wearer", "Ada", "--start", "2026-03-31 18:05"]) == 0
    (first,) = store.all()
    assert run(["tag", "walk/1", "shoe=red"]) == 0
    capsys.readouterr()
    for words in ([], ["--wearer", "Ada"], ["--start", "2026-03-31 18:05"]):
        assert run(["import", "b.npz", *words, "--json"]) == 0
        assert checked("import", capsys.readouterr().out)[0]["already"]
    assert store.all() == [first] and trash_of(store).all() == []
    assert run(["import", "b.npz", "--wearer", "Eve"]) == 0
    (second,) = store.all()
    header = reader.read(second.path).header
    assert (header.name, header.wearer, header.clock_state) == ("b", "Eve", "synced"), "the start remains"
    assert tags.read(second.path) == {"shoe": "red"}
    (old,) = trash_of(store).all()
    assert reader.read(old.path).header.wearer == "Ada"


def test_a_table_with_other_units_and_axes(store: Store, walk: Path) -> None:
    held = recording.load(walk)
    assert held.gyr_rad_s is not None
    acc, gyr = held.acc_mps2 / 9.80665, np.degrees(held.gyr_rad_s)
    rows = np.column_stack([acc[:, [1, 0, 2]] * [1, -1, 1], gyr[:, [1, 0, 2]] * [1, -1, 1]])
    np.savetxt("x.csv", rows, delimiter=",", header="acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z", comments="", fmt="%.7f")
    words = ["import", "x.csv", "--acc-unit", "g", "--gyr-unit", "deg/s", "--axes=-y,x,z", "--fs", "208"]
    assert run(words) == 0 and run(["import", str(walk)]) == 0
    one, other = (reader.read(stored.path).strides for stored in store.all())
    assert [stride.direction for stride in one] == [stride.direction for stride in other]


def test_a_gap_reaches_the_engine(walk: Path) -> None:
    held = recording.load(walk)
    first = len(held.acc) // 2
    gaps = np.array([[first, first + 700]])
    cut = recording.Recording(held.acc, held.gyr, held.acc_unit, held.gyr_unit, held.rate_hz, gaps)
    found = reader.parse(through_engine(cut, RecordingFacts("x")).content)
    whole = reader.parse(through_engine(held, RecordingFacts("x")).content)
    in_gap = [one for one in whole.strides if first < one.sample < first + 600]
    assert in_gap and not [one for one in found.strides if first < one.sample < first + 600 and "gap" not in one.flags]
    last_s = 3 / held.rate_hz
    assert found.strides[-1].uptime_s == pytest.approx(whole.strides[-1].uptime_s, abs=last_s)


@pytest.mark.parametrize(("rate_hz", "hint"), [(1600.0, ".[score]"), (104.0, "check units and axes")])
def test_a_recording_that_cannot_be_imported(
    store: Store, rate_hz: float, hint: str, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    acc = np.random.default_rng(1).normal((0, 0, 9.80665), 0.05, (2000, 3))
    np.savez("x.npz", acc=acc, gyr=np.zeros((2000, 3)), fs=rate_hz)
    assert run(["import", "x.npz"]) == 1
    assert hint in capsys.readouterr().err.splitlines()[-1]
    assert store.all() == []


def test_unknown_and_impossible_values_are_unknown() -> None:
    slots = dict.fromkeys(engine_runner.SLOTS, engine_runner.NONE)
    slots |= {"number": 1, "open": 100, "close": 100_000, "toe_off": 150, "contact": 240, "prev_contact": -1,
              "direction": 2, "confidence": 900, "strike": 0, "flags": 0}  # fmt: skip
    values = stride_values(slots, 208.0)
    unknown = ("period", "contact_time", "length", "lateral", "rise", "yaw", "pitch", "peak", "loading",
               "strike_confidence")  # fmt: skip
    assert [values[name] for name in unknown] == [None] * len(unknown)
    assert (values["direction"], values["toe_off"]) == ("backward", pytest.approx(50 / 208))


def test_a_pipe_is_refused_without_waiting_for_its_writer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("the pipe was opened"))
    assert not is_run(tmp_path / "pipe")
