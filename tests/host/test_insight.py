"""Metrics of strides, checked by hand against their definitions."""

import json
import math

import pytest

from host.strides import stride
from retropod.client import wire
from retropod.client.messages import StrideMessage
from retropod.insight.stride import Stride, rounded
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


# Contact time and swing, in s: a walk, a slow walk, a patient, a slow run, a walk with a late toe-off.
STANCES = [(0.66, 0.42), (1.04, 0.6), (1.9, 0.55), (0.28, 0.5), (0.78, 0.12)]
STANDING = [(6.547, 0.45), (3.0, 0.9), (2.0, 0.42), (1.6, 0.3), (2.9, 0.7), (6.5, 1.9)]


@pytest.mark.parametrize(("contact_time_s", "swing_s"), STANCES)
def test_the_stance_of_every_gait_is_a_contact_time(contact_time_s, swing_s):
    one = stride(contact_time_s=contact_time_s, toe_off_s=0.2, contact_s=0.2 + swing_s)
    assert one.contact_time_s == contact_time_s
    assert one.cycle_s == pytest.approx(contact_time_s + swing_s)


@pytest.mark.parametrize(("contact_time_s", "swing_s"), STANDING)
def test_standing_is_no_contact_time(contact_time_s, swing_s):
    body = wire.encode("stride", contact_time=contact_time_s, toe_off=0.2, contact=0.2 + swing_s, length=1.2)
    one = Stride.of(wire.decode("stride", body))
    assert (one.contact_time_s, one.cycle_s, one.speed_mps) == (None, None, None)
    assert one.as_json()["contact_time_s"] is None
    assert summarise([one]).contact_time_s is None
    assert summarise([one, stride(1)]).contact_time_s == 0.22


def test_impossible_values_are_unknown():
    body = wire.encode("stride", confidence=1.1, strike_confidence=60.0, pitch=3000.0, peak=650.0, length=32.0,
                       direction=17, strike=9, flags=0x8200, uptime_s=5)  # fmt: skip
    one = Stride.of(wire.decode("stride", body))
    assert (one.confidence, one.strike_confidence, one.pitch_deg, one.peak_g, one.along_m) == (None,) * 5
    assert (one.direction, one.side, one.strike) == ("unknown", None, "unknown")
    assert one.flags == ("0x8200",)
    assert summarise([one]).share["unknown"] == 1.0


@pytest.mark.parametrize(
    "name", ["confidence", "length", "period", "toe_off", "contact", "contact_time", "yaw", "rise"]
)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, -1.5e10])
def test_no_value_of_a_field_reaches_json_as_nan(name, value):
    one = Stride.of(StrideMessage(**{"number": 1, "uptime_s": 3, "uptime_ms": 0.5, "length": 1.0, name: value}))
    json.dumps([one.as_json(), summarise([one]).as_json()], allow_nan=False)
    assert all(not isinstance(number, float) or abs(number) < 1e9 for number in one.as_json().values())


def test_rounding_turns_what_is_not_finite_into_null():
    assert rounded({"a": math.nan, "b": (1.23456, -math.inf), "c": {"d": math.inf}, "e": "x"}) == {
        "a": None, "b": [1.2346, None], "c": {"d": None}, "e": "x",
    }  # fmt: skip


def test_a_speed_that_no_person_reaches_is_unknown_and_its_length_unreliable():
    fast = stride(1, along_m=9.9)
    assert fast.speed_mps is None
    assert fast.length_caveats == "impossible speed"
    summary = summarise([stride(0), fast])
    assert summary.distance_m["forward"] == pytest.approx(1.4)
    assert summary.doubtful_lengths == 1


@pytest.mark.parametrize("times", [{"toe_off_s": 0.6, "contact_s": 0.1}, {"contact_time_s": 0.0, "contact_s": 0.11}])
def test_impossible_times_give_no_cycle(times):
    one = stride(**times)
    assert (one.cycle_s, one.cadence_spm, one.speed_mps) == (None, None, None)


def test_a_distance_without_a_reliable_length_is_unknown():
    """A pod without a gyroscope measures no length."""
    strides = [stride(0, along_m=None, lateral_m=None), stride(1, "backward", flags=("gap",))]
    assert summarise(strides).distance_m == {"forward": None, "backward": None, "lateral": 0.0, "unknown": 0.0}
    assert bouts(strides)[0].distance_m is None


def test_the_distance_of_a_bout_is_that_of_its_direction():
    (bout,) = bouts([stride(0), stride(1, "unknown"), stride(2)])
    assert bout.distance_m == pytest.approx(2.8)


def test_a_stride_of_doubtful_length_is_left_out_of_speed_and_distance():
    strides = [stride(0), stride(1, along_m=9.0, flags=("tilt_open",))]
    summary = summarise(strides)
    assert strides[1].length_caveats == "levelling failed"
    assert summary.distance_m["forward"] == pytest.approx(1.4)
    assert summary.speed_mps == pytest.approx(2.0)
    assert summary.doubtful_lengths == 1


def test_the_length_of_joined_strides_is_doubtful():
    assert stride(0, along_m=4.6, flags=("joined",)).length_caveats == "a stance missed"


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
