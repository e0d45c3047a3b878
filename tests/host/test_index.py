"""The index of the store: it follows the files, can be rebuilt, and a file that cannot be used never ends a command."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import season
from host.tinypod import TinyPod
from jsondocs import faults
from retropod.cli.commands import cli
from retropod.cli.options import Options
from retropod.client.pod import Pod
from retropod.client.timesync import Sync, Synced
from retropod.errors import OperationFailed, RetropodError, UsageError
from retropod.runs import tags
from retropod.runs.clocklog import ClockLog
from retropod.runs.index import NAME, Index
from retropod.runs.indextables import VERSION
from retropod.runs.store import Store

POD = "240ac40000000000"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Six runs of two wearers, one per day."""
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path))
    return season.fill(Store(tmp_path), 6, 150, ["wearer 0", "wearer 1"])


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def listed(*arguments: str) -> list[dict]:
    ran = run("runs", "--here", "--json", *arguments)
    assert ran.exit_code == 0, ran.output
    assert faults("runs", ran.stdout) == []
    return [json.loads(line) for line in ran.stdout.splitlines()]


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the index as another program does, and close it: `with` alone commits, and leaves the file open."""
    with closing(sqlite3.connect(path)) as database, database:
        yield database


def failure(ran: Result) -> RetropodError:
    assert isinstance(ran.exception, RetropodError), ran.output
    return ran.exception


def read_files(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of the files that the index reads from now on."""
    read, names = __import__("retropod.runs.facts", fromlist=["read"]).read, []
    monkeypatch.setattr("retropod.runs.facts.read", lambda path: (names.append(path.name), read(path))[1])
    return names


# -- contents


def test_the_list_has_date_wearer_minutes_and_metres_by_direction(store):
    first = listed()[0]
    assert first["wearer"] == "wearer 0" and first["name"].startswith("1-") and first["pod"] == POD
    assert first["start_epoch_s"] == pytest.approx(season.NOON, abs=0.1)
    assert first["start_error_s"] < 0.1
    assert first["duration_s"] == pytest.approx(106, abs=1)
    assert first["strides"] == {"forward": 90, "backward": 60, "lateral": 0, "unknown": 0}
    assert first["distance_m"]["backward"] == pytest.approx(60 * 1.8, abs=0.1)
    assert first["distance_m"]["lateral"] == 0.0
    table = run("runs", "--here").stdout.splitlines()
    assert table[0].split() == ["name", "start", "wearer", "min", "fwd", "m", "bwd", "m", "side", "m", "tags", "state"]
    assert "2027-01-15" in table[1] and "wearer 0" in table[1] and len(table) == 7
    assert max(map(len, table)) <= 80


def test_bouts_laps_notes_pods_and_wearers_are_in_the_tables(store):
    run("tag", f"{POD}/1", "note=wet grass", "shoe=red")
    listed()
    with opened(store.root / NAME) as database:
        bouts = database.execute("SELECT direction, strides, start_s FROM bouts WHERE file LIKE ?", (f"{POD}/000001%",))
        assert [row[:2] for row in bouts] == [("forward", 60), ("backward", 60), ("forward", 30)]
        assert database.execute("SELECT wearer, runs FROM wearers").fetchall() == [("wearer 0", 3), ("wearer 1", 3)]
        assert [row[0] for row in database.execute("SELECT pod FROM pods")] == [POD, POD[:-1] + "1"]
        assert database.execute("SELECT note FROM notes").fetchall() == [("wet grass",)]
        assert database.execute("SELECT shoe, runs FROM shoes").fetchall() == [("red", 1)]


@pytest.mark.parametrize(
    ("options", "count"),
    [(["--wearer", "Wearer 1"], 3), (["--wearer", "nobody"], 0), (["--since", "2027-01-16"], 4),
     (["--until", "2027-01-16"], 4), (["--since", "2027-01-16", "--until", "2027-01-16"], 2),
     (["--tag", "surface"], 1), (["--tag", "grass"], 1), (["--tag", "track"], 0), (["--tag", "grade=6"], 1),
     (["--tag", "grade=6", "--tag", "surface=road"], 0)],
)  # fmt: skip
def test_filters(options, count, store):
    assert run("tag", f"{POD}/2", "surface=grass", "grade=6 %").exit_code == 0
    assert len(listed(*options)) == count


def test_a_period_and_a_wearer_together(store):
    ran = run("runs", "--here", "--since", "2027-01-16", "--until", "2027-01-16", "--wearer", "wearer 1")
    assert len(ran.stdout.splitlines()) == 2 and "2027-01-16" in ran.stdout
    assert "no run here meets" in run("runs", "--here", "--tag", "track").stderr


def test_filters_need_here_and_a_valid_tag(store):
    assert failure(run("runs", "--wearer", "x")).exit_code == 2
    assert failure(run("runs", "--here", "--tag", "wind=3")).exit_code == 2


# -- it follows the files


def test_a_file_is_read_again_only_after_a_change(store, monkeypatch):
    names = read_files(store, monkeypatch)
    assert len(listed()) == 6 and len(names) == 6
    listed()
    assert len(names) == 6
    path = store.path(POD, 1)
    path.write_bytes(season.day_file(1, 300, bytes.fromhex(POD), "other"))
    store.path(POD, 2).unlink()
    store.path(POD, 9).write_bytes(season.day_file(9, 60, bytes.fromhex(POD), "added"))
    now = {one["run"]: one["wearer"] for one in listed() if one["pod"] == POD}
    assert now == {1: "other", 3: "wearer 0", 9: "added"}
    assert sorted(names[6:]) == ["000001.rpr", "000009.rpr"]


def test_a_tag_that_an_editor_writes_is_noticed(store):
    listed()
    tags.path_of(store.path(POD, 1)).write_text('{"surface": "road", "later": [1], "grade_percent": "steep"}')
    assert [one["tags"] for one in listed() if one["tags"]] == [{"surface": "road"}]


def test_a_later_clock_sync_dates_a_run_of_before(tmp_path, monkeypatch):
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path))
    store = Store(tmp_path)
    path = store.path(POD, 1)
    path.parent.mkdir(parents=True)
    head = season.header(boot_count=4, device_id=bytes.fromhex(POD))
    path.write_bytes(head + season.block(4, 0, b""))
    assert listed()[0]["start_epoch_s"] is None
    ClockLog(store, POD).add(
        Synced(0.1, 0.01, 1_800_000_500.0, 500.0, Sync(4, 500.0, 1_800_000_500.0, 1_800_000_500.1), None)
    )
    assert listed()[0]["start_epoch_s"] == pytest.approx(1_800_000_100, abs=1)


def test_last_and_dates_name_runs(store):
    assert store.find("last") == store.path(POD[:-1] + "1", 3)
    with pytest.raises(UsageError, match="2 runs here have the name 2027-01-15"):
        store.find("2027-01-15")
    store.path(POD, 1).unlink()
    assert store.find("2027-01-15") == store.path(POD[:-1] + "1", 1)
    time = re.findall(r"2027-01-15 \d\d:\d\d", run("runs", "--here").stdout)[0]
    assert store.find(time) == store.find(time.replace(" ", "T")) == store.find("2027-01-15")
    for name in ("2027-01-14", "2027-13-45", "2027-1-15", "first"):
        with pytest.raises(UsageError, match="no such run"):
            store.find(name)


def test_the_shortest_name_is_printed_and_every_printed_name_is_found(store):
    names = [one["name"] for one in listed()]
    assert all(len(name) == 6 for name in names), "each number exists twice, so four digits of the digest follow"
    assert [store.find(one["name"]) for one in listed()] == [Path(one["file"]) for one in listed()]
    for path in (store.root / (POD[:-1] + "1")).iterdir():
        path.unlink()
    assert [one["name"] for one in listed()] == ["1", "2", "3"]
    assert [store.name(one) for one in store.all()] == [f"{POD}/1", f"{POD}/2", f"{POD}/3"], "the full names"


def test_a_download_is_in_the_next_list(tmp_path, monkeypatch):
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "new"))
    fake = TinyPod()
    fake.runs = {5: season.day_file(5, 90, bytes.fromhex("0102030405060708"), "Ada")}
    monkeypatch.setattr(Options, "connect", lambda options: Pod(fake))
    assert run("download").exit_code == 0
    (line,) = listed()
    assert (line["name"], line["wearer"], line["state"]) == ("5", "Ada", "verified")
    assert line["strides"]["forward"] == 60


def test_a_list_without_a_store_creates_none(tmp_path, monkeypatch):
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "none"))
    for words in (("runs", "--here"), ("rebuild",), ("trash",), ("trash", "--empty", "--yes")):
        assert run(*words).exit_code == 0, words
    for words in (("tag", "last", "shoe=red"), ("trash", "last", "--yes")):
        assert failure(run(*words)).exit_code == 2
    assert "retropod download" in failure(run("show", "last")).hint
    assert "retropod runs --here" in failure(run("trash", "--restore", "last")).hint
    assert not (tmp_path / "none").exists()


def test_a_number_of_more_than_32_bits_is_not_a_run(store):
    store.path(POD, 1).rename(store.path(POD, 10**20))
    assert len(listed()) == 5


# -- an index that cannot be used


def damaged_header(path):
    path.write_bytes(b"not a database" + path.read_bytes()[14:])


def damaged_pages(path):
    content = bytearray(path.read_bytes())
    content[4096 : len(content) // 2] = os.urandom(len(content) // 2 - 4096)
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:5000])


def emptied(path):
    path.write_bytes(b"")


def without_a_table(path):
    with opened(path) as database:
        database.execute("DROP TABLE directions")


def earlier(path):
    with opened(path) as database:
        database.execute(f"PRAGMA user_version={VERSION + 1}")
        database.execute("DELETE FROM tags")
        database.execute("UPDATE runs SET wearer = 'wrong'")


def missing(path):
    path.unlink()


@pytest.mark.parametrize("harm", [damaged_header, damaged_pages, cut, emptied, without_a_table, earlier, missing])
def test_a_bad_index_is_rebuilt_silently(harm, store, monkeypatch):
    before = listed()
    harm(store.root / NAME)
    connect, connections = sqlite3.connect, []
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connections.append(connect(*a, **k)) or connections[-1])
    ran = run("runs", "--here", "--json")
    assert [json.loads(line) for line in ran.stdout.splitlines()] == before and ran.stderr == ""
    assert not list(store.root.glob(f"{NAME}-*"))
    for connection in connections:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


def test_rebuild_repairs_a_wrong_value(store):
    listed()
    with opened(store.root / NAME) as database:
        database.execute("UPDATE runs SET wearer = 'wrong'")
    assert listed()[0]["wearer"] == "wrong"
    ran = run("rebuild")
    assert ran.exit_code == 0 and "6 runs with 900 strides read in" in ran.stdout
    assert listed()[0]["wearer"] == "wearer 0"
    store.path(POD, 1).write_bytes(b"no run")
    ran = run("rebuild", "--json")
    assert faults("rebuild", ran.stdout) == []
    (line,) = map(json.loads, ran.stdout.splitlines())
    assert line["runs"] == 6 and line["strides"] == 750 and "000001.rpr" in line["problems"][0]


def test_a_folder_in_the_place_of_the_index_costs_only_time(store):
    (store.root / NAME).mkdir()
    ran = run("runs", "--here")
    assert ran.exit_code == 0 and len(ran.stdout.splitlines()) == 7
    assert ran.stderr.count("\n") == 1 and "is not used" in ran.stderr


@pytest.mark.parametrize("harm", [damaged_pages, without_a_table])
def test_a_damaged_index_that_cannot_be_replaced_costs_only_time(harm, store, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    listed()
    harm(store.root / NAME)
    monkeypatch.setattr(Index, "_replace", refuse)
    ran = run("runs", "--here")
    assert ran.exit_code == 0 and len(ran.stdout.splitlines()) == 7 and "permission denied" in ran.stderr


def test_a_full_disk_costs_only_time(store, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Index, "_connect", full)
    ran = run("runs", "--here")
    assert ran.exit_code == 0 and len(ran.stdout.splitlines()) == 7 and "no space left on device" in ran.stderr


def test_a_full_index_costs_only_time(store, monkeypatch):
    listed()
    with opened(store.root / NAME) as database:
        (pages,) = database.execute("PRAGMA page_count").fetchone()
    (store.root / NAME).unlink()
    connect = Index._connect

    def small(index):
        database = connect(index)
        database.execute(f"PRAGMA max_page_count={pages - 1}")
        return database

    monkeypatch.setattr(Index, "_connect", small)
    ran = run("runs", "--here")
    assert ran.exit_code == 0 and len(ran.stdout.splitlines()) == 7 and "full" in ran.stderr


def test_a_locked_index_costs_only_time(store, monkeypatch):
    monkeypatch.setattr("retropod.runs.index._BUSY_S", 0.05)
    listed()
    other = sqlite3.connect(store.root / NAME, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store.path(POD, 1).unlink()
    ran = run("runs", "--here")
    other.close()
    assert ran.exit_code == 0 and len(ran.stdout.splitlines()) == 6 and "locked" in ran.stderr


def test_an_index_in_memory_follows_the_files_too(store):
    index = Index(store, clocks=store)
    assert len(index.runs()) == 6
    store.path(POD, 1).unlink()
    store.path(POD, 2).write_bytes(season.day_file(2, 300, bytes.fromhex(POD), "other"))
    found = {one.stored.run: one.wearer for one in index.runs() if one.stored.pod_id == POD}
    assert found == {2: "other", 3: "wearer 0"}
    assert not (store.root / NAME).exists()


def test_a_rebuild_that_cannot_write_fails_with_the_reason(store, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("retropod.runs.index._create", full)
    ran = run("rebuild")
    assert isinstance(ran.exception, OperationFailed) and "no space left on device" in ran.exception.message


_WRITER = """
import sys
from pathlib import Path
from retropod.runs.store import Store
store = Store(Path(sys.argv[1]), lambda text: print(text))
for _ in range(3):
    store.index.rebuild()
print(len(store.index.runs()))
"""


def test_several_writers_at_once_agree(store):
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(store.root)], stdout=subprocess.PIPE, text=True)
               for _ in range(3)]  # fmt: skip
    assert [one.communicate(timeout=100)[0] for one in writers] == ["6\n"] * 3
    assert len(listed()) == 6


def test_an_index_that_another_program_empties_is_updated_again(store, monkeypatch):
    update, calls = Index._update, []

    def emptied_once(self, database):
        here = update(self, database)
        if not calls:
            database.execute("DELETE FROM runs")
        calls.append(here)
        return here

    monkeypatch.setattr(Index, "_update", emptied_once)
    assert len(store.index.runs()) == 6 and len(calls) == 2


# -- hostile texts


HOSTILE = (
    "'); DROP TABLE runs; --",
    "../../../etc/passwd",
    "=1+1",
    "\x1b[2J\x07",
    "\u202eevil",
    "<script>",
    "a\0b",
    "%s" * 9,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_and_notes_are_only_text(text, store):
    path = store.path(POD, 1)
    path.write_bytes(season.day_file(1, 60, bytes.fromhex(POD), text[:16]))
    assert run("tag", str(path), f"note={text}").exit_code == 0
    found = next(one for one in listed() if one["file"] == str(path))
    assert (found["wearer"], found["tags"]["note"]) == (text[:16], text.strip())
    assert len(listed("--wearer", text[:16])) == 1
    for ran in (run("runs", "--here"), run("tag", str(path))):
        assert ran.exit_code == 0 and not set("\x1b\x07\u202e\0") & set(ran.stdout)


def test_a_folder_whose_name_is_not_text_is_listed(store):
    if sys.platform == "darwin":
        pytest.skip("the file system accepts only text")
    folder = Path(os.fsdecode(os.fsencode(store.root) + b"/pod-\xff%2F"))
    store.path(POD, 1).parent.rename(folder)
    assert len(listed()) == 6 and len(listed()) == 6
    assert {Path(one["file"]).parent for one in listed()} == {folder, store.root / (POD[:-1] + "1")}
