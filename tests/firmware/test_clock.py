"""Uptime over the wrap of the ticks, wall time, and the chip's oscillator against the pod's clock."""

import random

import pytest

from pod.clock.clock import SYNCED, UNSET, Clock
from pod.sampling.sampleclock import SampleClock

PERIOD = 1 << 30


class Ticks:
    def __init__(self, now=0):
        self.now = now

    def ms(self):
        return self.now % PERIOD

    @staticmethod
    def diff(later, earlier):
        return (later - earlier + PERIOD // 2) % PERIOD - PERIOD // 2


def clock_at(start):
    ticks = Ticks(start)
    return ticks, Clock(7, ticks.ms, ticks.diff)


@pytest.mark.parametrize("start", [0, PERIOD - 1500, 12345])
def test_uptime_over_the_wrap(start):
    ticks, clock = clock_at(start)
    total = 0
    for step in [1, 999, 1000, 2500, 3, 100_000_000, 500_000_000, 7]:
        ticks.now += step
        total += step
        clock.update()
        assert (clock.uptime_s, clock.uptime_ms) == divmod(total, 1000)
    assert clock.take_elapsed() == total
    assert clock.take_elapsed() == 0
    assert clock.boot == 7


def test_wall_time_comes_from_the_host_and_goes_on():
    ticks, clock = clock_at(100)
    assert clock.state == UNSET and clock.epoch() == (None, None)
    ticks.now += 5_900
    clock.update()
    clock.set_epoch(1_790_000_000, 250, 12)
    assert clock.state == SYNCED and clock.epoch() == (1_790_000_000, 250) and clock.error_ms == 12
    ticks.now += 1_800
    clock.update()
    assert clock.epoch() == (1_790_000_002, 50)


def looks(rate_hz, seconds, seed=1, stall_every_s=0.0):
    """Yield the reads of a pod, about every 20 ms, sometimes later: number of the newest sample, clock in ms."""
    draw = random.Random(seed)
    now, next_stall = 5.0, stall_every_s
    while now < 5.0 + seconds:
        now += 0.020 + draw.random() * 0.006
        if stall_every_s and now > next_stall:
            now += 0.1
            next_stall += stall_every_s
        yield int((now - 5.0) * rate_hz), int(now), int(now * 1000) % 1000


@pytest.mark.parametrize("true_hz", [416.69, 416.69 * 1.045, 416.69 * 0.93, 104.17, 833.4])
@pytest.mark.parametrize("stall_every_s", [0.0, 1.0])
def test_rate_and_times_of_a_chip_that_is_off(true_hz, stall_every_s):
    nominal = min((104.17, 416.69, 833.4), key=lambda rate: abs(rate - true_hz))
    clock = SampleClock(round(nominal * 1000))
    for index, s, ms in looks(true_hz, 90, stall_every_s=stall_every_s):
        clock.look(index, s, ms)
    assert clock.calibrated
    assert clock.rate_mhz == pytest.approx(true_hz * 1000, rel=60e-6)
    asked = index - int(3 * true_hz)
    told_s = 40 + clock.uptime_ms_from(asked, 40) / 1000
    assert told_s == pytest.approx(5.0 + asked / true_hz, abs=0.003)
    assert clock.expected(s, ms) == pytest.approx(index, abs=2)
    assert clock.tenth_ms(1000) == pytest.approx(1000 / true_hz * 1e4, rel=1e-4)


def test_before_it_is_calibrated_the_chips_own_figure_holds():
    clock = SampleClock(416_687)
    for index, s, ms in looks(416.687, 3):
        clock.look(index, s, ms)
    assert not clock.calibrated and clock.rate_mhz == 416_687
    assert 5.0 + index / 416.687 == pytest.approx(5 + clock.uptime_ms_from(index, 5) / 1000, abs=0.004)
