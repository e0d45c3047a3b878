"""Metrics of strides, checked by hand against their definitions."""

import json
import math

import pytest

from host.strides import stride
from retropod.client import wire
from retropod.client.messages import StrideMessage
from retropod.insight.caveats import CAVEATS
from retropod.insight.context import RunContext
from retropod.insight.groups import bouts
from retropod.insight.metrics import measure
from retropod.insight.stride import Stride, rounded
from retropod.insight.summary import summarise
from retrowire import schema


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


def _received(late_s=0.0, missing=(), standing=(), count=9):
    """Return the strides of a walk with a cycle of 1.1 s. The contact of stride 4 is late. Times in s."""
    strides = []
    for number in set(range(count)) - set(missing):
        opened, late = 1.1 * number, late_s if number == 4 else 0.0
        body = wire.encode(
            "stride", number=number, uptime_s=int(opened), uptime_ms=opened % 1, period=0.8 + 0.1 * (number % 2),
            toe_off=0.2, contact=0.6 + late, contact_time=3.0 if number in standing else 0.7 - late_s * (number == 5),
            length=1.1,
        )  # fmt: skip
        strides.append(Stride.of(wire.decode("stride", body), strides[-1] if strides else None))
    return strides


def test_a_late_contact_does_not_change_the_stride_time():
    strides = _received(late_s=0.09)
    assert strides[4].contact_time_s + strides[4].contact_s - strides[4].toe_off_s == pytest.approx(1.19)
    assert [one.cycle_s for one in strides] == pytest.approx([1.1] * 9, abs=1e-3)
    assert [one.speed_mps for one in strides] == pytest.approx([1.0] * 9, abs=1e-3)


def test_the_stride_time_is_that_of_the_events_and_not_of_still_instants():
    """The foot is still for a part of the stance, so the times between mid-stances vary by 0.1 s here."""
    strides = _received()
    assert [one.intervals_s for one in strides[1:3]] == [pytest.approx((1.1, 1.2)), pytest.approx((1.1, 1.0))]
    assert [one.cycle_s for one in strides] == pytest.approx([1.1] * 9, abs=1e-3)


def test_intervals_need_the_previous_stride():
    after_loss = _received(late_s=0.09, missing=[3])[3]
    assert (after_loss.number, after_loss.intervals_s) == (4, ())
    assert after_loss.cycle_s == pytest.approx(1.19)
    assert _received(standing=[4])[4].cycle_s is None


@pytest.mark.parametrize("name", ["uptime_s", "toe_off", "contact", "contact_time", "period"])
def test_an_interval_with_an_unknown_end_is_left_out(name):
    first, second = (StrideMessage(**{"number": number, "uptime_s": number, "uptime_ms": 0.0, "toe_off": 0.2,
        "period": 1.0, "contact": 0.6, "contact_time": 0.6, name: None}) for number in (1, 2))  # fmt: skip
    assert len(Stride.of(second, Stride.of(first)).intervals_s) == (1 if name == "period" else 0)


# Contact time and swing, in s: a walk, a slow walk, a patient, a slow run, a walk with a late toe-off.
STANCES = [(0.66, 0.42), (1.04, 0.6), (1.9, 0.55), (0.28, 0.5), (0.78, 0.12)]
STANDING = [(6.547, 0.45), (3.0, 0.9), (2.0, 0.42), (1.6, 0.3), (2.9, 0.7), (6.5, 1.9)]


@pytest.mark.parametrize(("contact_time_s", "swing_s"), STANCES)
def test_the_stance_of_every_gait_is_a_contact_time(contact_time_s, swing_s):
    one = stride(contact_time_s=contact_time_s, toe_off_s=0.2, contact_s=0.2 + swing_s)
    assert one.contact_time_s == contact_time_s
    assert one.cycle_s == pytest.approx(contact_time_s + swing_s)


@pytest.mark.parametrize(("contact_time_s", "swing_s"), STANDING)
def test_standing_is_not_a_contact_time(contact_time_s, swing_s):
    body = wire.encode("stride", contact_time=contact_time_s, toe_off=0.2, contact=0.2 + swing_s, length=1.2)
    one = Stride.of(wire.decode("stride", body))
    assert (one.contact_time_s, one.cycle_s, one.speed_mps) == (None, None, None)
    assert one.as_json()["contact_time_s"] is None
    assert measure([one], RunContext())["contact_time_s"].value is None
    assert measure([one, stride(1)], RunContext())["contact_time_s"] == (0.22, None, 1, None)


def test_a_run_after_a_pause_has_no_cycle_although_its_swing_is_long():
    paused = stride(contact_time_s=1.87, toe_off_s=0.15, contact_s=0.63, period_s=0.66, intervals_s=(2.35, 2.36))
    slow = stride(contact_time_s=1.87, toe_off_s=0.9, contact_s=1.4, period_s=1.3, intervals_s=(2.37, 2.36))
    assert (paused.contact_time_s, paused.cycle_s) == (None, None)
    assert (slow.contact_time_s, slow.cycle_s) == (1.87, pytest.approx(2.37))


def test_impossible_values_are_unknown():
    body = wire.encode("stride", confidence=1.1, strike_confidence=60.0, pitch=3000.0, peak=650.0, length=32.0,
                       direction=17, strike=9, flags=0x9000, uptime_s=5)  # fmt: skip
    one = Stride.of(wire.decode("stride", body))
    assert (one.confidence, one.strike_confidence, one.pitch_deg, one.peak_g, one.along_m) == (None,) * 5
    assert (one.direction, one.side, one.strike) == ("unknown", None, "unknown")
    assert one.flags == ("0x9000",)
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


def test_the_distance_of_a_bout_is_that_of_its_direction():
    (bout,) = bouts([stride(0), stride(1, "unknown"), stride(2), stride(3)], RunContext())
    assert bout.distance_m == pytest.approx(4.2)


def test_a_stride_of_doubtful_length_is_left_out_of_speed_and_distance():
    strides = [stride(0), stride(1, along_m=9.0, flags=("tilt_open",))]
    summary = summarise(strides)
    assert strides[1].length_caveats == "levelling failed"
    assert summary.distance_m["forward"] == pytest.approx(1.4)
    assert measure(strides, RunContext())["speed_mps"].value == pytest.approx(2.0)
    assert summary.doubtful_lengths == 1


@pytest.mark.parametrize("flag", CAVEATS)
def test_a_flag_marks_each_field_that_it_makes_unreliable(flag):
    reason, names = CAVEATS[flag]
    usual, flagged = stride(), stride(flags=(flag, "0x8000"))
    for name in names:
        assert flagged.caveats(name) == (reason,), name
        assert usual.caveats(name) == () and hasattr(usual, name)
    for name in ("contact_time_s", "aerial_time_s", "cycle_s", "cadence_spm"):
        assert (getattr(flagged, name) is None) == (name in names)
    assert flagged.length_caveats == (reason if "speed_mps" in names else "")
    assert flagged.caveats("direction") == flagged.caveats("confidence") == ()


def test_each_flag_with_a_caveat_is_a_flag_of_the_wire():
    assert CAVEATS.keys() <= {one.partition("=")[0] for one in schema.FLAGS["stride"].split()}


@pytest.mark.parametrize(("contact_time_s", "known"), [(0.10, False), (0.12, True), (0.62, True), (0.64, False)])
def test_a_contact_time_that_is_an_impossible_share_of_the_stride_is_unknown(contact_time_s, known):
    one = stride(contact_time_s=contact_time_s, intervals_s=(0.7, 0.7))
    assert one.cycle_s == pytest.approx(0.7)
    assert (one.contact_time_s, one.aerial_time_s is None) == (
        contact_time_s if known else None,
        contact_time_s > 0.35 or not known,
    )
    assert one.caveats("contact_time_s") == (() if known else ("impossible contact time",))
    assert measure([one], RunContext(), ["contact_time_s"])["contact_time_s"].value == one.contact_time_s
    assert stride(contact_time_s=None).caveats("contact_time_s") == ()  # after standing


def test_shares_are_of_all_strides():
    summary = summarise([stride(0), stride(1, "backward"), stride(2, "backward"), stride(3, "unknown")])
    assert summary.share == {"forward": 0.25, "backward": 0.5, "lateral": 0.0, "unknown": 0.25}
    assert summarise([]).share["forward"] == 0.0
