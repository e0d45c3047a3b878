"""Age of strides that arrive late: after a sleep of this computer, or from a buffer that nobody read."""

import pytest

from host.test_live import Clock, message
from retropod.client.stream import Restarted
from retropod.live.cues import Cues
from retropod.live.lateness import Lateness
from retropod.live.watch import FRESH_S, StreamStats


class Late:
    """A stream of strides of 1 s, each of which arrives `late_s` after its end, on a clock that the test sets."""

    def __init__(self):
        self.clock = Clock()
        self.stats = StreamStats(clock=self.clock)
        self.cues, self.seen = Cues(), []

    def stride(self, number, late_s=0.0, direction="forward"):
        self.clock.now_s = max(self.clock.now_s, 1000.0 + number + 1 + late_s)
        sent = message(number, period=1.0, direction=direction)
        self.seen += self.cues.take(self.stats, sent, self.stats.take(sent))


def test_strides_that_waited_in_a_buffer_are_not_current():
    late = Late()
    for number in range(5):
        late.stride(number, 0.1)
    assert late.stats.current
    woke_s = 15.3  # after the first stride: it reads strides 5 to 13 at once
    for number in range(5, 14):
        waited_s = woke_s - number
        late.stride(number, waited_s, "backward" if number < 11 else "forward")
        assert late.stats.late_s == pytest.approx(waited_s - 0.1, abs=0.02)
        assert late.stats.current == (waited_s - 0.1 <= FRESH_S)
        assert (late.stats.now() is not None) == late.stats.current
    assert late.seen == [], "a change of direction in the buffer is not announced"
    assert late.stats.standing_s == pytest.approx(2.2, abs=0.02)
    late.stride(17, 0.1)
    assert late.stats.now() is not None and late.stats.lost_strides == 3


def test_a_sleep_that_the_clock_does_not_count_makes_no_stride_late():
    late = Lateness()
    assert late.take(10.0, 110.2) == 0.0
    assert late.take(23.0, 111.2) == 0.0, "the pod went on for 13 s, the clock of this computer for 1 s"
    assert late.take(24.0, 112.2) == pytest.approx(0.0, abs=0.01)


def test_clocks_that_drift_apart_make_no_stride_late():
    for drift in (-200e-6, 200e-6):
        late = Lateness()
        assert max(late.take(at, 1000.0 + at * (1 + drift)) for at in range(7200)) < 0.01


def test_a_wrong_uptime_makes_only_the_next_strides_late():
    late = Lateness()
    late.take(160.0, 1100.0)  # 60 s too high
    ages_s = [late.take(101.0 + at, 1101.0 + at) for at in range(5)]
    assert [age_s > FRESH_S for age_s in ages_s] == [True, True, True, False, False]


def test_a_restart_of_the_pod_begins_again():
    late = Late()
    late.stride(0)
    late.clock.now_s += 20.0
    late.stats.take(Restarted(3.0))
    late.stats.take(message(0, uptime_s=3, period=1.0))
    assert late.stats.late_s == 0.0 and late.stats.current


def test_a_stride_without_a_time_is_not_late():
    assert Lateness().take(None, 5.0) == 0.0


def test_strides_that_a_link_delays_equally_are_late():
    late = Lateness()
    late.relate(100.0)
    ages_s = [late.take(10.0 + at, 118.0 + at) for at in range(10)]
    assert min(ages_s) > FRESH_S and late.unsure


def test_a_sync_decides_that_a_clock_jumped():
    late = Lateness()
    late.relate(100.0)
    assert late.take(10.0, 110.2) == 0.0
    ages_s = [late.take(11.0 + at, 119.2 + at) for at in range(8)]  # The pod stood still for 8 s.
    assert min(ages_s) > FRESH_S and late.unsure
    late.relate(108.0)
    ages_s = [late.take(19.0 + at, 127.2 + at) for at in range(4)]
    assert ages_s[-1] == 0.0 and not late.unsure
