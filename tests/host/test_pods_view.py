"""Terminal views of several pods, and keys that act on all of them."""

import io
import json
from types import SimpleNamespace

import pytest
from rich.console import Console

from host.strides import stride
from host.test_live import message
from retropod.cli import live_pods, live_screen
from retropod.cli.feed import Wanted
from retropod.cli.live_pods_screen import PodsBigScreen, PodsLogScreen
from retropod.cli.pods_feed import PodsFeed
from retropod.errors import NoPod
from retropod.insight.steps import TimedStride
from retropod.insight.units import SI
from retropod.live import plan, pods_view, targets
from retropod.live.bell import Bell
from retropod.live.boutcount import BoutCount
from retropod.live.cues import Cue, CueKind, Cues
from retropod.live.interruptions import Disconnected
from retropod.live.plantimer import PlanTimer
from retropod.live.sharedcontrol import SharedControl
from retropod.live.shoes import Ended, ShoeItem, Shoes
from retropod.live.watch import StreamStats
from retropod.runs.walltime import Wall

CYCLE_S = 0.7


class Control:
    """Keys that a pod received. `run`: number of its open run, None while its state is unknown."""

    def __init__(self, run=0):
        self.pressed, self.message = [], ""
        self.status = None if run is None else SimpleNamespace(run=run, battery_percent=80)

    def press(self, key):
        self.pressed.append(key)


def shoe(side, run=0, number=20):
    stats = StreamStats()
    later_s = 0.35 if side == "right" else 0.0
    timed = []
    for at in range(number):
        stats.take(message(at + 1, uptime_s=at, uptime_ms=0.0))
        timed.append(TimedStride(stride(at), 1000.0 + CYCLE_S * at + later_s, 0.004))
    return SimpleNamespace(
        side=side, title=side, label=f"{side} (01)", name=side, stats=stats, control=Control(run), error=None,
        away=False, current=number > 0, recent=timed[-14:], timed=timed,
        clock_error_s=0.004 if number else None, session=None,
    )  # fmt: skip


def shown(renderable, width=80):
    file = io.StringIO()
    Console(width=width, color_system=None, file=file).print(renderable)
    return file.getvalue()


@pytest.fixture
def pair():
    return Shoes([shoe("left"), shoe("right")])


def test_the_table_compares_the_feet_in_80_columns(pair):
    text = shown(pods_view.footer(pair, 12.0, SI, Cues()))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "0:12.0 L left R right left - right" in lines
    assert "contact time 220 ms 220 ms +0.0 %" in lines
    assert any(line.startswith("step time 350 ms 350 ms +0.0 %, clocks ±") for line in lines)
    assert any(line.startswith("aerial time after toe-off 130 ms 130 ms clocks ±") for line in lines)
    assert "171 steps/min of both feet, contact left - right +0 ms" in lines
    assert max(map(len, text.splitlines())) <= 80
    assert len(text.splitlines()) <= pods_view.FOOTER_LINES


def test_a_lost_pod_is_named_and_nothing_is_compared(pair):
    pair.shoes[1].away, pair.shoes[1].current = True, False
    text = shown(pods_view.footer(pair, 12.0, SI, Cues()))
    assert "no link, waiting" in text and "left - right" not in text
    assert "after ten steps of each foot" in text


def test_three_pods_have_numbers_and_no_comparison():
    shoes = Shoes([shoe("left"), shoe("left"), shoe("right")])
    text = shown(pods_view.footer(shoes, 1.0, SI, Cues()))
    assert "1 left" in text and "3 right" in text
    assert "two feet are compared if one pod is set to left and one to right" in text


def test_the_lines_of_both_pods_have_one_time_axis(pair):
    axis = pods_view.PodsLines(pair)
    lines = [
        axis.of(ShoeItem(one, message(1), stride(3), Wall(time_s, 0.004)))[0].plain
        for one, time_s in zip(pair.shoes, (1000.0, 1000.35), strict=True)
    ]
    assert [line.split()[:2] for line in lines] == [["L", "0:00.0"], ["R", "0:00.4"]]
    assert all(len(line) <= 80 for line in [*lines, pods_view.HEADING])
    assert lines[0].index("forward") == lines[1].index("forward")


def test_an_interruption_names_its_pod(pair):
    assert pods_view.remark(ShoeItem(pair.shoes[1], Disconnected())) == "right: the port went away; waiting for it"


def test_the_big_view_has_both_feet(pair):
    for size in ((80, 24), (200, 60), (30, 8)):
        view = pods_view.big_view(pair, [BoutCount(), BoutCount()], "", False, size, SI, Cues())
        lines = shown(view, size[0]).splitlines()
        assert len(lines) == size[1] and max(map(len, lines)) <= size[0]
    assert "L left  R right" in shown(view, 30)


def test_the_summary_compares_the_session(pair):
    text = shown(pods_view.ending(pair, SI))
    assert "left foot: left (01)" in text and "left and right, forward" in text


@pytest.mark.parametrize(
    ("runs", "pressed"),
    [((0, 0), (["r"], ["r"])), ((3, 0), ([], ["r"])), ((3, 4), (["r"], ["r"])), ((None, 4), ([], ["r"]))],
)
def test_r_starts_where_no_run_is_open_or_stops_all(runs, pressed):
    shoes = [shoe(side, run, 0) for side, run in zip(("left", "right"), runs, strict=True)]
    SharedControl(shoes).press("r")
    assert tuple(one.control.pressed for one in shoes) == pressed


def test_a_lap_is_marked_on_all_and_the_results_are_named():
    shoes = [shoe("left", 1, 0), shoe("right", 1, 0)]
    keys = SharedControl(shoes)
    keys.press("l")
    assert [one.control.pressed for one in shoes] == [["l"], ["l"]]
    shoes[0].control.message, shoes[1].control.message = "lap in run 1", "lap in run 7"
    assert keys.message == "left: lap in run 1, right: lap in run 7"


def test_the_views_have_the_plan_and_the_targets(pair):
    cues = Cues(PlanTimer(plan.parse("2x(20s back, 40s forward)")), [targets.parse("cadence 160..", SI)])
    wanted = ("plan: starts with the first stride or p", "target cadence from 160 steps/min")
    counts = [BoutCount(), BoutCount()]
    views = (
        pods_view.footer(pair, 12.0, SI, cues),
        pods_view.big_view(pair, counts, "", False, (100, 30), SI, cues),
    )
    assert all(text in shown(view, 100) for text in wanted for view in views)
    assert "p plan" in shown(views[1], 100)
    cues.timer.start()
    for size in ((80, 24), (200, 60)):
        lines = shown(pods_view.big_view(pair, counts, "", False, size, SI, cues), size[0]).splitlines()
        assert len(lines) == size[1] and max(map(len, lines)) <= size[0]
    (line,) = pods_view.PodsLines(pair).of(Cue(CueKind.STEP, "20 s backward"))
    assert line.plain.endswith("plan: 20 s backward")


class Several:
    """Pods that send these items, then end. An item is counted when it is read, as in `Shoes`."""

    def __init__(self, shoes, items):
        self.shoes, self._items, self.ended = shoes, items, False

    def next(self, timeout_s):
        one = next(self._items, None)
        self.ended = one is None
        return one

    def session_feet(self):
        return ()

    def stop(self):
        """There is no thread."""


class Failures:
    def __init__(self):
        self.labels = []

    def add(self, label, error, pod_id):
        self.labels.append(label)


def walked(shoes, *ways):
    """Each direction as one stride of each shoe."""
    for number, way in enumerate(ways):
        for one in shoes:
            sent = message(number, direction=way)
            yield ShoeItem(one, sent, one.stats.take(sent))


@pytest.fixture
def feed():
    """Two shoes that go forward and backward, of which the right one then fails."""
    shoes = [shoe(side, 0, 0) for side in ("left", "right")]
    for one in shoes:
        one.pod_id, one.kept = one.side, None

    def items():
        yield from walked(shoes, "forward", "backward")
        yield ShoeItem(shoes[1], Ended(NoPod("no answer")))

    cues = Cues(PlanTimer(plan.parse("20s back")), [targets.parse("contact ..900", SI)])
    return PodsFeed(Several(shoes, items()), Wanted(False, SI, False, False, None, None, cues), Failures())


def test_a_cue_concerns_both_feet_and_is_shown_once(feed):
    seen = []
    feed.see = seen.append
    list(feed)
    cues = [one for one in seen if isinstance(one, Cue)]
    assert [one.kind for one in cues if one.kind in ("forward", "backward")] == ["backward"]
    assert feed._failures.labels == ["right (01)"]


def test_the_json_has_each_cue_once_and_the_plan_at_the_end(feed, capsys):
    live_pods.show_json(feed)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["kind"] for one in lines if one["type"] == "cue" and one["kind"] != "countdown"] == ["backward"]
    assert [one["foot"] for one in lines if one["type"] == "end"] == ["left", "right"]
    assert lines[-1] == {"type": "plan", "plan": []}


def test_the_json_names_a_run_file_after_no_thread_writes_it(feed, capsys):
    order = []
    feed.shoes.stop = lambda: order.append("stop")
    feed.shoes.shoes[0].kept = SimpleNamespace(finish=lambda: order.append("finish"), paths=["a.rpr"])
    live_pods.show_json(feed)
    assert order == ["stop", "finish"]
    ends = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"end"' in line]
    assert [one["kept"] for one in ends] == [["a.rpr"], []]


@pytest.mark.parametrize("big", [False, True], ids=["log", "big"])
def test_the_bell_rings_once_for_both_feet(feed, big, monkeypatch, capsys):
    rung = []
    keys = live_screen.Keys(
        lambda: "", SharedControl(feed.shoes.shoes), Bell(lambda: rung.append(1), lambda: 0.0), False, None
    )
    feed.cues = Cues()
    wanted = Wanted(big, SI, False, False, None, None, feed.cues)
    feed.shoes.pair, feed.shoes.feet = None, lambda: None
    screen = (PodsBigScreen if big else PodsLogScreen)(feed, wanted, keys)
    with screen.live:
        for one in feed:
            screen.show(one)
    assert len(rung) == 1  # The second stroke of `backward` is due 0.25 s later.
