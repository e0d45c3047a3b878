"""Search of the constants without one person."""

import re
from collections import Counter

import pytest

from bench.bench_leave_one_out import _row
from bench.leave_one_out import SEARCHED, cost, outcomes, search
from bench.tuning_imu import STEPS, constants
from retropod.score.labels import Label
from retropod.score.matching import DetectedStride, match

FACTORS = tuple(sorted(STEPS))


class FakeTrial:
    """`a` is best with a smaller X, `b` with a larger one. Y has no effect."""

    names = ("X", "Y")

    def tally(self, changes):
        factor = dict(changes).get("X", 1.0)
        return {
            person: Counter(n=1000, missed=round(1000 * (factor - best) ** 2))
            for person, best in (("a", FACTORS[0]), ("b", FACTORS[-1]))
        }


def test_the_person_who_is_left_out_has_no_effect_on_the_constants():
    trial = FakeTrial()
    assert search(trial) == {}
    assert search(trial, "a") == {"X": FACTORS[-1]}
    assert search(trial, "b") == {"X": FACTORS[0]}


def test_each_person_counts_the_same():
    tally = {"many": Counter(n=1000, wrong=10), "few": Counter(n=10, missed=5), "none": Counter(extra=3)}
    assert cost(tally) == pytest.approx((4 * 0.01 + 2 * 0.5) / 2)
    assert cost(tally, "few") == pytest.approx(0.04)


def test_a_doubtful_label_is_not_counted():
    labels = [
        Label("a_1", at, at + 1.0, way, "run", "model", None, None) for at, way in ((0.0, "forward"), (1.0, "backward"))
    ]
    strides = [DetectedStride(at, at + 0.2, "forward", 0.9) for at in (0.4, 0.7, 1.4, 5.0)]
    matched = match("a_1", labels, strides, [(4.5, 6.0)])
    assert outcomes(matched) == Counter(n=2, right=1, wrong=1, extra=5)
    assert outcomes(matched, labels[1:]) == Counter(n=1, right=1, extra=5)


def test_a_row_compares_the_outcomes_of_one_person():
    now, other = ({"a": Counter(n=10, missed=one, right=9), "b": Counter(n=7)} for one in (1, 2))
    assert _row("a", now, other) == [10, 1, 0, 0, 0, 2, 0, 0, 0]


@pytest.mark.parametrize("mode", SEARCHED)
def test_each_constant_can_be_moved(mode):
    file, names = SEARCHED[mode]
    plain = constants({}, file).splitlines()
    for name in names:
        moved = constants({name: 2.0}, file).splitlines()
        (line,) = [(was, now) for was, now in zip(plain, moved, strict=True) if was != now]
        was, now = (float(re.match(rf"{name} = (\S+)", text)[1]) for text in line)
        assert now == pytest.approx(2 * was, rel=0.01)
