"""Typed settings with defaults and limits. What a person may change; what the pod learns is stored elsewhere.

settingrows.py says what each can be, and settingsfile.py reads and writes the file. Both are loaded on demand.
"""

import json

from pod.ondemand import load


class SettingError(ValueError):
    """A setting that does not exist or a value that it cannot take; the text names the setting and says why."""


class _Values:
    """One attribute a setting: its name then takes the room of a name, not of a text."""


class Settings:
    """The settings of one file. `fault` says what was wrong with it, empty if nothing."""

    def __init__(self, path: str, ignore_hardware: bool = False):
        """`ignore_hardware`: see settingsfile.py."""
        self._path = path
        self._values = _Values()
        self._names, self._ignored, self.fault = load("pod.storage.settingsfile").read_into(
            self._values, path, ignore_hardware
        )

    def get(self, name: str):
        """Value of a setting. SettingError when there is none of that name."""
        if name in self._ignored:
            return self._ignored[name]
        if name[:1] == "_" or not hasattr(self._values, name):
            raise SettingError("%s: no such setting" % name)
        return getattr(self._values, name)

    def set(self, name: str, value) -> None:
        """Take a value and save it. SettingError says what it can take; OSError when the flash is full."""
        self.get(name)
        load("pod.storage.settingsfile").change(self._values, name, value, self._path)

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
        """`name=value` as it is stored, the value as JSON."""
        self.get(name)
        return "%s=%s" % (name, json.dumps(getattr(self._values, name)))

    def names(self) -> list:
        """All names, in a fixed order."""
        return self._names
