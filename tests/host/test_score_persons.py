"""Figures of `retropod score` by person, and intervals that respect persons."""

from pathlib import Path

import numpy as np
import pytest

from retropod.score import labels
from retropod.score.calibration import calibration, overconfident
from retropod.score.figures import figures
from retropod.score.intervals import clustered, wilson
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
    assert first["confidence"] == pytest.approx(0.9) and second["confidence"] is None
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
    assert rows[0][5].startswith("100.0") and rows[0][headings.index("mean confidence %")] == "90.0"
    assert len(headings) == len(rows[0]) == len(alignment)


@pytest.mark.parametrize(("hits", "of", "low", "high"), [(0, 10, 0.0, 0.3085), (5, 10, 0.1871, 0.8129)])
def test_persons_with_one_stride_each_give_the_interval_of_clopper_and_pearson(hits, of, low, high):
    assert clustered([(1, 1)] * hits + [(0, 1)] * (of - hits)) == pytest.approx((low, high), abs=1e-4)


def test_the_interval_of_a_share_respects_that_strides_of_a_person_are_alike():
    alike, mixed = [(40, 40)] * 4 + [(0, 40)], [(32, 40)] * 5
    (low, high), (least, most) = clustered(alike), clustered(mixed)
    assert low < 0.3 < least < 0.8 < most < 0.95 < high
    assert clustered([(40, 40), (0, 0)]) is None
    low, high = clustered([(200, 200)] * 3)
    assert 0.95 < low < wilson(600, 600)[0] and high == 1.0  # few persons give less than many strides


def test_the_interval_covers_the_share_of_persons_who_differ():
    chance, true, covered = np.random.default_rng(1), 0.9, 0
    for _ in range(200):
        shares = chance.beta(9.0, 1.0, 10)  # mean 0.9
        low, high = clustered([(int(chance.binomial(50, share)), 50) for share in shares])
        covered += low <= true <= high
    assert covered >= 180


def test_a_bin_is_overconfident_if_its_interval_lies_below_the_confidence():
    boasting = [[(0.992, number < share) for number in range(100)] for share in (80, 82, 78, 81)]
    one_person_wrong = [*[[(0.992, True)] * 100] * 3, [(0.992, number < 60) for number in range(100)]]
    for persons, found in ((boasting, True), (one_person_wrong, False), (boasting[:1], False)):
        (part,) = calibration(persons)["bins"]
        assert (part["from"], part["persons"]) == (0.99, len(persons))
        assert overconfident(part) is found
