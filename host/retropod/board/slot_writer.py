"""Writing of an app to a pod: the slot that does not run, main.py and boot.py."""

import errno
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from retropod.board import transfer
from retropod.board.mpremote import PodError, ReplBoard
from retropod.board.progress import Observer
from retropod.board.slot_plan import Plan, in_kb, make_plan, with_module_copies
from retropod.board.slots import DEFINE_TOTAL, SlotLayout, read_digests
from retropod.board.transfer import SentFile
from retropod.build.image import BuiltApp
from retropod.errors import OperationFailed

_BLOCK = 4096
_SPARE_BLOCKS = 16  # for folders, and for replaced files, which the file system frees only after it has written the new
_BATCH = 32 << 10  # bytes that the pod copies in one piece of code, between two reports of progress
_FREE_SPACE = "run `retropod download`, then `retropod erase`"

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
# Remove the manifest first, so a slot without its files never counts as complete. Remove every file that is not part
# of the new app: an old .py would take precedence over the new .mpy of the same name.
_CLEAR_SLOT = """
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
    DEFINE_TOTAL
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
    DEFINE_TOTAL
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


def fill(board: ReplBoard, app: BuiltApp, layout: SlotLayout, running: Mapping[str, str], observer: Observer) -> str:
    """Write `app` completely into the slot that does not run, verify it, and return that slot. It is not chosen yet.

    `running`: digests of the slot that runs, see `read_digests`. Raises OperationFailed if the storage is full or a
    file is damaged after the transfer.
    """
    slot = layout.target
    work = with_module_copies(board, make_plan(app, layout, running, read_digests(board, slot)), layout, running)
    try:
        if missing_room(board, app, layout) > 0:
            raise _full(board, app)
        observer.step(work.description(len(app.files)))
        _write(board, work, observer)
        transfer.send(board, [SentFile(f"/{slot}/manifest.new", app.manifest.data)])
    except PodError as error:
        if error.errno == errno.ENOSPC:
            raise _full(board, app) from error
        raise OperationFailed(f"the pod cannot write the app: {error.reason}", error.hint) from error
    observer.step("comparing checksums")
    damaged = board.ask(_SEAL.format(slot=slot, digest=app.manifest.sha256))
    if damaged:
        raise _damaged(damaged[0])
    return slot


def _write(board: ReplBoard, work: Plan, observer: Observer) -> None:
    total = max(1, work.size)
    done = 0
    for batch in _batches(work.copied):
        observer.progress(done / total, total)
        board.exec(_COPY.format(pairs=[pair[:2] for pair in batch]))
        done += sum(size for _, _, size in batch)
    transfer.send(board, work.sent, lambda count: observer.progress((done + count) / total, total))


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


def _full(board: ReplBoard, app: BuiltApp) -> OperationFailed:
    free: int = board.ask("import os\n" + _FREE.format(keep=[]))
    return OperationFailed(
        f"the pod's storage is full: {free // 1024} kB are free, the app takes {in_kb(_needed(app))}", _FREE_SPACE
    )


def _needed(app: BuiltApp) -> int:
    return sum(-(-len(file.data) // _BLOCK) * _BLOCK for file in app.files) + _SPARE_BLOCKS * _BLOCK


# Free bytes of the file system. The files of the slot that will be replaced count as free. littlefs counts shared
# blocks twice, so a full file system reports a free count below 0.
_FREE = """
s = os.statvfs("/")
free = s[0] * s[3] if s[3] <= s[2] else 0
for path in {keep!r}:
    try:
        free += os.stat(path)[6] + 4095 & -4096
    except OSError:
        pass
print(free)
"""


def missing_room(board: ReplBoard, app: BuiltApp, layout: SlotLayout) -> int:
    """Remove the files of other apps from the slot for `app`. Return the missing bytes, at most 0 if the app fits."""
    slot = layout.target
    keep = [f"/{slot}/{file.name}" for file in app.files]
    folders = sorted({str(parent) for path in keep for parent in PurePosixPath(path).parents} - {"/"})
    clear = _CLEAR_SLOT.format(slot=slot, keep=keep, folders=folders)
    free: int = board.ask(clear + _FREE.format(keep=keep))
    return _needed(app) - free


def replace_starters(board: ReplBoard, app: BuiltApp, layout: SlotLayout) -> bool:
    """Replace main.py and boot.py, each atomically, and return whether one of them differed.

    Keep an existing boot.py: the app's boot.py does nothing, and the board's owner may have written a set-up into it.
    Raises OperationFailed if a file is damaged after the transfer.
    """
    files = [
        file for file in app.starters if (not layout.boot if file.name == "boot.py" else file.sha256 != layout.main)
    ]
    if not files:
        return False
    transfer.send(board, [SentFile(f"/{file.name}.new", file.data) for file in files])
    damaged = board.ask(_REPLACE.format(files=[(file.name, file.sha256) for file in files]))
    if damaged:
        raise _damaged(damaged[0])
    return True
