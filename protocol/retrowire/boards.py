"""Pins of each kind of board. The pod loads it at the start and unloads it again; the host checks settings with it.

Ref: pinouts of the ESP32 DevKitC, ESP32-S3-DevKitC-1, ESP32-C3 SuperMini, Seeed XIAO ESP32S3 and ESP32C3, Lolin D32;
ESP32, ESP32-S3 and ESP32-C3 technical reference manuals (frame number of the last USB start of frame).

Skip and free pins are not strapping pins: a host that opens the port may pull those. Wake pins can wake the chip from
light sleep and have a pull-up. Battery pins are on the first converter. -1: the board has no such pin. Only the Lolin
has its battery on a pin. A user who solders a divider sets `battery_pin`.
"""

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

COLUMNS = (
    "sda scl skip_pin free led_pin led_lit button_pin battery_pin battery_ratio power_pin wake_pin buzzer_pin"
    " usb line_rate"
)
# Board, processor, columns.
_ROWS = """
devkit ESP32 21 22 13 14 2 1 0 -1 2000 -1 27 25 0 115200
s3 ESP32S3 8 9 4 5 48 2 0 -1 2000 -1 6 7 0x60080808 115200
c3-supermini ESP32C3 6 7 10 3 8 0 9 -1 2000 -1 4 1 0x60043024 0
xiao-s3 ESP32S3 5 6 2 9 21 0 0 -1 2000 -1 4 7 0x60080808 0
xiao-c3 ESP32C3 6 7 3 4 -1 1 9 -1 2000 -1 5 10 0x60043024 0
lolin-d32 ESP32 21 22 13 14 5 0 -1 35 2000 -1 27 25 0 115200
"""
_BY_MACHINE = ("s3", "c3-supermini", "devkit")  # boards whose processor the name of MicroPython's machine shows
_NO_PIN = -1
_BOARD_DEFAULT = -1


def board(chosen: str, machine_name: str) -> str:
    """Return the board of the setting `chosen`. `auto`, or a board of another processor: by the name of the machine."""
    here = "auto"
    for name in _BY_MACHINE:
        if here == "auto" and processor(name) in machine_name:
            here = name
    if chosen == "auto" or (here != "auto" and processor(chosen) != processor(here)):
        return "devkit" if here == "auto" else here
    return chosen


def names() -> list:
    """Return the names of all boards."""
    return [line.split()[0] for line in _ROWS.strip().split("\n")]


def processor(name: str) -> str:
    """Return the processor of a board."""
    return _row(name)[1]


def resolve(get, name: str, on_chip: bool = True, misuse=None) -> list:
    """Return the value of each column: the setting if the user set it, else the value of the board `name`.

    `get(setting)` returns a setting. Missing pins are -1. `on_chip`: False for the virtual pod, which has neither the
    register of the USB nor a line of a fixed rate. `misuse`: the function of pinuse.py, to ignore wrong pins.
    """
    found = []
    row = _row(name)
    for column, setting in enumerate(COLUMNS.split()):
        value = int(row[2 + column], 0)
        if column in (USB, LINE_RATE) and not on_chip:
            value = 0
        chosen = _BOARD_DEFAULT if column in (FREE, USB) else get(setting)
        if chosen != _BOARD_DEFAULT and not (misuse and misuse(row[1], setting, chosen)):
            value = max(_NO_PIN, chosen)
        found.append(value)
    return found


def texts(values: list) -> list:
    """Return `name=value` of each column that has a setting; `values`: as `resolve` returns them."""
    columns = COLUMNS.split()
    return ["%s=%s" % (columns[at], values[at]) for at in range(NUMBER) if at not in (FREE, USB)]


def _row(name: str) -> list:
    """Return the words of a line of the table. Searches the text, to create little garbage."""
    at = _ROWS.index("\n" + name + " ") + 1
    return _ROWS[at : _ROWS.index("\n", at)].split()
