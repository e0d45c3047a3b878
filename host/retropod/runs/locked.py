"""Lock of a store: two programs that change the same files wait for each other."""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from retropod import durable
from retropod.errors import OperationFailed

NAME = ".lock"
_WAIT_S, _PAUSE_S = 10.0, 0.02


@contextmanager
def locked(root: Path) -> Generator[None]:
    """Hold the lock of the store for the block. The system releases it when the process ends, however it ends.

    Raises OperationFailed if another program holds it for 10 s.
    """
    durable.make_folder(root)
    handle = os.open(root / NAME, os.O_RDWR | os.O_CREAT, durable.PRIVATE_FILE)
    try:
        _wait(handle, root)
        yield
    finally:
        os.close(handle)


def _wait(handle: int, root: Path) -> None:
    give_up = time.monotonic() + _WAIT_S
    while not _try(handle):
        if time.monotonic() > give_up:
            raise OperationFailed(
                f"another program is changing the runs in {root}", "wait for its end, then run the command again"
            )
        time.sleep(_PAUSE_S)


def _try(handle: int) -> bool:
    """Return whether the lock was free."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # A file system of a network without locks.
        return True
    return True
