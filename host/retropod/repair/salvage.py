"""Runs off a pod that cannot send them: file by file over its REPL, or out of an image of its flash."""

import base64
import hashlib
import importlib.util
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from retropod.board.mpremote import ReplBoard
from retropod.board.steps import Part, Watcher
from retropod.errors import OperationFailed, RetropodError
from retropod.repair import carve
from retropod.runs.store import SUFFIX, Store
from retrowire import runfile

_RESCUED = "rescued"  # folder of the store for what is no whole run
_SETTINGS = "settings.json"
# What is read from: `count` pieces of 4 kB, by number.
_OF_FILE = """
f = open({path!r}, "rb")
count = (f.seek(0, 2) + 4095) // 4096
def get(n):
    f.seek(n * 4096)
    return f.read(4096)
"""
_OF_FLASH = """
from flashbdev import bdev
count = bdev.ioctl(4, 0)
b = bytearray(4096)
def get(n):
    bdev.readblocks(n, b)
    return b
"""
# How many pieces can be read, whether that is all, and the SHA-256 of them.
_TOTAL = """
import hashlib, binascii, json
h = hashlib.sha256()
n, whole = 0, False
try:
    {prelude}
    while n < count:
        h.update(get(n))
        n += 1
    whole = True
except OSError:
    pass
print(json.dumps([n, whole, binascii.hexlify(h.digest()).decode()]))
"""
# A line for each piece from `first` on: base64, or `.` when it is erased flash.
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
_PIECES = 8  # at once: so much fits the buffers on the way, whoever reads too slowly


class Saved(NamedTuple):
    """A run that is here now: all of it if `whole`, else what could be read. `on_pod`: its path there, or empty."""

    name: str
    path: Path
    size: int
    whole: bool
    on_pod: str = ""
    sha256: str = ""


def over_repl(board: ReplBoard, runs: Iterable[str], store: Store, watcher: Watcher) -> tuple[list[Saved], list[str]]:
    """Copy these files of `/runs` into the store, each compared with the SHA-256 that the pod makes of it.

    Returns what is here, and the names of those that cannot be read to their end.
    """
    saved: list[Saved] = []
    unreadable: list[str] = []
    names = sorted(runs)
    for number, name in enumerate(names):
        data, whole = _fetched(board, _OF_FILE.format(path=f"/runs/{name}"), name, Part(watcher, number, len(names)))
        if not whole:
            unreadable.append(name)
        if data:
            one = keep(data, name, store, whole)
            saved.append(one._replace(on_pod=f"/runs/{name}", sha256=hashlib.sha256(data).hexdigest() if whole else ""))
    return saved, unreadable


def flash_over_repl(board: ReplBoard, watcher: Watcher) -> bytes:
    """The whole file system as it lies in flash, read through MicroPython, which need not understand it."""
    image, whole = _fetched(board, _OF_FLASH, "the flash", watcher)
    if not whole:
        raise OperationFailed(f"the flash behind {board.port} cannot be read", "retropod flash --yes makes it new")
    return image


def _fetched(board: ReplBoard, prelude: str, what: str, watcher: Watcher) -> tuple[bytes, bool]:
    """What can be read, and whether that is all of it. Raises OperationFailed when it comes damaged twice."""
    indented = prelude.strip().replace("\n", "\n    ")
    count, whole, sha256 = board.ask(_TOTAL.format(prelude=indented))
    for _ in range(2):
        data = _pieces(board, prelude, count, watcher)
        if data is not None and hashlib.sha256(data).hexdigest() == sha256:
            return data, whole
    raise OperationFailed(f"{what} comes damaged over {board.port}", "try another cable")


def _pieces(board: ReplBoard, prelude: str, count: int, watcher: Watcher) -> bytes | None:
    """All pieces in their order; None when one came damaged."""
    got: list[bytes] = []
    while len(got) < count:
        watcher.progress(len(got) / count)
        code = _SEND.format(prelude=prelude, first=len(got), count=count, pieces=_PIECES)
        lines = board.exec(code).split()
        try:
            got += [_ERASED if line == "." else base64.b64decode(line, validate=True) for line in lines]
        except ValueError:
            return None
        if not lines:
            return None
    return b"".join(got)


def out_of_image(image: bytes, store: Store) -> tuple[list[Saved], str | None, Path]:
    """Runs and settings of an image of a pod's file system, and where the image itself is kept.

    By littlefs where it mounts, else by what its blocks still hold. Settings: None when they cannot be read.
    """
    kept = _place(store, f"flash-{time.strftime('%Y%m%d-%H%M%S')}.img")
    kept.write_bytes(image)
    files = _mounted(image)
    if files is None:
        found = enumerate(carve.runs(image))
        return [keep(data, f"{number}.run", store, _is_ended(data)) for number, data in found], None, kept
    runs = [keep(data, name, store, True) for name, data in files.items() if name.endswith(".run") and data]
    settings = files.get(_SETTINGS)
    return runs, settings.decode(errors="replace") if settings else None, kept


def _mounted(image: bytes) -> dict[str, bytes] | None:
    """Runs and settings by name; None when the image is no littlefs, or nothing here can read one."""
    if importlib.util.find_spec("littlefs") is None:
        return None
    from littlefs import LittleFS, LittleFSError, UserContext

    context = UserContext(len(image))
    context.buffer[:] = image
    files: dict[str, bytes] = {}
    try:
        system = LittleFS(context=context, block_size=carve.BLOCK, block_count=len(image) // carve.BLOCK, mount=False)
        system.mount()
        _read_into(files, system.listdir("/runs") if "runs" in system.listdir("/") else [], "/runs/", system.open)
        _read_into(files, [name for name in system.listdir("/") if name == _SETTINGS], "/", system.open)
    except (LittleFSError, OSError):
        return files or None
    return files


def _read_into(files: dict[str, bytes], names: list[str], folder: str, opener: Callable[..., Any]) -> None:
    for name in names:
        with opener(folder + name, "rb") as file:
            files[name] = file.read()


def keep(data: bytes, name: str, store: Store, whole: bool) -> Saved:
    """Put a run where it belongs: into the store if it is whole and says whose it is, else beside it."""
    try:
        header: dict[str, Any] = runfile.read_header(data[: runfile.HEADER_MAX])
        values = header["values"]
        pod_id, run = bytes(values["device_id"]).hex(), int(values["run"])
    except (ValueError, KeyError):
        whole, pod_id, run = False, "", 0
    if not whole:
        path = _place(store, f"run-{pod_id or 'unknown'}-{Path(name).stem}{SUFFIX}")
        path.write_bytes(data)
        return Saved(name, path, len(data), False)
    sha256 = hashlib.sha256(data).digest()
    path = store.holding(pod_id, run, sha256)
    if path is None:
        part = store.path(pod_id, run).with_suffix(".rescued")
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        path = store.keep(part, pod_id, run, sha256)
    return Saved(name, path, len(data), True)


def keep_settings(text: str, store: Store) -> Path:
    """A copy of settings that are taken out of use."""
    path = _place(store, f"settings-{time.strftime('%Y%m%d-%H%M%S')}.json")
    path.write_text(text, encoding="utf-8")
    return path


def as_settings(text: str | None) -> dict[str, object] | None:
    """What a settings file says, None when it is none."""
    try:
        held = json.loads(text or "")
    except ValueError:
        return None
    return held if isinstance(held, dict) else None


def _is_ended(data: bytes) -> bool:
    """Whether a run was ended in order: its last block is the event that says so."""
    from retropod.runs import reader

    try:
        run = reader.parse(data)
    except RetropodError:
        return False
    return run.whole and bool(run.events) and run.events[-1].kind == "stopped"


def _place(store: Store, name: str) -> Path:
    path = store.root / _RESCUED / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
