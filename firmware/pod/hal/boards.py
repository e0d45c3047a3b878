"""Pins of each kind of board. Loaded at the start and unloaded again.

Ref: pinouts of the ESP32 DevKitC, ESP32-S3-DevKitC-1, ESP32-C3 SuperMini, Seeed XIAO ESP32S3 and ESP32C3, Lolin D32;
ESP32, ESP32-S3 and ESP32-C3 technical reference manuals (frame number of the last USB start of frame).

Skip and free pins are not strapping pins: a host that opens the port may pull those. Wake pins can wake the chip from
light sleep and have a pull-up. Battery pins are on the first converter. -1: the board has no such pin. Only the Lolin
has its battery on a pin. A user who solders a divider sets `battery_pin`.
"""

import sys

# Columns of the table below, in this order. They have the names of their settings.
SDA = 0
SCL = 1
SKIP_PIN = 2
FREE = 3  # no setting; a pin to compare the skip pin with, nothing may be soldered to it
LED_PIN = 4
LED_LIT = 5  # level at which the LED is on, 2: an addressable LED
BUTTON_PIN = 6
BATTERY_PIN = 7
BATTERY_RATIO = 8  # per mille
POWER_PIN = 9
WAKE_PIN = 10
BUZZER_PIN = 11
USB = 12  # no setting; register with the number of the last USB frame
LINE_RATE = 13  # baud, 0 where USB has its own flow control
NUMBER = 14

_MACHINE = getattr(sys.implementation, "_machine", "")  # name of the board that MicroPython was built for
_ON_CHIP = sys.platform == "esp32"

COLUMNS = (
    "sda scl skip_pin free led_pin led_lit button_pin battery_pin battery_ratio power_pin wake_pin buzzer_pin"
    " usb line_rate"
)
_ROWS = """
devkit 21 22 13 14 2 1 0 -1 2000 -1 27 25 0 115200
s3 8 9 4 5 48 2 0 -1 2000 -1 6 7 0x60080808 115200
c3-supermini 6 7 10 3 8 0 9 -1 2000 -1 4 1 0x60043024 0
xiao-s3 5 6 2 9 21 0 0 -1 2000 -1 4 7 0x60080808 0
xiao-c3 6 7 3 4 -1 1 9 -1 2000 -1 5 10 0x60043024 0
lolin-d32 21 22 13 14 5 0 -1 35 2000 -1 27 25 0 115200
"""
_BY_CHIP = (("ESP32S3", "s3"), ("ESP32C3", "c3-supermini"), ("ESP32", "devkit"))
_NO_PIN = -1
_BOARD_DEFAULT = -1


def resolve(settings, machine_name: str = _MACHINE, on_chip: bool = _ON_CHIP) -> list:
    """Return the value of each column: the setting if the user set it, else the board's value. Missing pins are -1."""
    board = settings.get("board")
    if board == "auto":
        board = _by_chip(machine_name)
    found = []
    row = _row(board)
    for column, name in enumerate(COLUMNS.split()):
        value = int(row[column], 0)
        if name in ("usb", "line_rate") and not on_chip:
            value = 0
        chosen = _BOARD_DEFAULT if name in ("free", "usb") else settings.get(name)
        found.append(value if chosen == _BOARD_DEFAULT else max(_NO_PIN, chosen))
    return found


def texts(settings, machine_name: str = _MACHINE, on_chip: bool = _ON_CHIP) -> list:
    """Return `name=value` of each column that has a setting, as it would apply if the pod booted now."""
    values = resolve(settings, machine_name, on_chip)
    names = COLUMNS.split()
    return ["%s=%d" % (names[at], values[at]) for at in range(len(names)) if names[at] not in ("free", "usb")]


def _by_chip(machine_name: str) -> str:
    for chip, board in _BY_CHIP:
        if chip in machine_name:
            return board
    return "devkit"


def _row(board: str) -> list:
    rows = [line.split() for line in _ROWS.strip().split("\n")]
    for row in rows:
        if row[0] == board:
            return row[1:]
    return rows[0][1:]
