"""Table of the settings: kind, default and limits. The pod loads it on demand; the host checks with it before it sends.

A line is a name, a kind and its parameters: `text LIMIT [DEFAULT]`, `one DEFAULT OTHERS`, `of DEFAULT CHOICES`,
`int DEFAULT LOW HIGH [OTHERS]`, `pin` with the same ones, `flag DEFAULT`. A pin is a GPIO, -1 for the board's own, -2
for no pin. An exclamation mark after the kind marks a setting of the hardware: a wrong value can make the pod unusable.
Every pin can.
"""

_ROWS = """
name text 16 retropod
wearer text 16
side one unknown left right
board one! auto devkit s3 c3-supermini xiao-s3 xiao-c3 lolin-d32
sda pin -1 0 48 -1 -2
scl pin -1 0 48 -1 -2
skip_pin pin -1 0 48 -1 -2
led_pin pin -1 0 48 -1 -2
led_lit int! -1 -1 2
button_pin pin -1 0 48 -1 -2
battery_pin pin -1 0 48 -1 -2
battery_ratio int -1 1000 20000 -1
power_pin pin -1 0 48 -1 -2
wake_pin pin -1 0 48 -1 -2
buzzer_pin pin -1 0 48 -1 -2
i2c_hz int! 400000 10000 1000000
line_rate int! -1 9600 4000000 -1 0
address int! 0 8 119 0
chip one! auto lsm6dso32 lsm6dso lsm6dsox mpu6050 mpu6500 mpu9250 adxl345
rate_hz of! 416 100 104 200 208 250 333 400 416 500 833
record_raw flag 0
auto_record flag 1
stop_after_s int 180 20 3600
sleep one auto on off
sleep_after_s int 120 15 3600
wake_mg int 250 50 2000
low_battery_mv int 3400 3000 3900
cue one off led buzzer both
loss_window_s int 10 1 60
length_factor int 1000 500 2000
length_note text 32
"""
_PIN = ["x", "pin", "-1", "0", "48", "-1", "-2"]
_KIND = 1
_DEFAULT = 2
# Code points that change a terminal or the order of text: control characters, with which every escape sequence begins,
# line separators and bidi controls.
_UNSAFE = ((0, 0x1F), (0x7F, 0x9F), (0x061C, 0x061C), (0x200E, 0x200F), (0x2028, 0x202E), (0x2066, 0x2069))


def names() -> list:
    """Return all names."""
    return [line.split(None, 1)[0] for line in _ROWS.strip().split("\n")]


def hardware() -> list:
    """Return the names of settings of the hardware, which take effect on trial at the next start."""
    return [name for name in names() if is_hardware(name)]


def is_hardware(name: str) -> bool:
    """Return whether a setting is one of the hardware."""
    kind = _row(name)[_KIND]
    return kind == "pin" or kind[-1] == "!"


def defaults() -> dict:
    """Return the default of each setting by name."""
    found = {}
    for line in _ROWS.strip().split("\n"):
        row = line.split(None, 3)  # less garbage than a split of the whole line
        found[row[0]] = _default(row)
    return found


def default(name: str):
    """Return the default of a setting."""
    return _default(_row(name))


def kind_of(name: str) -> str:
    """Return the kind of a setting, without its mark; empty for an unknown name."""
    try:
        return _row(name)[_KIND].rstrip("!")
    except KeyError:
        return ""


def check(name: str, value):
    """Return the value as stored. Raises ValueError with the valid range, KeyError for an unknown name."""
    row = _row(name)
    kind = row[_KIND].rstrip("!")
    if kind == "text":
        return _text(value, int(row[2]))
    if kind == "flag":
        return _flag(value)
    if kind == "one":
        return _one(value, row[2:])
    if kind == "of":
        return _of(value, row[3:])
    return _number(value, int(row[3]), int(row[4]), row[5:])


def _row(name: str) -> list:
    """Return the words of a setting's line. Searches the text, to create little garbage."""
    at = _ROWS.find("\n" + name + " ") + 1
    if not at or not name:
        raise KeyError(name)
    return _ROWS[at : _ROWS.index("\n", at)].split()


def _default(row: list):
    kind = row[_KIND].rstrip("!")
    if kind == "text":
        return row[3] if len(row) > 3 else ""
    if kind == "flag":
        return row[_DEFAULT] == "1"
    return row[_DEFAULT] if kind == "one" else int(row[_DEFAULT])


def _text(value, limit: int):
    if not isinstance(value, str):
        raise ValueError("text of at most %d bytes" % limit)
    size = len(value.encode())
    if size > limit:
        raise ValueError("text of at most %d bytes in UTF-8, this one has %d" % (limit, size))
    for at in range(len(value)):
        code = ord(value[at : at + 1])  # A slice: MicroPython stores each character of an iteration permanently.
        for low, high in _UNSAFE:
            if low <= code <= high:
                raise ValueError("text without control characters, this one has U+%04X" % code)
    return value


def _flag(value):
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _one(value, choices: list):
    if value not in choices:
        raise ValueError("one of " + " ".join(choices))
    return value


def _of(value, choices: list):
    if isinstance(value, bool) or not isinstance(value, int) or str(value) not in choices:
        raise ValueError("one of " + " ".join(choices))
    return value


def _number(value, low: int, high: int, others: list):
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not (low <= value <= high or str(value) in others):
        also = " or one of " + " ".join(others) if others else ""
        raise ValueError("a whole number, %d to %d%s" % (low, high, also))
    return value
