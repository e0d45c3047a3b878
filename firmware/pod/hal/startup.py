"""Hardware functions for the start: pins, log, state from before the reset. Loaded on demand."""

import json
import sys

import machine

from pod import MACHINE
from pod.hal.hardware import MARK, pins, reset_cause
from pod.ondemand import load
from retrowire import boards

_ON_CHIP = sys.platform == "esp32"


def quiet() -> None:
    """Switch off the log of ESP-IDF, which would go to the console between the frames."""
    if sys.platform == "esp32":
        import esp

        esp.osdebug(None)


def assign_pins(settings) -> str:
    """Put the pin of each column of boards.py into `pins`. Return pins that are ignored or have two uses, as a text.

    A host refuses such settings, but the file may be of an earlier version.
    """
    table = load("retrowire.boards")
    board, chosen, use, values = _resolved(table, settings.get)
    for column, value in enumerate(values):
        pins[column] = value
    found = []
    for name in chosen:
        reason = use.misuse(table.processor(board), name, settings.get(name))
        if reason:
            found.append("%s ignored: %s" % (name, reason))
    if chosen:
        found += ["%s and %s both use GPIO %d" % pair for pair in use.shared(table.COLUMNS.split(), values)]
    return ", ".join(found)


def pin_texts(settings) -> list:
    """Return `name=value` of each pin and of the board, as they apply at the next boot."""
    table = load("retrowire.boards")
    board, _, _, values = _resolved(table, settings.stored)
    return table.texts(values) + ["%s=%s" % ("board", json.dumps(board))]


def _resolved(table, get) -> tuple:
    """Return (board, names of the pins that a user set, pinuse.py if there are any, value of each column).

    `get(name)` returns a setting.
    """
    board = table.board(get("board"), MACHINE)
    chosen = [name for name in table.COLUMNS.split() if name not in ("free", "usb") and get(name) >= 0]
    use = load("retrowire.pinuse") if chosen else None
    return board, chosen, use, table.resolve(get, board, _ON_CHIP, use and use.misuse)


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
