"""The serial line between host and pod: bytes that the relay shows, hides, slows down and drops."""

import time

import pytest

from host.virtual.helpers import plugged
from retropod.virtual.repl_filter import Screen
from retropod.virtual.throttle import Throttle

RAW = b"raw REPL; CTRL-B to exit\r\n>"
FRIENDLY = b'MicroPython v1\r\nType "help()" for more information.\r\n>>> '


def pieces(screen: Screen, data: bytes, size: int) -> bytes:
    return b"".join(screen.pass_on(data[at : at + size]) for at in range(0, len(data), size))


def test_the_mark_never_shows_however_it_is_cut():
    for size in range(1, 40):
        screen = Screen()
        screen.new_child(raw_repl=False)
        assert pieces(screen, b"app\x1bout" + screen.mark + FRIENDLY, size) == b"app\x1bout" + FRIENDLY


def test_what_only_looks_like_the_mark_goes_through_at_once():
    screen = Screen()
    screen.new_child(raw_repl=False)
    assert screen.pass_on(b"frame\x00") == b"frame\x00"
    assert screen.pass_on(b"\x1b[vp") + screen.pass_on(b"!") == b"\x1b[vp!"


def test_a_board_reset_in_the_raw_repl_comes_up_there():
    for size in (1, 7, 4096):
        screen = Screen()
        screen.new_child(raw_repl=True)
        assert pieces(screen, b"boot" + screen.mark + FRIENDLY + b"\r\n" + RAW + b"OK", size) == b"boot" + RAW + b"OK"
        assert screen.raw_repl


def test_the_kind_of_repl_is_followed():
    screen = Screen()
    screen.new_child(raw_repl=False)
    screen.pass_on(screen.mark + FRIENDLY)
    assert not screen.raw_repl
    screen.pass_on(RAW)
    assert screen.raw_repl
    screen.pass_on(FRIENDLY)
    assert not screen.raw_repl


class Clock:
    """Simulated time, in s."""

    def __init__(self) -> None:
        self.at_s = 1000.0

    def __call__(self) -> float:
        return self.at_s


def carried(baud: int, seconds: float, pause_s: float) -> float:
    """Bytes a second through a line that always has more to carry and is looked at every so often."""
    clock = Clock()
    line, moved, begin_s = Throttle(baud, clock), 0, clock.at_s
    while clock.at_s < begin_s + seconds:
        allowed = line.allows(10_000)
        line.used(allowed)
        moved += allowed
        clock.at_s += pause_s
    return moved / (clock.at_s - begin_s)


@pytest.mark.parametrize("pause_s", [0.001, 0.03, 0.09])
def test_a_throttled_line_carries_its_rate_however_late_it_is_looked_at(pause_s):
    assert carried(115_200, 5.0, pause_s) == pytest.approx(11_520, rel=0.03)


def test_a_line_that_waits_longer_than_the_scheduler_loses_that_time():
    assert carried(115_200, 5.0, 0.2) == pytest.approx(11_520 / 2, rel=0.05)


def test_an_idle_line_saves_nothing_up():
    clock = Clock()
    line = Throttle(115_200, clock)
    clock.at_s += 0.01
    assert line.allows(1) == 1
    line.used(1)
    clock.at_s += 0.2
    assert line.allows(10_000) < 30


def test_an_open_line_lets_everything_pass():
    assert Throttle(None).allows(123_456) == 123_456


def test_a_throttled_pod_is_as_slow_as_its_line(make_pod):
    pod = make_pod(baud=115_200)
    with plugged(pod.url) as cable:
        cable.ask("s")
        begin = time.monotonic()
        cable.port.write(b"s" * 20)
        seen = b""
        while seen.count(b"}\n") < 20:
            seen += cable.port.read(4096)
            assert time.monotonic() - begin < 30
        taken = time.monotonic() - begin
    assert len(seen) / taken < 1.15 * 11_520


def test_a_deaf_pod_on_a_throttled_line_loses_all_but_its_ring(make_pod):
    pod = make_pod(baud=115_200)
    with plugged(pod.url) as cable:
        cable.ask("s")
        cable.port.write(b"z")
        time.sleep(0.2)
        cable.port.write(b" " * 1000)
        cable.until(b'"slept": 1}\n')
        cable.ask("s")
    assert 600 < pod.dropped()[1] <= 741


def test_an_open_line_loses_nothing(make_pod):
    pod = make_pod()
    with plugged(pod.url) as cable:
        cable.ask("s")
        cable.port.write(b"z" + b" " * 1000)
        cable.until(b'"slept": 1}\n')
        cable.ask("s")
    assert pod.dropped() == (0, 0)
