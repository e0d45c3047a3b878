"""File of the settings, read at the start. settingschange.py writes it when a setting changes. Both load on demand.

The file is one JSON object, which littlefs replaces as a whole: after a power cut it holds the old or the new one. It
has an entry for each setting that differs from its default, and at most one of these:

    trial    hardware settings by name, set since the last boot: the next boot starts with them
    tried    hardware settings with which a boot was started, and which no host has confirmed
    undone   hardware settings that were undone, because a boot with them ended before a host had greeted the pod

board.py starts a watchdog in a boot on trial. So settings that hang the pod, or on which no host reaches it, cost one
boot. Earlier firmware ignores these entries and uses the confirmed settings.
"""

import json

from pod.ondemand import load
from pod.storage import store
from pod.storage.settings import TRIAL, TRIED, UNDONE


def read_into(values, path: str, ignore_hardware: bool) -> tuple:
    """Set an attribute of `values` for every setting to the value that applies at this boot. Begin or undo a trial.

    Returns (names of all settings, values as stored where they differ, whether this boot is on trial, settings that the
    last trial undid, fault).
    `ignore_hardware`: boots have failed, so hardware settings stay in the file, but their defaults apply.
    """
    rows = load("retrowire.settingrows")
    held, fault = _read(path)
    undone = held.pop(TRIED, {})
    if undone:
        held[UNDONE] = undone
        _write(path, held)  # If the flash is full, every boot undoes them again.
        fault = "undone, because no host greeted the pod with: " + _listed(undone)
    trial = held.get(TRIAL, {})
    on_trial = False
    if trial and not ignore_hardware:
        held[TRIED] = held.pop(TRIAL)
        on_trial = _write(path, held)  # Start no trial that cannot be undone.
        fault = fault if on_trial else "flash full: not started with " + _listed(trial)
    stored = {} if on_trial else dict(trial)
    defaults = rows.defaults()
    for name in defaults:
        setattr(values, name, defaults[name])
    for name, value in held.items():
        fault = _take(rows, values, name, value) or fault
    if on_trial:
        for name, value in trial.items():
            fault = _take(rows, values, name, value) or fault
    elif ignore_hardware:
        fault = (fault + ", " if undone else "") + _ignore(rows, defaults, values, stored)
    return tuple(sorted(rows.names())), stored, on_trial, held.get(UNDONE, {}), fault


def _read(path: str) -> tuple:
    """Return (entries of the file, fault)."""
    data = store.read(path)
    try:
        held = json.loads(data) if data else {}
    except ValueError:
        held = None
    if not isinstance(held, dict):
        return {}, "settings file damaged: defaults used"
    for name in (TRIAL, TRIED, UNDONE):
        if not isinstance(held.get(name, {}), dict):
            del held[name]
    return held, ""


def _write(path: str, held: dict) -> bool:
    """Replace the file. Return False if the flash is full."""
    try:
        store.write_atomic(path, json.dumps(held).encode())
    except OSError:
        return False
    return True


def _listed(entries: dict) -> str:
    return ", ".join([name + " " + str(entries[name]) for name in sorted(entries)])


def _take(rows, values, name, value) -> str:
    """Set one value of the file. Ignore a setting of a later firmware; keep the default for an invalid value."""
    if name[:1] == "_" or not hasattr(values, name):
        return ""
    try:
        setattr(values, name, rows.check(name, value))
        return ""
    except ValueError as error:
        return "%s: %s" % (name, error)


def _ignore(rows, defaults: dict, values, stored: dict) -> str:
    """Let the defaults of the hardware apply. Put the other values into `stored`, and return the fault."""
    ignored = [name for name in rows.hardware() if getattr(values, name) != defaults[name]]
    for name in ignored:
        stored.setdefault(name, getattr(values, name))
        setattr(values, name, defaults[name])
    return "two boots failed, so this one ignores: " + (" ".join(sorted(ignored)) or "nothing was set")
