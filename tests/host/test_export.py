"""`retropod export`: tables of known runs, hostile texts, outputs that exist, runs that fail."""

import csv
import json
import os
import random
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import season
from commands import Command
from host.schemas import checked
from retropod.cli import export as command
from retropod.cli import run
from retropod.export import job, newfile, tables, text
from retropod.export.choice import load
from retropod.export.newfile import NewFile
from retropod.insight.stride import Stride
from retropod.runs import reader
from retropod.runs.store import Store
from season import NOON, Bout
from tools import export_doc

BOUTS = (
    Bout("forward", 30, 168.0, 0.240, 1.70), Bout("backward", 26, 184.0, 0.210, 1.10, pause_s=5.0),
    Bout("forward", 20, 150.0, 0.300, 1.30, pause_s=5.0),
)  # fmt: skip
Export = Callable[..., int]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return Store()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_tables_have_the_truth(store: Store, tmp_path: Path) -> None:
    season.stored(store, season.run_file(BOUTS, [110.0, 130.5], wearer=b"Ada"))
    assert run(["export", "240ac40000010000/1", "--output", str(tmp_path / "out")]) == 0
    bouts = rows(tmp_path / "out" / "bouts.csv")
    assert [row["direction"] for row in bouts] == ["forward", "backward", "forward"]
    began_s = 0.0
    for row, bout in zip(bouts, BOUTS, strict=True):
        began_s += bout.pause_s
        sign = -1 if bout.direction == "backward" else 1
        lasted_s = bout.strides * 120 / bout.cadence_spm
        assert float(row["cadence_spm"]) == pytest.approx(bout.cadence_spm, rel=2e-3)
        assert float(row["contact_time_s"]) == pytest.approx(bout.contact_s, abs=1e-4)
        assert float(row["aerial_time_s"]) == pytest.approx(60 / bout.cadence_spm - bout.contact_s, abs=1e-3)
        assert float(row["speed_mps"]) == pytest.approx(sign * bout.length_m * bout.cadence_spm / 120, rel=2e-3)
        assert float(row["distance_m"]) == pytest.approx(bout.strides * bout.length_m)
        assert float(row["into_run_s"]) == pytest.approx(began_s, abs=0.002)
        assert float(row["duration_s"]) == pytest.approx(lasted_s, abs=0.01)
        assert int(row["strides"]) == bout.strides
        began_s += lasted_s
    strides = rows(tmp_path / "out" / "strides.csv")
    assert len(strides) == sum(bout.strides for bout in BOUTS)
    assert strides[0]["time_utc"] == "2027-01-15T08:00:00.000Z"
    assert {row["wearer"] for row in strides} == {"Ada"}
    laps = rows(tmp_path / "out" / "laps.csv")
    assert [(row["number"], row["into_run_s"], row["direction"]) for row in laps] == [
        ("1", "0.0", "forward"), ("2", "10.0", "forward"), ("2", "10.0", "backward"), ("3", "30.5", "forward"),
        ("3", "30.5", "backward"),
    ]  # fmt: skip
    assert sum(int(row["strides"]) for row in laps) == sum(bout.strides for bout in BOUTS)
    (one,) = rows(tmp_path / "out" / "runs.csv")
    assert (one["run"], one["side"], one["mount"], one["damaged_bytes"]) == ("240ac40000010000/1", "left", "given", "0")


def test_an_absent_metric_has_its_reason(store: Store) -> None:
    season.stored(store, season.run_file([Bout("backward", 12, length_m=0.0)], gyr_lsb_udps=0))
    assert run(["export", "1", "--table", "bouts", "--output", "x.csv"]) == 0
    (row,) = rows(Path("x.csv"))
    assert row["heel_share"] == "" and "heel_share: the pod has no gyroscope" in row["absent"]
    assert row["cadence_drift"] == "" and "cadence_drift: too few strides" in row["absent"]
    assert "cadence_spm" not in row["absent"] and row["cadence_spm"]


def test_each_stride_is_that_of_the_run(store: Store) -> None:
    content = season.run_file(BOUTS)
    season.stored(store, content)
    assert run(["export", "1", "--table", "strides", "--output", "x.csv"]) == 0
    names = [one.name for one in tables.STRIDES.columns if hasattr(Stride, one.name) and one.name != "side"]
    assert len(names) == 24
    for row, stride in zip(rows(Path("x.csv")), reader.parse(content).strides, strict=True):
        for name in names:
            value = getattr(stride, name)
            if name == "flags":
                assert row[name] == " ".join(value)
            elif isinstance(value, str):
                assert row[name] == value
            else:
                assert row[name] == "" if value is None else float(row[name]) == pytest.approx(value, abs=1e-6)


def test_all_formats_have_the_same_rows(store: Store, tmp_path: Path) -> None:
    season.stored(store, season.run_file(BOUTS, [110.0]))
    for form in ("csv", "parquet", "jsonl"):
        assert run(["export", "1", "--format", form, "--output", str(tmp_path / "out")]) == 0
    lines = [json.loads(line) for line in (tmp_path / "out" / "retropod.jsonl").read_text().splitlines()]
    for table in tables.TABLES.values():
        texts = rows(tmp_path / "out" / f"{table.name}.csv")
        objects = [{**line} for line in lines if line["type"] == table.row]
        assert {line.pop("type") for line in objects} == {table.row}
        arrow = pyarrow.parquet.read_table(tmp_path / "out" / f"{table.name}.parquet")
        assert arrow.column_names == list(texts[0]) == list(objects[0])
        for found, line, cells in zip(arrow.to_pylist(), objects, texts, strict=True):
            assert {name: "" if value is None else str(value) for name, value in line.items()} == cells
            for column in table.columns:
                if column.kind == "time":
                    assert found[column.name].isoformat("T", "milliseconds").replace("+00:00", "Z") == line[column.name]
                elif column.kind == "number":
                    assert found[column.name] == pytest.approx(line[column.name], abs=1e-6)
                else:
                    assert found[column.name] == line[column.name]
        assert arrow.schema.field(0).metadata[b"description"]


def test_json_lines_match_their_schema(store: Store, tmp_path: Path) -> None:
    season.stored(store, season.run_file(BOUTS, [110.0]))
    season.stored(store, season.run_file(BOUTS[:1], start_s=None, rate_mhz=0xFFFFFFFF, boot_count=2), run=2)
    assert run(["export", "1", "2", "--format", "jsonl", "--output", "x.jsonl"]) == 0
    checker = Draft202012Validator(json.loads((export_doc._DOCS / "export.schema.json").read_text()))
    lines = [json.loads(line) for line in Path("x.jsonl").read_text("ascii").splitlines()]
    assert {line["type"] for line in lines} == {"run", "stride", "bout", "lap"}
    assert [error.message for line in lines for error in checker.iter_errors(line)] == []
    assert list(checker.iter_errors(lines[0] | {"extra": 1}))
    assert {line["time_utc"] for line in lines if line["type"] == "stride" and line["run"].endswith("/2")} == {None}


def test_times_have_the_bound_of_each_stride(store: Store) -> None:
    bouts = [Bout("forward", 420, pause_s=40.0 * turn) for turn in range(3)]
    path = season.stored(store, season.run_file(bouts, [300.0]))
    source = load(store, "x", path)
    found = job.rows.of_run(source, ["strides"])["strides"]
    for place, stride in enumerate(reader.read(path).strides):
        wall = source.times.of(stride)
        assert wall is not None
        assert found["time_utc"][place] == pytest.approx(wall.time_s, abs=0.001)
        assert found["time_error_s"][place] >= wall.error_s - 0.001
        assert found["time_error_s"][place] < wall.error_s + 0.05


def test_the_time_into_a_run_without_its_header_is_unknown(store: Store) -> None:
    content = bytearray(season.run_file(BOUTS))
    content[40] ^= 1
    season.stored(store, bytes(content))
    assert run(["export", "1", "--table", "bouts"]) == 5
    found = rows(Path("retropod-export") / "bouts.csv")
    assert [row["into_run_s"] for row in found] == [""] * 3 and all(row["duration_s"] for row in found)


# -- hostile texts -------------------------------------------------------------------------------------------------

HOSTILE = ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r\n=1", "a\x1b[2Jb", "\u202egnp.exe",
           "\uff1d1+1", '"=1', "<script>", "'; DROP TABLE runs;--", "../../etc/passwd")  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_text(store: Store, name: str) -> None:
    wearer = name.encode()[:16].decode("utf-8", "ignore")
    season.stored(store, season.run_file(BOUTS, [110.0], wearer=wearer.encode(), name=wearer.encode()))
    for form in ("csv", "jsonl", "parquet", "fit"):
        assert run(["export", "1", "--format", form]) == 0
    folder = Path("retropod-export")
    assert sorted(path.suffix for path in folder.iterdir()) == [".csv"] * 4 + [".fit", ".jsonl"] + [".parquet"] * 4
    for path in folder.glob("*.csv"):
        content = path.read_text("utf-8")
        assert all(one.isprintable() or one in "\r\n" for one in content)
        for row in rows(path):
            assert not [cell for cell in row.values() if is_formula(cell)]
    assert "\x1b" not in (folder / "retropod.jsonl").read_text("ascii")


def is_formula(cell: str) -> bool:
    """A cell that a spreadsheet may evaluate, except a number."""
    first = cell.lstrip()[:1]
    try:
        float(cell)
    except ValueError:
        return first in {"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"}
    return False


@given(st.text(max_size=30))
def test_no_text_becomes_a_formula(content: str) -> None:
    made = text.cell(content)
    assert made[:1] not in {"=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"}
    assert made.isprintable()
    assert not made.lstrip().startswith(("=", "+", "-", "@"))


@given(st.text(max_size=300))
def test_the_name_of_a_file_stays_in_its_folder(name: str) -> None:
    made = job.file_name(name)
    assert Path(made).name == made and made.isascii() and 0 < len(made) <= 100 and not made.startswith(".")


# -- outputs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl", "fit"])
def test_an_output_is_not_replaced_without_force(store: Store, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    season.stored(store, season.run_file(BOUTS))
    out = ["export", "1", "--format", form, "--output", "out"]
    assert run(out) == 0
    before = {path: path.read_bytes() for path in Path("out").iterdir()}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in before) or os.name == "nt"
    victim = sorted(before)[0]
    victim.write_text("precious")
    assert run(out) == 2
    assert "already exists" in capsys.readouterr().err
    assert victim.read_text() == "precious" and set(Path("out").iterdir()) == set(before)
    assert run([*out, "--force"]) == 0
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == before


def test_a_file_that_is_not_finished_disappears(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="full"), NewFile(tmp_path / "x.csv", force=False) as file:
        file.file.write(b"half")
        raise OSError("full")
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("precious")
    (tmp_path / "x.csv").symlink_to(tmp_path / "target")
    with NewFile(tmp_path / "x.csv", force=True) as file:
        file.file.write(b"new")
        file.finish()
    assert (tmp_path / "target").read_text() == "precious" and (tmp_path / "x.csv").read_bytes() == b"new"


def test_a_full_disk_is_one_line(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    season.stored(store, season.run_file(BOUTS))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(newfile.durable, "move_new", full)
    assert run(["export", "1"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["error", "hint"]
    assert "retropod-export" in lines[0] and not Path("retropod-export").exists()


@pytest.mark.parametrize(("words", "text"), [
    ([], "no runs are selected"),
    (["1", "--since", "2026-01-01"], "exclude each other"),
    (["1", "--output", "x.csv"], "csv has a file for each of"),
    (["1", "--format", "fit", "--table", "laps"], "the format fit has no tables"),
])  # fmt: skip
def test_wrong_requests_are_explained(store: Store, words: list[str], text: str, capsys: Any) -> None:
    season.stored(store, season.run_file(BOUTS))
    assert run(["export", *words]) == 2
    assert text in capsys.readouterr().err
    assert sorted(path.name for path in Path().iterdir()) == ["store"]


def test_the_choices_are_those_of_the_library() -> None:
    assert job.FORMATS == command.FORMATS and tuple(tables.TABLES) == command.TABLES


@pytest.mark.parametrize(("form", "package", "extra"), [("parquet", "pyarrow", "parquet"), ("fit", "fit_tool", "fit")])
def test_a_missing_extra_is_one_line(
    store: Store, form: str, package: str, extra: str, monkeypatch: Any, capsys: Any
) -> None:
    season.stored(store, season.run_file(BOUTS))
    monkeypatch.setitem(sys.modules, package, None)
    assert run(["export", "1", "--format", form]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == f"hint: run `pip install '.[{extra}]'` in the folder of retropod" and len(lines) == 2


# -- runs that fail ------------------------------------------------------------------------------------------------


def test_one_bad_run_does_not_end_the_export(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    whole = season.run_file(BOUTS)
    season.stored(store, whole)
    season.stored(store, whole[:-30], run=2)
    season.stored(store, b"nothing of a run", run=3)
    assert run(["export", "1", "2", "3", "44", "--table", "runs", "--json"]) == 5
    lines = checked("export", capsys.readouterr().out)
    assert (lines[0]["runs"], lines[0]["rows"]) == (2, 2)
    assert {line["run"]: line["exit_code"] for line in lines[1:]} == {
        "240ac40000010000/2": 5, "240ac40000010000/3": 5, "44": 2,
    }  # fmt: skip
    damaged = rows(Path("retropod-export/runs.csv"))[1]
    assert int(damaged["damaged_bytes"]) > 0


def test_nothing_is_written_if_all_runs_fail(store: Store) -> None:
    assert run(["export", "44", "--format", "parquet"]) == 2
    assert not Path("retropod-export").exists()
    Path("retropod-export").mkdir()
    assert run(["export", "44"]) == 2 and Path("retropod-export").is_dir()


def test_a_season_is_exported_from_a_day_on(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    season.fill(store, 9, 40)
    season.stored(store, season.run_file(BOUTS, start_s=None, device_id=b"\xee" * 8), "ee" * 8, 9)
    season.stored(store, b"", "ee" * 8, 10)
    assert run(["export", "--since", "2027-01-17", "--format", "csv", "--table", "runs"]) == 0
    out = capsys.readouterr()
    assert [row["run"] for row in rows(Path("retropod-export/runs.csv"))] == [
        "240ac40000000000/3", "240ac40000000001/3", "240ac40000000002/3",
    ]  # fmt: skip
    assert "eeeeeeeeeeeeeeee/9 is left out, because its time is unknown" in out.err
    assert run(["export", "--since", "2029-01-01", "--output", "none"]) == 0
    assert "no stride" not in out.err and "no stored run that began on 2029-01-01" in capsys.readouterr().err


def test_a_run_outside_of_the_store(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.rpr"
    path.write_bytes(season.run_file(BOUTS, start_s=NOON))
    assert run(["export", str(path), "--format", "fit", "--output", "x.fit"]) == 0
    assert Path("x.fit").is_file()
    assert run(["export", str(path), str(path), "--format", "fit", "--output", "y.fit"]) == 0


def test_a_run_that_several_names_mean_is_exported_once(store: Store) -> None:
    path = season.stored(store, season.run_file(BOUTS, start_s=NOON))
    words = [os.path.relpath(path), str(path), "1", "last"]
    assert run(["export", *words, "--table", "runs"]) == 0
    assert [row["run"] for row in rows(Path("retropod-export/runs.csv"))] == ["240ac40000010000/1"]


def test_several_runs_do_not_fit_into_one_file(store: Store) -> None:
    for number in (1, 2):
        season.stored(store, season.run_file(BOUTS, run=number, boot_count=number), run=number)
    assert run(["export", "1", "2", "--format", "fit", "--output", "x.fit", "--force"]) == 2
    assert run(["export", "1", "2", "--format", "fit"]) == 0
    assert len(list(Path("retropod-export").glob("*.fit"))) == 2


@pytest.mark.parametrize("path", export_doc.OUTPUTS, ids=lambda path: path.name)
def test_the_document_matches_the_code(path: Path) -> None:
    assert path.read_text("utf-8") == export_doc.OUTPUTS[path](), "run: python -m tools.export_doc --write"


# -- hostile runs and interruptions --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", job.FORMATS)
def test_random_strides_cause_no_unexpected_error(
    store: Store, form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(form)
    for number in range(12):
        made = season.records([Bout("forward", 60)])
        noise = np.frombuffer(chance.randbytes(made.nbytes), made.dtype)
        names = chance.sample(made.dtype.names, chance.randrange(1, len(made.dtype.names)))
        for name in names:
            made[name] = noise[name]
        monkeypatch.setattr(season, "records", lambda _, made=made: made)
        season.stored(store, season.run_file([], [chance.uniform(0, 4e9)]), run=number)
        code = run(["export", str(number), "--format", form, "--force"])
        monkeypatch.undo()
        monkeypatch.setenv("RETROPOD_RUNS", str(store.root))
        monkeypatch.chdir(store.root.parent)
        assert code in (0, 1, 5)
        assert "unexpected" not in capsys.readouterr().err


def test_an_export_that_is_killed_leaves_no_part(store: Store) -> None:
    """At each time, a file with a final name is complete."""
    season.fill(store, 6, 100)
    seen: set[int] = set()
    for number in range(12):
        folder = Path(f"out{number}")
        command = Command("retropod", "export", "--since", "2026-01-01", "--format", "jsonl", "--output", folder)
        time.sleep(0.02 * number)
        command.kill()
        command.wait()
        command.stdout.close()
        command.stderr.close()
        named = [path for path in folder.glob("*") if not path.name.startswith(".")]
        for path in named:
            assert len(path.read_text().splitlines()) == 6 * (1 + 100 + 10) + laps(path)
        seen.add(len(named))
    assert seen <= {0, 1}


def laps(path: Path) -> int:
    return sum('"type":"lap"' in line for line in path.read_text().splitlines())
