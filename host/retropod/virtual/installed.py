"""The app in a slot of a virtual pod's own flash, as `retropod install` stores it on a board.

Building takes seconds, so an image of a new flash with the app is cached. An app that a user installs on the flash
later is never overwritten.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from retropod import sources
from retropod.errors import OperationFailed, naming
from retropod.virtual import builtapp
from retropod.virtual.child import ONPOD
from retropod.virtual.runtime import find_runtime

SLOT = "app_a"
_FLASH = "flash.bin"
_NOTE = "installed.json"  # in the pod's directory: digests of the files that this tool stored on its flash
_STORE = "from vpod import store; store.run()"
_ERASED = b"\xff"
_TIMEOUT_S = 120.0


def app_files() -> dict[str, bytes]:
    """Build the app for this machine: bytes by absolute path on the pod, in the order of an installation."""
    from retropod.build import image

    app = image.build(builtapp.ARCHITECTURE)
    files = {f"/{SLOT}/{file.name}": file.data for file in [*app.files, app.manifest]}
    files["/slot"] = SLOT.encode()
    return files | {f"/{file.name}": file.data for file in app.starters}


def plain_files(firmware: Path) -> dict[str, bytes]:
    """Read a folder of firmware without building it, for the root of the flash: bytes by absolute path on the pod."""
    found = sorted(path for path in firmware.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {"/" + path.relative_to(firmware).as_posix(): path.read_bytes() for path in found}


def provide(directory: Path, flash_bytes: int, firmware: Path | None = None) -> None:
    """Store the app, or the files of `firmware`, in `directory`/flash.bin, unless a user installed another app.

    Raises OperationFailed if the app cannot be built or stored.
    """
    flash, note = directory / _FLASH, directory / _NOTE
    if firmware is None and not flash.exists():
        image = _cached(flash_bytes)
        shutil.copyfile(image / _FLASH, flash)
        shutil.copyfile(image / _NOTE, note)
        return
    make_blank(flash, flash_bytes)
    held: dict[str, str] = json.loads(note.read_text()) if note.exists() else {}
    if firmware is None and held and held == json.loads((_cached(flash_bytes) / _NOTE).read_text()):
        return
    files = app_files() if firmware is None else plain_files(firmware)
    wanted = _digests(files)
    if held != wanted and _store(flash, files, held):
        note.write_text(json.dumps(wanted))


def add(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write more files, by absolute path, to the flash in `directory`, which contains the app. The pod must be off.

    Raises OperationFailed if the flash does not contain such an app, or is full.
    """
    slot = {"/slot": SLOT.encode()}
    if not _store(directory / _FLASH, {**slot, **files}, _digests(slot)):
        raise OperationFailed(f"{directory / _FLASH} does not contain the app", "start the pod once")


def make_blank(flash: Path, flash_bytes: int) -> None:
    """Create an erased flash unless the file exists. Raises OSError, after the removal of an incomplete file."""
    if flash.exists():
        return
    with naming(flash):
        try:
            flash.write_bytes(_ERASED * flash_bytes)
        except OSError:
            flash.unlink(missing_ok=True)
            raise


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}


def _cached(flash_bytes: int) -> Path:
    """Return a folder with the image of a flash that contains only the app (`flash.bin`), and its digests."""
    name = f"{builtapp.digest(sources.firmware_dir())}-{flash_bytes}"
    return builtapp.entry(name, lambda made: _make(made, flash_bytes))


def _make(folder: Path, flash_bytes: int) -> None:
    files = app_files()
    make_blank(folder / _FLASH, flash_bytes)
    _store(folder / _FLASH, files, {})
    (folder / _NOTE).write_text(json.dumps(_digests(files)))


def _store(flash: Path, files: Mapping[str, bytes], held: Mapping[str, str]) -> bool:
    """Write `files` if the flash contains no app, or exactly the files of `held`. Return True if they were written."""
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
