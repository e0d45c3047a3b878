"""The local store of runs: one file per run, and a file with its SHA-256 next to it. The folder has no other index."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

import platformdirs

from retropod.errors import UsageError

SUFFIX = ".rpr"


class Stored(NamedTuple):
    """A run in the store: pod, run number and file."""

    pod_id: str
    run: int
    path: Path


class Store:
    """A folder of verified runs, POD_ID/000001.rpr.

    The default folder is RETROPOD_RUNS, or else the user data folder of the platform.
    """

    def __init__(self, root: Path | None = None) -> None:
        named = os.environ.get("RETROPOD_RUNS")
        self.root = root or (
            Path(named).expanduser() if named else platformdirs.user_data_path("retropod", appauthor=False) / "runs"
        )

    def path(self, pod_id: str, run: int) -> Path:
        """Return the path of this run in the store. The file may not exist yet."""
        return self.root / pod_id / f"{run:06d}{SUFFIX}"

    def all(self) -> list[Stored]:
        """Return all stored runs, sorted by pod and number."""
        return [
            Stored(path.parent.name, int(path.stem.split("-")[0]), path)
            for path in sorted(self.root.glob(f"*/*{SUFFIX}"))
            if path.stem.split("-")[0].isdigit()
        ]

    def copies(self, pod_id: str, run: int) -> list[Path]:
        """Return the files of this number from this pod: several if its flash was erased in between."""
        return [stored.path for stored in self.all() if (stored.pod_id, stored.run) == (pod_id, run)]

    def holding(self, pod_id: str, run: int, sha256: bytes) -> Path | None:
        """Return the file whose contents have this SHA-256, computed now, or None."""
        return next((path for path in self.copies(pod_id, run) if digest(path) == sha256), None)

    def recorded_digest(self, path: Path) -> bytes | None:
        """Return the SHA-256 that the pod reported at the download, or None if it is not recorded."""
        try:
            return bytes.fromhex(_digest_file(path).read_text("ascii").split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def keep(self, part: Path, pod_id: str, run: int, sha256: bytes) -> Path:
        """Move a complete, verified file into the store and return its path.

        A stored run with the same number and other contents stays: the new file gets its SHA-256 in the name.
        """
        path = self.path(pod_id, run)
        if path.exists() and not _begins_with(part, path):
            # The pod was erased after the earlier run, and its run numbers began at 1 again.
            path = path.with_name(f"{run:06d}-{sha256.hex()[:8]}{SUFFIX}")
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        note = _digest_file(path)
        note.write_text(f"{sha256.hex()}  {path.name}\n", "ascii")
        part.replace(path)
        _sync_folder(path.parent)
        return path

    def find(self, name: str) -> Path:
        """Return the file of a run, given as a file path, NUMBER (if unique here) or POD_ID/NUMBER.

        Raises UsageError if no run or several runs match.
        """
        if Path(name).is_file():
            return Path(name)
        pod_id, _, number = name.rpartition("/")
        found = [
            run for run in self.all() if number.isdigit() and run.run == int(number) and run.pod_id.startswith(pod_id)
        ]
        if len(found) == 1:
            return found[0].path
        if found:
            raise UsageError(
                f"{len(found)} runs here have the number {number}", f"give one of {', '.join(map(_label, found))}"
            )
        raise UsageError(f"no such run or file: {name}", "run `retropod runs --here` to list the runs on this machine")


def digest(path: Path) -> bytes:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _label(run: Stored) -> str:
    return f"{run.pod_id}/{run.path.stem}"


def _digest_file(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _begins_with(longer: Path, shorter: Path) -> bool:
    """Return whether `longer` begins with all bytes of `shorter`: replacing `shorter` then loses nothing."""
    with longer.open("rb") as new, shorter.open("rb") as old:
        while block := old.read(1 << 16):
            if new.read(len(block)) != block:
                return False
    return True


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
