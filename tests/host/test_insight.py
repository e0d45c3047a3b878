"""Metrics of strides, checked by hand against their definitions."""

import pytest

from host.strides import stride
from retropod.insight.summary import bouts, summarise


def test_numbers_of_one_stride():
    one = stride(direction="backward")
    assert one.cycle_s == pytest.approx(0.22 + 0.48)
    assert one.speed_mps == pytest.approx(-1.4 / 0.7)
    assert one.cadence_spm == pytest.approx(120 / 0.7)
    assert one.aerial_time_s == pytest.approx(0.35 - 0.22)
    assert one.length_m == pytest.approx(1.4)


def test_length_is_the_straight_distance_and_has_no_sign():
    assert stride(along_m=-0.3, lateral_m=0.4).length_m == pytest.approx(0.5)
    assert stride(along_m=None).length_m is None


def test_walking_has_no_aerial_time():
    assert stride(contact_time_s=0.7).aerial_time_s is None


@pytest.mark.parametrize("contact_time_s", [None, 4.0])
def test_the_first_stride_after_standing_has_no_cycle(contact_time_s):
    one = stride(contact_time_s=contact_time_s)
    assert (one.cycle_s, one.speed_mps, one.cadence_spm, one.aerial_time_s) == (None,) * 4


def test_a_stride_of_doubtful_length_is_left_out_of_speed_and_distance():
    strides = [stride(0), stride(1, along_m=9.0, flags=("tilt_open",))]
    summary = summarise(strides)
    assert strides[1].length_caveats == "levelling failed"
    assert summary.distance_m["forward"] == pytest.approx(1.4)
    assert summary.speed_mps == pytest.approx(2.0)
    assert summary.doubtful_lengths == 1


def test_shares_are_of_all_strides():
    summary = summarise([stride(0), stride(1, "backward"), stride(2, "backward"), stride(3, "unknown")])
    assert summary.share == {"forward": 0.25, "backward": 0.5, "lateral": 0.0, "unknown": 0.25}
    assert summarise([]).share["forward"] == 0.0


def test_bouts_end_with_the_direction_or_a_pause_but_not_with_a_stumble():
    ways = ["forward"] * 3 + ["unknown"] + ["forward"] * 2 + ["backward"] * 4 + ["unknown"] * 2
    strides = [stride(number, way) for number, way in enumerate(ways)]
    late = [stride(number, "backward", uptime_s=60 + number * 0.7) for number in range(20, 22)]
    found = bouts([*strides, *late])
    assert [(one.direction, one.summary.strides) for one in found] == [("forward", 6), ("backward", 4), ("backward", 2)]
    assert found[0].start_s == 0.0
    assert found[1].end_s == pytest.approx(10 * 0.7)


def test_what_is_only_unknown_is_no_bout():
    assert bouts([stride(number, "unknown") for number in range(4)]) == []
