"""The two places for the app on a pod's flash. firmware/main.py says what the file `/slot` means."""

import tempfile
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from retropod.errors import OperationFailed
from retropod.install.image import App, PodFile
from retropod.install.mpremote import Board, copy_steps
from retropod.install.steps import Watcher

BESIDE_MAIN = "."  # where the first versions of the app lay, and where `mip` puts it
_SLOTS = ("app_a", "app_b")
_BLOCK = 4096
_SPARE_BLOCKS = 16  # folders, and what the file system needs to replace before it gives back

_HASH = """
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
_LOOK = (
    _HASH
    + """
try:
    with open("/slot") as f:
        words = f.read().split()
except (OSError, ValueError):
    words = []
print(json.dumps({
    "words": words,
    "manifests": {slot: total("/" + slot + "/manifest.json") for slot in ("app_a", "app_b")},
    "beside": any([total(name) for name in ("/pod.pack", "/pod/app.mpy", "/pod/app.py")]),
    "main": total("/main.py"),
}))
"""
)
# The manifest goes first, so that a half-filled slot is never taken for a whole one. What does not belong to the new
# app goes: a left-over .py would win over the new .mpy of the same name.
_CLEAR = """
import os
keep = {keep!r}
def walk(folder):
    for entry in list(os.ilistdir(folder)):
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            walk(path)
            if not list(os.ilistdir(path)):
                os.rmdir(path)
        elif path not in keep:
            os.remove(path)
for path in ("/{slot}/manifest.json", "/{slot}/manifest.new"):
    try:
        os.remove(path)
    except OSError:
        pass
try:
    walk("/{slot}")
except OSError:
    pass
for folder in {folders!r}:
    try:
        os.mkdir(folder)
    except OSError:
        pass
"""
_SEAL = (
    _HASH
    + """
bad = []
root = "/{slot}/"
if total(root + "manifest.new") != {digest!r}:
    bad.append("manifest.new")
else:
    with open(root + "manifest.new") as f:
        wanted = json.load(f)["files"]
    bad = [name for name in wanted if total(root + name) != wanted[name]]
if not bad:
    os.rename(root + "manifest.new", root + "manifest.json")
print(json.dumps(bad))
"""
)
_REPLACE = (
    _HASH
    + """
bad = [name for name, digest in {files!r} if total("/" + name + ".new") != digest]
if not bad:
    for name, digest in {files!r}:
        if name == "boot.py" and total("/boot.py"):
            os.remove("/boot.py.new")
        else:
            os.rename("/" + name + ".new", "/" + name)
print(json.dumps(bad))
"""
)
_CHOOSE = """
import os
with open("/slot.new", "w") as f:
    f.write({line!r})
os.rename("/slot.new", "/slot")
"""
# For scripts that run on a board: `clear(folder)` removes a folder and all in it, as far as that can be done.
CLEAR = """
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
_TIDY = (
    CLEAR
    + """
clear("/pod")
clear("/retrowire")
for name in os.listdir("/"):
    if name == "packs.mpy" or name.endswith(".pack"):
        os.remove("/" + name)
"""
)


class Layout(NamedTuple):
    """What is on a board: the slot that a start would run (empty: none), digests of what lies there."""

    current: str
    words: list[str]
    manifests: dict[str, str]
    beside: bool
    main: str

    @property
    def target(self) -> str:
        """The slot that a new app goes to: never the one that runs."""
        return "app_b" if self.current == "app_a" else "app_a"


def look(board: Board, *before: tuple[str, ...]) -> Layout:
    """What lies on the board. Interrupts the app."""
    found: dict[str, Any] = board.ask(_LOOK, *before)
    return Layout(_current(found), found["words"], found["manifests"], found["beside"], found["main"])


def _current(found: dict[str, Any]) -> str:
    words: list[str] = found["words"]
    if len(words) > 2 and words[1] in ("trial", "tried"):
        return words[2]
    if words and (words[0] != BESIDE_MAIN or found["beside"]):
        return words[0]
    whole = [slot for slot in _SLOTS if found["manifests"][slot]]
    return whole[0] if whole else BESIDE_MAIN if found["beside"] else ""


def fill(board: Board, app: App, layout: Layout, watcher: Watcher) -> str:
    """Put `app` into the slot that does not run, whole and compared; returns that slot. Nothing runs it yet.

    Raises OperationFailed when there is no room or a file arrived damaged.
    """
    slot = layout.target
    files = [*app.files, PodFile("manifest.new", app.manifest.data)]
    missing = missing_room(board, app, layout)
    if missing > 0:
        raise OperationFailed(
            f"the pod's storage is full: {missing // 1024 + 1} kB too little for the app",
            "`retropod download`, then `retropod erase` frees space",
        )
    watcher.step(f"copying {len(app.files)} files, {app.size // 1024} kB")
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), files)
        steps = copy_steps(Path(folder), [file.name for file in files], f"/{slot}")
        board.run(("resume",), *steps, on_line=_counter(len(files), watcher))
    watcher.step("comparing checksums")
    damaged = board.ask(_SEAL.format(slot=slot, digest=app.manifest.sha256), ("resume",))
    if damaged:
        raise OperationFailed(f"{damaged[0]} arrived damaged", "run the command again")
    return slot


# what the file system has left, and what of the slot is there already and will be replaced
_FREE = """
s = os.statvfs("/")
free = s[0] * s[3] if s[3] <= s[2] else 0  # littlefs counts shared blocks twice: a full one has less than none
for path in {keep!r}:
    try:
        free += os.stat(path)[6] + 4095 & -4096
    except OSError:
        pass
print(free)
"""


def missing_room(board: Board, app: App, layout: Layout) -> int:
    """Empty the slot for `app` of what does not belong to it; bytes that are still missing, none if not above 0."""
    slot = layout.target
    keep = [f"/{slot}/{file.name}" for file in app.files]
    folders = sorted({str(parent) for path in keep for parent in PurePosixPath(path).parents} - {"/"})
    clear = _CLEAR.format(slot=slot, keep=keep, folders=folders)
    free: int = board.ask(clear + _FREE.format(keep=keep), ("resume",))
    return sum(-(-len(file.data) // _BLOCK) * _BLOCK for file in app.files) + _SPARE_BLOCKS * _BLOCK - free


def replace_starters(board: Board, app: App) -> None:
    """Put main.py and boot.py in place, each at once or not at all.

    A boot.py that is there stays: the app's does nothing, and one that the board's owner wrote may set it up.
    """
    files = [(file.name, file.sha256) for file in app.starters]
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), [PodFile(file.name + ".new", file.data) for file in app.starters])
        copy = copy_steps(Path(folder), [f"{name}.new" for name, _ in files], "/")
        damaged = board.ask(_REPLACE.format(files=files), ("resume",), *copy)
    if damaged:
        raise OperationFailed(f"{damaged[0]} arrived damaged", "run the command again")


def choose(board: Board, *words: str) -> None:
    """Write `/slot`, at once or not at all."""
    board.run(("resume",), ("exec", _CHOOSE.format(line=" ".join(words))))


def tidy(board: Board) -> None:
    """Remove the app that lay beside main.py, once a slot has taken its place."""
    board.run(("resume",), ("exec", _TIDY))


def _counter(count: int, watcher: Watcher) -> Any:
    seen: list[str] = []

    def line(text: str) -> None:
        if text.startswith("cp "):
            seen.append(text)
            watcher.progress(min(1.0, len(seen) / count))

    return line


def _write(folder: Path, files: list[PodFile]) -> None:
    for file in files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)


def is_same(layout: Layout, app: App) -> bool:
    """Whether the app that would run is this very one."""
    return layout.manifests.get(layout.current) == app.manifest.sha256
