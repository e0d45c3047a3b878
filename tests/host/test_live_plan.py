"""Plan of a live session: its text, its time and its judgement."""

import pytest

from host.strides import stride
from host.test_live import Clock
from retropod.client.stream import Restarted
from retropod.errors import UsageError
from retropod.live import plan
from retropod.live.interruptions import Missing, Reconnected
from retropod.live.plan import PlanStep
from retropod.live.planscore import PlanScore
from retropod.live.plantimer import LEAD_S, PlanTimer


def steps(text):
    return [(one.way, one.seconds, one.place) for one in plan.parse(text)]


def test_a_plan_repeats_its_groups():
    assert steps("5min forward, 2x(20s back, 40s forward), 1:30 rest") == [
        ("forward", 300.0, ""),
        ("backward", 20.0, "1 of 2"), ("forward", 40.0, "1 of 2"),
        ("backward", 20.0, "2 of 2"), ("forward", 40.0, "2 of 2"),
        ("rest", 90.0, ""),
    ]  # fmt: skip


def test_spaces_and_case_do_not_matter():
    assert steps(" 2 X ( 20 S Back , 1.5 min ANY )".lower()) == steps("2x(20s back,90s any)")
    assert steps("2x20s stand") == [("standing", 20.0, "1 of 2"), ("standing", 20.0, "2 of 2")]
    assert steps("20s Sideways") == [("lateral", 20.0, "")]


@pytest.mark.parametrize(("text", "column", "cause"), [
    ("", 1, "expected a duration"),
    ("8x", 1, "expected a duration"),
    ("20 back", 1, "`20` is not a duration with s or min"),
    ("20m back", 1, "expected a duration"),
    ("1:75 back", 1, "is not a duration"),
    ("0s back", 1, "1 s to 24 h"),
    ("9999999s back", 1, "1 s to 24 h"),
    ("20s", 4, "expected a direction"),
    ("20s back, 10s bak", 15, "unknown direction `bak`"),
    ("20s back 30s forward", 10, "expected a comma"),
    ("20s back,", 10, "expected a duration"),
    ("8x(20s back", 12, "expected a comma or `)`"),
    ("20s back)", 9, "expected a comma or the end"),
    ("2x(3x20s back)", 4, "a repetition within a repetition"),
    ("0x20s back", 1, "0 repetitions"),
    ("1000x20s back", 1, "1000 repetitions"),
    ("999x(1s back, 1s any, 1s rest)", 31, "up to 2000 steps"),
    ("²s back", 1, "expected a duration"),
])  # fmt: skip
def test_an_invalid_plan_is_refused_with_its_position(text, column, cause):
    with pytest.raises(UsageError) as refused:
        plan.parse(text)
    assert f"column {column}: " in refused.value.message and cause in refused.value.message
    assert plan.EXAMPLE in refused.value.hint and "\n" not in refused.value.message


def test_the_timer_counts_down_and_knows_the_next_step():
    clock = Clock()
    timer = PlanTimer(plan.parse("2x(20s back, 40s forward)"), clock)
    assert timer.state() is None and timer.wait_s() is None
    timer.start()
    ready = timer.state()
    assert (ready.number, ready.step, ready.whole_s, ready.following.way) == (0, None, 3, "backward")
    clock.now_s += LEAD_S + 20.0 + 30.5
    state = timer.state()
    assert (state.number, state.steps, state.step.way, state.left_s) == (2, 4, "forward", 9.5)
    assert (state.whole_s, state.following.place, state.done) == (10, "2 of 2", False)
    assert timer.wait_s() == pytest.approx(0.5)
    clock.now_s += 9.5
    assert (timer.state().number, timer.state().left_s, timer.wait_s()) == (3, 20.0, 1.0)
    clock.now_s += 59.9
    assert timer.state().following is None and timer.state().whole_s == 1
    clock.now_s += 0.2
    assert timer.state().done and timer.wait_s() is None
    timer.start()
    assert timer.state().number == 0


def followed(text):
    clock = Clock()
    timer = PlanTimer(plan.parse(text), clock)
    score = PlanScore(timer)
    timer.start()
    clock.now_s += LEAD_S
    return clock, timer, score


def go(clock, score, direction, seconds):
    """Strides of 1 s in a direction."""
    for _ in range(seconds):
        clock.now_s += 1.0
        one = stride(0, direction, period_s=1.0, contact_time_s=None)
        score.take(None, one, clock.now_s, None)


def test_each_step_is_judged_by_its_time_in_the_demanded_direction():
    clock, _, score = followed("20s back, 10s stand, 10s any, 10s rest")
    go(clock, score, "forward", 2)
    go(clock, score, "backward", 18)
    clock.now_s += 6.0
    go(clock, score, "forward", 4)
    go(clock, score, "unknown", 5)
    clock.now_s += 15.0
    shares = [(one.share, one.strides, one.in_way) for one in score.results()]
    assert shares == [(0.9, 20, 18), (0.6, 4, 0), (0.5, 5, 5), (None, 0, 0)]


def test_a_stride_over_the_boundary_counts_in_both_steps():
    clock, _, score = followed("20s back, 20s forward")
    clock.now_s += 20.25
    score.take(None, stride(0, "backward", period_s=1.0, contact_time_s=None), clock.now_s, None)
    clock.now_s += 19.75
    first, second = score.results()
    assert (first.in_way_s, first.in_way, second.moved_s, second.strides) == (0.75, 1, 0.25, 0)


def test_a_step_that_has_not_ended_is_judged_so_far_and_a_later_one_not_at_all():
    clock, _, score = followed("20s back, 40s forward")
    go(clock, score, "backward", 5)
    (only,) = score.results()
    assert (only.elapsed_s, only.share) == (5.0, 1.0)


def test_time_without_a_stream_is_not_judged():
    clock, _, score = followed("20s back, 20s back, 20s back")
    go(clock, score, "backward", 10)
    clock.now_s += 30.0
    score.take(Reconnected(28.0), None, clock.now_s, None)
    score.take(Missing(26), None, clock.now_s, None)
    clock.now_s += 20.0
    score.take(Restarted(3.0), None, clock.now_s, 20.0)
    first, second, third = score.results()
    assert (first.unknown_s, first.share) == (8.0, pytest.approx(10 / 12))
    assert (second.unknown_s, second.share) == (20.0, None)
    assert (third.missing, third.unknown_s, third.share) == (26, 20.0, None)
    assert second.as_json()["followed_share"] is None


def test_a_pulled_cable_that_restarts_the_pod_is_one_silence():
    clock, _, score = followed("60s back")
    go(clock, score, "backward", 10)
    clock.now_s += 20.0
    score.take(Reconnected(19.5), None, clock.now_s, None)
    clock.now_s += 0.5
    score.take(Restarted(3.0), None, clock.now_s, 20.5)
    clock.now_s += 10.0
    score.take(Reconnected(5.0), None, clock.now_s, None)
    (only,) = score.results()
    assert only.unknown_s == 25.5


def test_a_start_in_another_thread_is_never_seen_in_half():
    during = [lambda: timer.state() and timer.state().whole_s]

    def now_s():
        if during:
            during.pop()()  # as another thread, in the middle of `start`
        return 1000.0

    timer = PlanTimer(plan.parse("20s back"), now_s)
    timer.start()
    assert timer.state().whole_s == 3


@pytest.mark.parametrize("text", ["9" * 5000 + "x20s back", "9" * 5000 + ":30 back", "9" * 5000 + "s back"])
def test_a_long_number_is_refused_as_any_other(text):
    with pytest.raises(UsageError):
        plan.parse(text)


def test_a_new_start_is_judged_from_the_beginning():
    clock, timer, score = followed("20s back")
    go(clock, score, "backward", 5)
    timer.start()
    assert score.results() == []
    clock.now_s += LEAD_S
    go(clock, score, "forward", 5)
    assert score.results()[0].share == 0.0


def test_words_of_a_step():
    assert PlanStep("backward", 20.0).text == "20 s backward"
    assert PlanStep("lateral", 90.0).text == "90 s sideways"
    assert PlanStep("standing", 300.0).text == "5:00 min stand"
