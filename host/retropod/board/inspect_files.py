"""Inspection of the files on a pod whose app does not run, over its REPL. It changes nothing."""

import json
from typing import Any, NamedTuple

from retropod.board.mpremote import ReplBoard
from retropod.board.slots import FLAT
from retrowire import codec

# Prints one line of JSON. Reading a file that the file system has lost raises OSError. `read` returns up to 16 kB of a
# file, more than any text file of a pod has.
_INSPECT = """
import os, json, hashlib, binascii
r = {"mounted": True, "unreadable": [], "words": [], "slots": {}, "main": False, "flat": False, "partial": False,
     "runs": [], "settings": None, "faults": "", "free": 0}
def read(path, whole=False):
    h, data = hashlib.sha256(), b""
    try:
        os.stat(path)
    except OSError:
        return None
    try:
        with open(path, "rb") as f:
            while True:
                b = f.read(512)
                if not b:
                    break
                h.update(b)
                if whole:
                    data += b
                if len(data) > 16384:
                    return data
    except (OSError, MemoryError):
        r["unreadable"].append(path)
        return None
    return data if whole else binascii.hexlify(h.digest()).decode()
def text(path):
    data = read(path, True)
    try:
        return None if data is None else data.decode()
    except UnicodeError:
        return "?"
try:
    s = os.statvfs("/")
    r["free"] = s[0] * s[3] if s[3] <= s[2] else 0
    r["mounted"] = s[2] > 1
except OSError:
    r["mounted"] = False
if r["mounted"]:
    r["words"] = (text("/slot") or "").split()
    for slot in ("app_a", "app_b"):
        wanted = text("/" + slot + "/manifest.json")
        if wanted is None:
            try:
                os.stat("/" + slot)
                r["partial"] = True
            except OSError:
                pass
            continue
        try:
            files = json.loads(wanted)["files"]
            r["slots"][slot] = [name for name in files if read("/" + slot + "/" + name) != files[name]]
        except (ValueError, KeyError, TypeError):
            r["slots"][slot] = ["manifest.json"]
    r["main"] = read("/main.py") is not None
    r["flat"] = any([read(name) is not None for name in ("/pod.pack", "/pod/app.mpy", "/pod/app.py")])
    r["settings"] = text("/settings.json")
    r["faults"] = text("/faults.log") or ""
    try:
        r["runs"] = [[e[0], os.stat("/runs/" + e[0])[6]] for e in os.ilistdir("/runs") if not e[1] & 0x4000]
    except OSError:
        pass
print(json.dumps(r))
"""
# Loads the app as main.py would, without running it.
_TRY = """
import sys, json
sys.path[:] = [p for p in sys.path if p not in ("/app_a", "/app_b")]
for name in list(sys.modules):
    if name.split(".")[0] in ("packs", "pod", "retrowire"):
        del sys.modules[name]
folder = "" if {slot!r} == "." else "/" + {slot!r}
if folder:
    sys.path.insert(0, folder)
packs = None
try:
    try:
        import packs
        sys.path.insert(0, packs.mount(folder))
    except ImportError:
        pass  # an app of separate files
    from pod import app
    print(json.dumps(""))
except Exception as error:
    print(json.dumps("%s: %s" % (type(error).__name__, error)))
if packs:
    packs.umount()
"""
_QUICK = 3
_QUICK_S = 60
_EXCEPTION = codec.value("fault", "exception")


class PodFiles(NamedTuple):
    """The files of a pod.

    `words`: contents of `/slot`. `slots`: for each slot with a manifest, the files that differ from it. `main`: there
    is a main.py. `flat`: there is an app next to main.py. `partial`: a slot without a manifest is partly filled.
    `runs`: size of each run in bytes. `unreadable`: files that the file system cannot read. `settings`: text of the
    settings file, None without one. `faults`: text of the fault log. `free`: free bytes.
    """

    mounted: bool
    words: list[str]
    slots: dict[str, list[str]]
    main: bool
    flat: bool
    partial: bool
    runs: dict[str, int]
    unreadable: list[str]
    settings: str | None
    faults: str
    free: int

    @property
    def current(self) -> str:
        """The slot that main.py would start, FLAT, or empty without an app."""
        if len(self.words) > 2 and self.words[1] in ("trial", "tried"):
            return self.words[2]
        if self.words and (self.words[0] in self.slots or self.words[0] == FLAT):
            return self.words[0]
        return next(iter(sorted(self.slots)), FLAT if self.flat else "")

    @property
    def damaged_settings(self) -> bool:
        """True if the settings file is unreadable or invalid."""
        if self.settings is None:
            return "/settings.json" in self.unreadable
        try:
            return not isinstance(json.loads(self.settings), dict)
        except ValueError:
            return self.settings != ""

    @property
    def last_crash(self) -> str:
        """The text of the exception that ended the last starts of the app, empty if they did not crash."""
        rows = [row.split("\t") for row in self.faults.splitlines()][-_QUICK:]
        crashes = [row for row in rows if len(row) == 4 and row[2] == str(_EXCEPTION)]
        quick = [row for row in crashes if row[1].isdigit() and int(row[1]) < _QUICK_S]
        return quick[-1][3] if len(quick) == _QUICK else ""


def inspect(board: ReplBoard) -> PodFiles:
    """Read the state of all files. An ESP32 needs about 10 s, because it compares the app with its manifest."""
    found: dict[str, Any] = board.ask(_INSPECT)
    return PodFiles(
        found["mounted"], found["words"], found["slots"], found["main"], found["flat"], found["partial"],
        dict(found["runs"]), found["unreadable"], found["settings"], found["faults"], found["free"],
    )  # fmt: skip


def load_error(board: ReplBoard, slot: str) -> str:
    """Return the exception that loading the app in `slot` raises, empty if it loads."""
    return board.ask(_TRY.format(slot=slot))
