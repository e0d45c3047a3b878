"""Where runs are kept on this machine: one file a run, its SHA-256 beside it. The files are all that the store is."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

import platformdirs

from retropod.errors import UsageError

SUFFIX = ".rpr"


class Stored(NamedTuple):
    """A run that is here: whose, which, and its file."""

    pod_id: str
    run: int
    path: Path


class Store:
    """A folder of runs: POD_ID/000001.rpr. `verified`: the whole file came, and its SHA-256 was the pod's."""

    def __init__(self, root: Path | None = None) -> None:
        named = os.environ.get("RETROPOD_RUNS")
        self.root = root or (
            Path(named) if named else platformdirs.user_data_path("retropod", appauthor=False) / "runs"
        )

    def path(self, pod_id: str, run: int) -> Path:
        """Where this run is kept, whether it is there or not."""
        return self.root / pod_id / f"{run:06d}{SUFFIX}"

    def all(self) -> list[Stored]:
        """Every run that is here, by pod and number."""
        return [
            Stored(path.parent.name, int(path.stem.split("-")[0]), path)
            for path in sorted(self.root.glob(f"*/*{SUFFIX}"))
            if path.stem.split("-")[0].isdigit()
        ]

    def copies(self, pod_id: str, run: int) -> list[Path]:
        """Return the files of this number from this pod: several if its flash was erased in between."""
        return [stored.path for stored in self.all() if (stored.pod_id, stored.run) == (pod_id, run)]

    def holding(self, pod_id: str, run: int, sha256: bytes) -> Path | None:
        """Return the file that holds exactly this run, read again now and compared, or None."""
        return next((path for path in self.copies(pod_id, run) if digest(path) == sha256), None)

    def recorded_digest(self, path: Path) -> bytes | None:
        """The SHA-256 that the pod gave when the file was fetched, or None."""
        try:
            return bytes.fromhex(_beside(path).read_text("ascii").split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def keep(self, part: Path, pod_id: str, run: int, sha256: bytes) -> Path:
        """Move a complete, verified file into the store. A different run of the same number is kept beside it."""
        path = self.path(pod_id, run)
        if path.exists() and not _begins_with(part, path):
            path = path.with_name(f"{run:06d}-{sha256.hex()[:8]}{SUFFIX}")  # the pod was wiped and counts anew
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        note = _beside(path)
        note.write_text(f"{sha256.hex()}  {path.name}\n", "ascii")
        part.replace(path)
        _sync_folder(path.parent)
        return path

    def find(self, name: str) -> Path:
        """A run by file path, by number (the only one of that number here), or as POD_ID/NUMBER."""
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
                f"{len(found)} runs here have the number {number}", f"say which: {', '.join(map(_label, found))}"
            )
        raise UsageError(f"no such run or file: {name}", "`retropod runs --here` lists what is on this machine")


def digest(path: Path) -> bytes:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _label(run: Stored) -> str:
    return f"{run.pod_id}/{run.path.stem}"


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _begins_with(longer: Path, shorter: Path) -> bool:
    """Whether the run in `shorter` is an earlier part of `longer`, so that nothing is lost by replacing it."""
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
