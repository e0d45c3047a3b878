"""Rescue of runs from a pod that cannot send them: file by file over its REPL, or from an image of its flash."""

import base64
import hashlib
import importlib.util
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from retropod.board.mpremote import ReplBoard
from retropod.board.progress import Observer, StepPart
from retropod.errors import DamagedData, OperationFailed, RetropodError
from retropod.repair import carve
from retropod.repair.rescue import Rescue, Saved, save, verify
from retropod.runs.store import SUFFIX

_SETTINGS = "settings.json"
# Sources of `count` pieces of 4 kB, by number: a file, the flash. `bad`: number of pieces that are not the contents.
_OF_FILE = """
bad = 0
f = open({path!r}, "rb")
count = (f.seek(0, 2) + 4095) // 4096
def get(n):
    f.seek(n * 4096)
    return f.read(4096)
"""
_OF_FLASH = """
from flashbdev import bdev
bad = 0
count = bdev.ioctl(4, 0)
b = bytearray(4096)
def get(n):
    global bad
    try:
        bdev.readblocks(n, b)
    except OSError:
        bad += 1
        for i in range(4096):
            b[i] = 255
    return b
"""
# Prints the number of readable pieces, whether these are all, and their SHA-256.
_TOTAL = """
import hashlib, binascii, json
h = hashlib.sha256()
n, whole = 0, False
try:
    {prelude}
    while n < count:
        h.update(get(n))
        n += 1
    whole = not bad
except OSError:
    pass
print(json.dumps([n, whole, binascii.hexlify(h.digest()).decode()]))
"""
# Prints a line for each piece from `first` on: base64, or `.` for erased flash.
_SEND = """
import binascii
{prelude}
n, left = {first}, {pieces}
while n < {count} and left:
    b = get(n)
    n += 1
    if b == b"\\xff" * 4096:
        print(".")
    else:
        print(binascii.b2a_base64(b).decode().strip())
        left -= 1
"""
_ERASED = b"\xff" * carve.BLOCK
_PIECES = 8  # per request: fits into the buffers of the line if the host reads slowly
_MOST_PIECES = 8192  # 32 MB: the largest flash of these boards


def over_repl(board: ReplBoard, runs: Iterable[str], rescue: Rescue, observer: Observer) -> list[str]:
    """Copy these files of `/runs` into the store and compare each with the SHA-256 that the pod computes.

    Return the names of the files of which the pod can read, and `rescue` has saved, only a part.
    """
    partial: list[str] = []
    names = sorted(runs)
    for number, name in enumerate(names):
        part = StepPart(observer, number, len(names))
        saved = rescue.attempt(name, lambda name=name, part=part: _saved_over_repl(board, name, rescue, part))
        if saved is None:
            continue
        rescue.saved += [saved] if saved.size else []
        partial += [] if saved.sha256 else [name]
    return partial


def _saved_over_repl(board: ReplBoard, name: str, rescue: Rescue, observer: Observer) -> Saved:
    path = f"/runs/{name}"
    data, whole = _fetched(board, _OF_FILE.format(path=path), name, observer)
    saved = store_run(data, name, rescue, whole) if data else Saved(name, Path(), 0, False)
    return saved._replace(on_pod=path, sha256=hashlib.sha256(data).hexdigest() if whole else "")


def flash_over_repl(board: ReplBoard, observer: Observer) -> bytes:
    """Return an image of the file system, read block by block through MicroPython, which need not mount it.

    A block that cannot be read is in the image as erased.
    """
    image, whole = _fetched(board, _OF_FLASH, "the flash", observer)
    if not whole:
        observer.log("some blocks of the flash cannot be read")
    return image


def _fetched(board: ReplBoard, prelude: str, name: str, observer: Observer) -> tuple[bytes, bool]:
    """Return the readable bytes and whether they are complete. Raises DamagedData if they arrive damaged twice."""
    indented = prelude.strip().replace("\n", "\n    ")
    count, whole, sha256 = board.ask(_TOTAL.format(prelude=indented))
    if not 0 <= count <= _MOST_PIECES:
        raise OperationFailed(f"{name} has {count} blocks, more than any flash", "")
    for _ in range(2):
        data = _pieces(board, prelude, count, observer)
        if data is not None and hashlib.sha256(data).hexdigest() == sha256:
            return data, whole
    raise DamagedData(f"{name} arrives damaged over {board.url}", "try another cable")


def _pieces(board: ReplBoard, prelude: str, count: int, observer: Observer) -> bytes | None:
    """Return all pieces in their order, or None if one arrived damaged."""
    got: list[bytes] = []
    while len(got) < count:
        observer.progress(len(got) / count)
        code = _SEND.format(prelude=prelude, first=len(got), count=count, pieces=_PIECES)
        lines = board.exec(code).split()
        try:
            got += [_ERASED if line == "." else base64.b64decode(line, validate=True) for line in lines]
        except ValueError:
            return None
        if not lines:
            return None
    return b"".join(got)


def out_of_image(image: bytes, rescue: Rescue) -> str | None:
    """Save an image of a pod's file system, and its runs. Return its settings, None if they cannot be read.

    littlefs reads an image that mounts. For the runs that it cannot read, `carve` searches the blocks.
    """
    name = f"flash-{time.strftime('%Y%m%d-%H%M%S')}.img"
    stored = rescue.attempt("image of the flash", lambda: rescue.keep(name, image))
    rescue.kept += [stored] if stored else []
    files, complete = _mounted(image)
    runs = {name: data for name, data in files.items() if name != _SETTINGS and data}
    for name, data in runs.items():
        _save(rescue, data, name, True)
    if not complete:
        read = {data[: carve.header_bytes(data)] for data in runs.values()}
        for number, data in enumerate(carve.runs(image)):
            if data[: carve.header_bytes(data)] not in read:
                _save(rescue, data, f"{number}.run", _is_ended(data))
    settings = files.get(_SETTINGS)
    return settings.decode(errors="replace") if settings else None


def _save(rescue: Rescue, data: bytes, name: str, whole: bool) -> None:
    saved = rescue.attempt(name, lambda: store_run(data, name, rescue, whole))
    rescue.saved += [saved] if saved else []


def _mounted(image: bytes) -> tuple[dict[str, bytes], bool]:
    """Return runs and settings by name, and whether these are all.

    Without littlefs on this machine, and for an image that is not a littlefs, the result is empty.
    """
    files: dict[str, bytes] = {}
    if importlib.util.find_spec("littlefs") is None or len(image) < 2 * carve.BLOCK:
        return files, False
    from littlefs import LittleFS, LittleFSError, UserContext

    unreadable = (LittleFSError, OSError, ValueError)
    context = UserContext(len(image))
    context.buffer[:] = image
    try:
        system = LittleFS(context=context, block_size=carve.BLOCK, block_count=len(image) // carve.BLOCK, mount=False)
        system.mount()
        top = system.listdir("/")
        paths = [f"/{name}" for name in top if name == _SETTINGS]
        paths += [f"/runs/{name}" for name in system.listdir("/runs") if name.endswith(".run")] if "runs" in top else []
    except unreadable:
        return files, False
    complete = True
    for path in paths:
        try:
            files[path.rpartition("/")[2]] = _contents(system.open, path)
        except unreadable:
            complete = False
    return files, complete


def _contents(opener: Callable[..., Any], path: str) -> bytes:
    with opener(path, "rb") as file:
        return file.read()


def store_run(data: bytes, name: str, rescue: Rescue, whole: bool) -> Saved:
    """Store a run: as a run if it is complete and has a valid header, otherwise in the folder of rescued files.

    Raises OSError, DamagedData.
    """
    pod_id, run = _identity(data)
    if not whole or not pod_id:
        path = rescue.keep(f"run-{pod_id or 'unknown'}-{Path(name).stem}{SUFFIX}", data)
        return Saved(name, path, len(data), False)
    sha256, store = hashlib.sha256(data).digest(), rescue.store
    path = store.holding(pod_id, run, sha256)
    if path is None:
        final = store.path(pod_id, run)
        part = save(final.with_name(f"{final.stem}-{sha256.hex()[:8]}.rescued"), data)
        verify(part, sha256)  # A longer stored run can take the place of the file.
        path = store.keep(part, pod_id, run, sha256)
    return Saved(name, path, len(data), True)


def _identity(data: bytes) -> tuple[str, int]:
    """Return device id as hex digits, and run number, from the header of a run; an empty id if it cannot be read."""
    values: dict[str, Any] = carve.header(data).get("values", {})
    try:
        return bytes(values["device_id"]).hex(), int(values["run"])
    except (ValueError, LookupError, TypeError):
        return "", 0


def _is_ended(data: bytes) -> bool:
    """Return whether a run ended normally: its last block is the event `stopped`."""
    from retropod.runs import reader

    try:
        run = reader.parse(data)
    except RetropodError:
        return False
    return run.whole and bool(run.events) and run.events[-1].kind == "stopped"
