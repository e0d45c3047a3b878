"""The virtual clock and the stand-in for `time`."""

import time

import utime
from vpod import board
from vpod.clock import Clock


def clock(**changes):
    config = {"clock_ppm": 0, "ticks_start_ms": 0, "true_us": 0, "patience_ms": None, "speed": "max"}
    config.update(changes)
    board.clock = Clock(config)
    return board.clock


def check_the_stand_in_wins_over_the_builtin():
    assert time.ticks_ms is not utime.ticks_ms
    assert time.__file__.endswith("time.py")


def check_sleeping_advances_time_at_once():
    clock()
    start = utime.ticks_ms()
    before = time.ticks_ms()
    time.sleep_ms(60_000)
    assert 60_000 <= time.ticks_diff(time.ticks_ms(), before) <= 60_001
    assert utime.ticks_diff(utime.ticks_ms(), start) < 1000


def check_waiting_for_a_deadline_ends():
    clock()
    before = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), before) < 20:
        pass


def check_ticks_wrap_as_on_the_esp32():
    clock(ticks_start_ms=(1 << 30) - 5)
    before = time.ticks_ms()
    assert before == (1 << 30) - 5
    time.sleep_ms(10)
    after = time.ticks_ms()
    assert after == 5
    assert time.ticks_diff(after, before) == 10
    assert time.ticks_diff(before, after) == -10
    assert time.ticks_add(before, 10) == after


def check_the_esp32_may_be_off():
    virtual = clock(clock_ppm=-20_000)
    time.sleep_ms(100_000)
    assert virtual.true_us() == 100_000_000
    assert abs(time.ticks_ms() - 98_000) <= 1


def check_frozen_time_stands():
    virtual = clock()
    virtual.freeze()
    before = time.ticks_us()
    time.sleep_ms(1000)
    assert time.ticks_us() == before
    virtual.thaw()
    time.sleep_ms(1)
    assert time.ticks_us() > before


def check_real_time_follows_the_machines_clock():
    clock(speed=1.0)
    start, before = utime.ticks_us(), time.ticks_us()
    time.sleep_ms(30)
    assert abs((utime.ticks_us() - start) - (time.ticks_us() - before)) < 2000
    assert utime.ticks_us() - start >= 30_000


def check_a_factor_makes_it_faster():
    clock(speed=10.0)
    start, before = utime.ticks_us(), time.ticks_us()
    time.sleep_ms(300)
    assert time.ticks_us() - before >= 300_000
    assert utime.ticks_us() - start < 100_000


def check_frozen_real_time_goes_on_where_it_stopped():
    virtual = clock(speed=1.0)
    virtual.freeze()
    before = virtual.true_us()
    utime.sleep_ms(20)
    virtual.thaw()
    assert virtual.true_us() - before < 5000


def check_patience_makes_time_wait_for_the_host():
    virtual = clock(patience_ms=100)
    for _ in range(30):
        time.sleep_ms(10)
    assert virtual.true_us() < 120_000
    virtual.heard()
    for _ in range(5):
        time.sleep_ms(10)
    assert virtual.true_us() > 140_000


def check_from_fast_to_real_time():
    virtual = clock()
    time.sleep_ms(5000)
    virtual.run_at(1.0)
    start = utime.ticks_us()
    time.sleep_ms(20)
    assert utime.ticks_us() - start >= 20_000
    assert 5_000_000 <= virtual.true_us() < 5_200_000
