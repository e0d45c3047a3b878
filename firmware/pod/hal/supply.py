"""Power supply of the board: battery voltage, external power, and the wiring that can wake the chip."""

import machine
from micropython import const

from pod.hal.hardware import low, pins, sleep_ms
from retrowire import boards

_READINGS = const(16)  # the converter is noisy
_FRAME_MS = const(2)  # a USB host counts one frame a millisecond


def is_measurable() -> bool:
    """Return whether the board can measure its battery or detect external power."""
    return max(pins[boards.BATTERY_PIN], pins[boards.POWER_PIN]) >= 0 or pins[boards.USB] > 0


def battery_mv() -> int:
    """Return the voltage of the battery before its divider; 0 if it cannot be measured."""
    if pins[boards.BATTERY_PIN] < 0:
        return 0
    try:
        converter = machine.ADC(machine.Pin(pins[boards.BATTERY_PIN]), atten=machine.ADC.ATTN_11DB)
        total = 0
        for _ in range(_READINGS):
            total += converter.read_uv() // 1000
    except ValueError:
        return 0  # This pin cannot measure.
    return total * pins[boards.BATTERY_RATIO] // (_READINGS * 1000)


def powered() -> bool:
    """Return whether a pin, or a host that counts frames on native USB, shows external power."""
    number = pins[boards.POWER_PIN]
    try:
        if number >= 0 and machine.Pin(number, machine.Pin.IN, machine.Pin.PULL_DOWN).value():
            return True
    except ValueError:
        pass  # The chip does not have this pin.
    register = pins[boards.USB]
    if register <= 0:
        return False
    frame = machine.mem32[register]
    sleep_ms(_FRAME_MS)
    return machine.mem32[register] != frame


def wake_wired() -> bool:
    """Return whether a sensor holds the wake pin low against its pull-up. An open pin reads high."""
    return low(pins[boards.WAKE_PIN]) and not low(pins[boards.FREE])
