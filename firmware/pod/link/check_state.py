"""Second part of the self-test: clock, faults, resets, settings, mount and slot. Loaded on demand.

The pod stores each short text of a module permanently. So texts are joined from names that it has already.
"""

from pod.ondemand import load
from pod.storage import bootguard, store
from retrowire import codec
from retrowire import rows as names

_PASS = codec.value("verdict", "pass")
_WARN = codec.value("verdict", "warn")
_RECENT = 10  # boots: older faults were reported before
_IGNORED = codec.value("check_reason", "settings_ignored")
_WATCHDOG = 3  # machine.WDT_RESET: a hang, or a panic of ESP-IDF


def rows(board, settings, clock, faults, mount, trial):
    """Yield (verdict, value, text[, reason]) of each item."""
    state = clock.state
    yield _WARN if state == 0 else _PASS, state, " ".join(("clock", names.name("clock_state", state)))
    yield _faults(faults.rows(), clock.boot)
    cause = board.reset_cause()
    yield _WARN if cause == _WATCHDOG else _PASS, cause, "reset"
    yield _settings(settings)
    yield _mount(mount)
    yield _slot(trial)


def _faults(kept: list, boot: int) -> tuple:
    if not kept:
        return _PASS, 0, "faults"
    recent = [row for row in kept if boot - row[0] < _RECENT]
    then, uptime_s, code, text = kept[-1]
    ago = "this start" if then == boot else "%d starts ago" % (boot - then)
    text = "faults %s after %d s: %s: %s" % (ago, uptime_s, names.name("fault", code), text)
    return _WARN if recent else _PASS, len(recent), text


def _settings(settings) -> tuple:
    defaults = load("retrowire.settingrows").defaults()
    changed = [name for name in sorted(defaults) if settings.stored(name) != defaults[name]]
    fault = settings.fault
    if settings.undone and not fault:
        fault = "undone after a trial: " + " ".join(sorted(settings.undone))
    if fault:
        return _WARN, len(changed), " ".join(("settings", fault)), _IGNORED if bootguard.settings_ignored else 0
    return _PASS, len(changed), " ".join(["settings"] + changed)


def _mount(mount) -> tuple:
    state = names.name("mount", mount.state)
    reason = names.name("mount_reason", mount.reason)
    text = " ".join(("mount", state if reason == "none" else state + ", " + reason))
    return _PASS if state in ("given", "verified") else _WARN, mount.state, text


def _slot(trial) -> tuple:
    if trial.failure:
        return _WARN, 0, "slot went back, " + trial.failure
    try:
        name = store.read(trial.path).split(b" ")[0].decode() or "files next to main.py"
    except UnicodeError:
        return _WARN, 0, "slot file damaged"
    return _WARN if trial.on else _PASS, 1 if trial.on else 0, " ".join(("slot", name))
