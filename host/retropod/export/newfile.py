"""An output file that appears complete, or not at all."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from retropod import durable
from retropod.errors import UsageError, naming

_OWNER = 0o600  # an export names people


def check(path: Path, force: bool) -> None:
    """Raise UsageError if `path` may not be written: it exists and `force` is False, or it is not a file."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder", "give another --output")
    if os.path.lexists(path) and not force:
        raise UsageError(f"{path} already exists", "give another --output, or --force to replace it")


class NewFile:
    """A file that is written next to `path` and gets its name in `finish`. Use it in a `with` block."""

    def __init__(self, path: Path, force: bool) -> None:
        self.path, self._force = path, force
        self._part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.new")
        self._fresh = not path.parent.exists()
        with naming(path, self._part):
            durable.make_folder(path.parent)
            handle = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _OWNER)
        self.file: BinaryIO = os.fdopen(handle, "wb")

    def __enter__(self) -> "NewFile":
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the file and its new folder if it was not finished. Its last bytes need no space on a full disk."""
        with suppress(OSError):
            self.file.close()
        self._part.unlink(missing_ok=True)
        if self._fresh:
            with suppress(OSError):
                self.path.parent.rmdir()  # only an empty folder

    def finish(self) -> Path:
        """Give the file its name, durably, and return it. Raises UsageError if a new file has it, without `force`."""
        with naming(self.path, self._part):
            self.file.close()
            if self._force:
                durable.sync(self._part)
                self._part.replace(self.path)
                durable.sync_folder(self.path.parent)
                return self.path
            check(self.path, force=False)
            return durable.move_new(self._part, self.path)
