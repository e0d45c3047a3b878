"""Counts of the figures of running and of the calibration."""

from bench.bench_running import _bin, _person, _rows
from retropod.score.calibration import calibration
from retropod.score.labels import Label
from retropod.score.matching import DetectedStride, match


def label(start, way="forward", gait="run"):
    return Label("a_1-1", start, start + 1.0, way, gait, "model", None, None)


def found(middle, way, confidence=0.95):
    return DetectedStride(middle - 0.1, middle + 0.1, way, confidence)


def test_recall_and_errors_are_counted_by_set_person_and_gait():
    labels = [label(0.0), label(1.0), label(2.0), label(3.0, gait="walk"), label(4.0, "backward", "walk")]
    strides = [
        found(0.5, "forward"), found(0.9, "backward"), found(1.5, "lateral"), found(3.5, "unknown"),
        found(4.5, "backward", 0.9), found(7.0, "backward"), found(9.0, "backward", 0.5),
    ]  # fmt: skip
    recall, wrong = _rows([match("a_1-1", labels, strides, [(8.5, 9.5)])])
    assert recall == {"a a_1 run": [2, 3], "a a_1 walk": [1, 1]}
    assert wrong == {"a a_1": [2, 1, 1], "a a_1 run": [1], "a a_1 walk": [0]}


def test_the_calibration_is_counted_by_confidence_and_by_person():
    persons = [[(0.996, True)] * 9 + [(0.996, False)], [(0.996, True)] * 10]
    (part,) = calibration(persons)["bins"]
    count, number, wrong, confidence, right, low, high = _bin(part)
    assert (count, number, wrong, confidence, right) == (20, 2, 1, 996, 950)
    assert low < 950 < high
    assert _person(persons[0]) == [10, 1, 996, 900]
