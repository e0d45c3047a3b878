"""Exclusive use of a folder of state: two virtual pods on one flash would damage each other's files."""

import contextlib
import fcntl
from collections.abc import Generator
from pathlib import Path

from retropod.errors import OperationFailed


@contextlib.contextmanager
def exclusive(folder: Path) -> Generator[Path]:
    """Lock the folder, which is created if it is missing. Raises OperationFailed if another process has locked it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OperationFailed(f"another virtual pod uses {folder}", "end it, or name another --state") from None
        yield folder
