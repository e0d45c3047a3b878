"""Bouts, laps, repetitions and personal bests of strides made up here."""

import pytest

from host.strides import stride
from retropod.insight.bests import bests
from retropod.insight.context import RunContext
from retropod.insight.events import Lap
from retropod.insight.groups import bouts, laps
from retropod.insight.intervals import intervals
from retropod.insight.value import Reason

CONTEXT = RunContext(gyroscope=True, origin_s=0.0)


def walked(*parts, **changes):
    """Strides of (direction, number) in sequence, one every 0.7 s. A direction `rest` is a pause of that many s."""
    strides, now_s = [], 0.0
    for direction, number in parts:
        for _ in range(number if direction != "rest" else 0):
            strides.append(stride(len(strides), direction, uptime_s=now_s, **changes))
            now_s += 0.7
        now_s += number if direction == "rest" else 0.0
    return strides


def ways(found):
    return [(one.direction, len(one.strides)) for one in found]


def test_bouts_end_with_the_direction_or_a_pause():
    strides = walked(("forward", 5), ("backward", 4), ("rest", 60), ("backward", 3))
    found = bouts(strides, CONTEXT)
    assert ways(found) == [("forward", 5), ("backward", 4), ("backward", 3)]
    assert [round(one.start_s, 1) for one in found] == [0.0, 3.5, 66.3]
    assert found[1].end_s == pytest.approx(9 * 0.7)


@pytest.mark.parametrize("other", ["unknown", "lateral", "backward"])
def test_two_strides_of_a_turn_do_not_end_a_bout_but_three_do(other):
    (bout,) = bouts(walked(("forward", 5), (other, 2), ("forward", 4)), CONTEXT)
    assert len(bout.strides) == 9 and bout.values["strides"].value == 9
    assert bout.end_s == pytest.approx(11 * 0.7)
    found = bouts(walked(("forward", 5), (other, 3), ("forward", 4)), CONTEXT)
    assert ways(found) == [("forward", 5), *([] if other == "unknown" else [(other, 3)]), ("forward", 4)]


def test_a_stumble_before_a_change_of_direction_belongs_to_no_bout():
    found = bouts(walked(("forward", 5), ("lateral", 2), ("backward", 6), ("unknown", 2)), CONTEXT)
    assert ways(found) == [("forward", 5), ("backward", 6)]


def test_undecided_or_few_strides_are_not_a_bout():
    assert bouts(walked(("unknown", 9)), CONTEXT) == ()
    assert bouts(walked(("backward", 2)), CONTEXT) == ()


def test_a_lap_ends_at_its_mark_and_the_rest_of_the_run_is_a_lap_too():
    strides = walked(("forward", 10), ("backward", 10))
    first, second = laps(strides, [Lap(4, 8.5), Lap(5, None)], CONTEXT)
    assert (first.number, first.start_s, first.end_s, ways(first.groups)) == (
        4, 0.0, 8.5, [("forward", 10), ("backward", 2)],
    )  # fmt: skip
    assert (second.number, second.end_s, ways(second.groups)) == (5, None, [("backward", 8)])
    assert laps(strides, [], CONTEXT) == ()


def hill(durations, speeds, contacts_s=None):
    """Backward repetitions of these numbers of strides and of speeds in m/s, each with a jog down and a rest.

    `contacts_s`: contact time of each repetition, 0.22 s without it.
    """
    strides, now_s = walked(("forward", 8)), 30.0
    contacts_s = contacts_s or [0.22] * len(speeds)
    for number, speed, contact_s in zip(durations, speeds, contacts_s, strict=True):
        for direction, along in (("backward", -speed * 0.7), ("forward", 1.6)):
            for _ in range(number):
                strides.append(stride(len(strides), direction, uptime_s=now_s, along_m=along, contact_time_s=contact_s))
                now_s += 0.7
            now_s += 4.0
    return bouts(strides, CONTEXT)


def test_repetitions_are_compared():
    found = intervals(hill([12, 12, 12, 12], [2.0, 2.4, 1.9, 1.8]))
    assert [len(one.up.strides) for one in found.repetitions] == [12] * 4
    assert [one.down and len(one.down.strides) for one in found.repetitions] == [12] * 4
    assert [one.rest_s and round(one.rest_s, 3) for one in found.repetitions] == [8.0, 8.0, 8.0, None]
    speed = found.trends["speed_mps"]
    assert (speed.best, speed.best_number) == (pytest.approx(2.4), 2)
    assert speed.mean == pytest.approx(2.025) and speed.fade == pytest.approx(-0.1)


def test_a_short_backward_bout_is_not_a_repetition():
    found = intervals(hill([12, 5, 12, 12], [2.0] * 4))
    assert [one.number for one in found.repetitions] == [1, 2, 3]
    assert found.repetitions[0].rest_s == pytest.approx(8.0 + 8.0)


def test_repetitions_of_walking_and_running_have_no_trend():
    found = intervals(hill([12] * 4, [2.3, 0.9] * 2, [0.22, 0.5] * 2))
    assert len(found.repetitions) == 4
    assert found.trends == {} and found.reason is Reason.MIXED_REPETITIONS


def test_two_repetitions_are_not_intervals():
    found = intervals(hill([12, 12], [2.0, 2.0]))
    assert found.repetitions == () and found.reason is Reason.TOO_FEW_REPETITIONS


def times(strides, context=CONTEXT):
    return {one.name: one for one in bests(strides, context)}


def test_a_best_is_the_fastest_part_of_the_run():
    slow, fast = walked(("backward", 100)), walked(("backward", 60), along_m=-2.0)
    late = [stride(100 + one.number, "backward", uptime_s=one.uptime_s + 500, along_m=-2.0) for one in fast]
    found = times([*slow, *late])["100 m"]
    assert found.time_s.value == pytest.approx(50 * 0.7)  # 50 strides of 2 m
    assert found.time_s.spread == pytest.approx(0.03 * 50 * 0.7)
    assert 500 <= found.start_s < 510 and found.time_s.n == 50


def test_forward_strides_and_pauses_cost_a_best():
    ran = walked(("backward", 50), ("rest", 10), ("forward", 10), ("backward", 60))
    expected = 50 * 0.7 + 10 + 10 * 0.7 + (100 - 50 * 1.4 + 10 * 1.4) / 1.4 * 0.7
    assert times(ran)["100 m"].time_s.value == pytest.approx(expected)
    assert times(walked(("backward", 60), ("forward", 60), ("backward", 60)))["100 m"].time_s.reason is Reason.TOO_SHORT


def test_a_stride_of_unreliable_length_adds_no_distance():
    strides = walked(("backward", 72))
    odd = [
        stride(one.number, "backward", uptime_s=one.uptime_s, along_m=-9.0, flags=("gap",)) for one in strides[30:32]
    ]
    doubtful = times([*strides[:30], *odd, *strides[32:]])["100 m"]
    assert times(strides)["100 m"].time_s.value == pytest.approx(100 / 2.0)
    assert doubtful.time_s.reason is Reason.TOO_SHORT  # 70 strides of 1.4 m


def test_a_pod_without_a_gyroscope_has_no_best():
    strides = walked(("backward", 100), along_m=None)
    assert times(strides, RunContext(gyroscope=False))["100 m"].time_s.reason is Reason.NO_GYROSCOPE
