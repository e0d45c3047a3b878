"""The file of the settings: read at the start, written when a setting is changed. Loaded on demand."""

import json

from pod.ondemand import load
from pod.storage import store
from pod.storage.settings import SettingError

_BAD_FILE = "settings file damaged: defaults used"


def read_into(values, path: str, ignore_hardware: bool) -> tuple:
    """Set an attribute of `values` for every setting, from the file or the default.

    Returns (names of all settings, hardware settings that are ignored by name with the value that counts, fault).
    `ignore_hardware`: starts have failed, so what the file says of the hardware is kept, but does not count.
    """
    rows = load("pod.storage.settingrows")
    for name, value in rows.defaults().items():
        setattr(values, name, value)
    fault = _take_all(rows, values, store.read(path))
    ignored = _ignored(rows, values) if ignore_hardware else {}
    if ignore_hardware:
        fault = "two starts failed, so this one passes over: " + (" ".join(sorted(ignored)) or "nothing was set")
    return sorted(rows.names()), ignored, fault


def change(values, name: str, value, path: str) -> None:
    """Set one setting and write the file. SettingError says what it can take; OSError when the flash is full."""
    old = getattr(values, name)
    rows = load("pod.storage.settingrows")
    setattr(values, name, _checked(rows, name, value))
    defaults = rows.defaults()
    changed = {one: getattr(values, one) for one in defaults if getattr(values, one) != defaults[one]}
    try:
        store.write_atomic(path, json.dumps(changed).encode())
    except OSError:
        setattr(values, name, old)
        raise


def _take_all(rows, values, data: bytes) -> str:
    """Take what the file holds; returns what was wrong with it."""
    if not data:
        return ""
    try:
        held = json.loads(data)
    except ValueError:
        held = None
    if not isinstance(held, dict):
        return _BAD_FILE
    fault = ""
    for name, value in held.items():
        fault = _take(rows, values, name, value) or fault
    return fault


def _take(rows, values, name, value) -> str:
    """One value of the file. A later firmware's setting is ignored, a bad value leaves the default."""
    if name[:1] == "_" or not hasattr(values, name):
        return ""
    try:
        setattr(values, name, _checked(rows, name, value))
        return ""
    except SettingError as error:
        return str(error)


def _ignored(rows, values) -> dict:
    defaults = rows.defaults()
    return {name: defaults[name] for name in rows.hardware() if getattr(values, name) != defaults[name]}


def _checked(rows, name: str, value):
    try:
        return rows.check(name, value)
    except ValueError as error:
        raise SettingError("%s: %s" % (name, error))
