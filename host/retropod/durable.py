"""Files that survive a power cut and never overwrite another file. An OSError names the file.

Every function returns after the contents and the name are on the disk: afterwards the original may be erased. Files and
folders that these functions create are accessible to their owner only, because runs name people.
"""

import errno
import hashlib
import os
import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from retropod.errors import naming

_NOT_SUPPORTED = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)  # by file systems of a network that sync no folder
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700  # permissions: the owner only
_DIGITS = 8  # hexadecimal digits of the SHA-256 in the name of a file whose first name is taken


def save_new(path: Path, data: bytes) -> Path:
    """Save a file as `path`, or under a name with its SHA-256 if other contents have that name. Return its path.

    Creates the folder. If a file of that name already has these contents, return it unchanged. Raises OSError.
    """
    part = _written(path, data)
    with naming(path, part), _removed_on_failure(part):
        return move_new(part, path)


def move_new(source: Path, path: Path) -> Path:
    """Move a complete file to `path`, in the same file system. Names and result as for `save_new`."""
    with naming(source):
        source.chmod(PRIVATE_FILE)
        _sync_file(source)
    make_folder(path.parent)
    sha256 = digest(source)
    for free in _names(path, sha256.hex()):
        try:
            _rename_to_new(source, free)
        except FileExistsError:
            if not (free.is_file() and digest(free) == sha256):
                continue
            _sync_file(free)
            source.unlink()
        sync_folder(path.parent)
        return free
    raise AssertionError  # `_names` does not end


def replace(path: Path, data: bytes) -> None:
    """Write a helper file atomically: afterwards it has its old or its new contents. Raises OSError."""
    part = _written(path, data)
    with naming(path, part), _removed_on_failure(part):
        part.replace(path)
        sync_folder(path.parent)


def append(path: Path, data: bytes) -> None:
    """Append to a file, and create it and its folder if they are missing. Raises OSError."""
    make_folder(path.parent)
    path.touch(PRIVATE_FILE)
    with naming(path), path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def sync(path: Path) -> None:
    """Write an existing file and its name to the disk. Raises OSError."""
    with naming(path):
        _sync_file(path)
    sync_folder(path.parent)


def digest(path: Path) -> bytes:
    """Return the SHA-256 of a file. Raises OSError."""
    with naming(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def make_folder(folder: Path) -> None:
    """Create a folder and those above it, and write their names to the disk. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk. Has no effect where the platform does not support it."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            raise
    finally:
        os.close(handle)


def _names(path: Path, sha256: str) -> Iterator[Path]:
    """Yield `path`, NAME-DIGEST.SUFFIX, NAME-DIGEST-2.SUFFIX, NAME-DIGEST-3.SUFFIX and so on."""
    stem = f"{path.stem}-{sha256[:_DIGITS]}"
    yield path
    yield path.with_name(stem + path.suffix)
    for number in count(2):
        yield path.with_name(f"{stem}-{number}{path.suffix}")


def _written(path: Path, data: bytes) -> Path:
    """Write a temporary file next to `path` and return it. A failure leaves no file."""
    make_folder(path.parent)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    with naming(path, part):
        part.touch(PRIVATE_FILE, exist_ok=False)
        with _removed_on_failure(part), part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    return part


@contextmanager
def _removed_on_failure(part: Path) -> Generator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _rename_to_new(source: Path, path: Path) -> None:
    """Rename a file. Raises FileExistsError if `path` exists."""
    if os.name == "nt":  # There, a rename never replaces a file.
        source.rename(path)
        return
    try:
        os.link(source, path)
    except FileExistsError:
        raise
    except OSError:  # The file system has no hard links: reserve the name, then replace the empty file.
        path.touch(PRIVATE_FILE, exist_ok=False)
        source.replace(path)
    else:
        source.unlink()


def _sync_file(path: Path) -> None:
    with path.open("rb" if os.name == "posix" else "rb+") as file:  # A read-only file can be synchronised, too.
        os.fsync(file.fileno())
