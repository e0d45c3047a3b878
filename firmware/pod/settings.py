"""Typed settings: defaults, limits, one JSON file. What a person may change; what the pod learns is kept elsewhere."""

import json

from pod import store

_BAD_FILE = "settings file damaged: defaults used"


class SettingError(ValueError):
    """A setting that does not exist or a value that it cannot take; the text names the setting and says why."""


class Text:
    """Text of at most `limit` bytes in UTF-8."""

    def __init__(self, default: str, limit: int):
        self.default = default
        self._limit = limit

    def check(self, value):
        """The value as it is kept. ValueError says what would be right."""
        if not isinstance(value, str) or len(value.encode()) > self._limit:
            raise ValueError("text of at most %d bytes" % self._limit)
        return value


class Choice:
    """One of a few texts."""

    def __init__(self, default: str, names: tuple):
        self.default = default
        self._names = names

    def check(self, value):
        """The value as it is kept. ValueError says what would be right."""
        if value not in self._names:
            raise ValueError("one of " + " ".join(self._names))
        return value


class Number:
    """A whole number from `low` to `high`, or one of `choices`."""

    def __init__(self, default: int, low: int, high: int, choices: tuple = ()):
        self.default = default
        self._low = low
        self._high = high
        self._choices = choices

    def check(self, value):
        """The value as it is kept. ValueError says what would be right."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("a whole number")
        if self._choices and value not in self._choices:
            raise ValueError("one of " + " ".join([str(choice) for choice in self._choices]))
        if not self._low <= value <= self._high:
            raise ValueError("%d to %d" % (self._low, self._high))
        return value


class Switch:
    """True or false."""

    def __init__(self, default: bool):
        self.default = default

    def check(self, value):
        """The value as it is kept. ValueError says what would be right."""
        if not isinstance(value, bool):
            raise ValueError("true or false")
        return value


_PIN = (-1, 48)  # -1: take the board's
ROWS = {
    "name": Text("retropod", 16),
    "wearer": Text("", 16),
    "side": Choice("unknown", ("unknown", "left", "right")),
    "board": Choice("auto", ("auto", "devkit", "s3", "c3-supermini", "xiao-s3", "xiao-c3")),
    "sda": Number(-1, *_PIN),
    "scl": Number(-1, *_PIN),
    "skip_pin": Number(-1, *_PIN),
    "i2c_hz": Number(400_000, 10_000, 1_000_000),
    "line_rate": Number(-1, -1, 4_000_000),  # baud of the console; 0: it takes what it can; -1: the board's
    "address": Number(0, 0, 0x7F),  # 0: wherever a sensor answers
    "chip": Choice("auto", ("auto", "lsm6dso32", "lsm6dso", "lsm6dsox", "mpu6050", "mpu6500", "mpu9250", "adxl345")),
    # those of all chips; each takes the nearest that it has
    "rate_hz": Number(416, 100, 833, (100, 104, 200, 208, 250, 333, 400, 416, 500, 833)),
    "record_raw": Switch(False),
    "loss_window_s": Number(10, 1, 60),
    "length_factor": Number(1000, 500, 2000),  # per mille
    "length_note": Text("", 32),  # when and over which distance it was found
}


class Settings:
    """The settings of one file. `fault` says what was wrong with it, empty if nothing."""

    def __init__(self, path: str):
        self._path = path
        self._values = {name: row.default for name, row in ROWS.items()}
        self.fault = ""
        self._load()

    def get(self, name: str):
        """Value of a setting. SettingError when there is none of that name."""
        if name not in self._values:
            raise SettingError("%s: no such setting" % name)
        return self._values[name]

    def set(self, name: str, value) -> None:
        """Take a value and save it. SettingError says what it can take; OSError when the flash is full."""
        old = self.get(name)
        self._values[name] = _checked(name, value)
        try:
            self._save()
        except OSError:
            self._values[name] = old
            raise

    def set_text(self, pair: str) -> str:
        """Take `name=value`, the value as JSON or as a person types it; returns the name. Errors as `set`."""
        name, equals, text = pair.partition("=")
        if not equals:
            raise SettingError("name=value expected")
        self.get(name)
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        self.set(name, value)
        return name

    def text(self, name: str) -> str:
        """`name=value`, the value as JSON."""
        return "%s=%s" % (name, json.dumps(self.get(name)))

    def names(self):
        """All names, in a fixed order."""
        return sorted(self._values)

    def _load(self) -> None:
        data = store.read(self._path)
        if not data:
            return
        try:
            held = json.loads(data)
        except ValueError:
            held = None
        if not isinstance(held, dict):
            self.fault = _BAD_FILE
            return
        for name, value in held.items():
            self._take(name, value)

    def _take(self, name, value) -> None:
        """One value of the file. A later firmware's setting is passed over, a bad value leaves the default."""
        if name not in ROWS:
            return
        try:
            self._values[name] = _checked(name, value)
        except SettingError as error:
            self.fault = str(error)

    def _save(self) -> None:
        changed = {name: value for name, value in self._values.items() if value != ROWS[name].default}
        store.write_atomic(self._path, json.dumps(changed).encode())


def _checked(name: str, value):
    try:
        return ROWS[name].check(value)
    except ValueError as error:
        raise SettingError("%s: %s" % (name, error))
