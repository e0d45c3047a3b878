"""Typed settings with defaults and limits, one JSON file. What a person may change; what the pod learns is elsewhere.

What each can be stands in settingrows.py, which is loaded when it is asked.
"""

import json

from pod import store
from pod.ondemand import load

_BAD_FILE = "settings file damaged: defaults used"


class SettingError(ValueError):
    """A setting that does not exist or a value that it cannot take; the text names the setting and says why."""


class _Values:
    """One attribute a setting: its name then takes the room of a name, not of a text."""


class Settings:
    """The settings of one file. `fault` says what was wrong with it, empty if nothing."""

    def __init__(self, path: str, pass_over: bool = False):
        """`pass_over`: starts have failed, so what the file says of the hardware is kept, but does not count."""
        rows = load("settingrows")
        self._path = path
        self._values = _Values()
        self._names = sorted(rows.names())
        for name, value in rows.defaults().items():
            setattr(self._values, name, value)
        self._passed = {}  # name -> what counts in place of the value
        self.fault = ""
        self._load(rows)
        if pass_over:
            self._pass_over(rows)

    def get(self, name: str):
        """Value of a setting. SettingError when there is none of that name."""
        if name in self._passed:
            return self._passed[name]
        if name[:1] == "_" or not hasattr(self._values, name):
            raise SettingError("%s: no such setting" % name)
        return getattr(self._values, name)

    def set(self, name: str, value) -> None:
        """Take a value and save it. SettingError says what it can take; OSError when the flash is full."""
        self.get(name)
        old = getattr(self._values, name)
        rows = load("settingrows")
        setattr(self._values, name, _checked(rows, name, value))
        try:
            self._save(rows)
        except OSError:
            setattr(self._values, name, old)
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
        """`name=value` as it is kept, the value as JSON."""
        self.get(name)
        return "%s=%s" % (name, json.dumps(getattr(self._values, name)))

    def names(self):
        """All names, in a fixed order."""
        return self._names

    def _load(self, rows) -> None:
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
            self._take(rows, name, value)

    def _take(self, rows, name, value) -> None:
        """One value of the file. A later firmware's setting is passed over, a bad value leaves the default."""
        if name[:1] == "_" or not hasattr(self._values, name):
            return
        try:
            setattr(self._values, name, _checked(rows, name, value))
        except SettingError as error:
            self.fault = str(error)

    def _pass_over(self, rows) -> None:
        defaults = rows.defaults()
        for name in rows.hardware():
            if getattr(self._values, name) != defaults[name]:
                self._passed[name] = defaults[name]
        names = " ".join(sorted(self._passed)) or "nothing was set"
        self.fault = "two starts failed, so this one passes over: " + names

    def _save(self, rows) -> None:
        defaults = rows.defaults()
        held = self._values
        changed = {name: getattr(held, name) for name in defaults if getattr(held, name) != defaults[name]}
        store.write_atomic(self._path, json.dumps(changed).encode())


def _checked(rows, name: str, value):
    try:
        return rows.check(name, value)
    except ValueError as error:
        raise SettingError("%s: %s" % (name, error))
