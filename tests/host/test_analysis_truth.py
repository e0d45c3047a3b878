"""The analysis of sessions of the gait model, compared with their plan."""

import pytest

from host.modelstrides import engine_strides
from host.modeltruth import true_bouts
from retropod.insight.analysis import analyse
from retropod.insight.context import RunContext
from shared import scenario

pytestmark = pytest.mark.usefixtures("micropython")
FULL = RunContext(gyroscope=True, mount="given", origin_s=0.0)


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
    assert running.ratios["contact_ratio"].n >= 20


def test_without_a_gyroscope_cadence_and_contact_remain():
    model = scenario("walk", 833.0, 3, strides=20, speed_mps=1.3)
    context = RunContext(gyroscope=False, mount="given", origin_s=0.0)
    found = analyse(engine_strides(model, gyroscope=False), [], context)
    (true,), (bout,) = true_bouts(model.strides), found.bouts
    assert bout.values["cadence_spm"].value == pytest.approx(true.values["cadence_spm"], abs=2.5)
    assert bout.values["contact_time_s"].value == pytest.approx(true.values["contact_time_s"], abs=0.06)
    for name in ("distance_m", "speed_mps", "length_m", "heel_share"):
        assert str(bout.values[name].reason) == "the pod has no gyroscope"
