"""Permissions of a store: its files name people, so only their owner may read them."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from retropod.runs import index, locked, trash, wearers
from retropod.runs.clocklog import NAME as CLOCK_LOG
from retropod.runs.files import DAMAGED, PROGRESSION, RESCUED, SUFFIX

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_FILES = (*index.FILES, locked.NAME, wearers.NAME, PROGRESSION)
_OF_POD = (f"*{SUFFIX}*", f"*{DAMAGED}*", f"*{CLOCK_LOG}*", "*.rescued")


def restrict(root: Path) -> int:
    """Remove the access of other users to the files and folders of a store. Return the number that were changed.

    Earlier versions left the permissions to the system. Other files stay: the folder may be that of a user.
    """
    own = list(dict.fromkeys(_own(root)))
    if own and set(root.iterdir()) <= set(own):
        own.append(root)
    return sum(map(_restricted, own))


def _own(root: Path) -> Iterator[Path]:
    """Yield the files and folders that belong to the store."""
    yield from (path for name in _FILES if (path := root / name).is_file())
    bin_ = root / trash.NAME
    yield from (path for store in (root, bin_) for pattern in _OF_POD for path in store.glob(f"*/{pattern}"))
    folders = [folder for store in (root, bin_) for folder in store.glob("*") if trash.is_of_store(folder)]
    yield from folders
    if any(folder.parent == bin_ for folder in folders):
        yield bin_
    yield from (root / RESCUED).glob("*")


def _restricted(path: Path) -> bool:
    """Remove the access of other users. Return whether that was necessary and possible."""
    with suppress(OSError):
        mode = path.lstat().st_mode
        if os.name == "posix" and mode & _OTHERS and not stat.S_ISLNK(mode):
            path.chmod(mode & stat.S_IRWXU)
            return True
    return False
