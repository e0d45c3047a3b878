"""Light sleep. Loaded for sleep mode.

A level on a pin wakes the ESP32 and ESP32-S3. Stock MicroPython v1.26.1 cannot wake a C3 by a pin, and any board may
have a wire on a pin that cannot wake it. Then only the timer wakes the chip, and the caller polls.
"""

import esp32
import machine

from pod.hal.hardware import pins
from retrowire import boards


def light_sleep(ms: int) -> bool:
    """Sleep for at most `ms`. Return whether the sensor or the button requests a wake-up."""
    _arm()
    machine.lightsleep(ms)
    # During sleep these pins belong to the real-time clock: set them up again before they are read.
    wake = _wake_pin()
    button = _button_pin()
    return (wake is not None and wake.value() == 1) or (button is not None and button.value() == 0)


def _arm() -> None:
    wake = _wake_pin()
    button = _button_pin()
    try:
        if wake is not None and hasattr(esp32, "wake_on_ext0"):
            esp32.wake_on_ext0(wake, esp32.WAKEUP_ANY_HIGH)
        if button is not None and hasattr(esp32, "wake_on_ext1"):
            esp32.wake_on_ext1((button,), esp32.WAKEUP_ALL_LOW)
    except ValueError:
        pass  # This pin cannot wake the chip.


def _wake_pin():
    return _input(pins[boards.WAKE_PIN], machine.Pin.PULL_DOWN)


def _button_pin():
    return _input(pins[boards.BUTTON_PIN], machine.Pin.PULL_UP)


def _input(number: int, pull: int):
    try:
        return machine.Pin(number, machine.Pin.IN, pull) if number >= 0 else None
    except ValueError:
        return None  # The chip does not have this pin.
