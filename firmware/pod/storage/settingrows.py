"""Table of the settings: kind, default and limits. Loaded to read or change settings, then unloaded.

A line is a name, a kind and its parameters: `text LIMIT [DEFAULT]`, `one DEFAULT OTHERS`, `of DEFAULT CHOICES`,
`int DEFAULT LOW HIGH`, `flag DEFAULT`, `pin`. A pin is a GPIO, -1 for the board's own, -2 for no pin. An exclamation
mark after the kind marks a setting that can keep the pod from starting. Every pin can.
"""

_ROWS = """
name text 16 retropod
wearer text 16
side one unknown left right
board one! auto devkit s3 c3-supermini xiao-s3 xiao-c3 lolin-d32
sda pin
scl pin
skip_pin pin
led_pin pin
led_lit int! -1 -1 2
button_pin pin
battery_pin pin
battery_ratio int -1 -1 20000
power_pin pin
wake_pin pin
buzzer_pin pin
i2c_hz int! 400000 10000 1000000
line_rate int! -1 -1 4000000
address int! 0 0 127
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


def names() -> list:
    """Return all names."""
    return [line.split(None, 1)[0] for line in _lines()]


def hardware() -> list:
    """Return the names of settings that can keep the pod from starting."""
    rows = [line.split() for line in _lines()]
    return [row[0] for row in rows if row[1] == "pin" or row[1][-1] == "!"]


def defaults() -> dict:
    """Return the default of each setting by name."""
    return {row[0]: _default(row) for row in [line.split() for line in _lines()]}


def check(name: str, value):
    """Return the value as stored. Raises ValueError with the valid range, KeyError for an unknown name."""
    row = _row(name)
    kind = row[1].rstrip("!")
    if kind == "text":
        return _text(value, int(row[2]))
    if kind == "flag":
        return _flag(value)
    if kind == "one":
        return _one(value, row[2:])
    return _number(value, kind, row)


def _lines() -> list:
    return _ROWS.strip().split("\n")


def _row(name: str) -> list:
    for line in _lines():
        row = line.split()
        if row[0] == name:
            return row
    raise KeyError(name)


def _default(row: list):
    kind = row[1].rstrip("!")
    if kind == "text":
        return row[3] if len(row) > 3 else ""
    if kind == "pin":
        return -1
    if kind == "flag":
        return row[2] == "1"
    return row[2] if kind == "one" else int(row[2])


def _text(value, limit: int):
    if not isinstance(value, str) or len(value.encode()) > limit:
        raise ValueError("text of at most %d bytes" % limit)
    return value


def _flag(value):
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _one(value, choices: list):
    if value not in choices:
        raise ValueError("one of " + " ".join(choices))
    return value


def _number(value, kind: str, row: list):
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("a whole number")
    if kind == "of":
        if str(value) not in row[3:]:
            raise ValueError("one of " + " ".join(row[3:]))
        return value
    low, high = (-2, 48) if kind == "pin" else (int(row[3]), int(row[4]))
    if not low <= value <= high:
        raise ValueError("%d to %d" % (low, high))
    return value
