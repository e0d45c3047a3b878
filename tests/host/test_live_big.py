"""The big view, rendered without a terminal."""

from random import Random

import pytest

from host.strides import stride
from host.test_live import Clock, message, shown
from host.test_live_cues import Session
from retropod.client.messages import StatusMessage
from retropod.client.stream import Gap, Restarted
from retropod.insight.context import RunContext
from retropod.insight.groups import bouts
from retropod.insight.units import UNITS
from retropod.live import big, bigfont, signs, view
from retropod.live.boutcount import BoutCount
from retropod.live.interruptions import Disconnected, Missing, Reconnected, in_words
from retropod.live.watch import StreamStats

SIZES = [(40, 12), (80, 24), (200, 50)]
WAYS = ("forward", "backward", "lateral", "unknown", "standing", "away")


def text_of(state, width=80, height=24, units="si"):
    return "\n".join(line.plain for line in big.rendered(state, width, height, UNITS[units]))


def walked(direction, clock, **values):
    """Statistics and bouts after six strides in a direction."""
    stats, counted = StreamStats(clock=clock), BoutCount()
    for number in range(6):
        counted.add(stats.take(message(number, direction=direction, period=1.0, **values)))
    return stats, counted


def state(stats, counted, status=None, link="", notice="", away=False):
    return big.state_of(stats, counted, status, link, notice, muted=False, away=away)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("width", "height"), [*SIZES, (20, 6), (1, 1)])
def test_every_size_is_filled_exactly(width, height, way):
    full = big.BigState(way, speed_mps=-2.0, standing_s=12.0, link="2 strides missing, 1 restart of the pod", bouts=3)
    rows = big.rendered(full, width, height, UNITS["metric"])
    assert [len(row.plain) for row in rows] == [width] * height
    assert len({str(row.style) for row in rows}) == 1


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_word_takes_a_third_of_the_screen_and_every_line_is_there(width, height):
    status = StatusMessage(battery_percent=84, run=7)
    full = big.BigState(
        "backward", speed_mps=-2.4, cadence_spm=171.0, contact_time_s=0.22, bout_strides=12, bout_s=8.4, bouts=3,
        status=status, link="2 strides missing", notice="lap in run 7",
    )  # fmt: skip
    rows = [row.plain for row in big.rendered(full, width, height, UNITS["si"])]
    cells = signs.cells("backward")[0] + " " + bigfont.letters("BACKWARD")[0]
    across = width // (signs.WIDTH + 1 + bigfont.width("BACKWARD"))
    first = bigfont.scaled([cells], across, 1)[0]
    assert rows[0].strip() == first.strip()
    assert sum("█" * across in row for row in rows[: height // 2]) >= height / 3
    text = "\n".join(rows)
    for part in ("m/s", "171 steps/min", "contact 220 ms", "bout 3: 12 strides, 0:08", "battery 84 %",
                 "recording run 7", "2 strides missing", "lap in run 7", "q quit"):  # fmt: skip
        assert part in text


def test_texts_share_lines_if_the_speed_then_is_larger():
    full = big.BigState("backward", speed_mps=-2.4, cadence_spm=171.0, contact_time_s=0.22, bout_strides=12, bout_s=8.4)
    rows = text_of(full).splitlines()
    assert "█" * 12 in rows[12] and "171 steps/min   contact 220 ms   bout 0: 12 strides, 0:08" in rows[-2]
    assert "m mute" not in next(row for row in text_of(full, 100, 60).splitlines() if "steps/min" in row)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_plan_and_the_targets_are_in_the_view(width, height):
    session = Session("2x(20s back, 40s forward)", "cadence 100..", "contact ..100")
    texts = []
    for _ in range(8):
        session.stride("backward", toe_off=0.1, contact=0.58)
        texts.append(view_of(session, width, height))
    assert "plan: starts in 3 s, then 20 s backward" in texts[0]
    assert "plan: backward 0:16 (1 of 2), then 40 s forward" in " ".join(texts[-1].split())
    assert "●\u00a0reached" in texts[-1] and "▲\u00a0above" in texts[-1]
    assert "0:16 left" in texts[-1] or "███ left" in texts[-1] or "   left" in texts[-1]
    if height > 12:
        assert "p plan" in texts[-1]


def view_of(session, width, height):
    shown = big.state_of(session.stats, BoutCount(), None, "", "", False, False, session.cues)
    return text_of(shown, width, height)


def test_standing_during_a_plan_shows_both_times():
    session = Session("20s stand")
    session.stride()
    session.wait(8.0)
    text = " ".join(view_of(session, 80, 24).split())
    assert "plan: stand 0:15" in text and "standing 0:08" in text


def test_no_two_directions_differ_by_colour_alone():
    shapes = {"\n".join(signs.cells(name)) for name in ("forward", "backward", "left", "right", "unknown", "standing")}
    assert len(shapes) == 6
    styles = {str(big.rendered(big.BigState(way), 80, 24, UNITS["si"])[0].style) for way in WAYS[:4]}
    assert len(styles) == 4


@pytest.mark.parametrize(("units", "speed"), [("si", "-2.00 m/s"), ("metric", "-7.2 km/h"), ("imperial", "-4.5 mph")])
def test_the_speed_is_signed_and_in_the_units_of_the_user(units, speed):
    stats, counted = walked("backward", Clock(), length=-2.0, contact_time=0.52, contact=0.58, toe_off=0.1)
    assert speed in text_of(state(stats, counted), 40, 12, units)


def test_values_fade_to_dashes_and_the_time_of_standing_after_three_seconds():
    clock = Clock()
    stats, counted = walked("forward", clock)
    text = text_of(state(stats, counted), 40, 12)
    assert "bout 1: 6 strides, 0:06" in text and "standing" not in text
    clock.now_s += 12.4
    faded = state(stats, counted)
    assert (faded.way, faded.speed_mps, faded.cadence_spm, faded.contact_time_s) == ("standing", None, None, None)
    text = text_of(faded, 40, 12)
    assert "standing 0:12" in text
    assert "- steps/min   contact -" in text and "bout 1: -, -" in text
    assert "standing 0:12" in shown(view.footer(stats, 20.0))


def test_before_the_first_stride_and_without_a_link_nothing_is_current():
    assert state(StreamStats(), BoutCount()) == big.BigState("standing")
    stats, counted = walked("forward", Clock())
    assert state(stats, counted, away=True).speed_mps is None
    assert "█" in text_of(state(stats, counted, away=True)) and "-" in text_of(state(stats, counted, away=True))


def test_sideways_points_to_its_side():
    stats, counted = walked("lateral_left", Clock(), length=0.0, lateral=0.8)
    assert state(stats, counted).side == "left"
    assert "◀" in text_of(state(stats, counted), 30, 12)


def test_every_gap_is_in_the_view():
    stats, counted = walked("forward", Clock())
    for item in (Gap(3), Gap(1, here=True), Restarted(1.0), Disconnected(), Reconnected(31.0)):
        stats.take(item)
    text = " ".join(text_of(state(stats, counted, link=view.losses(stats)), 80, 24).split())
    for part in ("3 frames lost", "1 message not read in time", "1 restart of the pod", "1 disconnection of 0:31.0"):
        assert part in text
    assert in_words(Missing(2, 1)) == "2 strides missing, 1 sample missing"


@pytest.mark.parametrize("seed", range(40))
def test_bouts_are_counted_as_in_a_stored_run(seed):
    random = Random(seed)
    names = ("forward", "backward", "lateral", "unknown")
    ways = [way for _ in range(30) for way in [random.choice(names)] * random.choice([1, 2, 3, 4, 9])]
    uptime_s, strides, counted = 0.0, [], BoutCount()
    for number, way in enumerate(ways):
        uptime_s += 5.0 if random.random() < 0.03 else 0.7
        strides.append(stride(number, way, uptime_s=uptime_s))
        counted.add(strides[-1])
        expected = bouts(strides, RunContext())
        assert counted.number == len(expected)
        if counted.strides:
            last = expected[-1]
            assert (counted.strides, counted.began_s, counted.ended_s) == (len(last.strides), last.start_s, last.end_s)


def test_a_bout_that_ended_is_not_the_current_one():
    counted = BoutCount()
    for number, way in enumerate(["forward"] * 5 + ["unknown"] * 3):
        counted.add(stride(number, way))
    assert (counted.number, counted.strides) == (1, 0)
