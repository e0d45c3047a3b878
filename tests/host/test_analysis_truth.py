"""The analysis of sessions of the gait model, compared with their plan."""

from dataclasses import dataclass
from itertools import groupby
from statistics import median

import pytest

from host.modelstrides import engine_strides
from retropod.insight.analysis import analyse
from retropod.insight.context import RunContext
from retropod.virtual.gaitmodel import TrueStride
from shared import scenario

pytestmark = pytest.mark.usefixtures("micropython")
FULL = RunContext(gyroscope=True, mount="given", origin_s=0.0)


@dataclass(frozen=True)
class TrueBout:
    """Truth of one bout. The medians leave out the first and the last stride, which start and stop it."""

    direction: str
    strides: int
    start_s: float
    end_s: float
    distance_m: float
    values: dict[str, float]


def true_bouts(strides: list[TrueStride]) -> list[TrueBout]:
    return [_bout(direction, list(part)) for direction, part in groupby(strides, lambda one: one.label)]


def _bout(direction: str, part: list[TrueStride]) -> TrueBout:
    steady = part[1:-1]
    cycles = [one.contact_time_s + one.contact_s - one.toe_off_s for one in steady]
    values = {
        "cadence_spm": median(120 / cycle for cycle in cycles),
        "contact_time_s": median(one.contact_time_s for one in steady),
        "speed_mps": median(one.length_m / cycle for one, cycle in zip(steady, cycles, strict=True)),
        "length_m": median(abs(one.length_m) for one in steady),
    }
    distance = sum((one.length_m**2 + one.lateral_m**2) ** 0.5 for one in part)
    return TrueBout(direction, len(part), part[0].t0_s, part[-1].t1_s, distance, values)


@pytest.fixture(scope="module")
def hill():
    model = scenario("hill-intervals", 833.0, 3, repeats=3, strides=20)
    return model, analyse(engine_strides(model), [], FULL)


# Largest error of a bout. Contact and start of backward running: see the event timing in docs/science.md.
TOLERANCE = {
    "forward": {"cadence_spm": 2.5, "contact_time_s": 0.015, "speed_mps": 0.05, "length_m": 0.04},
    "backward": {"cadence_spm": 2.5, "contact_time_s": 0.070, "speed_mps": 0.08, "length_m": 0.02},
}
EDGE_S, DISTANCE = 0.25, 0.02  # start and end of a bout, in s; its distance, relative


def test_the_bouts_of_a_session_have_their_true_values(hill):
    model, found = hill
    truth = true_bouts(model.strides)
    assert [(one.direction, len(one.strides)) for one in found.bouts] == [(one.direction, one.strides) for one in truth]
    for bout, true in zip(found.bouts, truth, strict=True):
        assert (bout.start_s, bout.end_s) == pytest.approx((true.start_s, true.end_s), abs=EDGE_S)
        assert bout.distance_m == pytest.approx(true.distance_m, rel=DISTANCE)
        for name, tolerance in TOLERANCE[true.direction].items():
            assert bout.values[name].value == pytest.approx(true.values[name], abs=tolerance), (name, bout.start_s)


def test_the_repetitions_of_a_session_are_found_with_their_rests(hill):
    model, found = hill
    up, down = (
        [one for one in true_bouts(model.strides)[1:] if one.direction == way] for way in ("backward", "forward")
    )
    assert [one.up.start_s for one in found.intervals.repetitions] == pytest.approx(
        [one.start_s for one in up], abs=0.3
    )
    assert [one.down.start_s for one in found.intervals.repetitions] == pytest.approx(
        [one.start_s for one in down], abs=0.3
    )
    assert [one.rest_s for one in found.intervals.repetitions[:-1]] == pytest.approx([12.0] * 2, abs=0.5)
    speeds = [abs(one.values["speed_mps"]) for one in up]
    assert found.intervals.trends["speed_mps"].mean == pytest.approx(sum(speeds) / len(speeds), abs=0.08)


def test_the_directions_differ_as_in_the_model(hill):
    """The model lands backward on the forefoot and forward on the heel, with shorter contacts backward."""
    _, found = hill
    forward, backward = found.direction("forward"), found.direction("backward")
    assert forward.values["heel_share"].value > 0.9 and backward.values["heel_share"].value < 0.1
    running = found.comparisons[0]
    assert running.gait == "running" and running.ratios["contact_ratio"].value < 0.9
    assert running.ratios["contact_ratio"].n >= 30


def test_without_a_gyroscope_cadence_and_contact_remain():
    model = scenario("walk", 833.0, 3, strides=20, speed_mps=1.3)
    context = RunContext(gyroscope=False, mount="given", origin_s=0.0)
    found = analyse(engine_strides(model, gyroscope=False), [], context)
    (true,), (bout,) = true_bouts(model.strides), found.bouts
    assert bout.values["cadence_spm"].value == pytest.approx(true.values["cadence_spm"], abs=2.5)
    assert bout.values["contact_time_s"].value == pytest.approx(true.values["contact_time_s"], abs=0.06)
    for name in ("distance_m", "speed_mps", "length_m", "heel_share"):
        assert str(bout.values[name].reason) == "the pod has no gyroscope"
