"""Cues of a live session, their bell and their lines."""

import itertools

import pytest

from host.test_live import Clock, message, shown
from host.test_live_command import Items, a_stride
from retropod.cli import live_screen
from retropod.cli.feed import Feed
from retropod.errors import UsageError
from retropod.insight.units import UNITS
from retropod.live import guidance, plan, targets, view
from retropod.live.bell import RHYTHMS, Bell
from retropod.live.cues import CueKind, Cues
from retropod.live.interruptions import Disconnected
from retropod.live.plantimer import PlanTimer
from retropod.live.targets import TargetState
from retropod.live.watch import StreamStats


class Session:
    """Strides of 1 s on a clock that the test sets, and the cues so far."""

    def __init__(self, plan_text="", *target_texts, units="si"):
        self.clock = Clock()
        self.stats = StreamStats(clock=self.clock)
        timer = PlanTimer(plan.parse(plan_text), self.clock) if plan_text else None
        self.cues = Cues(timer, [targets.parse(text, UNITS[units]) for text in target_texts])
        self.seen = []
        self.number = itertools.count()

    def stride(self, direction="forward", **values):
        self.clock.now_s += 1.0
        opened_s = round(self.clock.now_s, 3) - 1.0
        at = {"uptime_s": int(opened_s), "uptime_ms": opened_s % 1.0, "period": 1.0}
        sent = message(next(self.number), direction=direction, **at, **values)
        self.seen += self.cues.take(self.stats, sent, self.stats.take(sent))

    def wait(self, seconds):
        """Let time pass, with a call at each due time, as the feed makes it."""
        end_s = self.clock.now_s + seconds
        while self.clock.now_s < end_s - 1e-9:
            self.clock.now_s += min(self.cues.wait_s(0.25), end_s - self.clock.now_s)
            self.seen += self.cues.take(self.stats, None, None)

    @property
    def kinds(self):
        return [one.kind for one in self.seen]


def test_a_change_of_direction_is_a_cue_and_an_unknown_stride_is_not():
    session = Session()
    for way in ("forward", "forward", "unknown", "forward", "backward", "backward", "lateral_left", "forward"):
        session.stride(way)
    assert session.kinds == [CueKind.BACKWARD, CueKind.LATERAL, CueKind.FORWARD]
    assert session.seen[1].text == "direction: sideways"


def test_a_plan_counts_down_announces_each_step_and_ends():
    session = Session("2x(5s back, 2s any)")
    session.wait(5.0)
    assert session.seen == []
    session.stride()
    session.wait(3.0 + 14.0)
    kinds = "".join({"countdown": "c", "step": "S", "done": "D"}.get(one.kind, "?") for one in session.seen)
    assert kinds == "cccScccScScccScD"
    steps = [(one.text, one.way) for one in session.seen if one.kind == CueKind.STEP]
    assert steps[:2] == [("5 s backward (1 of 2)", "backward"), ("2 s any direction (1 of 2)", "any")]
    assert [one.text for one in session.seen][:4] == ["3", "2", "1", "5 s backward (1 of 2)"]


def test_steps_that_passed_unnoticed_give_no_cue():
    session = Session("3x(5s back, 5s forward)")
    session.stride()
    session.clock.now_s += 3.0 + 22.0
    session.seen = session.cues.take(session.stats, None, None)
    assert [one.text for one in session.seen] == ["5 s backward (3 of 3)"]


def test_a_target_is_reached_once_until_it_is_left_for_some_strides():
    session = Session("", "contact ..250")
    for ms in (300, 300, 300, 240, 240, 240, 240, 240):
        session.stride(contact_time=ms / 1000, contact=0.58, toe_off=0.1)
    assert session.kinds == [CueKind.TARGET]
    assert session.seen[0].text == "target reached: contact up to 250 ms"
    for ms in [300] * 12 + [240] * 8:
        session.stride(contact_time=ms / 1000, contact=0.58, toe_off=0.1)
    assert session.kinds == [CueKind.TARGET] * 2


def test_a_target_that_oscillates_gives_one_cue():
    target = targets.parse("cadence 160..", UNITS["si"])
    cues = Cues(None, [target])
    stats = StreamStats(clock=Clock())
    sent = message(1)
    one = stats.take(sent)
    seen = []
    for state in "rnnrnrnnnr":
        cues.states = lambda stats, state=state: [TargetState.REACHED if state == "r" else TargetState.BELOW]
        seen.append(len(cues.take(stats, sent, one)))
    assert seen == [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]


def test_a_stale_value_reaches_no_target():
    session = Session("", "cadence 1..")
    for _ in range(3):
        session.stride()
    assert session.kinds == [CueKind.TARGET]
    assert session.cues.states(session.stats) == [TargetState.REACHED]
    session.wait(3.5)
    assert session.cues.states(session.stats) == [TargetState.UNKNOWN]
    assert session.kinds == [CueKind.TARGET]


def test_a_target_is_below_reached_or_above_in_its_direction_only():
    session = Session("", "cadence 100..110", "cadence 130..", "cadence ..110", "back cadence 100..", "speed 1..2")
    for _ in range(4):
        session.stride(contact_time=0.52, contact=0.58, toe_off=0.1, length=1.0)
    states = session.cues.states(session.stats)
    assert states == [TargetState.ABOVE, TargetState.BELOW, TargetState.ABOVE, TargetState.UNKNOWN, TargetState.REACHED]
    text = "\n".join(guidance.lines(session.cues, session.stats))
    assert "target cadence 100 to 110 steps/min: ▲\u00a0above" in text
    assert "target backward cadence from 100 steps/min: -" in text


def test_two_strides_reach_no_target():
    session = Session("", "cadence 1..")
    session.stride()
    session.stride()
    assert session.kinds == []


@pytest.mark.parametrize(("units", "low"), [("si", 1.8), ("metric", 0.5), ("imperial", 0.80467)])
def test_a_speed_is_in_the_units_of_the_user_and_without_sign(units, low):
    target = targets.parse("back speed 1.8..", UNITS[units])
    assert target.low == pytest.approx(low, rel=1e-4)
    assert (target.metric, target.direction, target.high) == ("speed_mps", "backward", None)
    assert UNITS[units].speed in target.text


@pytest.mark.parametrize(("text", "cause"), [
    ("speed ..", "it has no limit"), ("speed 2..1", "2 is greater than 1"), ("pace 3..4", "unknown metric `pace`"),
    ("left speed 1..2", "unknown direction `left`"), ("speed 1-2", "not of the form"), ("", "not of the form"),
    ("speed -2..-1", "not of the form"), ("speed 1..2 km/h", "not of the form"),
])  # fmt: skip
def test_an_invalid_target_is_refused(text, cause):
    with pytest.raises(UsageError, match="invalid target") as refused:
        targets.parse(text, UNITS["si"])
    assert cause in refused.value.message and "m/s" in refused.value.hint


def test_each_kind_of_cue_has_a_rhythm_of_its_own_except_a_countdown():
    assert set(RHYTHMS) == set(CueKind)
    assert RHYTHMS[CueKind.COUNTDOWN] == RHYTHMS[CueKind.FORWARD]
    assert len(set(RHYTHMS.values())) == len(RHYTHMS) - 1


def test_the_bell_plays_a_rhythm_and_a_new_cue_replaces_it():
    clock, rung = Clock(), []
    bell = Bell(lambda: rung.append(round(clock.now_s - 1000.0, 2)), clock)
    assert bell.wait_s(0.25) == 0.25
    bell.play(CueKind.LATERAL)
    while len(rung) < 3:
        clock.now_s += bell.wait_s(0.4)
        bell.step()
    assert rung == [0.0, 0.25, 0.5]
    bell.play(CueKind.DONE)
    clock.now_s += 0.1
    bell.play(CueKind.FORWARD)
    clock.now_s += 5.0
    bell.step()
    assert len(rung) == 5


def test_of_cues_that_occur_together_the_most_important_one_rings():
    session = Session("5s back, 5s forward", "cadence 1..")
    rung = []
    bell = Bell(lambda: rung.append(session.clock.now_s), session.clock)
    session.stride("backward")
    session.wait(3.0)
    for _ in range(4):
        session.stride("backward")
    session.seen.clear()
    session.clock.now_s += 0.5
    session.stride("forward")
    assert session.kinds == [CueKind.STEP, CueKind.FORWARD]
    for one in session.seen:
        bell.play(one.kind)
    session.clock.now_s += 3.0
    bell.step()
    assert len(rung) == len(RHYTHMS[CueKind.STEP])


def test_the_heading_stays_visible_above_a_plan(monkeypatch, capsys):
    monkeypatch.setenv("LINES", "24")
    monkeypatch.setenv("COLUMNS", "80")
    cues = Cues(PlanTimer(plan.parse("99x(20s back, 20s forward)")), [targets.parse("cadence 1..", UNITS["si"])] * 3)
    feed = Feed(Items(*(a_stride(number, flags=()) for number in range(40))), cues=cues)
    with pytest.raises(KeyboardInterrupt):
        live_screen.show_log(feed, False)
    rows = capsys.readouterr().out.splitlines()
    headings = [at for at, row in enumerate(rows) if "direction" in row and "sure" in row]
    lines = [after - before - 1 for before, after in itertools.pairwise(headings)]
    assert len(lines) >= 3 and max(lines[1:]) + view.FOOTER_LINES + 4 <= 24


def test_the_log_shows_the_plan_and_how_it_was_followed():
    session = Session("2x(5s back, 5s forward)", "cadence 1..")
    session.stride("backward")
    assert "plan: starts in 3 s, then 5 s backward" in shown(view.footer(session.stats, 1.0, cues=session.cues))
    session.wait(3.0)
    for _ in range(5):
        session.stride("backward")
    footer = shown(view.footer(session.stats, 9.0, cues=session.cues))
    assert "plan: forward 0:05 (1 of 2), then 5 s backward" in footer
    assert "target cadence from 1 steps/min: ●\u00a0reached" in footer
    session.wait(2.5)
    rows = [row.split() for row in shown(view.ending(session.stats, plan=session.cues.score), 80).splitlines()]
    assert ["5", "s", "backward", "1", "of", "2", "0:05", "5", "5", "70%", "0"] in rows
    assert ["5", "s", "forward", "1", "of", "2", "0:02", "0", "0", "0%", "0"] in rows


class Pair:
    """Strides of 1 s of two shoes, the right one half a second later, and the cues so far."""

    def __init__(self, plan_text="", *target_texts):
        self.clock = Clock()
        self.stats = [StreamStats(clock=self.clock) for _ in range(2)]
        timer = PlanTimer(plan.parse(plan_text), self.clock) if plan_text else None
        self.cues = Cues(timer, [targets.parse(text, UNITS["si"]) for text in target_texts])
        if self.cues.score:
            self.cues.score.shoes = 2
        self.seen, self.number = [], itertools.count()

    def stride(self, shoe, direction="forward", contact_s=0.2):
        self.clock.now_s += 0.5
        whole_s, part_s = divmod(self.clock.now_s - 1.0, 1.0)
        sent = message(next(self.number), direction=direction, uptime_s=int(whole_s), uptime_ms=part_s, period=1.0,
                       contact_time=contact_s, contact=1.0, toe_off=contact_s)  # fmt: skip
        self.take(shoe, sent)

    def take(self, shoe, item):
        stats = self.stats[shoe]
        self.seen += self.cues.take(stats, item, stats.take(item), self.stats)

    def walk(self, direction, number, contacts_s=(0.2, 0.2)):
        for _ in range(number):
            for shoe in (0, 1):
                self.stride(shoe, direction, contacts_s[shoe])

    @property
    def kinds(self):
        return [one.kind for one in self.seen]


def test_a_change_of_direction_is_one_cue_when_both_feet_have_changed():
    pair = Pair()
    pair.walk("forward", 3)
    pair.stride(0, "backward")
    assert pair.kinds == []
    pair.stride(1, "backward")
    pair.walk("backward", 2)
    assert pair.kinds == [CueKind.BACKWARD]


def test_a_lost_shoe_does_not_hold_a_cue_back():
    pair = Pair()
    pair.walk("forward", 3)
    for _ in range(8):
        pair.stride(0, "backward")
    assert pair.kinds == [CueKind.BACKWARD]


def test_a_target_is_reached_when_each_foot_reaches_it():
    pair = Pair("", "contact ..250")
    pair.walk("forward", 6, (0.2, 0.3))
    assert pair.kinds == [] and pair.cues.states(*pair.stats) == [TargetState.ABOVE]
    pair.walk("forward", 12)
    assert pair.kinds == [CueKind.TARGET] and pair.cues.states(*pair.stats) == [TargetState.REACHED]
    pair.clock.now_s += 10.0
    assert pair.cues.states(*pair.stats) == [TargetState.UNKNOWN]


def test_a_plan_of_two_shoes_counts_both_and_a_lost_one_is_unknown():
    pair = Pair("10s back, 10s back")
    pair.cues.timer.start()
    pair.clock.now_s += 3.0
    pair.walk("backward", 10)
    first = pair.cues.score.results()[0]
    assert (first.strides, first.in_way, first.share) == (20, 20, pytest.approx(1.0, abs=0.06))
    pair.take(1, Disconnected())
    for _ in range(20):
        pair.stride(0, "backward")
    second = pair.cues.score.results()[1]
    assert second.unknown_s == pytest.approx(10.0) and second.as_json()["unknown_s"] == pytest.approx(5.0)
    assert second.share == pytest.approx(1.0)
