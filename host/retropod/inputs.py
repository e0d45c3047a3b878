"""Files that a user names. Every failure to read one is a single error that names the file, the fault and a remedy."""

import os
import stat
from pathlib import Path

from retropod.errors import DamagedData, OperationFailed, RetropodError, UsageError

MIB = 1 << 20


def check(path: Path, most_bytes: int, give: str, empty: bool = False) -> int:
    """Return the size of a regular file that can be read, in bytes.

    `give`: hint, the kind of file to give. `empty`: accept an empty file.

    Raises UsageError for a missing file, a folder, a pipe or a device, OperationFailed if the file cannot be read, and
    DamagedData if it is empty or larger than `most_bytes`.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise UsageError(f"{path} is a folder", give)
        if not stat.S_ISREG(found.st_mode):
            raise UsageError(f"{path} is a pipe or a device, not a file", f"copy it to a file; {give}")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
    except (OSError, ValueError) as error:
        raise unreadable(path, error, give) from error
    if size == 0 and not empty:
        raise DamagedData(f"{path} is empty", give)
    if size > most_bytes:
        raise DamagedData(f"{path} has {size / MIB:,.0f} MiB, the limit is {most_bytes // MIB:,} MiB", give)
    return size


def read_bytes(path: Path, most_bytes: int, give: str, empty: bool = False) -> bytes:
    """Return the contents of a file. Errors: see `check`."""
    size = check(path, most_bytes, give, empty)
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise unreadable(path, error, give) from error


def unreadable(path: Path, error: OSError | ValueError, give: str) -> RetropodError:
    """Return the error for a file that the system does not open or read."""
    if isinstance(error, FileNotFoundError):
        return UsageError(f"{path} does not exist", give)
    if isinstance(error, PermissionError):
        return OperationFailed(f"{path} cannot be read: permission denied", "change its permissions, or copy it")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return OperationFailed(f"{path} cannot be read: {reason.lower()}", f"check its name and the disk; {give}")
