"""FIT activities: an independent reader finds the truth of the run in them."""

from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import fitdecode
import pytest

import season
from retropod.cli import run
from retropod.export.fitfields import DIRECTION
from retropod.export.parts import parts
from retropod.insight.directions import DIRECTIONS
from retropod.runs import reader
from retropod.runs.store import Store
from season import NOON, Bout

BOUTS = (
    Bout("forward", 30, 168.0, 0.240, 1.70), Bout("backward", 26, 185.0, 0.210, 1.10, pause_s=5.0),
    Bout("forward", 20, 150.0, 0.300, 1.30, pause_s=5.0),
)  # fmt: skip
MARKS_S = (110.0, 136.0)  # in the first and in the second bout


def messages(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Read a file strictly: checksums, and every part of it."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    strict = {"check_crc": fitdecode.CrcCheck.RAISE, "error_handling": fitdecode.ErrorHandling.RAISE}
    with fitdecode.FitReader(str(path), **strict) as reader:
        for frame in reader:
            if isinstance(frame, fitdecode.FitDataMessage):
                found[frame.name].append({field.name: field.value for field in frame.fields})
    return found


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("RETROPOD_RUNS", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return Store()


def exported(store: Store, content: bytes) -> dict[str, list[dict[str, Any]]]:
    season.stored(store, content)
    assert run(["export", "1", "--format", "fit", "--output", "x.fit"]) == 0
    return messages(Path("x.fit"))


def test_each_bout_and_each_mark_is_a_lap(store: Store) -> None:
    found = exported(store, season.run_file(BOUTS, MARKS_S))
    laps = found["lap"]
    assert [DIRECTION.names[lap["direction"]] for lap in laps] == ["forward"] * 2 + ["backward"] * 2 + ["forward"]
    assert [lap.get("lap_trigger") == "manual" for lap in laps] == [True, False, True, False, False]
    of_lap = [BOUTS[number] for number in (0, 0, 1, 1, 2)]
    for lap, bout in zip(laps, of_lap, strict=True):
        cadence = lap["avg_running_cadence"] + lap["avg_fractional_cadence"]
        assert cadence == pytest.approx(bout.cadence_spm / 2, abs=0.05)
        assert lap["avg_stance_time"] == pytest.approx(1000 * bout.contact_s, abs=0.1)
        assert lap["avg_step_length"] == pytest.approx(500 * bout.length_m, abs=0.1)
        assert lap["avg_speed"] == pytest.approx(bout.length_m * bout.cadence_spm / 120, abs=0.01)
        assert lap["avg_stance_time_percent"] == pytest.approx(bout.contact_s * bout.cadence_spm / 1.2, abs=0.1)
        assert lap["sport"] == "running" and lap["intensity"] == "active"
    for number, bout in enumerate(BOUTS):
        parts_of = [lap for lap, one in zip(laps, of_lap, strict=True) if one is bout]
        assert sum(lap["total_strides"] for lap in parts_of) == bout.strides, number
        assert sum(lap["total_distance"] for lap in parts_of) == pytest.approx(bout.strides * bout.length_m, abs=0.01)
    assert [one["start_time"] for one in laps[1:]] == [one["timestamp"] for one in laps[:-1]]


def test_the_session_is_the_sum_of_its_laps(store: Store) -> None:
    found = exported(store, season.run_file(BOUTS, MARKS_S))
    (session,), (activity,), laps = found["session"], found["activity"], found["lap"]
    assert session["num_laps"] == len(laps) and session["first_lap_index"] == 0
    assert session["total_timer_time"] == pytest.approx(sum(lap["total_timer_time"] for lap in laps), abs=0.01)
    assert session["total_distance"] == pytest.approx(sum(bout.strides * bout.length_m for bout in BOUTS), abs=0.01)
    assert session["total_strides"] == sum(bout.strides for bout in BOUTS)
    assert session["start_time"] == datetime.fromtimestamp(NOON, UTC) == found["file_id"][0]["time_created"]
    assert activity["num_sessions"] == 1 and found["file_id"][0]["serial_number"] == 0xC4000001
    assert not {"avg_cadence", "avg_running_cadence", "avg_speed"} & set(session)
    assert [event["event_type"] for event in found["event"]] == ["start", "stop_all"]


def test_records_have_each_second_once_and_no_negative_speed(store: Store) -> None:
    records = exported(store, season.run_file(BOUTS))["record"]
    assert all(one["timestamp"] < other["timestamp"] for one, other in pairwise(records))
    distances = [one["distance"] for one in records]
    assert distances == sorted(distances)
    assert distances[-1] == pytest.approx(sum(bout.strides * bout.length_m for bout in BOUTS), abs=0.01)
    by_direction = {DIRECTION.names[one["direction"]]: one for one in records}
    assert set(by_direction) == {"forward", "backward"}
    backward = by_direction["backward"]
    assert backward["speed"] == pytest.approx(1.10 * 185 / 120, abs=0.01) == backward["enhanced_speed"]
    assert backward["cadence"] == 92 and backward["fractional_cadence"] == pytest.approx(0.5, abs=0.1)  # uptimes in ms
    assert (backward["stance_time"], backward["step_length"]) == (210.0, 550.0)
    assert (backward["confidence"], backward["strike"], backward["clipped"]) == (97, 2, 0)


def test_the_developer_fields_are_described(store: Store) -> None:
    found = exported(store, season.run_file(BOUTS))
    assert [one["field_name"] for one in found["field_description"]] == [
        "direction", "confidence", "strike", "clipped",
    ]  # fmt: skip
    assert bytes(found["developer_data_id"][0]["application_id"]) == b"retropod.footpod"
    assert set(DIRECTION.names) == set(DIRECTIONS)


def test_unknown_values_are_absent(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made = season.records(BOUTS[:1])
    made["length"] = -32768
    made["contact_time"] = 65535
    made["flags"] = 2
    monkeypatch.setattr(season, "records", lambda _: made)
    found = exported(store, season.run_file(BOUTS[:1]))
    names = {"speed", "enhanced_speed", "distance", "step_length", "stance_time", "cadence"}
    assert all(not {name for name in names & set(one) if one[name] is not None} for one in found["record"])
    assert {one["clipped"] for one in found["record"]} == {1}
    (lap,) = found["lap"]
    assert lap.get("total_distance") is None and lap.get("avg_speed") is None and lap["total_strides"] == 30


@pytest.mark.parametrize(("changes", "cause"), [
    ({"start_s": None}, "is unknown, and FIT needs it"), ({"bouts": ()}, "has no strides"),
])  # fmt: skip
def test_a_run_without_an_activity_is_refused(store: Store, changes: dict[str, Any], cause: str, capsys: Any) -> None:
    season.stored(store, season.run_file(**{"bouts": BOUTS, **changes}))
    assert run(["export", "1", "--format", "fit", "--output", "x.fit"]) == 1
    assert cause in capsys.readouterr().err
    assert not Path("x.fit").exists()


def test_a_run_without_strides_does_not_fail_an_export_since_a_day(store: Store, capsys: Any) -> None:
    season.stored(store, season.run_file(()), run=1)
    season.stored(store, season.run_file(BOUTS, run=2), run=2)
    assert run(["export", "--since", "2027-01-01", "--format", "fit"]) == 0
    assert "/1 is left out, because it has no strides" in capsys.readouterr().err
    assert len(list(Path("retropod-export").iterdir())) == 1


def test_a_mark_in_a_pause_makes_a_lap_of_rest(store: Store) -> None:
    pause_from_s = 100 + 30 * 120 / 168
    found = exported(store, season.run_file(BOUTS[:2], [pause_from_s + 2]))
    assert [lap["intensity"] for lap in found["lap"]] == ["active", "rest", "active"]
    assert found["lap"][1]["total_strides"] == 0 and found["lap"][1].get("avg_speed") is None


def test_parts_cover_the_run_without_gaps(store: Store) -> None:
    path = season.stored(store, season.run_file(BOUTS, MARKS_S))
    strides = reader.read(path).strides
    found = parts(strides, [*MARKS_S, 1.0, 1e9])
    assert all(one.end_s == other.start_s for one, other in pairwise(found))
    assert [one for part in found for one in part.strides] == strides
    assert parts([], MARKS_S) == []
