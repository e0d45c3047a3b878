"""What lies on a pod whose app does not run, asked over its REPL. Nothing is changed."""

import json
from typing import Any, NamedTuple

from retropod.board.mpremote import ReplBoard
from retropod.board.slots import BESIDE_MAIN
from retrowire import codec

# A line of JSON at the end. Reading a file that the file system has lost raises OSError.
_ASK = """
import os, json, hashlib, binascii
r = {"mounted": True, "unreadable": [], "words": [], "slots": {}, "main": False, "beside": False, "begun": False,
     "runs": [], "settings": None, "faults": "", "free": 0}
def read(path, whole=False):
    h, n, kept = hashlib.sha256(), 0, b""
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
                    kept += b
    except OSError:
        r["unreadable"].append(path)
        return None
    return kept if whole else binascii.hexlify(h.digest()).decode()
def text(path):
    kept = read(path, True)
    try:
        return None if kept is None else kept.decode()
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
                r["begun"] = True
            except OSError:
                pass
            continue
        try:
            files = json.loads(wanted)["files"]
            r["slots"][slot] = [name for name in files if read("/" + slot + "/" + name) != files[name]]
        except (ValueError, KeyError, TypeError):
            r["slots"][slot] = ["manifest.json"]
    r["main"] = read("/main.py") is not None
    r["beside"] = any([read(name) is not None for name in ("/pod.pack", "/pod/app.mpy", "/pod/app.py")])
    r["settings"] = text("/settings.json")
    r["faults"] = text("/faults.log") or ""
    try:
        r["runs"] = [[e[0], os.stat("/runs/" + e[0])[6]] for e in os.ilistdir("/runs") if not e[1] & 0x4000]
    except OSError:
        pass
print(json.dumps(r))
"""
# What main.py would load, loaded without being run.
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
    """Files of a pod: words of `/slot`, by slot the files that are not as its manifest says, runs with their bytes.

    `begun`: a slot was filled, but not to the end. `unreadable`: files that the file system cannot give back.
    `settings`: the file's text, None without one.
    """

    mounted: bool
    words: list[str]
    slots: dict[str, list[str]]
    main: bool
    beside: bool
    begun: bool
    runs: dict[str, int]
    unreadable: list[str]
    settings: str | None
    faults: str
    free: int

    @property
    def current(self) -> str:
        """The slot that main.py would start, empty when there is none."""
        if len(self.words) > 2 and self.words[1] in ("trial", "tried"):
            return self.words[2]
        if self.words and (self.words[0] in self.slots or self.words[0] == BESIDE_MAIN):
            return self.words[0]
        return next(iter(sorted(self.slots)), BESIDE_MAIN if self.beside else "")

    @property
    def damaged_settings(self) -> bool:
        """Whether there is a settings file that is none."""
        if self.settings is None:
            return "/settings.json" in self.unreadable
        try:
            return not isinstance(json.loads(self.settings), dict)
        except ValueError:
            return self.settings != ""

    @property
    def last_crash(self) -> str:
        """The text of the exception that the app's last starts ended with, empty when they did not."""
        rows = [row.split("\t") for row in self.faults.splitlines()][-_QUICK:]
        crashes = [row for row in rows if len(row) == 4 and row[2] == str(_EXCEPTION)]
        quick = [row for row in crashes if row[1].isdigit() and int(row[1]) < _QUICK_S]
        return quick[-1][3] if len(quick) == _QUICK else ""


def inspect(board: ReplBoard) -> PodFiles:
    """Look at everything. Takes an ESP32 some ten seconds: the app is read and compared with its manifest."""
    found: dict[str, Any] = board.ask(_ASK)
    return PodFiles(
        found["mounted"], found["words"], found["slots"], found["main"], found["beside"], found["begun"],
        dict(found["runs"]), found["unreadable"], found["settings"], found["faults"], found["free"],
    )  # fmt: skip


def why_not(board: ReplBoard, slot: str) -> str:
    """What keeps the app in `slot` from being loaded, empty when nothing does."""
    return board.ask(_TRY.format(slot=slot))
