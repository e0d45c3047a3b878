"""A live session continues after its port went away, and its loss is known."""

import time

import pytest

from host.test_live import message
from host.tinypod import TinyPod
from retropod.client.messages import StrideMessage
from retropod.client.pod import Pod
from retropod.client.reconnect import ReconnectingPod
from retropod.client.stream import Restarted
from retropod.errors import NoPod
from retropod.live import view
from retropod.live.interruptions import Disconnected, Reconnected
from retropod.live.session import LiveSession
from retropod.live.watch import StreamStats
from retrowire import schema


class Ports:
    """Opens one pod after the other, as the same cable."""

    def __init__(self, *pods):
        self.pods, self.opened, self.kept = list(pods), [], []

    def __call__(self):
        if not self.pods:
            raise NoPod("there is no port")
        self.opened.append(self.pods.pop(0))
        return Pod(self.opened[-1])

    def keeper(self, pod):
        self.kept.append(pod)
        return lambda: None


def session(ports, patience_s=15.0):
    return LiveSession(ReconnectingPod(ports, patience_s=patience_s), ("strides",), ports.keeper)


def until(live, kind):
    """The items up to the first one of a kind."""
    seen = []
    end_s = time.monotonic() + 20.0
    while not (seen and isinstance(seen[-1], kind)):
        assert time.monotonic() < end_s, seen
        if (item := live.next(0.25)) is not None:
            seen.append(item)
    return seen


def test_it_continues_and_counts_the_strides_that_are_missing():
    ports = Ports(TinyPod(), TinyPod())
    stats = StreamStats()
    with session(ports) as live:
        ports.opened[0].send(schema.STRIDE, number=4)
        stats.take(until(live, StrideMessage)[-1])
        ports.opened[0].unplug()
        (gone,) = until(live, Disconnected)
        stats.take(gone)
        assert live.pod is None
        (back,) = until(live, Reconnected)
        stats.take(back)
        assert live.pod is not None and len(ports.kept) == 2
        ports.opened[1].send(schema.STRIDE, number=9)
        stats.take(until(live, StrideMessage)[-1])
    assert (stats.lost_strides, stats.disconnections, stats.restarts) == (4, 1, 0)
    assert 0.0 < stats.away_s == back.away_s


def test_a_pod_that_restarted_meanwhile_is_reported():
    again = TinyPod()
    again.boot = 2
    ports = Ports(TinyPod(), again)
    with session(ports) as live:
        assert live.boot == 1
        ports.opened[0].unplug()
        *_, back, restarted = until(live, Restarted)
        assert isinstance(back, Reconnected) and isinstance(restarted, Restarted)
        assert live.boot == 2


def test_twenty_pulled_cables_end_nothing():
    ports = Ports(*(TinyPod() for _ in range(21)))
    stats = StreamStats()
    with session(ports) as live:
        for number in range(20):
            ports.opened[-1].send(schema.STRIDE, number=2 * number + 1)
            stats.take(until(live, StrideMessage)[-1])
            ports.opened[-1].unplug()
            for item in until(live, Reconnected):
                stats.take(item)
        ports.opened[-1].send(schema.STRIDE, number=41)
        stats.take(until(live, StrideMessage)[-1])
    assert (stats.disconnections, len(stats.strides), stats.lost_strides) == (20, 21, 20)


def test_a_port_that_stays_away_ends_the_session():
    ports = Ports(TinyPod())
    with session(ports, patience_s=0.3) as live:
        ports.opened[0].unplug()
        until(live, Disconnected)
        with pytest.raises(NoPod, match="no port"):
            until(live, Reconnected)


def test_another_pod_at_the_port_does_not_end_the_session():
    other = TinyPod()
    other.device_id = bytes(8)
    ports = Ports(TinyPod(), other, TinyPod())
    with session(ports) as live:
        ports.opened[0].unplug()
        until(live, Reconnected)
        assert live.pod is not None and live.pod.pod_id != other.device_id.hex()


def test_an_open_outage_counts():
    now_s = [100.0]
    stats = StreamStats(clock=lambda: now_s[0])
    stats.take(Disconnected())
    now_s[0] += 12.5
    assert stats.away_s == stats.link()["away_s"] == 12.5 and "0:12.5" in view.losses(stats)
    stats.take(Reconnected(12.0))
    now_s[0] += 60.0
    assert stats.away_s == 12.0


def test_the_time_without_a_message_before_a_restart_is_known():
    now_s = [100.0]
    stats = StreamStats(clock=lambda: now_s[0])
    stats.take(message(1))
    now_s[0] += 12.5
    stats.take(Restarted(2.0))
    assert stats.silent_s == 12.5
