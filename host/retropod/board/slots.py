"""The two slots for the app on a pod's flash. firmware/main.py defines the contents of the file `/slot`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from retropod.board.mpremote import ReplBoard
from retropod.build import image
from retropod.build.image import BuiltApp

FLAT = "."  # place of an app next to main.py: of the first versions, and of an installation by `mip`
_SLOTS = ("app_a", "app_b")

# For scripts that run on a board: `total(path)` returns the SHA-256 of a file as hex digits, "" if it cannot be read.
DEFINE_TOTAL = """
import os, json, hashlib, binascii
def total(name):
    h, buf = hashlib.sha256(), bytearray(256)
    try:
        with open(name, "rb") as f:
            while True:
                n = f.readinto(buf)
                if not n:
                    return binascii.hexlify(h.digest()).decode()
                h.update(buf[:n])
    except OSError:
        return ""
"""
_READ_LAYOUT = (
    DEFINE_TOTAL
    + """
import sys
try:
    with open("/slot") as f:
        words = f.read(256).split()
except (OSError, ValueError):
    words = []
print(json.dumps({
    "outside": [path for path in sys.path if path.startswith("/") and total(path + "/pod/app.mpy")],
    "words": words,
    "manifests": {slot: total("/" + slot + "/manifest.json") for slot in ("app_a", "app_b")},
    "flat": any([total(name) for name in ("/pod.pack", "/pod/app.mpy", "/pod/app.py")]),
    "main": total("/main.py"),
    "boot": bool(total("/boot.py")),
}))
"""
)
_DIGESTS = (
    DEFINE_TOTAL
    + """
found = {{}}
def walk(folder):
    for entry in list(os.ilistdir(folder)):
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            walk(path)
        else:
            found[path[{skip}:]] = total(path)
try:
    walk("/{slot}")
except OSError:
    pass
print(json.dumps(found))
"""
)
_WRITE_CHOICE = """
import os
with open("/slot.new", "w") as f:
    f.write({line!r})
os.rename("/slot.new", "/slot")
"""
# For scripts that run on a board: `clear(folder)` removes a folder with its contents and ignores errors.
DEFINE_CLEAR = """
import os
def clear(folder):
    try:
        for entry in list(os.ilistdir(folder)):
            path = folder + "/" + entry[0]
            if entry[1] & 0x4000:
                clear(path)
            else:
                os.remove(path)
        os.rmdir(folder)
    except OSError:
        pass
"""
_REMOVE_FLAT_APP = (
    DEFINE_CLEAR
    + """
clear("/pod")
clear("/retrowire")
for name in os.listdir("/"):
    if name == "packs.mpy" or name.endswith(".pack"):
        os.remove("/" + name)
"""
)


class SlotLayout(NamedTuple):
    """The apps on a board.

    `current`: the slot that a start would run, FLAT, or empty without an app. `words`: contents of `/slot`.
    `manifests`: digest of each slot's manifest, empty without one. `flat`: there is an app next to main.py. `main`:
    digest of main.py. `boot`: there is a boot.py. `outside`: folder of an app that is not on the flash, as on a virtual
    pod, or empty.
    """

    current: str
    words: list[str]
    manifests: dict[str, str]
    flat: bool
    main: str
    boot: bool = False
    outside: str = ""

    @property
    def target(self) -> str:
        """The slot for a new app: never the slot that runs."""
        return "app_b" if self.current == "app_a" else "app_a"


def read_layout(board: ReplBoard) -> SlotLayout:
    """Read which apps are on the board. Raises the errors of ReplBoard.exec."""
    found: dict[str, Any] = board.ask(_READ_LAYOUT)
    outside = next(iter(found["outside"]), "")
    return SlotLayout(
        _current(found), found["words"], found["manifests"], found["flat"], found["main"], found["boot"], outside
    )


def read_digests(board: ReplBoard, slot: str) -> dict[str, str]:
    """Return the SHA-256 as hex digits of every file in `slot`, by its path there. The board reads all of them."""
    return _digests_in(board, slot) if slot in _SLOTS else {}


def is_identical_outside(board: ReplBoard, layout: SlotLayout, architecture: str) -> bool:
    """Return whether the app that is not on the flash has the files of this tool's app."""
    if not layout.outside:
        return False
    found = _digests_in(board, layout.outside.strip("/"))
    starters = image.build(architecture).starters
    return all(found.get(file.name) == file.sha256 for file in [*image.modules(architecture), *starters])


def _digests_in(board: ReplBoard, slot: str) -> dict[str, str]:
    return board.ask(_DIGESTS.format(slot=slot, skip=len(slot) + 2))


def write_choice(board: ReplBoard, *words: str) -> None:
    """Write the file `/slot` atomically."""
    board.exec(_WRITE_CHOICE.format(line=" ".join(words)))


def confirm_current(board: ReplBoard, layout: SlotLayout) -> None:
    """Choose the slot that runs unless `/slot` names it: the file may be damaged, missing, or from a trial."""
    if layout.words != [layout.current]:
        write_choice(board, layout.current)


def remove_flat_app(board: ReplBoard) -> None:
    """Remove the app next to main.py, after a slot has replaced it."""
    board.exec(_REMOVE_FLAT_APP)


def has_manifest(layout: SlotLayout, app: BuiltApp) -> bool:
    """Return whether the slot that runs has the manifest of `app`."""
    return layout.manifests.get(layout.current) == app.manifest.sha256


def is_identical(layout: SlotLayout, app: BuiltApp, running: Mapping[str, str]) -> bool:
    """Return whether the slot that runs has the manifest and, by the digests `running`, the files of `app`."""
    return has_manifest(layout, app) and all(running.get(file.name) == file.sha256 for file in app.files)


def _current(found: dict[str, Any]) -> str:
    words: list[str] = found["words"]
    if len(words) > 2 and words[1] in ("trial", "tried"):
        return words[2]
    if words and (words[0] != FLAT or found["flat"]):
        return words[0]
    complete = [slot for slot in _SLOTS if found["manifests"][slot]]
    return complete[0] if complete else FLAT if found["flat"] else ""
