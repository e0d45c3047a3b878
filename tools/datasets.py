"""Labelled recordings of other sensors, outside the repository: the folders in RETROPOD_DATA, separated by `:`.

Each folder holds NAME.npz, strides.csv and optionally still.csv (format: `retropod score --help`).
"""

import hashlib
import os
from pathlib import Path

from retropod.errors import UsageError

# SHA-256 of strides.csv. Figures in tests/baseline.json and tests that name a recording belong to one data set.
KNOWN = {
    "dev": "a1e4e22b431e666f1b42a5109d4224beb3cf292a7491abca743a784ba0d07289",
    "running": "3af440ab2378b024c44fc61a858df6b48638463512b172cad6417d9a8c68235f",
}


def folders() -> list[Path]:
    """Return the folders in RETROPOD_DATA, or [] if it is unset. Raises UsageError for a folder without labels."""
    found = [Path(name).expanduser() for name in os.environ.get("RETROPOD_DATA", "").split(os.pathsep) if name]
    for folder in found:
        if not (folder / "strides.csv").is_file():
            raise UsageError(f"RETROPOD_DATA: {folder} contains no strides.csv", "name folders of labelled recordings")
    return found


def known(name: str) -> Path | None:
    """Return the folder of a data set in KNOWN, recognised by its labels, or None if it is not in RETROPOD_DATA."""
    for folder in folders():
        if hashlib.sha256((folder / "strides.csv").read_bytes()).hexdigest() == KNOWN[name]:
            return folder
    return None


def preferred() -> Path | None:
    """Return the folder for figures that any data set can give: the development set, otherwise the first folder."""
    return known("dev") or next(iter(folders()), None)
