"""The two feet of a pair: they walk in step, and differ by the chosen contact time, also in the engines' strides."""

from itertools import pairwise
from statistics import mean, median

import pytest

from host.modelstrides import engine_strides

OFFSET_S = 0.02


def contact_s(strides):
    return mean(one.contact_time_s for one in strides if one.contact_time_s is not None)


@pytest.mark.parametrize("name", ["walk", "run", "backward-walk", "backward-run", "mixed", "demo"])
def test_the_feet_alternate_and_differ_by_the_offset(model, name):
    first, second = model(name), model(name, second_offset_s=OFFSET_S)
    assert [one.label for one in first.strides] == [one.label for one in second.strides]
    assert len(first.acc) == len(second.acc)
    assert contact_s(second.strides) - contact_s(first.strides) == pytest.approx(OFFSET_S, abs=0.002)
    touches = sorted([(one.contact_s, 1) for one in first.strides] + [(one.contact_s, 2) for one in second.strides])
    assert all(one[1] != other[1] for one, other in pairwise(touches))


def test_a_rest_of_the_second_foot_begins_when_it_stands(model):
    held = model("demo", second_offset_s=0.0)
    for start, end in held.still:
        assert start < end
        assert not any(one.t0_s < end and start < one.t1_s for one in held.strides)


@pytest.mark.parametrize("offset_s", [OFFSET_S, -OFFSET_S])
@pytest.mark.parametrize("gyroscope", [True, False], ids=["imu", "accel"])
@pytest.mark.parametrize("name", ["walk", "run", "backward-walk"])
def test_both_engines_find_the_pair(model, name, gyroscope, offset_s):
    first = engine_strides(model(name), gyroscope)
    second = engine_strides(model(name, second_offset_s=offset_s), gyroscope)
    assert abs(len(first) - len(second)) <= 1
    # Neither end: the first strides have no contact time, and the last foot stops.
    assert contact_s(second[2:-2]) - contact_s(first[2:-2]) == pytest.approx(offset_s, abs=0.007)
    touched = [(one.uptime_s or 0.0) + (one.contact_s or 0.0) for one in first]
    others = [(one.uptime_s or 0.0) + (one.contact_s or 0.0) for one in second]
    phases = [(one - start) / (end - start)
              for start, end in pairwise(touched) for one in others if start < one < end]  # fmt: skip
    assert median(phases) == pytest.approx(0.5, abs=0.03)
