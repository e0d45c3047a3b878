"""A drain has a time budget: a slow bus or a full FIFO does not keep the other steps of the main loop from running."""

from types import SimpleNamespace
from typing import Any

import pytest

from pod.clock.clock import Clock
from pod.sampling import drain
from pod.sampling.sampleclock import SampleClock

BURST = 32
BUDGET_MS = drain._BUDGET_MS


class Slow:
    """A sensor with a full FIFO behind a bus that needs `burst_ms` for a burst."""

    overrun = False
    slots = 1

    def __init__(self, now: list[int], burst_ms: int, waiting: int) -> None:
        self.now, self.burst_ms, self.left = now, burst_ms, waiting
        self.bursts = self.samples = 0
        self._fresh = 0

    def level(self) -> int:
        return self.left

    def waiting(self, words: int) -> int:
        return words

    def read(self, words: int) -> int:
        self._fresh = min(words, BURST)
        self.left -= self._fresh
        self.now[0] += self.burst_ms if self._fresh else 0
        self.bursts += self._fresh > 0
        return self._fresh

    def unpack(self) -> int:
        count, self._fresh = self._fresh, 0
        return count

    def lost(self) -> int:
        return 0


class Taken:
    """A pipeline that counts samples and gaps."""

    def __init__(self, samples: Any) -> None:
        self.samples, self.taken, self.skipped = samples, 0, 0

    def take(self, _samples: Any, count: int) -> None:
        self.taken += count
        self.samples.index += count

    def skip(self, lost: int) -> None:
        self.skipped += lost


def drained(burst_ms: int, waiting: int) -> tuple[drain.Drain, Slow, Taken, list[int]]:
    now = [0]
    clock = Clock(1, lambda: now[0], lambda a, b: a - b)
    sensor = Slow(now, burst_ms, waiting)
    samples = SimpleNamespace(sensor=sensor, clock=SampleClock(416_000), index=0, taken=0, overruns=0, strides=0)
    pipeline = Taken(samples)
    health = SimpleNamespace(check_axes=lambda place: None)
    return drain.Drain(clock, samples, None, None, pipeline, health), sensor, pipeline, now


@pytest.mark.parametrize("burst_ms", [1, 10, 25, 200, 1000])
def test_drain_ends_after_its_budget_and_one_burst(burst_ms: int) -> None:
    one, sensor, pipeline, now = drained(burst_ms, 40 * BURST)
    one.run()
    assert now[0] < BUDGET_MS + burst_ms
    assert pipeline.taken == sensor.bursts * BURST > 0


def test_the_rest_waits_in_the_fifo_and_is_not_lost() -> None:
    one, sensor, pipeline, _ = drained(25, 5 * BURST)
    drains = 0
    while sensor.left:
        one.run()
        drains += 1
    assert drains == 3
    assert (pipeline.taken, pipeline.skipped) == (5 * BURST, 0)


def test_usual_drain_takes_everything_at_once() -> None:
    one, sensor, _, _ = drained(3, 9)
    one.run()
    assert (sensor.bursts, sensor.left) == (1, 0)
