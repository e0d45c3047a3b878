"""Wall time from clock syncs with an unknown delay: the true time is always within the stated bound."""

import random

import pytest

from retropod.client.timesync import Carry, Sync
from retropod.runs.walltime import PRIOR_PPM, WANDER_PPM, BootClock, consistent, mean_rate, over_resets

START = 1_800_000_000.0


def exchanges(uptimes, ppm, boot=1, seed=1, start=START, delay_s=0.004):
    """Return the syncs with a clock that is slow by `ppm`. Each interval contains the true time at a random place."""
    draw = random.Random(seed)
    made = []
    for uptime in uptimes:
        true = start + uptime * (1 + ppm * 1e-6)
        before = draw.random() * delay_s
        made.append(Sync(boot, uptime, true - before, true + delay_s - before))
    return made


@pytest.mark.parametrize("ppm", [-95.0, -20.0, 0.0, 60.0, 95.0])
def test_two_exchanges_tell_the_drift_and_what_lies_between(ppm):
    clock = BootClock(exchanges([10, 3610], ppm))
    assert clock.rate.low < ppm < clock.rate.high and clock.rate.high - clock.rate.low < 2 * WANDER_PPM + 5
    for uptime in (0, 10, 1000, 2000, 3610, 5000):
        wall = clock.at(uptime)
        assert abs(wall.time_s - START - uptime * (1 + ppm * 1e-6)) <= wall.error_s
    assert clock.at(3610).error_s <= 0.002
    assert clock.at(7210).error_s < clock.at(7210 + 3600).error_s < 2 * 3600 * (2 * WANDER_PPM + 5) * 1e-6 + 0.01


def test_one_exchange_leaves_the_whole_prior():
    clock = BootClock(exchanges([100], 0))
    assert not clock.rate.measured
    assert clock.at(1100).error_s == pytest.approx(0.002 + 1000 * PRIOR_PPM * 1e-6, abs=1e-5)


def test_many_exchanges_each_as_bad_as_a_slow_line():
    clock = BootClock(exchanges(range(0, 7200, 60), 40, delay_s=0.050))
    assert clock.rejected == 0
    for uptime in range(0, 7200, 37):
        wall = clock.at(uptime)
        assert abs(wall.time_s - START - uptime * (1 + 40e-6)) <= wall.error_s <= 0.026


def test_an_exchange_while_the_hosts_clock_was_wrong_is_left_out():
    good = exchanges(range(0, 600, 60), 10)
    wrong = Sync(1, 250.0, START + 3850.0, START + 3850.01)
    assert consistent(sorted([*good, wrong], key=lambda sync: sync.uptime_s)) == good
    clock = BootClock([*good, wrong])
    assert clock.rejected == 1
    assert clock.at(250.0).time_s == pytest.approx(START + 250, abs=0.02)


def test_of_two_that_contradict_each_other_either_may_be_right():
    clock = BootClock([*exchanges([0], 0), *exchanges([10], 0, start=START + 60)])
    wall = clock.at(5)
    assert wall.time_s - wall.error_s <= START + 5 and wall.time_s + wall.error_s >= START + 65


@pytest.mark.parametrize(
    ("first", "second"), [((0, 20, 40), (300,)), ((0,), (300, 320, 340))], ids=["then 1", "then 3"]
)
def test_between_two_syncs_that_a_small_change_of_a_clock_separates_both_may_be_right(first, second):
    """A pod stood still for 135 ms, or the time of day was corrected: a majority of syncs shows no fault."""
    clock = BootClock([*exchanges(first, 0), *exchanges(second, 0, start=START + 0.135)])
    for start in (START, START + 0.135):
        wall = clock.at(200)
        assert abs(wall.time_s - start - 200) <= wall.error_s
    for uptimes, start in ((first, START), (second, START + 0.135)):
        for uptime in uptimes[1:]:
            wall = clock.at(uptime - 10)
            assert abs(wall.time_s - start - uptime + 10) <= wall.error_s < 0.01


def test_a_rate_known_from_another_boot_holds_for_this_one():
    rate = mean_rate([exchanges([0, 3600], 50, boot=1)])
    clock = BootClock(exchanges([5], 50, boot=2, start=START + 9000), rate)
    wall = clock.at(3605)
    assert abs(wall.time_s - START - 9000 - 3605 * (1 + 50e-6)) <= wall.error_s < 0.2


def test_a_carried_clock_ties_boots_together():
    syncs = exchanges([50], 0, boot=3, start=START + 1000)
    carries = [Carry(2, 400.0, 0.5), Carry(3, 600.0, 0.25)]
    (before,) = over_resets(1, syncs, carries)
    assert (before.boot, before.uptime_s) == (1, 50 + 600 + 400)
    assert before.high_s - before.low_s == pytest.approx(0.004 + 2 * 0.75)
    (after,) = over_resets(5, exchanges([10], 0, boot=4), [Carry(5, 300.0, 0.1)])
    assert (after.boot, after.uptime_s) == (5, -290)
    assert over_resets(2, exchanges([50], 0, boot=4), [Carry(3, 1.0, 0.1)]) == []


def test_sleep_in_between_costs_a_twentieth_of_itself():
    (sync,) = exchanges([100], 0)
    clock = BootClock([sync._replace(slept_s=40.0)], slept_s=240.0)
    assert clock.at(100).error_s == pytest.approx(0.002 + 200 * 0.05, abs=1e-4)
    slept = exchanges([50], 0, boot=2)[0]._replace(slept_s=30.0)
    (shifted,) = over_resets(1, [slept], [Carry(2, 500.0, 2.0)], slept_s=10.0)
    assert shifted.high_s - shifted.low_s == pytest.approx(0.004 + 2 * (2.0 + 1.5), abs=1e-4)
    assert shifted.slept_s == 10.0, "what the boot before a reset slept is in the error of the reset"
