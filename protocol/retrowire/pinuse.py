"""Pins of each processor that have another use. The pod loads it if a pin is set; the host checks settings with it.

Ref: ESP32, ESP32-S3 and ESP32-C3 data sheets (pins of flash, UART0, USB, first converter; strapping pins).
"""

# Processor, its GPIOs, those of the flash, of console and USB, inputs only, those of converter 1, strapping pins: as
# single GPIOs and ranges LOW.HIGH, with a plus sign between them.
_PROCESSORS = """
ESP32S3 0.21+26.48 26.32 19.20+43.44 none 1.10 0+3+45.46
ESP32C3 0.21 11.17 18.21 none 0.4 2+8.9
ESP32 0.19+21.23+25.27+32.39 6.11 1+3 34.39 32.39 0+2+5+12+15
"""
_EXISTING, _FLASH, _CONSOLE, _INPUTS, _MEASURING, _STRAPPING = 1, 2, 3, 4, 5, 6
_DRIVEN = ("sda", "scl", "led_pin", "buzzer_pin")


def misuse(processor: str, setting: str, number: int) -> str:
    """Return why the setting must not have this GPIO of the processor; empty if it may, or needs no GPIO."""
    if not is_pin(setting) or number < 0:
        return ""
    ranges = _ranges(processor)
    named = "GPIO %d of %s " % (number, processor)
    if not _has(ranges[_EXISTING], number):
        return named + "does not exist"
    if _has(ranges[_FLASH], number):
        return named + "belongs to the flash"
    if _has(ranges[_CONSOLE], number):
        return named + "belongs to the console"
    if setting in _DRIVEN and _has(ranges[_INPUTS], number):
        return named + "is an input only"
    if setting == "battery_pin" and not _has(ranges[_MEASURING], number):
        return named + "cannot measure, only %s can" % ranges[_MEASURING].replace(".", " to ")
    return ""


def is_strapping(processor: str, number: int) -> bool:
    """Return whether the processor reads this GPIO at its start: a part that pulls it can prevent the start."""
    return _has(_ranges(processor)[_STRAPPING], number)


def is_pin(setting: str) -> bool:
    """Return whether the setting is the number of a GPIO."""
    return setting == "sda" or setting == "scl" or setting.endswith("_pin")


def shared(names: list, values: list) -> list:
    """Return (name, name, GPIO) of each GPIO with two uses. `names`: the columns of boards.py; `values`: theirs."""
    found = []
    for at in range(len(names)):
        for before in range(at):
            if values[at] == values[before] >= 0 and is_pin(names[at]) and is_pin(names[before]):
                found.append((names[before], names[at], values[at]))
    return found


def _ranges(processor: str) -> list:
    at = _PROCESSORS.index("\n" + processor + " ") + 1
    return _PROCESSORS[at : _PROCESSORS.index("\n", at)].split()


def _has(ranges: str, number: int) -> bool:
    for part in ranges.split("+"):
        low, _, high = part.partition(".")
        if low.isdigit() and int(low) <= number <= int(high or low):
            return True
    return False
