"""Hardware of the board: pins, bus, identity, reset cause, waiting.

Only the modules of this package import `machine` and `esp32`. startup.py assigns the pins.
"""

import gc
import os
import sys
import time
from array import array

import machine
from micropython import const

import flash
import packs
from retrowire import boards  # the build replaces its constants, so that it is not loaded permanently

_TONE_HZ = const(2700)  # small piezo discs are loudest here
_ADDRESSABLE = const(2)
MARK = b"retropod"  # begin of the real-time clock's memory, unless it has lost power
_RECOVERY_CLOCKS = 18  # nine clocks end any byte that a chip is sending; twice as many, to be sure
_HALF_CLOCK_US = 10
NEVER_MS = 1 << 29  # six days: the counter of half milliseconds has 32 bits
_COLLECT_BYTES = 8192  # allocated between two collections; a collection takes a millisecond

pins = array("i", [-1] * boards.NUMBER)  # by the column numbers of boards.py, as assigned at this boot

# Collect often, so that no garbage remains between permanent objects: a fragmented heap has no room for the engine's
# kernels. A virtual pod has a larger heap, and a collection takes longer there.
if sys.platform == "esp32":
    gc.threshold(_COLLECT_BYTES)


def while_flash_is_used(between) -> None:
    """Call `between()` between accesses to the flash, as flash.py describes. None ends this."""
    if flash.device:
        flash.device.let(between)


def loaded() -> None:
    """Close the pack file. Call this when all modules of the start are loaded."""
    packs.release()


def line_rate(settings) -> int:
    """Return the baud rate of the console, 0 if the port has its own flow control."""
    chosen = settings.get("line_rate")
    return pins[boards.LINE_RATE] if chosen < 0 else chosen


def i2c(settings):
    """Set up the bus of the sensor and return it. Raises OSError if the pins cannot be used for a bus."""
    sda, scl = pins[boards.SDA], pins[boards.SCL]
    try:
        return machine.I2C(0, scl=machine.Pin(scl), sda=machine.Pin(sda), freq=settings.get("i2c_hz"))
    except ValueError as error:
        raise OSError("pins %d, %d: %s" % (sda, scl, error))


def free_bus() -> bool:
    """Clock the bus until a chip that holds the data line low releases it. Return whether the line is high then.

    Ignores pins that cannot be used for a bus: `i2c` reports them.
    """
    try:
        sda = machine.Pin(pins[boards.SDA], machine.Pin.OPEN_DRAIN, machine.Pin.PULL_UP, value=1)
        scl = machine.Pin(pins[boards.SCL], machine.Pin.OPEN_DRAIN, machine.Pin.PULL_UP, value=1)
    except ValueError:
        return True
    for _ in range(_RECOVERY_CLOCKS):
        scl.value(0)
        time.sleep_us(_HALF_CLOCK_US)
        scl.value(1)
        time.sleep_us(_HALF_CLOCK_US)
    # Stop condition: data rises while the clock is high.
    sda.value(0)
    time.sleep_us(_HALF_CLOCK_US)
    sda.value(1)
    time.sleep_us(_HALF_CLOCK_US)
    return sda.value() == 1


def skip_pin_held() -> bool:
    """Return whether a user holds the skip pin low to keep the app from starting.

    A pin with a broken pull-up always reads low. The free pin reads low too then, and the skip pin is ignored.
    """
    return low(pins[boards.SKIP_PIN]) and not low(pins[boards.FREE])


def low(number: int) -> bool:
    """Return whether something pulls a pin to ground. False for a pin that the chip does not have."""
    if number < 0:
        return False
    try:
        return machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_UP).value() == 0
    except ValueError:
        return False


# -- LED, buzzer, button -----------------------------------------------------------------------------------------------


def show(on: bool) -> None:
    """Switch the LED."""
    try:
        if pins[boards.LED_PIN] < 0:
            return
        led = machine.Pin(pins[boards.LED_PIN], machine.Pin.OUT)
    except ValueError:
        return  # The chip does not have this pin, or it is an input only.
    if pins[boards.LED_LIT] == _ADDRESSABLE:
        machine.bitstream(led, 0, (400, 850, 800, 450), b"\x10\x00\x00" if on else b"\x00\x00\x00")
    else:
        led.value(on == (pins[boards.LED_LIT] == 1))


def sound(on: bool) -> None:
    """Switch the tone of the buzzer."""
    try:
        if pins[boards.BUZZER_PIN] >= 0:
            machine.PWM(machine.Pin(pins[boards.BUZZER_PIN]), freq=_TONE_HZ, duty_u16=32768 if on else 0)
    except ValueError:
        pass


def pressed() -> bool:
    """Return whether the button is down."""
    return low(pins[boards.BUTTON_PIN])


# -- identity, reset, clock --------------------------------------------------------------------------------------------


def device_id() -> bytes:
    """Return eight bytes that identify this board."""
    return (machine.unique_id() + bytes(8))[:8]


def reset_cause() -> int:
    """Return the reset cause as the chip numbers it."""
    return machine.reset_cause()


def keep(note: bytes) -> None:
    """Store a note for the next boot, after the mark."""
    machine.RTC().memory(MARK + note)


def rtc() -> tuple:
    """Return (s, us) of the real-time clock. It is never set and runs across resets, so it measures their duration."""
    now = machine.RTC().datetime()
    return time.mktime(now[:3] + now[4:7] + (0, 0)), now[7]


def start_watchdog(ms: int) -> None:
    """Reset the board after `ms`, counted from the last call. `NEVER_MS`: end a watchdog, which cannot be stopped.

    Ref: ESP-IDF `esp_task_wdt_reconfigure`, which a second `machine.WDT` calls. Its second stage is twice as long.
    """
    machine.WDT(timeout=ms)


def reset() -> None:
    """Reset the board."""
    machine.reset()


# -- memory, time ------------------------------------------------------------------------------------------------------


def heap_free() -> int:
    """Collect garbage and return the free bytes of the heap."""
    gc.collect()
    return gc.mem_free()


def storage(path: str) -> tuple:
    """Return (free, total) bytes of the flash that holds `path`."""
    stat = os.statvfs(path)
    free = stat[3] if stat[3] <= stat[2] else 0  # littlefs counts shared blocks twice, so a full flash has less than 0
    return stat[0] * free, stat[0] * stat[2]


sleep_ms = time.sleep_ms
ticks_ms = time.ticks_ms
ticks_us = time.ticks_us
ticks_diff = time.ticks_diff
