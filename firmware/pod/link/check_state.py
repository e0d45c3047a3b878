"""The pod's test of itself, second part: clock, faults, resets, settings, mount and slot. Loaded on demand."""

from pod.ondemand import load
from pod.storage import bootguard, store
from retrowire import codec
from retrowire import rows as names

_PASS = codec.value("verdict", "pass")
_WARN = codec.value("verdict", "warn")
_RECENT = 10  # starts: older faults were reported before
_IGNORED = codec.value("check_reason", "settings_ignored")
_WATCHDOG = 3  # machine.WDT_RESET: a hang, or a panic of the system below


def rows(parts, _link):
    """Yield (verdict, value, text[, reason]) of each item."""
    state = parts.clock.state
    yield _WARN if state == 0 else _PASS, state, "clock " + names.name("clock_state", state)
    yield _faults(parts.faults.rows(), parts.clock.boot)
    cause = parts.board.reset_cause()
    yield _WARN if cause == _WATCHDOG else _PASS, cause, "reset"
    yield _settings(parts.settings)
    yield _mount(parts.mount)
    yield _slot(parts)


def _faults(kept: list, boot: int) -> tuple:
    if not kept:
        return _PASS, 0, "faults"
    recent = [row for row in kept if boot - row[0] < _RECENT]
    then, uptime_s, code, text = kept[-1]
    ago = "this start" if then == boot else "%d starts ago" % (boot - then)
    text = "faults %s after %d s: %s: %s" % (ago, uptime_s, names.name("fault", code), text)
    return _WARN if recent else _PASS, len(recent), text


def _settings(settings) -> tuple:
    defaults = load("pod.storage.settingrows").defaults()
    changed = [name for name in settings.names() if settings.get(name) != defaults[name]]
    if settings.fault:
        reason = _IGNORED if bootguard.settings_ignored else 0
        return _WARN, len(changed), "settings " + settings.fault, reason
    return _PASS, len(changed), " ".join(["settings"] + changed)


def _mount(mount) -> tuple:
    state = names.name("mount", mount.state)
    reason = names.name("mount_reason", mount.reason)
    text = "mount " + state + ("" if reason == "none" else ", " + reason)
    return _PASS if state in ("given", "verified") else _WARN, mount.state, text


def _slot(parts) -> tuple:
    trial = parts.trial
    if trial.failure:
        return _WARN, 0, "slot went back, " + trial.failure
    try:
        name = store.read(parts.board.SLOT).split(b" ")[0].decode() or "files beside main.py"
    except UnicodeError:
        return _WARN, 0, "slot file damaged"
    return _WARN if trial.on else _PASS, 1 if trial.on else 0, "slot " + name
