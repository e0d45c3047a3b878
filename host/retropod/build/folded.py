"""Folded sources on disk: constants inlined, with the names and the lines of the sources.

Viper inlines only constants of its own module. The kernels import constants from other modules, so they run on
MicroPython only after `fold` has replaced these constants by numbers. Tests, `score` and the unit tests on MicroPython
run this form: it computes as the app on the pod does, and a script can still import each name.
"""

import atexit
import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

import platformdirs

from retropod import sources
from retropod.build.shrink.fold import folded
from retropod.build.shrink.program import Program
from retropod.build.shrink.table import planned
from retrowire import codec

_HERE = Path(__file__)
_BUILDERS = (*sorted(_HERE.with_name("shrink").glob("*.py")), _HERE.with_name("source_edits.py"), _HERE)
_STORED_S = 3 * 86_400  # a result that no process has used for so long is deleted


class Folders(NamedTuple):
    """Copies of the source folders: `firmware` with `pod/` and the starters, `wire` with `retrowire/`."""

    firmware: Path
    wire: Path

    @property
    def search_path(self) -> str:
        """Value of MICROPYPATH for a script that imports the app."""
        return os.pathsep.join((str(self.firmware), str(self.wire), ".frozen"))


def folder() -> Path:
    """Return the folder of the results."""
    return Path(platformdirs.user_cache_dir("retropod", appauthor=False)) / "folded"


def folders(firmware: Path | None = None) -> Folders:
    """Return the folded copies of `firmware` (default: the app of this tool) and `retrowire`.

    The result is stored by content: a second call with the same sources only reads them. If the cache is read-only, the
    copies last as long as this process. Raises OperationFailed if the schema lacks a name that the app asks for, and
    SyntaxError for a source that is not Python.
    """
    texts = _texts(firmware or sources.firmware_dir())
    key = _key(texts)
    try:
        return _stored(folder(), key, texts)
    except OSError:
        return _stored(_own_folder(), key, texts)


def _texts(firmware: Path) -> dict[str, str]:
    """Sources by their path below the result."""
    wire = sources.wire_dir()
    paths = {f"firmware/{path.relative_to(firmware).as_posix()}": path for path in firmware.rglob("*.py")}
    paths |= {f"protocol/{path.relative_to(wire).as_posix()}": path for path in (wire / "retrowire").rglob("*.py")}
    return {name: paths[name].read_text(encoding="utf-8") for name in sorted(paths)}


def _key(texts: dict[str, str]) -> str:
    """Return a digest of the sources, the schema, the code that folds, and Python, whose parser it uses."""
    total = hashlib.sha256(f"{sys.version} {codec.fingerprint()} {texts!r}".encode())
    for path in _BUILDERS:
        total.update(path.read_bytes())
    return total.hexdigest()[:32]


def _stored(cache_folder: Path, key: str, texts: dict[str, str]) -> Folders:
    """Return the stored result, made if it is missing. Raises OSError if the cache is read-only."""
    done = cache_folder / key
    if not done.is_dir():
        cache_folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="new-", dir=cache_folder))
        _write(made, texts)
        with contextlib.suppress(OSError):  # another process was faster
            made.rename(done)
        shutil.rmtree(made, ignore_errors=True)
        _delete_old(cache_folder)
    os.utime(done)
    return Folders(done / "firmware", done / "protocol")


def _write(made: Path, texts: dict[str, str]) -> None:
    for name, text in _folded(texts).items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _folded(texts: dict[str, str]) -> dict[str, str]:
    names = {name.partition("/")[2]: name for name in texts}
    program = Program({path: texts[name] for path, name in names.items()}, {})
    for step in (planned, folded):
        program = program.changed(step(program))
    return {names[path]: text for path, text in program.texts().items()}


def _delete_old(cache_folder: Path) -> None:
    for old in cache_folder.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > _STORED_S:
                shutil.rmtree(old, ignore_errors=True)


@cache
def _own_folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="retropod-folded-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made
