"""Statistics of a long live session: memory and time per stride are constant, and the results are exact."""

import gc
import tracemalloc
from random import Random

import pytest

from host.test_live import Clock, message
from retropod.client import wire
from retropod.insight.context import RunContext
from retropod.insight.groups import by_direction
from retropod.insight.stride import Stride
from retropod.insight.summary import summarise
from retropod.live.stridelog import StrideLog
from retropod.live.watch import RECENT, StreamStats

_PER_STRIDE = 100  # bytes: 44 on the wire, and the room in which an array grows


def messages(seed, count):
    """Strides with any bytes: of a damaged pod, or of a later version."""
    random = Random(seed)
    for _ in range(count):
        yield wire.decode("stride", random.randbytes(wire.dtype("stride").itemsize))


def walked(seed, count):
    """A session with turns, standing, missing strides and values that are missing."""
    random, uptime_ms = Random(seed), 0
    for number in range(count):
        uptime_ms += 700 if random.random() < 0.98 else 9000
        way = random.choices(("forward", "backward", "lateral_left", "unknown"), (8, 8, 1, 1))[0]
        values = {name: None for name in ("length", "contact_time", "period") if random.random() < 0.05}
        sent = message(number, uptime_s=uptime_ms // 1000, uptime_ms=uptime_ms % 1000 / 1000, direction=way, **values)
        yield wire.decode("stride", wire.encode("stride", **sent.values))


def as_objects(sent):
    strides = []
    for one in sent:
        strides.append(Stride.of(one, strides[-1] if strides else None))
    return strides


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("source", [messages, walked])
def test_the_strides_and_all_results_are_those_of_a_list(source, seed):
    sent = list(source(seed, 400))
    stats, expected = StreamStats(clock=Clock()), as_objects(sent)
    for one, stride in zip(sent, expected, strict=True):
        assert repr(stats.take(one)) == repr(stride)
    assert repr(list(stats.strides)) == repr(expected)
    assert stats.total() == summarise(expected)
    context = RunContext()
    assert repr(by_direction(stats.strides, context)) == repr(by_direction(expected, context))


def test_the_last_strides_are_objects_and_the_others_are_decoded(monkeypatch):
    log = StrideLog(RECENT)
    assert len(log) == 0 and log[-RECENT:] == [] and list(log) == []
    strides = [log.add(one) for one in walked(1, 30)]
    assert (log[0], log[3:5]) == (strides[0], strides[3:5])
    with pytest.raises(IndexError):
        StrideLog(RECENT)[-1]
    monkeypatch.setattr(StrideLog, "__iter__", lambda self: pytest.fail("decodes all strides"))
    assert log[-1] is strides[-1] and len(log) == 30
    assert log[-RECENT:] == strides[-RECENT:]


def test_the_current_values_and_the_totals_read_no_old_stride(monkeypatch):
    stats = StreamStats(clock=Clock())
    for one in walked(2, 50):
        stats.take(one)
    monkeypatch.setattr(StrideLog, "__iter__", lambda self: pytest.fail("decodes all strides"))
    stats.take(message(50, uptime_s=999))
    assert stats.total().strides == 51
    assert len(stats.now().strides) == 1


def test_the_memory_of_a_stride_is_bounded():
    stats = StreamStats(clock=Clock())
    sent = list(walked(3, 600))
    tracemalloc.start()
    try:
        sizes = []
        for number, one in enumerate(sent, 1):
            stats.take(one)
            if number % 200 == 0:
                gc.collect()
                sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[2] - sizes[0] < _PER_STRIDE * 400


def test_any_stride_of_the_wire_survives_its_encoding():
    for sent in messages(4, 300):
        again = wire.decode("stride", wire.encode("stride", **sent.values))
        assert repr(again) == repr(sent)
