"""Several pods at once: one thread per pod, one order of their strides, and no pod disturbs another."""

import contextlib
import time

import pytest

from host.strides import stride
from host.tinypod import TinyPod
from retropod.client.messages import StrideMessage
from retropod.client.pod import Pod
from retropod.client.reconnect import ReconnectingPod
from retropod.client.stream import Restarted
from retropod.client.timesync import Clocks, Sync
from retropod.errors import NoPod
from retropod.live.interruptions import Disconnected, Missing, Reconnected
from retropod.live.shoes import Ended, Shoe, Shoes
from retropod.runs.store import Store
from retropod.runs.timing import LiveTime
from retrowire import codec, schema

CYCLE_S = 0.7


class Ticking(TinyPod):
    """A pod whose uptime passes: 7 s at its start. It stood still for `late_s`."""

    late_s = 0.0

    def __init__(self, **hello):
        super().__init__(**hello)
        self.began_s = time.monotonic()

    def _time(self, request, epoch_s, *_):
        whole_s, rest_s = divmod(time.monotonic() - self.began_s + 7 - self.late_s, 1)
        self.send(schema.TIME, request=request, host_s=epoch_s, uptime_s=int(whole_s), uptime_ms=int(1000 * rest_s),
                  boot_count=self.boot)  # fmt: skip


class Ports:
    """The pods that one port has, one after the other."""

    def __init__(self, side, *boots):
        self.waiting = []
        for boot in boots or (1,):
            pod = Ticking(side=codec.value("side", side))
            pod.boot, pod.device_id = boot, side.encode().ljust(8, b"\1")
            self.waiting.append(pod)
        self.opened = []

    def __call__(self):
        if not self.waiting:
            raise NoPod("there is no port")
        self.opened.append(self.waiting.pop(0))
        return Pod(self.opened[-1])

    def stride(self, number, uptime_s):
        whole, ms = divmod(round(1000 * uptime_s), 1000)
        times = {"period": 7000, "toe_off": 1000, "contact": 5800, "contact_time": 2200}  # 0.1 ms
        direction = codec.value("direction", "forward")
        self.opened[-1].send(schema.STRIDE, number=number, sample=100_000 + number, uptime_s=whole, uptime_ms=ms,
                             length=1400, confidence=900, direction=direction, **times)  # fmt: skip


@pytest.fixture
def opened(tmp_path):
    """Open shoes with these ports."""
    with contextlib.ExitStack() as running:

        def make(*ports, patience_s=15.0):
            cables = [running.enter_context(ReconnectingPod(port, patience_s=patience_s)) for port in ports]
            return running.enter_context(Shoes([Shoe(cable, Store(tmp_path / "store")) for cable in cables]))

        yield make


def until(shoes, wanted):
    """The items up to the first that `wanted` accepts."""
    seen = []
    end_s = time.monotonic() + 30.0
    while not (seen and wanted(seen[-1])):
        assert time.monotonic() < end_s, seen
        if (item := shoes.next(0.25)) is not None:
            seen.append(item)
    return seen


def strides(shoes, number):
    return [one for _ in range(number) for one in until(shoes, lambda one: one.stride is not None) if one.stride]


def walk(left, right, first, last):
    for number in range(first, last):
        left.stride(number, 10 + CYCLE_S * number)
        right.stride(number, 10 + CYCLE_S * (number + 0.5))


def test_the_strides_of_both_feet_alternate(opened):
    left, right = Ports("left"), Ports("right")
    shoes = opened(left, right)
    assert [one.side for one in shoes.shoes] == ["left", "right"]
    assert shoes.pair == tuple(shoes.shoes)
    for number in range(20):
        # The right pod sends first: only the times give the order.
        right.stride(number, 10 + CYCLE_S * (number + 0.5))
        if number:
            left.stride(number, 10 + CYCLE_S * number)
        else:
            left.stride(number, 10)
            strides(shoes, 2)
        if number:
            found = strides(shoes, 2)
            assert [one.shoe.side for one in found] == ["left", "right"]
            step = found[1].step
            assert step is not None and abs(step.time_s - CYCLE_S / 2) <= step.error_s
    feet = shoes.feet()
    assert feet is not None and feet.values["contact_difference_s"].value == pytest.approx(0.0)
    assert feet.values["step_cadence_spm"].value == pytest.approx(120 / CYCLE_S, rel=0.01)


def test_a_pod_that_goes_away_does_not_disturb_the_other(opened):
    left, right = Ports("left"), Ports("right", 1, 2)
    shoes = opened(left, right)
    walk(left, right, 0, 4)
    strides(shoes, 8)
    right.opened[0].unplug()
    gone = until(shoes, lambda one: isinstance(one.item, Disconnected))[-1]
    assert gone.shoe.side == "right"
    left.stride(4, 10 + 4 * CYCLE_S)
    assert [one.shoe.side for one in strides(shoes, 1)] == ["left"]
    until(shoes, lambda one: isinstance(one.item, Reconnected))
    until(shoes, lambda one: isinstance(one.item, Restarted))
    right.stride(1, 8.0)
    (back,) = strides(shoes, 1)
    assert back.shoe.side == "right"
    assert back.wall is not None, "the clock of the new boot is known at once"
    assert shoes.shoes[1].stats.restarts == 1 and shoes.shoes[0].stats.restarts == 0


def test_a_pod_that_stays_away_ends_only_its_own_session(opened):
    left, right = Ports("left"), Ports("right")
    shoes = opened(left, right, patience_s=0.3)
    right.opened[0].unplug()
    ended = until(shoes, lambda one: isinstance(one.item, Ended))[-1]
    assert ended.shoe.side == "right" and isinstance(ended.shoe.error, NoPod)
    left.stride(0, 10.0)
    assert [one.shoe.side for one in strides(shoes, 1)] == ["left"]
    assert not shoes.ended
    left.opened[0].unplug()
    until(shoes, lambda one: isinstance(one.item, Ended))
    assert shoes.ended


def test_missing_strides_belong_to_their_shoe(opened):
    left, right = Ports("left"), Ports("right")
    shoes = opened(left, right)
    left.stride(0, 10.0)
    strides(shoes, 1)
    left.stride(3, 10.0 + 3 * CYCLE_S)
    missing = until(shoes, lambda one: isinstance(one.item, Missing))[-1]
    assert (missing.shoe.side, missing.item) == ("left", Missing(strides=2))
    assert isinstance(until(shoes, lambda one: one.stride is not None)[-1].item, StrideMessage)


def test_a_change_of_the_time_of_day_does_not_shift_the_feet(opened, monkeypatch):
    left, right = Ports("left"), Ports("right")
    shoes = opened(left, right)
    wall = time.time
    monkeypatch.setattr("time.time", lambda: wall() + 0.3)
    shoes.shoes[0].session._step = lambda: None
    shoes.shoes[0]._keeper._clocks = Clocks(time.time)
    shoes.shoes[0]._sync(now=True)
    walk(left, right, 0, 4)
    found = [one.step for one in strides(shoes, 8) if one.step.time_s is not None]
    assert found
    assert all(abs(step.time_s - CYCLE_S / 2) <= step.error_s for step in found)


def test_a_contradicting_sync_ends_the_current_comparison(opened):
    left, right = Ports("left"), Ports("right")
    shoes = opened(left, right)
    walk(left, right, 0, 3)
    strides(shoes, 6)
    shoe, pod = shoes.shoes[0], left.opened[0]
    assert len(shoe.recent) == 3
    pod.late_s = 0.5
    shoe._sync(now=True)
    left.stride(3, 10 + CYCLE_S * 3)
    strides(shoes, 1)
    assert len(shoe.recent) == 1


def test_a_pod_that_refuses_the_stream_ends_only_its_own_session(opened):
    left, right = Ports("left"), Ports("right")
    right.waiting[0].refuse[schema.STREAM] = "busy"
    shoes = opened(left, right)
    ended = until(shoes, lambda one: isinstance(one.item, Ended))[-1]
    assert ended.shoe.side == "right" and ended.shoe.away
    left.stride(0, 10.0)
    assert [one.shoe.side for one in strides(shoes, 1)] == ["left"]


def test_after_the_stop_no_thread_takes_items(opened):
    left, right = Ports("left"), Ports("right")
    shoes = opened(left, right)
    left.stride(0, 10.0)
    strides(shoes, 1)
    shoes.stop()
    assert not any(thread.is_alive() for thread in shoes._threads)


def test_three_pods_or_two_on_one_side_have_no_pair(opened):
    shoes = opened(Ports("left"), Ports("left"))
    assert shoes.pair is None and shoes.feet() is None


def sync(uptime_s, wall_s):
    return Sync(1, uptime_s, wall_s - 0.002, wall_s + 0.002)


def test_a_sync_after_a_jump_of_a_clock_replaces_the_earlier_ones():
    times = LiveTime("lsm6dso32", 416.0)
    assert times.learn(sync(100.0, 1_800_000_000.0))
    assert not times.learn(sync(120.0, 1_800_000_020.5))  # The pod stood still for half a second.
    wall = times.of(stride(100_000, uptime_s=121.0))
    assert wall is not None and wall.error_s < 0.02
    assert abs(wall.time_s - 1_800_000_021.5) < wall.error_s
