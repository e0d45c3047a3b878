"""The two places for the app on a pod's flash. firmware/main.py says what the file `/slot` means."""

import errno
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from retropod.board import transfer
from retropod.board.mpremote import PodError, ReplBoard
from retropod.board.steps import Watcher
from retropod.board.transfer import Held, Sent
from retropod.build.image import App, PodFile, modules_of
from retropod.errors import OperationFailed

BESIDE_MAIN = "."  # where the first versions of the app lay, and where `mip` puts it
_SLOTS = ("app_a", "app_b")
_BLOCK = 4096
_SPARE_BLOCKS = 16  # folders, and what the file system needs to replace before it gives back
_BATCH = 32 << 10  # bytes to copy on the pod in one piece of code, between two steps of the progress
_FREE_SPACE = "`retropod download`, then `retropod erase` frees space"

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
    "boot": bool(total("/boot.py")),
}))
"""
)
_DIGESTS = (
    _HASH
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
# Digests of the modules in a pack file, whose format is in firmware/packs.py: [offset, bytes, SHA-256] of each.
_MODULES = """
import json, hashlib, binascii
found = []
buf = bytearray(1024)
try:
    with open({path!r}, "rb") as f:
        index = f.read(int(f.readline())).split(b"\\n")
        begin = f.tell()
        for line in index:
            words = line.split()
            if len(words) != 3:
                continue
            h, left = hashlib.sha256(), int(words[2])
            f.seek(begin + int(words[1]))
            while left:
                n = f.readinto(memoryview(buf)[:min(left, len(buf))])
                if not n:
                    break
                h.update(memoryview(buf)[:n])
                left -= n
            found.append([begin + int(words[1]), int(words[2]), binascii.hexlify(h.digest()).decode()])
except (OSError, ValueError):
    pass
print(json.dumps(found))
"""
_COPY = """
def copy(source, target):
    piece = bytearray(1024)
    with open(source, "rb") as f:
        with open(target, "wb") as g:
            n = f.readinto(piece)
            while n:
                g.write(memoryview(piece)[:n])
                n = f.readinto(piece)
for source, target in {pairs!r}:
    copy(source, target)
"""
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
    except OSError as error:
        if error.errno != 17:  # EEXIST
            raise
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
    """The state of a board: the slot that a start would run (empty: none), and digests of its manifests and main.py.

    `beside`: an app is next to main.py. `boot`: there is a boot.py.
    """

    current: str
    words: list[str]
    manifests: dict[str, str]
    beside: bool
    main: str
    boot: bool = False

    @property
    def target(self) -> str:
        """The slot that a new app goes to: never the one that runs."""
        return "app_b" if self.current == "app_a" else "app_a"


def look(board: ReplBoard) -> Layout:
    """Read which apps are on the board. Raises the errors of ReplBoard.exec."""
    found: dict[str, Any] = board.ask(_LOOK)
    return Layout(
        _current(found), found["words"], found["manifests"], found["beside"], found["main"], found["boot"]
    )  # fmt: skip


def digests(board: ReplBoard, slot: str) -> dict[str, str]:
    """Return the SHA-256 as hex digits of every file in `slot`, by its path there. The board reads all of them."""
    if slot not in _SLOTS:
        return {}
    return board.ask(_DIGESTS.format(slot=slot, skip=len(slot) + 2))


def _current(found: dict[str, Any]) -> str:
    words: list[str] = found["words"]
    if len(words) > 2 and words[1] in ("trial", "tried"):
        return words[2]
    if words and (words[0] != BESIDE_MAIN or found["beside"]):
        return words[0]
    whole = [slot for slot in _SLOTS if found["manifests"][slot]]
    return whole[0] if whole else BESIDE_MAIN if found["beside"] else ""


class Plan(NamedTuple):
    """The work to fill a slot: files to send, and (source, target, bytes) of whole files that the pod copies."""

    sent: list[Sent]
    copied: list[tuple[str, str, int]]

    @property
    def size(self) -> int:
        """Bytes of all files that are written."""
        return sum(len(file.data) for file in self.sent) + sum(size for _, _, size in self.copied)


def plan(app: App, layout: Layout, running: Mapping[str, str], there: Mapping[str, str]) -> Plan:
    """Plan the work from the digests of the slot that runs and of the slot to fill.

    Leave out a file that the slot to fill holds already. Copy a file that the other slot holds, under any name.
    """
    source_of = {digest: f"/{layout.current}/{name}" for name, digest in running.items()}
    found = Plan([], [])
    for file in app.files:
        target, source = f"/{layout.target}/{file.name}", source_of.get(file.sha256)
        if there.get(file.name) == file.sha256:
            continue
        if source is None:
            found.sent.append(Sent(target, file.data))
        else:
            found.copied.append((source, target, len(file.data)))
    return found


def with_modules(board: ReplBoard, work: Plan, layout: Layout, running: Mapping[str, str]) -> Plan:
    """Let the pod copy the modules of a pack file that the pack of the same name in its running slot holds, too."""
    sent: list[Sent] = []
    for file in work.sent:
        name = file.path.removeprefix(f"/{layout.target}/")
        source = f"/{layout.current}/{name}"
        if name.endswith(".pack") and name in running:
            found: list[tuple[int, int, str]] = board.ask(_MODULES.format(path=source))
            file = file._replace(held=_held(file.data, source, {digest: (at, size) for at, size, digest in found}))
        sent.append(file)
    return work._replace(sent=sent)


def _held(pack: bytes, source: str, there: Mapping[str, tuple[int, int]]) -> tuple[Held, ...]:
    """Return the ranges of `pack` that are modules of the pack `source`; neighbours there and here become one range."""
    ranges: list[Held] = []
    for at, size in modules_of(pack):
        offset, length = there.get(PodFile("", pack[at : at + size]).sha256, (0, 0))
        if not size or length != size:
            continue
        last = ranges[-1] if ranges else None
        if last and (last.at + last.size, last.offset + last.size) == (at, offset):
            ranges[-1] = last._replace(size=last.size + size)
        else:
            ranges.append(Held(at, size, source, offset))
    return tuple(ranges)


def fill(board: ReplBoard, app: App, layout: Layout, running: Mapping[str, str], watcher: Watcher) -> str:
    """Put `app` into the slot that does not run, complete and compared, and return that slot. Nothing runs it yet.

    `running`: digests of the slot that runs, see `digests`. Raises OperationFailed if the storage is full or a file
    is damaged after the transfer.
    """
    slot = layout.target
    work = with_modules(board, plan(app, layout, running, digests(board, slot)), layout, running)
    try:
        if missing_room(board, app, layout) > 0:
            raise _full(board, app)
        watcher.step(_described(work, len(app.files)))
        _write(board, work, watcher)
        transfer.send(board, [Sent(f"/{slot}/manifest.new", app.manifest.data)])
    except PodError as error:
        if error.errno == errno.ENOSPC:
            raise _full(board, app) from error
        raise OperationFailed(f"the pod cannot write the app: {error.reason}", error.hint) from error
    watcher.step("comparing checksums")
    damaged = board.ask(_SEAL.format(slot=slot, digest=app.manifest.sha256))
    if damaged:
        raise _damaged(damaged[0])
    return slot


def _described(work: Plan, count: int) -> str:
    size = sum(file.size for file in work.sent)
    text = f"sending {len(work.sent)} of {count} files, {_kb(size)}"
    copied = work.size - size
    return f"{text}; the pod copies {_kb(copied)} from its other slot" if copied else text


def _kb(size: int) -> str:
    return f"{-(-size // 1024)} kB"


def _write(board: ReplBoard, work: Plan, watcher: Watcher) -> None:
    total = max(1, work.size)
    done = 0
    for batch in _batches(work.copied):
        watcher.progress(done / total, total)
        board.exec(_COPY.format(pairs=[pair[:2] for pair in batch]))
        done += sum(size for _, _, size in batch)
    transfer.send(board, work.sent, lambda count: watcher.progress((done + count) / total, total))


def _batches(copied: list[tuple[str, str, int]]) -> Iterator[list[tuple[str, str, int]]]:
    batch: list[tuple[str, str, int]] = []
    for one in copied:
        if batch and sum(size for _, _, size in batch) + one[2] > _BATCH:
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


def _damaged(name: str) -> OperationFailed:
    hint = "run the command again; if it repeats, try another cable"
    return OperationFailed(f"checksum of {name} differs after the transfer", hint)


def _full(board: ReplBoard, app: App) -> OperationFailed:
    free: int = board.ask("import os\n" + _FREE.format(keep=[]))
    return OperationFailed(
        f"the pod's storage is full: {free // 1024} kB are free, the app takes {_kb(_needed(app))}", _FREE_SPACE
    )


def _needed(app: App) -> int:
    return sum(-(-len(file.data) // _BLOCK) * _BLOCK for file in app.files) + _SPARE_BLOCKS * _BLOCK


# Free bytes of the file system, with the files of the slot that are to be replaced counted as free.
_FREE = """
s = os.statvfs("/")
free = s[0] * s[3] if s[3] <= s[2] else 0  # littlefs counts shared blocks twice, so a full one reports less than 0
for path in {keep!r}:
    try:
        free += os.stat(path)[6] + 4095 & -4096
    except OSError:
        pass
print(free)
"""


def missing_room(board: ReplBoard, app: App, layout: Layout) -> int:
    """Remove the files of other apps from the slot for `app`. Return the missing bytes; not above 0 if it fits."""
    slot = layout.target
    keep = [f"/{slot}/{file.name}" for file in app.files]
    folders = sorted({str(parent) for path in keep for parent in PurePosixPath(path).parents} - {"/"})
    clear = _CLEAR.format(slot=slot, keep=keep, folders=folders)
    free: int = board.ask(clear + _FREE.format(keep=keep))
    return _needed(app) - free


def replace_starters(board: ReplBoard, app: App, layout: Layout) -> bool:
    """Replace main.py and boot.py, each as a whole, and return whether one of them differed.

    A boot.py that exists stays: the app's does nothing, and one that the board's owner wrote may set the board up.
    Raises OperationFailed if a file is damaged after the transfer.
    """
    files = [
        file for file in app.starters if (not layout.boot if file.name == "boot.py" else file.sha256 != layout.main)
    ]
    if not files:
        return False
    transfer.send(board, [Sent(f"/{file.name}.new", file.data) for file in files])
    damaged = board.ask(_REPLACE.format(files=[(file.name, file.sha256) for file in files]))
    if damaged:
        raise _damaged(damaged[0])
    return True


def choose(board: ReplBoard, *words: str) -> None:
    """Write `/slot`, at once or not at all."""
    board.exec(_CHOOSE.format(line=" ".join(words)))


def settle(board: ReplBoard, layout: Layout) -> None:
    """Choose the slot that runs, unless `/slot` says so: it may be damaged, missing, or of a trial that did not end."""
    if layout.words != [layout.current]:
        choose(board, layout.current)


def tidy(board: ReplBoard) -> None:
    """Remove the app next to main.py, after a slot has replaced it."""
    board.exec(_TIDY)


def is_same(layout: Layout, app: App) -> bool:
    """Whether the manifest of the slot that runs is the one of `app`."""
    return layout.manifests.get(layout.current) == app.manifest.sha256


def holds(layout: Layout, app: App, running: Mapping[str, str]) -> bool:
    """Whether the slot that runs holds exactly `app`: its manifest and, by their digests, its files."""
    return is_same(layout, app) and all(running.get(file.name) == file.sha256 for file in app.files)
