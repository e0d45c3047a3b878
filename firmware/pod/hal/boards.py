"""What each kind of board has on which pin. Loaded at the start, not kept.

Ref: pinouts of the ESP32 DevKitC, ESP32-S3-DevKitC-1, ESP32-C3 SuperMini, Seeed XIAO ESP32S3 and ESP32C3, Lolin D32;
ESP32, ESP32-S3 and ESP32-C3 technical reference manuals (frame number of the last USB start of frame).

Skip and free pins are no strapping pins: a host that opens the port may pull those. Wake pins can wake the chip from
light sleep and have a pull-up; battery pins are on the first converter. -1: the board has none. None of these boards
but the Lolin has its battery on a pin: who solders a divider says so by `battery_pin`.
"""

# In the order that board.py knows. free: a pin to compare the skip pin with, nothing may be soldered to it;
# led_lit: level at which the LED shines, 2: an addressable one; battery_ratio: per mille;
# usb: register that holds the number of the last frame; line_rate: baud, 0 where USB has flow control of its own.
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
_NONE = -1
_BOARDS_OWN = -1


def resolve(settings, machine_name: str, on_chip: bool) -> list:
    """What counts, in the order of the columns: the setting where there is one, else the board's. No pin: -1."""
    board = settings.get("board")
    if board == "auto":
        board = _by_chip(machine_name)
    found = []
    row = _row(board)
    for at, name in enumerate(COLUMNS.split()):
        value = int(row[at], 0)
        if name in ("usb", "line_rate") and not on_chip:
            value = 0
        chosen = _BOARDS_OWN if name in ("free", "usb") else settings.get(name)
        found.append(value if chosen == _BOARDS_OWN else max(_NONE, chosen))
    return found


def texts(settings, machine_name: str, on_chip: bool) -> list:
    """The same for a person: `name=value`, pins and what goes with them."""
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
