"""The clock after a reset: uptime and time of day with a bound that holds, or nothing."""

import random

import pytest

from firmware.test_clock import PERIOD
from pod.clock import rtcrestore
from pod.clock.clock import CARRIED, UNSET, Clock
from pod.clock.rtcnote import RtcNote

EPOCH = 1_790_000_000


class Chip:
    """An ESP32: ticks by its crystal, a real-time clock by an oscillator that is `rtc_error` off."""

    def __init__(self, rtc_error=0.0):
        self.true_ms = 5000.0
        self.born_ms = 0.0
        self.rtc_error = rtc_error
        self.memory = b""
        self.soft = False

    def ticks_ms(self):
        return int(self.true_ms - self.born_ms) % PERIOD

    @staticmethod
    def ticks_diff(later, earlier):
        return (later - earlier + PERIOD // 2) % PERIOD - PERIOD // 2

    def rtc(self):
        ms = self.true_ms * (1 + self.rtc_error)
        return int(ms // 1000), int(ms % 1000 * 1000)

    def keep(self, note):
        self.memory = bytes(note)

    def kept(self):
        return self.memory

    def was_soft(self):
        return self.soft

    def boot(self, number):
        clock = Clock(number, self.ticks_ms, self.ticks_diff)
        rtcrestore.restore(self, self, clock)
        return clock, RtcNote(self, clock)

    def run(self, carry, seconds):
        """Turns of the main loop, 10 s each."""
        for _ in range(int(seconds // 10)):
            self.true_ms += 10_000
            carry.step(10_000)

    def reset(self, gap_ms):
        """Restart the processor: its ticks restart, the real-time clock continues."""
        self.true_ms += gap_ms
        self.born_ms = self.true_ms


@pytest.mark.parametrize("rtc_error", [-0.049, 0.0, 0.031, 0.049])
@pytest.mark.parametrize("seconds", [10, 600, 7200])
def test_uptime_and_time_of_day_within_the_bound_after_a_reset(rtc_error, seconds):
    chip = Chip(rtc_error)
    clock, carry = chip.boot(7)
    began_ms = chip.true_ms
    chip.true_ms += 2000
    clock.update()
    clock.set_epoch(EPOCH, 500, 4)
    zero_ms = EPOCH * 1000 + 500 - 2000  # time of day when the first boot began
    carry.note()
    chip.run(carry, seconds)
    chip.reset(3300)
    after, _ = chip.boot(8)
    told_ms = after.before_s * 1000 + after.before_ms
    assert abs(told_ms - (chip.true_ms - began_ms)) <= after.before_error_ms
    assert after.state == CARRIED
    s, ms = after.epoch()
    assert abs(s * 1000 + ms - zero_ms - (chip.true_ms - began_ms)) <= after.error_now_ms()
    assert after.epoch_when_set() == (s, ms)


def test_over_a_soft_reset_the_ticks_go_on_and_are_exact():
    chip = Chip(0.04)
    clock, carry = chip.boot(1)
    clock.set_epoch(EPOCH, 0, 3)
    chip.run(carry, 50_000)
    chip.true_ms += 60_000
    chip.soft = True
    after, _ = chip.boot(2)
    assert after.before_error_ms <= 3 + 60_000 // 10_000 + 1
    assert after.before_s * 1000 + after.before_ms == pytest.approx(50_060_000, abs=after.before_error_ms)
    assert after.state == CARRIED and after.error_ms < 5100  # the drift of so many hours


def test_a_clock_that_was_never_set_carries_its_uptime_alone():
    chip = Chip()
    _, carry = chip.boot(1)
    carry.note()
    chip.reset(500)
    after, _ = chip.boot(2)
    assert after.state == UNSET and after.before_error_ms >= 0


@pytest.mark.parametrize("spoil", ["another boot", "damaged", "short", "another reset", "clock set back"])
def test_nothing_is_carried_that_is_not_certain(spoil):
    chip = Chip()
    clock, carry = chip.boot(1)
    clock.set_epoch(EPOCH, 0, 3)
    chip.run(carry, 1000)
    if spoil == "damaged":
        at = random.Random(3).randrange(len(chip.memory))
        chip.memory = chip.memory[:at] + bytes([chip.memory[at] ^ 4]) + chip.memory[at + 1 :]
    elif spoil == "short":
        chip.memory = chip.memory[:-1]
    elif spoil == "clock set back":
        chip.true_ms -= 900_000
    chip.reset(500)
    if spoil == "another reset":
        chip.soft = True  # into the REPL, and from there a soft reset
        chip.true_ms += 60_000
    after, _ = chip.boot(3 if spoil == "another boot" else 2)
    assert after.state == UNSET and after.before_error_ms == -1


def test_sleep_counts_against_the_uptime():
    chip = Chip()
    clock, carry = chip.boot(1)
    clock.slept_s = 100
    carry.note()
    chip.reset(500)
    after, _ = chip.boot(2)
    assert after.before_error_ms >= 5000
