"""Changes of the settings: checked, then written to the file that settingsfile.py describes. Loaded on demand."""

import json

from pod import MACHINE
from pod.ondemand import load
from pod.storage import store
from pod.storage.settings import TRIAL, TRIED, UNDONE, SettingError


def parsed(pair: str) -> tuple:
    """Return (name, value) of `name=value`, the value as JSON or plain text. Raises SettingError without a value."""
    name, equals, text = pair.partition("=")
    if not equals:
        raise SettingError("name=value expected")
    try:
        return name, json.loads(text)
    except ValueError:
        return name, text


def change(values, stored: dict, name: str, value, path: str) -> None:
    """Store one setting: in `values` and the file, or one of the hardware in `stored` and the trial of the file.

    Raises as Settings.set.
    """
    rows = load("retrowire.settingrows")
    on_trial = rows.is_hardware(name)
    try:
        rows.check(name, value)
        if on_trial:
            _check_pin(stored.get("board", values.board), name, value)
    except ValueError as error:
        raise SettingError("%s: %s" % (name, error))
    default = rows.default(name)
    held = _held(path)
    held.update(held.pop(TRIED, {}))  # The host that changes a setting has received an answer of this boot.
    if on_trial:
        trial = held.setdefault(TRIAL, {})
        trial[name] = value
        if value == held.get(name, default):
            del trial[name]
        if not trial:
            del held[TRIAL]
        held.pop(UNDONE, None)
    else:
        held[name] = value
    if held.get(name) == default:
        del held[name]
    store.write_atomic(path, json.dumps(held).encode())
    if on_trial:
        stored[name] = value
    else:
        setattr(values, name, value)


def confirm(path: str) -> None:
    """Make the settings on trial the good ones. Raises OSError if the flash is full."""
    held = _held(path)
    held.update(held.pop(TRIED, {}))
    defaults = load("retrowire.settingrows").defaults()
    held = {name: held[name] for name in held if name not in defaults or held[name] != defaults[name]}
    store.write_atomic(path, json.dumps(held).encode())


def _held(path: str) -> dict:
    """Return the entries of the file; none if it is damaged."""
    try:
        held = json.loads(store.read(path))
    except ValueError:
        held = None
    held = held if isinstance(held, dict) else {}
    return {name: held[name] for name in held if isinstance(held[name], dict) == (name in (TRIAL, TRIED, UNDONE))}


def _check_pin(board: str, name: str, value) -> None:
    """Raise ValueError if a setting must not have this valid value on this board. `board`: its setting."""
    boards = load("retrowire.boards")
    if name == "board":
        if value != "auto" and boards.board(value, MACHINE) != value:
            raise ValueError("%s has another processor than this board" % value)
        return
    misuse = load("retrowire.pinuse").misuse(boards.processor(boards.board(board, MACHINE)), name, value)
    if misuse:
        raise ValueError(misuse)
