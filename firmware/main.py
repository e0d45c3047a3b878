"""Selects the slot of the app and starts it. After any failure it starts the other slot, or the REPL.

`/slot` is one line of words, which is replaced as a whole:

    app_a                    app_a is good
    app_b trial app_a 60000  start app_b once; unless it settles within 60000 ms, app_a is the good one
    app_b tried app_a 60000  app_b was started and has not settled yet
    app_a failed app_b ...   app_a runs because app_b failed; the reason follows

Without `/slot`, and for a slot with the name `.`, the app is next to this file.
"""

import os
import sys

import micropython

# A host may send frames already, and a byte 3 in one of them must not interrupt the start. Input waits until the app
# reads it and finds an interrupt request in it. The REPL enables Ctrl-C again.
micropython.kbd_intr(-1)

_CHOICE = "/slot"
_SLOTS = ("app_a", "app_b")


def _read() -> list:
    try:
        with open(_CHOICE) as file:
            return file.read().split()
    except (OSError, UnicodeError):
        return []


def _write(items: list) -> bool:
    """Replace the file. Return False if the flash is full: the file is unchanged, and the start continues."""
    try:
        with open(_CHOICE + ".new", "w") as file:
            file.write(" ".join(items))
        os.rename(_CHOICE + ".new", _CHOICE)
        return True
    except OSError:
        return False


def _complete(slot: str) -> bool:
    """Return whether a slot is complete: its manifest is written last."""
    try:
        os.stat("/" + slot + "/manifest.json")
        return True
    except OSError:
        return False


def _pick() -> tuple:
    """Return (slot, longest duration of its trial in ms or 0). Updates the file before the slot is started."""
    items = _read()
    state = items[1] if len(items) > 3 else ""
    if state == "trial":
        # Skip a trial that cannot be recorded: if it hangs, every boot would start it again.
        if _write([items[0], "tried"] + items[2:]):
            return items[0], int(items[3]) if items[3].isdigit() else 60_000  # ms, unless the file names a time
        return items[2], 0
    if state == "tried":
        items = [items[2], "failed", items[0], "did not settle"]
        _write(items)
    if items:
        return items[0], 0
    for slot in _SLOTS:
        if _complete(slot):
            return slot, 0
    return ".", 0


def _other(slot: str) -> str:
    """Return the slot to use after `slot` has failed; empty without another slot, or if it has failed before."""
    items = _read()
    if len(items) > 2:
        return items[2] if items[1] != "failed" and items[2] != slot else ""
    for other in _SLOTS:
        if other != slot and _complete(other):
            return other
    return ""


def _go_back(slot: str, error: Exception) -> str:
    """Choose the other slot and exit for a soft reset. If the choice cannot be stored, return the slot to start now.

    Returns an empty name without another slot: then the pod can be repaired in the REPL.
    """
    other = _other(slot)
    if other:
        text = "%s: %s" % (type(error).__name__, error)
        if _write([other, "failed", slot, text[:80]]):
            raise SystemExit
        sys.path[:] = [path for path in sys.path if path != "/" + slot]
        for name in list(sys.modules):
            if name.split(".")[0] in ("pod", "retrowire"):
                del sys.modules[name]
    return other


def _mount_packs(folder: str) -> None:
    """Make the pack files of the app's folder importable. An older app has separate files instead."""
    try:
        import flash
        import packs
    except ImportError:
        return
    flash.mount()
    sys.path.insert(0, packs.mount(folder))


def _start(slot: str, trial_ms: int) -> None:
    """Run the app of a slot, unless the skip pin is held low."""
    folder = "" if slot == "." else "/" + slot
    if folder:
        sys.path.insert(0, folder)
    _mount_packs(folder)
    try:
        _run(trial_ms)
    finally:
        packs = sys.modules.pop("packs", None)
        if packs:
            packs.umount()
            del sys.path[0]


def _run(trial_ms: int) -> None:
    from pod import board

    if board.skip_held():
        print("skip pin held low: the app is not started")
        return
    from pod import app

    if trial_ms:
        board.bite_after(trial_ms)
    app.run()


def main() -> None:
    """Start the selected slot. If it fails, start the other one."""
    slot, trial_ms = _pick()
    for _ in _SLOTS:
        try:
            return _start(slot, trial_ms)
        except Exception as error:
            sys.print_exception(error)
            slot, trial_ms = _go_back(slot, error), 0
        if not slot:
            return None
    return None


main()
