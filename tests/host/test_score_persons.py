"""Table of `retropod score` by person."""

from pathlib import Path

import pytest

from retropod.score import labels
from retropod.score.figures import figures
from retropod.score.labels import Label, person_of
from retropod.score.matching import DetectedStride, match
from retropod.score.table import blocks


def label(recording, start, way="forward", person=""):
    return Label(recording, start, start + 1.0, way, "walk", "model", None, None, person)


def found(middle, way="forward"):
    return DetectedStride(middle - 0.1, middle + 0.1, way, 0.9)


@pytest.mark.parametrize(
    ("recording", "person"),
    [
        ("clinic_1-2_left", "clinic_1"),
        ("clinic_12-2_left", "clinic_12"),
        ("track_2023_08_23_run200", "track_2023_08_23"),
        ("track_2024-05-06-07-08", "track_2024"),
        ("anna_run-2", "anna"),
        ("anna_7", "anna"),
        ("back-walk", "back-walk"),
        ("walk", "walk"),
        ("_1_2", "_1_2"),
    ],
)
def test_the_name_of_a_recording_gives_the_person(recording, person):
    assert person_of(recording) == person


def test_strides_are_counted_by_person():
    result = figures([
        match("a_1-1", [label("a_1-1", 0.0), label("a_1-1", 1.0)], [found(0.5), found(1.5, "backward")], []),
        match(
            "a_1-2", [label("a_1-2", 0.0), label("a_1-2", 1.0, "turn")], [found(0.5, "unknown"), found(5.0)], [(4, 6)]
        ),
        match("a_2-1", [label("a_2-1", 0.0)], [], []),
    ])  # fmt: skip
    first, second = result["persons"]
    assert (first["set"], first["person"], first["recordings"], first["n"]) == ("a", "a_1", 2, 3)
    assert (first["recall"]["hits"], first["right"]["hits"], first["right"]["of"]) == (3, 1, 2)
    assert (first["unknown"]["hits"], first["extra"], first["still_strides"]) == (1, 0, 1)
    assert (second["person"], second["recall"]["hits"], second["recall"]["of"]) == ("a_2", 0, 1)


def test_a_person_without_labelled_directions_has_a_row():
    (row,) = figures([match("a_1", [], [found(0.5)], [(0.0, 1.0)])])["persons"]
    assert (row["person"], row["n"], row["recall"]["share"], row["right"], row["still_strides"]) == (
        "a",
        0,
        None,
        None,
        1,
    )


def test_a_column_names_the_person(tmp_path: Path):
    (tmp_path / "a_1.npz").touch()
    (tmp_path / "a_2.npz").touch()
    (tmp_path / "strides.csv").write_text(
        "recording,t0_s,t1_s,label,gait,person\na_1,0,1,forward,walk,Ada\na_2,0,1,forward,walk,\n"
    )
    read = labels.read(tmp_path).labels
    assert [one.person for one in read] == ["Ada", ""]
    result = figures([match(one.recording, [one], [], []) for one in read])
    assert [row["person"] for row in result["persons"]] == ["Ada", "a"]


def test_the_table_follows_the_rows():
    scored = {**figures([match("a_1-1", [label("a_1-1", 0.0)], [found(0.5)], [])]), "timing": []}
    headings, rows, alignment = blocks(scored)[1]
    assert headings[:2] == ["set", "person"]
    assert rows[0][:4] == ["a", "a_1", "1", "1"]
    assert rows[0][5].startswith("100.0")
    assert len(headings) == len(rows[0]) == len(alignment)
