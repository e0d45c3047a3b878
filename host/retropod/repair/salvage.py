"""Rescue of runs from a pod that cannot send them: file by file over its REPL, or from an image of its flash."""

import base64
import hashlib
import importlib.util
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from retropod.board.mpremote import ReplBoard
from retropod.board.progress import Observer, StepPart
from retropod.errors import OperationFailed, RetropodError
from retropod.repair import carve
from retropod.runs.store import SUFFIX, Store
from retrowire import checkedhead, runfile

_RESCUED = "rescued"  # folder of the store for partial runs, settings and images
_SETTINGS = "settings.json"
# Sources of `count` pieces of 4 kB, by number: a file, the flash.
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
    whole = True
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


class Saved(NamedTuple):
    """A run that is stored on this machine: complete if `whole`, otherwise its readable part.

    `on_pod`: its path on the pod, or empty. `sha256`: hex digits of a complete run that the pod verified, or empty.
    """

    name: str
    path: Path
    size: int
    whole: bool
    on_pod: str = ""
    sha256: str = ""


def over_repl(board: ReplBoard, runs: Iterable[str], store: Store, observer: Observer) -> tuple[list[Saved], list[str]]:
    """Copy these files of `/runs` into the store and compare each with the SHA-256 that the pod computes.

    Return the stored runs, and the names of the files that cannot be read completely.
    """
    saved: list[Saved] = []
    unreadable: list[str] = []
    names = sorted(runs)
    for number, name in enumerate(names):
        data, whole = _fetched(
            board, _OF_FILE.format(path=f"/runs/{name}"), name, StepPart(observer, number, len(names))
        )
        if not whole:
            unreadable.append(name)
        if data:
            one = store_run(data, name, store, whole)
            saved.append(one._replace(on_pod=f"/runs/{name}", sha256=hashlib.sha256(data).hexdigest() if whole else ""))
    return saved, unreadable


def flash_over_repl(board: ReplBoard, observer: Observer) -> bytes:
    """Return an image of the file system, read block by block through MicroPython, which need not mount it."""
    image, whole = _fetched(board, _OF_FLASH, "the flash", observer)
    if not whole:
        raise OperationFailed(
            f"the flash of the board on {board.url} cannot be read",
            "`retropod flash --yes` erases and sets up the board",
        )
    return image


def _fetched(board: ReplBoard, prelude: str, name: str, observer: Observer) -> tuple[bytes, bool]:
    """Return the readable bytes and whether they are complete. Raises OperationFailed if they arrive damaged twice."""
    indented = prelude.strip().replace("\n", "\n    ")
    count, whole, sha256 = board.ask(_TOTAL.format(prelude=indented))
    for _ in range(2):
        data = _pieces(board, prelude, count, observer)
        if data is not None and hashlib.sha256(data).hexdigest() == sha256:
            return data, whole
    raise OperationFailed(f"{name} arrives damaged over {board.url}", "try another cable")


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


def out_of_image(image: bytes, store: Store) -> tuple[list[Saved], str | None, Path]:
    """Store an image of a pod's file system. Return its runs, its settings, and the path of the image.

    littlefs reads an image that mounts. Otherwise `carve` searches its blocks. The settings are None if they cannot be
    read.
    """
    stored = _rescue_path(store, f"flash-{time.strftime('%Y%m%d-%H%M%S')}.img")
    stored.write_bytes(image)
    files = _mounted(image)
    if files is None:
        found = enumerate(carve.runs(image))
        return [store_run(data, f"{number}.run", store, _is_ended(data)) for number, data in found], None, stored
    runs = [store_run(data, name, store, True) for name, data in files.items() if name.endswith(".run") and data]
    settings = files.get(_SETTINGS)
    return runs, settings.decode(errors="replace") if settings else None, stored


def _mounted(image: bytes) -> dict[str, bytes] | None:
    """Return runs and settings by name. None if the image is not a littlefs, or littlefs is not installed here."""
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


def store_run(data: bytes, name: str, store: Store, whole: bool) -> Saved:
    """Store a run: as a run if it is complete and has a valid header, otherwise in the folder of rescued files."""
    try:
        header: dict[str, Any] = checkedhead.read_header(data[: runfile.HEADER_MAX])
        values = header["values"]
        pod_id, run = bytes(values["device_id"]).hex(), int(values["run"])
    except (ValueError, KeyError):
        whole, pod_id, run = False, "", 0
    if not whole:
        path = _rescue_path(store, f"run-{pod_id or 'unknown'}-{Path(name).stem}{SUFFIX}")
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


def store_settings(text: str, store: Store) -> Path:
    """Store a copy of settings that the pod no longer uses, and return its path."""
    path = _rescue_path(store, f"settings-{time.strftime('%Y%m%d-%H%M%S')}.json")
    path.write_text(text, encoding="utf-8")
    return path


def as_settings(text: str | None) -> dict[str, object] | None:
    """Return the settings from the text of a settings file, None if it is invalid."""
    try:
        settings = json.loads(text or "")
    except ValueError:
        return None
    return settings if isinstance(settings, dict) else None


def _is_ended(data: bytes) -> bool:
    """Return whether a run ended normally: its last block is the event `stopped`."""
    from retropod.runs import reader

    try:
        run = reader.parse(data)
    except RetropodError:
        return False
    return run.whole and bool(run.events) and run.events[-1].kind == "stopped"


def _rescue_path(store: Store, name: str) -> Path:
    path = store.root / _RESCUED / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
