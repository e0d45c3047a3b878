"""`retropod history` on runs made up here: weeks by wearer and direction, its report, and its omissions."""

import re
from pathlib import Path

import pytest
from click.testing import Result

import season
from host.madeupruns import SYNC, contents
from host.schemas import checked
from host.test_report import HOSTILE, Elements, ran, session
from retropod.errors import UsageError
from retropod.report.page import MARK
from retropod.runs import reader
from retropod.runs.store import Store
from retrowire import codec

DAY_S = 86_400
WEEK_S = 7 * DAY_S
LEFT, RIGHT = "00000000000000aa", "00000000000000bb"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store, and the current folder next to it."""
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "store"))
    monkeypatch.setenv("RETROPOD_SETTINGS", str(tmp_path / "none.toml"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "store"


def add(store: Path, run: int, start_s: int | None = 0, wearer: str = "Ada", pod: str = LEFT,
        strides: list[bytes] | None = None, side: str | None = None) -> None:  # fmt: skip
    """Store a run that began `start_s` seconds after noon of Friday, 15 January 2027. None: at an unknown time."""
    path = store / pod / f"{run:06d}.rpr"
    path.parent.mkdir(parents=True, exist_ok=True)
    events = [] if start_s is None else [{**SYNC, "a": SYNC["a"] + start_s}]
    path.write_bytes(contents(session() if strides is None else strides, events, run=run, boot_count=run,
                              wearer=wearer.encode()[:16], device_id=bytes.fromhex(pod),
                              side=codec.value("side", side or ("right" if pod == RIGHT else "left"))))  # fmt: skip


def lines(*arguments: str) -> list[dict]:
    done = ran("history", "--json", *arguments)
    assert done.exception is None, done.exception
    return checked("history", done.stdout)


def failed(*arguments: str) -> UsageError:
    done = ran("history", *arguments)
    assert isinstance(done.exception, UsageError) and done.exception.hint and done.stdout == ""
    return done.exception


def table(done: Result) -> list[list[str]]:
    assert done.exception is None, done.exception
    return [line.split() for line in done.stdout.splitlines()]


def test_each_week_has_a_row_for_each_direction_with_backward_first(store):
    add(store, 1)
    add(store, 2, start_s=DAY_S)
    add(store, 3, start_s=2 * WEEK_S)
    done = ran("history")
    assert table(done)[:7] == [
        ["Ada"],
        ["week", "of", "direction", "sessions", "min", "m", "contacts"],
        ["2027-01-11", "backward", "2", "█" * 19, "1.1", "127", "96"],
        ["forward", "2", "░" * 20, "1.1", "134", "96"],
        ["2027-01-18", "-", "0", "-", "-", "-"],
        ["2027-01-25", "backward", "1", "█" * 9, "0.5", "63", "48"],
        ["forward", "1", "░" * 10, "0.6", "67", "48"],
    ]
    text = done.stdout
    assert "1.00 x the mean of the weeks before" in text, "half a minute after 1.1 and 0 minutes"
    assert "grass (2 to 10 x 15 to 20 m backward" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80 and "\x1b" not in text


def test_a_week_of_many_hours_fits_into_80_columns(store):
    season.fill(Store(store), 7, 5000, ["wearer 0"])
    rows = ran("history").stdout.splitlines()[1:]
    assert any("░" * 20 in row for row in rows) and max(map(len, rows)) <= 80


def test_the_plot_labels_at_most_six_weeks(store):
    add(store, 1)
    add(store, 2, start_s=10 * WEEK_S)
    assert ran("history", "--report", "weeks.html").exception is None
    labels = re.findall(r">(\d\d [A-Z][a-z][a-z])<", Path("weeks.html").read_text("utf-8"))
    assert labels == ["11 Jan", "25 Jan", "08 Feb", "22 Feb", "08 Mar", "22 Mar"]


def test_the_lines_of_json_have_the_sums_of_each_week(store):
    add(store, 1)
    add(store, 2, start_s=WEEK_S, strides=session()[:12])
    (line,) = lines()
    first, last = line["weeks"]
    assert (line["wearer"], line["undated_runs"], first["monday"]) == ("Ada", 0, "2027-01-11")
    assert first["backward"] == {"sessions": 1, "time_s": pytest.approx(48 * 0.66), "contacts": 48,
                                 "distance_m": pytest.approx(48 * 1.32, rel=1e-3)}  # fmt: skip
    assert first["forward"]["time_s"] == pytest.approx(48 * 0.7)
    assert last["backward"]["contacts"] == 12 and last["forward"]["sessions"] == 0 and last["sessions"] == 1
    assert isinstance(last["forward"]["time_s"], float) and isinstance(last["lateral"]["distance_m"], float)
    assert line["ramp"]["value"] == pytest.approx(0.25) and line["step"]["name"] == "grass"


def test_a_last_week_without_backward_strides_has_a_ramp_rate_of_zero(store):
    add(store, 1)
    add(store, 2, start_s=WEEK_S, strides=session()[12:24])
    assert "0.00 x the mean" in ran("history").stdout and lines()[0]["ramp"]["value"] == 0


def test_one_run_has_a_week_and_no_ramp_rate(store):
    add(store, 1)
    assert "- (no week with backward strides before the last one)" in " ".join(ran("history").stdout.split())


def test_only_the_last_weeks_are_shown_and_all_count(store):
    for run in range(4):
        add(store, run, start_s=run // 2 * WEEK_S + run % 2 * DAY_S)
    assert "2027-01-11" not in ran("history", "--weeks", "1").stdout
    (line,) = lines("--weeks", "1")
    assert [week["monday"] for week in line["weeks"]] == ["2027-01-18"]
    assert line["step"]["name"] == "track with lines" and line["ramp"]["value"] == 1.0


def test_wearers_are_never_mixed(store):
    add(store, 1, wearer="Ada")
    add(store, 2, wearer="Bob", start_s=10)
    add(store, 3, wearer="", start_s=20)
    add(store, 4, wearer="Bob", start_s=DAY_S)
    assert [(line["wearer"], line["weeks"][0]["backward"]["contacts"]) for line in lines()] == [
        (None, 48), ("Ada", 48), ("Bob", 96),
    ]  # fmt: skip
    names = [line[0] for line in ran("history").stdout.split("\n\n")]
    assert len(names) == 3 and "wearer unknown" in ran("history").stdout
    assert "Ada" not in ran("history", "--wearer", "bob").stdout
    assert [line["wearer"] for line in lines("--wearer", "bob")] == ["Bob"]
    assert "no run here is of wearer Eve" in failed("--wearer", "Eve").message


def test_a_name_in_upper_or_lower_case_is_one_wearer(store):
    add(store, 1, wearer="Ada")
    add(store, 2, wearer="ada", pod=RIGHT, start_s=5)
    add(store, 3, wearer="ADA", start_s=DAY_S)
    (line,) = lines()
    assert (line["wearer"], line["weeks"][0]["backward"]["contacts"]) == ("Ada", 96)


def test_both_feet_at_the_same_time_count_once(store):
    add(store, 1, pod=LEFT)
    add(store, 1, pod=RIGHT, start_s=5)
    add(store, 2, pod=RIGHT, start_s=DAY_S)
    add(store, 3, pod=RIGHT, start_s=DAY_S + 5)
    (line,) = lines()
    assert line["weeks"][0]["backward"]["contacts"] == 3 * 48, "runs of one pod never overlap"


def test_overlapping_runs_that_are_not_of_the_other_foot_count(store):
    add(store, 1, pod=LEFT, wearer="")
    add(store, 1, pod=RIGHT, wearer="", start_s=5)
    add(store, 2, pod=LEFT)
    add(store, 2, pod=RIGHT, start_s=5, side="left")
    assert [line["weeks"][0]["backward"]["contacts"] for line in lines()] == [2 * 48, 2 * 48]


def test_a_run_of_the_other_foot_is_found_behind_another_run(store):
    add(store, 1, pod=LEFT)
    add(store, 1, pod="00000000000000cc", start_s=3, side="left")
    add(store, 1, pod=RIGHT, start_s=5)
    (line,) = lines()
    assert line["weeks"][0]["backward"]["contacts"] == 2 * 48


def copy(store: Path, run: int, of: Path, name: str) -> Path:
    path = of.with_name(f"{run:06d}-{name}.rpr")
    path.write_bytes(of.read_bytes())
    return path


def test_a_run_that_the_store_holds_twice_counts_once(store):
    add(store, 1, strides=session()[:12])
    short = copy(store, 1, store / LEFT / "000001.rpr", "0a0b0c0d")
    add(store, 1)
    add(store, 2, start_s=DAY_S)
    (line,) = lines()
    assert (line["weeks"][0]["backward"]["contacts"], line["weeks"][0]["sessions"]) == (2 * 48, 2)
    assert "1 copy of other runs here left out" in ran("history").stderr
    done = ran("report", "--since", "2027-01-01", "--output", "since.html")
    assert "since.html: 2 runs" in done.stdout and "1 copy of other runs" in done.stderr
    short.unlink()
    assert "left out" not in ran("history").stderr


def test_an_erased_pod_uses_a_number_for_another_run(store):
    add(store, 1, start_s=DAY_S)
    copy(store, 1, store / LEFT / "000001.rpr", "0a0b0c0d")
    path = store / LEFT / "000001.rpr"
    path.write_bytes(contents(session(), [SYNC], run=1, boot_count=7, wearer=b"Ada", device_id=bytes.fromhex(LEFT)))
    assert lines()[0]["weeks"][0]["sessions"] == 2


def test_a_recording_counts_for_the_wearer_and_the_start_that_were_stated_last(store):
    pod = "ff000000000000aa"
    add(store, 1, start_s=None, wearer="", pod=pod)
    copy(store, 1, store / pod / "000001.rpr", "0a0b0c0d")
    add(store, 1, wearer="Ada", pod=pod)
    (line,) = lines()
    assert (line["wearer"], line["undated_runs"], line["weeks"][0]["sessions"]) == ("Ada", 0, 1)


def test_runs_without_a_date_are_counted_and_left_out(store):
    add(store, 1)
    add(store, 2, start_s=None)
    add(store, 3, start_s=None, wearer="Bob")
    assert [(line["wearer"], line["undated_runs"], len(line["weeks"])) for line in lines()] == [
        ("Ada", 1, 1), ("Bob", 1, 0),
    ]  # fmt: skip
    done = ran("history")
    assert "Ada: 1 run without a date left out" in done.stderr and "Bob" not in done.stdout
    assert "no run has a known date" in failed("--wearer", "Bob").message
    assert "time sync" in failed("--wearer", "Bob").hint


def test_imports_without_a_date_are_imported_again(store):
    add(store, 1, start_s=None, pod="ff000000000000aa")
    assert "--start" in failed().hint and "time sync" not in failed().hint


@pytest.mark.usefixtures("store")
def test_an_empty_store_has_no_history():
    assert "holds no readable runs" in failed().message
    assert "holds no readable runs" in failed("--report", "weeks.html").message and not Path("weeks.html").exists()


def test_an_unreadable_run_is_reported_and_left_out(store):
    add(store, 1)
    (store / LEFT / "000002.rpr").write_bytes(b"no run")
    done = ran("history")
    assert "1 unreadable run left out" in done.stderr and "48" in done.stdout


@pytest.mark.parametrize("name", HOSTILE)
def test_a_wearer_is_text_and_nothing_else(store, name):
    add(store, 1, wearer=name)
    assert not {"\x1b", "\u202e"} & set(ran("history").stdout)
    assert ran("history", "--report", "weeks.html").exception is None
    text = Path("weeks.html").read_text("utf-8")
    assert {tag for tag, _ in Elements(text).tags}.isdisjoint({"script", "img", "b"})
    assert not {"\x1b", "\u202e"} & set(text) and "Weeks of" in Elements(text).text


def test_the_report_has_the_weeks_of_each_wearer(store):
    add(store, 1)
    add(store, 2, wearer="Bob")
    (line,) = lines("--report", "weeks.html", "--units", "metric")
    text = Path("weeks.html").read_text("utf-8")
    assert line == {"file": "weeks.html", "size_bytes": len(text.encode()), "runs": 2} and text.startswith(MARK)
    assert re.findall(r"<h2>Weeks of <bdi>(.*?)</bdi>", text) == ["Ada", "Bob"]
    assert text.count('aria-label="Minutes of movement per week') == 2
    found = Elements(text).text
    assert "min km contacts 2027-01-11 backward 1 0.5 0.063 48 forward 1 0.6 0.067 48" in found
    assert "Directions over time" not in found and "Method and evidence" not in found
    Path("notes.html").write_text("my notes", "utf-8")
    assert "is not a report" in failed("--report", "notes.html").message
    assert Path("notes.html").read_text("utf-8") == "my notes"


def test_weeks_without_a_known_direction_have_no_plot(store):
    add(store, 1, strides=[])
    assert ran("history", "--report", "weeks.html").exception is None
    text = Path("weeks.html").read_text("utf-8")
    assert "Weeks of" in text and "<svg" not in text


def test_distances_are_in_the_units_of_the_reader(store):
    add(store, 1)
    assert ["2027-01-11", "backward", "1", "█" * 19, "0.5", "0.063", "48"] in table(ran("history", "--units=metric"))


def test_the_steps_of_the_user_are_used(store):
    add(store, 1)
    (store / "progression.toml").write_text(
        "[[step]]\nname = 'beach'\nadvice = 'in the sand'\nsessions = 1\nweeks = 9\n", "utf-8"
    )
    assert lines()[0]["step"] == {"name": "beach", "advice": "in the sand"}


def test_a_current_index_is_enough(store, monkeypatch):
    add(store, 1)
    expected = lines()
    monkeypatch.setattr(reader, "read", lambda *arguments, **options: pytest.fail("a run file was read"))
    assert lines() == expected


def test_a_report_since_a_date_reads_the_runs_since_then_and_keeps_wearers_apart(store, monkeypatch):
    add(store, 1)
    add(store, 2, start_s=WEEK_S)
    add(store, 3, start_s=WEEK_S, wearer="Bob")
    lines()
    names: list[str] = []
    read = reader.read
    monkeypatch.setattr(reader, "read", lambda path, **options: (names.append(path.name), read(path, **options))[1])
    assert ran("report", "--since", "2027-01-17", "--output", "since.html").exception is None
    assert sorted(set(names)) == ["000002.rpr", "000003.rpr"]
    assert re.findall(r"<h2>Weeks of <bdi>(.*?)</bdi>", Path("since.html").read_text("utf-8")) == ["Ada", "Bob"]
