"""Stand-in for `time` with the virtual clock; wraps and epoch as on the ESP32."""

import utime
from micropython import const
from vpod import board

_PERIOD = const(1 << 30)
_HALF = const(1 << 29)
_EPOCH_S = const(946_684_800)  # 2000-01-01 in Unix time; the ESP32 wakes up there


def ticks_us() -> int:
    return board.clock.esp_us() & (_PERIOD - 1)


def ticks_ms() -> int:
    return board.clock.esp_us() // 1000 & (_PERIOD - 1)


ticks_cpu = ticks_us


def ticks_add(ticks: int, delta: int) -> int:
    if not -_HALF < delta < _HALF:
        raise OverflowError
    return (ticks + delta) & (_PERIOD - 1)


def ticks_diff(later: int, earlier: int) -> int:
    return ((later - earlier + _HALF) & (_PERIOD - 1)) - _HALF


def sleep_us(duration: int) -> None:
    board.clock.sleep_us(duration)


def sleep_ms(duration: int) -> None:
    board.clock.sleep_us(duration * 1000)


def sleep(duration) -> None:
    board.clock.sleep_us(int(duration * 1_000_000))


def time() -> int:
    return board.clock.esp_us() // 1_000_000


def time_ns() -> int:
    return board.clock.esp_us() * 1000


def gmtime(seconds=None):
    return utime.gmtime((time() if seconds is None else seconds) + _EPOCH_S)


localtime = gmtime


def mktime(parts) -> int:
    return utime.mktime(parts) - _EPOCH_S
