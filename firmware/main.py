"""Picks the slot that holds the app and starts it. Whatever fails ends in the other slot, or in the REPL.

`/slot` is one line of words, replaced as a whole:

    app_a                    this slot is good
    app_b trial app_a 60000  start app_b next, once; unless it settles within so many ms, app_a is the good one
    app_b tried app_a 60000  app_b was started and has not settled yet
    app_a failed app_b ...   app_a runs because app_b did not start; what follows says why

Without `/slot` the app is what lies beside this file. A slot called `.` is that, too.
"""

import os
import sys

import micropython

# A host may be greeting already, and a byte 3 in its frame must not end the start. Nobody is locked out: what is typed
# meanwhile waits, the app looks for a knock first, and the REPL sets this as it needs it.
micropython.kbd_intr(-1)

_CHOICE = "/slot"
_SLOTS = ("app_a", "app_b")
_WHY_LETTERS = 80
_TRIAL_MS = 60_000


def _read() -> list:
    try:
        with open(_CHOICE) as file:
            return file.read().split()
    except (OSError, UnicodeError):
        return []


def _write(words: list) -> bool:
    """False when the flash takes nothing more: then the file says what it said, and the start goes on all the same."""
    try:
        with open(_CHOICE + ".new", "w") as file:
            file.write(" ".join(words))
        os.rename(_CHOICE + ".new", _CHOICE)
        return True
    except OSError:
        return False


def _whole(slot: str) -> bool:
    """Whether a slot was filled to the end: its manifest comes last."""
    try:
        os.stat("/" + slot + "/manifest.json")
        return True
    except OSError:
        return False


def _pick() -> tuple:
    """(slot, ms that its trial may last or 0), with the choice brought up to date before anything is started."""
    words = _read()
    state = words[1] if len(words) > 3 else ""
    if state == "trial":
        # a trial that cannot be noted would be tried again and again if it hangs
        if _write([words[0], "tried"] + words[2:]):
            return words[0], int(words[3]) if words[3].isdigit() else _TRIAL_MS
        return words[2], 0
    if state == "tried":
        words = [words[2], "failed", words[0], "did", "not", "settle"]
        _write(words)
    if words:
        return words[0], 0
    whole = [slot for slot in _SLOTS if _whole(slot)]
    return (whole[0] if whole else "."), 0


def _other(slot: str) -> str:
    """The slot to go back to when `slot` does not start; empty when there is none, or it was left for this one."""
    words = _read()
    if len(words) > 2:
        return words[2] if words[1] != "failed" and words[2] != slot else ""
    for other in _SLOTS:
        if other != slot and _whole(other):
            return other
    return ""


def _go_back(slot: str, error: Exception) -> str:
    """Choose the other slot and leave for a soft reset; the slot to go on with at once if the choice cannot be kept.

    Empty when there is none: then the REPL is where the pod can be mended.
    """
    other = _other(slot)
    if other:
        why = "%s: %s" % (type(error).__name__, error)
        if _write([other, "failed", slot, why[:_WHY_LETTERS]]):
            raise SystemExit
        sys.path[:] = [path for path in sys.path if path != "/" + slot]
        for name in list(sys.modules):
            if name.split(".")[0] in ("pod", "retrowire"):
                del sys.modules[name]
    return other


def _mount_packs(folder: str) -> None:
    """Let the app be imported from the pack files of its folder. An older app has separate files instead."""
    try:
        import flash
        import packs
    except ImportError:
        return
    flash.mount()
    sys.path.insert(0, packs.mount(folder))


def _umount_packs() -> None:
    """Undo `_mount_packs`."""
    packs = sys.modules.pop("packs", None)
    if packs:
        packs.umount()
        del sys.path[0]


def _start(slot: str, trial_ms: int) -> None:
    """Run the app unless the skip pin is held low."""
    folder = "" if slot == "." else "/" + slot
    if folder:
        sys.path.insert(0, folder)
    _mount_packs(folder)
    try:
        _run(trial_ms)
    finally:
        _umount_packs()


def _run(trial_ms: int) -> None:
    from pod.hal import board

    if board.skip_held():
        print("skip pin held low: the app is not started")
        return
    from pod import app

    if trial_ms:
        board.bite_after(trial_ms)
    app.run()


def main() -> None:
    """Start what is to be started, else the other slot."""
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
