"""File of the settings: read at the start, written when a setting changes. Loaded on demand."""

import json

from pod.ondemand import load
from pod.storage import store
from pod.storage.settings import SettingError

_BAD_FILE = "settings file damaged: defaults used"


def read_into(values, path: str, ignore_hardware: bool) -> tuple:
    """Set an attribute of `values` for every setting, from the file or the default.

    Returns (names of all settings, default of each ignored hardware setting by name, fault). `ignore_hardware`: boots
    have failed, so hardware settings stay in the file, but their defaults apply.
    """
    rows = load("pod.storage.settingrows")
    for name, value in rows.defaults().items():
        setattr(values, name, value)
    fault = _take_all(rows, values, store.read(path))
    ignored = _ignored(rows, values) if ignore_hardware else {}
    if ignore_hardware:
        fault = "two boots failed, so this one ignores: " + (" ".join(sorted(ignored)) or "nothing was set")
    return sorted(rows.names()), ignored, fault


def parsed(pair: str) -> tuple:
    """Return (name, value) of `name=value`, the value as JSON or plain text. Raises SettingError without a value."""
    name, equals, text = pair.partition("=")
    if not equals:
        raise SettingError("name=value expected")
    try:
        return name, json.loads(text)
    except ValueError:
        return name, text


def change(values, name: str, value, path: str) -> None:
    """Set one setting and write the file. Raises as Settings.set."""
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
    """Set the values of the file. Return a description of its errors."""
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
    """Set one value of the file. Ignore a setting of a later firmware; keep the default for an invalid value."""
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
