"""Known truth through the whole chain: each output states the bouts, laps and repetitions of the gait model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chain import OUTPUTS, SESSIONS, Session

pytestmark = pytest.mark.usefixtures("micropython")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with an empty store and without a settings file."""
    made = tmp_path_factory.mktemp("chain")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RETROPOD_RUNS", str(made / "store"))
        environment.setenv("RETROPOD_SETTINGS", str(made / "none.toml"))
        yield made


@pytest.fixture(scope="module")
def hill(folder: Path) -> Session:
    return Session("hill-intervals", folder)


@pytest.mark.parametrize("name", SESSIONS)
def test_every_output_states_the_truth_of_each_bout(name: str, folder: Path) -> None:
    entries = list(Session(name, folder).entries())
    assert {output for one in entries for output in one.found} == set(OUTPUTS)
    assert [(one, one.outside()) for one in entries if one.outside()] == []


def test_laps_have_their_true_strides_and_distances(hill: Session) -> None:
    truth = hill.laps()
    assert len(hill.marks_s) == 3 and len(truth) == 7
    rows = sorted(hill.rows("laps"), key=lambda row: (int(row["number"]), row["direction"] == "backward"))
    parts = [(part["number"], group) for part in hill.lines("part") for group in part["directions"]]
    for found in (
        [(int(row["number"]), row["direction"], int(row["strides"]), float(row["distance_m"])) for row in rows],
        [(number, group["direction"], group["strides"]["value"], group["distance_m"]["value"])
         for number, group in parts],
    ):  # fmt: skip
        assert [one[:3] for one in found] == [(one["number"], one["direction"], one["strides"]) for one in truth]
        assert [one[3] for one in found] == pytest.approx([one["distance_m"] for one in truth], rel=0.02)
    assert [one["uptime_s"] for one in hill.lines("lap")] == pytest.approx(hill.marks_s, abs=0.002)


def test_an_activity_has_a_lap_for_each_bout_and_each_mark(hill: Session) -> None:
    laps = hill.fit_laps()
    assert sum(lap.get("lap_trigger") == "manual" for lap in laps) == len(hill.marks_s)
    strides = [lap["total_strides"] for lap in laps if lap["intensity"] == "active"]
    assert strides == [one.strides for one in hill.truth]
    assert sum(lap["total_distance"] for lap in laps if lap["intensity"] == "active") == pytest.approx(
        sum(one.distance_m for one in hill.truth), rel=0.02
    )


def test_intervals_have_their_true_times_speeds_and_rests(hill: Session) -> None:
    up = [one for one in hill.truth if one.direction == "backward"]
    shown = hill.lines("repetition")
    assert [one["up"]["start_s"] for one in shown] == pytest.approx([one.start_s for one in up], abs=0.25)
    assert [one["rest_s"] for one in shown[:-1]] == pytest.approx([12.0, 12.0], abs=0.5)
    titles, *rows = hill.report("Intervals")
    assert [int(row[0]) for row in rows] == [1, 2, 3]
    at = titles.index("speed, m/s")
    assert [float(row[at]) for row in rows] == pytest.approx([abs(one.values["speed_mps"]) for one in up], abs=0.085)
    assert [row[-1] for row in rows[-1:]] == ["-"]
    assert [float(row[-1].removeprefix("0:")) for row in rows[:-1]] == pytest.approx([12.0, 12.0], abs=0.55)


def test_a_wrong_value_is_outside_its_tolerance(hill: Session) -> None:
    one = next(one for one in hill.entries() if one.metric == "speed_mps")
    assert one._replace(found={**one.found, "csv": one.truth + 0.06}).outside() == ["csv"]
    assert one._replace(found={"fit": float("nan")}).outside() == ["fit"]
