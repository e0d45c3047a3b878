"""Hardware functions for the start: log, pins, state from before the reset. Loaded at the start and unloaded again."""

import sys

import machine

from pod.hal import boards
from pod.hal.hardware import MARK, pins, reset_cause


def quiet() -> None:
    """Switch off the log of ESP-IDF, which would go to the console between the frames."""
    if sys.platform == "esp32":
        import esp

        esp.osdebug(None)


def wrong_pins() -> str:
    """Return the settings that name a pin which the chip does not have, or which cannot do this; empty if none."""
    reads, writes = machine.Pin.IN, machine.Pin.OUT
    wrong = []
    for name, column, mode in (
        ("led_pin", boards.LED_PIN, writes),
        ("button_pin", boards.BUTTON_PIN, reads),
        ("battery_pin", boards.BATTERY_PIN, reads),
        ("power_pin", boards.POWER_PIN, reads),
        ("wake_pin", boards.WAKE_PIN, reads),
    ):
        number = pins[column]
        try:
            pin = machine.Pin(number, mode) if number >= 0 else None
            if pin and column == boards.BATTERY_PIN:
                machine.ADC(pin)
        except ValueError as error:
            wrong.append("%s %d: %s" % (name, number, error))
    return ", ".join(wrong)


def power_was_lost() -> bool:
    """Return whether this boot follows a loss of power. Call this once: it leaves a mark for the next boot.

    A pull of the enable pin, as the opening of a port may cause, is a power-on for the chip too. But then the memory of
    the real-time clock still holds the mark.
    """
    memory = machine.RTC()
    marked = memory.memory()[: len(MARK)] == MARK
    if not marked:
        memory.memory(MARK)
    return reset_cause() == machine.PWRON_RESET and not marked


def kept() -> bytes:
    """Return the note of the boot before; empty if it is missing or the real-time clock lost power."""
    memory = machine.RTC().memory()
    return memory[len(MARK) :] if memory[: len(MARK)] == MARK and reset_cause() != machine.PWRON_RESET else b""


def was_soft() -> bool:
    """Return whether only the interpreter was restarted, and the chip was not reset."""
    return reset_cause() == machine.SOFT_RESET
