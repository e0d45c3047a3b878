"""The virtual pods that run now: one file per pod in the user's runtime folder, locked by the process of the pod.

The system removes the lock when the process ends, in whatever way. So a file without a lock is stale. Numbers of
processes are not compared, because the system uses them again.
"""

import contextlib
import json
import math
import os
import re
import secrets
import stat
import sys
import warnings
from collections.abc import Callable, Generator
from pathlib import Path

_FILE = re.compile(r"pod-[0-9a-f]{16}\.json")
_PORT = re.compile(r"/dev/(pts/\d+|ttys\d+)|socket://127\.0\.0\.1:\d{1,5}")  # the ports that virtual pods have
_MOST_BYTES = 1024


@contextlib.contextmanager
def register(url: str, speed: float = 1.0) -> Generator[bool]:
    """Announce the virtual pod at `url` until the end of the context. `speed`: of its clock, as a factor of real time.

    Yields False if the runtime folder cannot be used. The pod then has to be named with --port.
    """
    try:
        path, descriptor = _announce(url, speed)
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def registered() -> list[str]:
    """Return the ports of the virtual pods of this user that run now, sorted. Remove the files of ended processes.

    Ignores every file that this account alone could not have written, or that names another kind of port.
    """
    return sorted(_speeds())


def speed_of(url: str) -> float:
    """Return the speed of the clock of the pod at `url`, as a factor of real time: 1.0 unless it is a virtual pod."""
    return _speeds().get(url, 1.0)


def _speeds() -> dict[str, float]:
    """Return the speeds of the virtual pods of this user that run now, by port."""
    if sys.platform == "win32":
        return {}
    try:
        folder = _folder()
        if not _is_private(folder.lstat(), stat.S_ISDIR):
            return {}
        found = [_read(path) for path in folder.iterdir() if _FILE.fullmatch(path.name)]
    except OSError:
        return {}
    return dict(one for one in found if one)


def _announce(url: str, speed: float) -> tuple[Path, int]:
    """Write and lock a file. Return it with the descriptor that holds the lock. It appears with its contents."""
    if sys.platform == "win32":
        raise OSError("no locks of this kind on Windows")
    import fcntl

    folder = _folder()
    _make(folder)
    if not _is_private(folder.lstat(), stat.S_ISDIR):
        raise PermissionError(f"{folder} is not private to this account")
    path = folder / f"pod-{secrets.token_hex(8)}.json"
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, json.dumps({"port": url, "speed": speed}).encode())
        part.rename(path)
    except OSError:
        os.close(descriptor)
        part.unlink(missing_ok=True)
        raise
    return path, descriptor


def _read(path: Path) -> tuple[str, float] | None:
    """Return the port and the speed in a file, or None for a file that is stale or not to be trusted."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not _is_private(os.fstat(descriptor), stat.S_ISREG):
            return None
        if not _is_locked(descriptor):
            path.unlink(missing_ok=True)
            return None
        return _parsed(os.read(descriptor, _MOST_BYTES))
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int) -> bool:
    """Return whether the process that wrote the file still runs. A shared lock does not disturb other readers."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _parsed(content: bytes) -> tuple[str, float] | None:
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        return None
    port, speed = (read.get("port"), read.get("speed")) if isinstance(read, dict) else (None, None)
    if not isinstance(port, str) or not _PORT.fullmatch(port):
        return None
    return port, speed if isinstance(speed, float) and 0.0 < speed < math.inf else 1.0


def _is_private(found: os.stat_result, kind: Callable[[int], bool]) -> bool:
    """Return whether a file or folder is of this kind, belongs to this account, and is closed to all others."""
    if sys.platform == "win32":
        return False
    return kind(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _folder() -> Path:
    import platformdirs

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs reports on stderr that it uses a folder in /tmp
        return platformdirs.user_runtime_path("retropod", appauthor=False) / "virtual"


def _make(folder: Path) -> None:
    """Create the folder and its missing parents, closed to other accounts."""
    if not folder.parent.is_dir():
        _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
