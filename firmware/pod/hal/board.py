"""The board: pins, bus, identity, reset cause, idling. The only module that imports `machine`.

Which board has what on which pin stands in boards.py.
"""

import gc
import os
import sys
import time
from array import array

import esp32
import machine
from micropython import const

import flash
import packs
from pod.ondemand import load
from pod.storage import bootguard

SETTINGS = "/settings.json"
RUNS = "/runs"
FAULTS = "/faults.log"
BOOT_COUNT = "/boot_count"
RUN_COUNT = "/run_count"
MOUNT = "/mount.json"
SLOT = "/slot"
STARTS = "/starts"

# Columns of boards.py.
_SDA = const(0)
_SCL = const(1)
_SKIP = const(2)
_FREE = const(3)
_LED = const(4)
_LIT = const(5)
_BUTTON = const(6)
_BUZZER = const(11)
_LINE_RATE = const(13)

_TONE_HZ = const(2700)  # where small piezo discs are loudest
_ADDRESSABLE = const(2)
_MARK = b"retropod"
_RECOVERY_CLOCKS = 18  # nine end any byte a chip may be in the middle of; twice, to be sure of it
_HALF_CLOCK_US = 10
_COLLECT_BYTES = 8192  # allocated since the last collection, which takes a millisecond

pins = array("i", [-1] * 14)  # of the board and its settings, as of the start
_settings = []  # as read when this start was counted

# Garbage goes before it lies between what stays: a heap in pieces has no room for the engine's kernels. A virtual pod
# has more heap than it needs, and takes long to look through it.
if sys.platform == "esp32":
    gc.threshold(_COLLECT_BYTES)


def quiet() -> None:
    """What the system under MicroPython reports goes nowhere: it would go to the console, between our frames."""
    if sys.platform == "esp32":
        import esp

        esp.osdebug(None)


def while_flash_is_used(between) -> None:
    """Call `between()` between accesses to the flash, as flash.py describes; None: nothing."""
    if flash.device:
        flash.device.let(between)


def loaded() -> None:
    """All modules of the start are loaded."""
    packs.release()


def set_up(settings) -> None:
    """Settle which pins count until the next start."""
    for at, value in enumerate(load("pod.hal.boards").resolve(settings, *_whoami())):
        pins[at] = value


def pin_texts(settings) -> list:
    """`name=value` of what would count if the pod started now."""
    return load("pod.hal.boards").texts(settings, *_whoami())


def _whoami() -> tuple:
    return getattr(sys.implementation, "_machine", ""), sys.platform == "esp32"


def line_rate(settings) -> int:
    """Baud of the console, 0 where it has flow control of its own."""
    chosen = settings.get("line_rate")
    return pins[_LINE_RATE] if chosen < 0 else chosen


def uart() -> tuple:
    """(the chip's registers by address, the board's name, Hz of its processor): for another rate of the line."""
    return machine.mem32, os.uname()[4], machine.freq()


def i2c(settings):
    """The bus of the sensor, set up anew. OSError when the pins cannot carry one."""
    sda, scl = pins[_SDA], pins[_SCL]
    try:
        return machine.I2C(0, scl=machine.Pin(scl), sda=machine.Pin(sda), freq=settings.get("i2c_hz"))
    except ValueError as error:
        raise OSError("pins %d, %d: %s" % (sda, scl, error))


def free_bus(_settings) -> bool:
    """Clock a chip out of a byte that it holds the data line low for. True when the line is high in the end.

    Pins that cannot carry a bus are passed over: `i2c` says so.
    """
    try:
        sda = machine.Pin(pins[_SDA], machine.Pin.OPEN_DRAIN, machine.Pin.PULL_UP, value=1)
        scl = machine.Pin(pins[_SCL], machine.Pin.OPEN_DRAIN, machine.Pin.PULL_UP, value=1)
    except ValueError:
        return True
    for _ in range(_RECOVERY_CLOCKS):
        scl.value(0)
        time.sleep_us(_HALF_CLOCK_US)
        scl.value(1)
        time.sleep_us(_HALF_CLOCK_US)
    # a stop condition: data rises while the clock is high
    sda.value(0)
    time.sleep_us(_HALF_CLOCK_US)
    sda.value(1)
    time.sleep_us(_HALF_CLOCK_US)
    return sda.value() == 1


def read_settings():
    """The settings, read once at the start; the pins that count are settled with them."""
    if not _settings:
        from pod.storage.settings import Settings

        _settings.append(Settings(SETTINGS, bootguard.settings_ignored))
        set_up(_settings[0])
    return _settings[0]


def skip_held() -> bool:
    """Whether somebody holds the skip pin low to keep the app from starting. This is where a start is counted.

    A pin whose pull-up does not work reads low for ever; then a second free pin reads low as well, and nobody holds it.
    """
    bootguard.begin(STARTS)
    read_settings()
    held = low(pins[_SKIP]) and not low(pins[_FREE])
    if held:
        bootguard.settle(STARTS)
    return held


def low(number: int) -> bool:
    """Whether something pulls a pin to ground. Never one that this chip does not have: a setting may be wrong."""
    if number < 0:
        return False
    try:
        return machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_UP).value() == 0
    except ValueError:
        return False


# -- light, tone, button -----------------------------------------------------------------------------------------------


def lent() -> tuple:
    """(machine, esp32, pins) for what is done now and then, in modules that are loaded for it."""
    return machine, esp32, pins


def show(on: bool) -> None:
    """The light."""
    try:
        if pins[_LED] < 0:
            return
        led = machine.Pin(pins[_LED], machine.Pin.OUT)
    except ValueError:
        return  # a pin that this chip does not have, or that only listens
    if pins[_LIT] == _ADDRESSABLE:
        machine.bitstream(led, 0, (400, 850, 800, 450), b"\x10\x00\x00" if on else b"\x00\x00\x00")
    else:
        led.value(on == (pins[_LIT] == 1))


def sound(on: bool) -> None:
    """The tone. A pin that never sounds is never touched."""
    try:
        if pins[_BUZZER] >= 0:
            machine.PWM(machine.Pin(pins[_BUZZER]), freq=_TONE_HZ, duty_u16=32768 if on else 0)
    except ValueError:
        pass


def pressed() -> bool:
    """Whether the button is down."""
    return low(pins[_BUTTON])


def device_id() -> bytes:
    """Eight bytes that tell this board from any other."""
    return (machine.unique_id() + bytes(8))[:8]


def reset_cause() -> int:
    """Why the board started, as the chip numbers it."""
    return machine.reset_cause()


def power_was_lost() -> bool:
    """Whether this start follows a loss of power. To be asked once: it leaves a mark for the next start.

    A board whose enable pin is pulled, as the opening of a port may do, calls that a power-on too; but then the memory
    of its real-time clock has mostly kept the mark.
    """
    memory = machine.RTC()
    kept = memory.memory()[: len(_MARK)] == _MARK
    if not kept:
        memory.memory(_MARK)
    return reset_cause() == machine.PWRON_RESET and not kept


def keep(note: bytes) -> None:
    """Leave a note for the next start, beside the mark: it lasts as long as that."""
    machine.RTC().memory(_MARK + note)


def kept() -> bytes:
    """The note of the start before; empty when there is none, or when the real-time clock did not go on."""
    held = machine.RTC().memory()
    return held[len(_MARK) :] if held[: len(_MARK)] == _MARK and reset_cause() != machine.PWRON_RESET else b""


def rtc() -> tuple:
    """(s, us) of the real-time clock, which nobody sets: it goes on over resets and tells how long they took."""
    now = machine.RTC().datetime()
    return time.mktime(now[:3] + now[4:7] + (0, 0)), now[7]


def was_soft() -> bool:
    """Whether the interpreter was left and started again, while the chip ran on."""
    return reset_cause() == machine.SOFT_RESET


def bite_after(ms: int) -> None:
    """Restart the board after `ms`, whatever runs then. Nothing but a restart takes this back."""
    machine.WDT(timeout=ms)


def reset() -> None:
    """Restart the board."""
    machine.reset()


def idle(ms: int) -> None:
    """Do nothing for `ms`; the processor may sleep."""
    time.sleep_ms(ms)


def heap_free() -> int:
    """Free bytes of the heap, counting what the next collection would free."""
    gc.collect()
    return gc.mem_free()


def storage(path: str) -> tuple:
    """(free, total) bytes of the flash that holds `path`."""
    stat = os.statvfs(path)
    free = stat[3] if stat[3] <= stat[2] else 0  # littlefs counts shared blocks twice: a full one has less than none
    return stat[0] * free, stat[0] * stat[2]


def sleep_ms(ms: int) -> None:
    """Wait for a chip; nothing else runs meanwhile, so keep it short."""
    time.sleep_ms(ms)


ticks_ms = time.ticks_ms
ticks_us = time.ticks_us
ticks_diff = time.ticks_diff
