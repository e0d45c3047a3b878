"""Cache of shrunk sources on disk, because shrinking takes seconds in `install` and `update`."""

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

from retropod.build.shrink import Shrunk
from retrowire import codec

_STORED = 16  # results
_SHRINKERS = (*sorted(Path(__file__).with_name("shrink").glob("*")), Path(__file__).with_name("source_edits.py"))


def folder() -> Path:
    """Return the folder of the results."""
    return Path(platformdirs.user_cache_dir("retropod", appauthor=False)) / "shrunk"


def stored(inputs: object, make: Callable[[], Shrunk]) -> Shrunk:
    """Return the result for `inputs`, from the disk or from `make`. Errors of `make` pass through and are not stored.

    A missing, damaged or read-only file only costs time.
    """
    path = folder() / f"{_key(inputs)}.json"
    with contextlib.suppress(OSError, ValueError, TypeError):
        found = Shrunk(*json.loads(path.read_text(encoding="utf-8")))
        with contextlib.suppress(OSError):
            os.utime(path)  # the time of the last use: the entries with the oldest are deleted
        return found
    made = make()
    with contextlib.suppress(OSError):
        _write(path, json.dumps(made))
    return made


def _key(inputs: object) -> str:
    """Return a digest of the sources, the schema, the code that shrinks, and Python, whose parser it uses."""
    total = hashlib.sha256(f"{sys.version} {codec.fingerprint()} {inputs!r}".encode())
    for path in _SHRINKERS:
        if path.is_file():
            total.update(path.read_bytes())
    return total.hexdigest()[:32]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
        file.write(text)
    Path(file.name).replace(path)
    for old in sorted(path.parent.glob("*.json"), key=lambda one: one.stat().st_mtime)[:-_STORED]:
        old.unlink(missing_ok=True)
