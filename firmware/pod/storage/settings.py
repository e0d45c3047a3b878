"""Settings of the user, typed, with defaults and limits.

retrowire/settingrows.py holds the table of settings, settingsfile.py reads the file, and settingschange.py writes it.
All are loaded on demand.
"""

import json

from pod.ondemand import load

# Entries of the file in addition to the settings: settingsfile.py describes them.
TRIAL = "trial"
TRIED = "tried"
UNDONE = "undone"


class SettingError(ValueError):
    """Unknown setting or invalid value. The text names the setting and the reason."""


class _Values:
    """One attribute for each setting: an attribute name takes less memory than a key of a dictionary."""


class Settings:
    """Settings of one file. `fault` describes an error in the file or an undone trial, empty otherwise.

    `on_trial`: hardware settings apply at this boot that no host has confirmed. `undone`: hardware settings, by name,
    that the last trial undid.
    """

    def __init__(self, path: str, ignore_hardware: bool = False):
        """`ignore_hardware`: see settingsfile.py."""
        self._path = path
        self._values = _Values()
        # Values as stored, where others apply at this boot.
        self._names, self._stored, self.on_trial, self.undone, self.fault = load("pod.storage.settingsfile").read_into(
            self._values, path, ignore_hardware
        )

    def get(self, name: str):
        """Return the value of a setting that applies at this boot. Raises SettingError for an unknown name."""
        if name[:1] == "_" or not hasattr(self._values, name):
            raise SettingError("%s: no such setting" % name)
        return getattr(self._values, name)

    def stored(self, name: str):
        """Return the value that is stored: it applies at the next boot. Raises as `get`."""
        value = self.get(name)
        return self._stored.get(name, value)

    def set(self, name: str, value) -> None:
        """Store a value, which applies at once, or on trial at the next boot if it is one of the hardware.

        Raises SettingError with the valid range, OSError if the flash is full.
        """
        self.get(name)
        load("pod.storage.settingschange").change(self._values, self._stored, name, value, self._path)
        if name in self._stored:
            self.undone = {}

    def set_text(self, pair: str) -> str:
        """Set from `name=value`, the value as JSON or plain text. Return the name. Raises as `set`."""
        name, value = load("pod.storage.settingschange").parsed(pair)
        self.set(name, value)
        return name

    def confirm(self) -> None:
        """End the trial: its settings are good. If the flash is full, the next boot undoes them, and reports that."""
        try:
            load("pod.storage.settingschange").confirm(self._path)
        except OSError:
            pass
        self.on_trial = False  # Last: without memory for the module, the next iteration tries again.

    def text(self, name: str) -> str:
        """Return `name=value` as stored, the value as JSON; `undone=` with the settings that the last trial undid."""
        return "%s=%s" % (name, json.dumps(self.undone if name == UNDONE else self.stored(name)))

    def texts(self) -> list:
        """Return the text of each setting, and of `undone` if the last trial was undone."""
        return [self.text(name) for name in self._names + ((UNDONE,) if self.undone else ())]
