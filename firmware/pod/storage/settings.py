"""Settings of the user, typed, with defaults and limits.

settingrows.py holds the table of settings, settingsfile.py reads and writes the file. Both are loaded on demand.
"""

import json

from pod.ondemand import load


class SettingError(ValueError):
    """Unknown setting or invalid value. The text names the setting and the reason."""


class _Values:
    """One attribute for each setting: an attribute name takes less memory than a key of a dictionary."""


class Settings:
    """Settings of one file. `fault` describes an error in the file, empty otherwise."""

    def __init__(self, path: str, ignore_hardware: bool = False):
        """`ignore_hardware`: see settingsfile.py."""
        self._path = path
        self._values = _Values()
        self._names, self._ignored, self.fault = load("pod.storage.settingsfile").read_into(
            self._values, path, ignore_hardware
        )

    def get(self, name: str):
        """Return the value of a setting. Raises SettingError for an unknown name."""
        if name in self._ignored:
            return self._ignored[name]
        if name[:1] == "_" or not hasattr(self._values, name):
            raise SettingError("%s: no such setting" % name)
        return getattr(self._values, name)

    def set(self, name: str, value) -> None:
        """Set a value and write the file. Raises SettingError with the valid range, OSError if the flash is full."""
        self.get(name)
        load("pod.storage.settingsfile").change(self._values, name, value, self._path)

    def set_text(self, pair: str) -> str:
        """Set from `name=value`, the value as JSON or plain text. Return the name. Raises as `set`."""
        name, value = load("pod.storage.settingsfile").parsed(pair)
        self.set(name, value)
        return name

    def text(self, name: str) -> str:
        """Return `name=value` as stored, the value as JSON."""
        self.get(name)
        return "%s=%s" % (name, json.dumps(getattr(self._values, name)))

    def names(self) -> list:
        """Return all names, in a fixed order."""
        return self._names
