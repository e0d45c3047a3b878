"""Files of the local store of runs: one file per run, and a note with its SHA-256 next to it."""

import glob
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

import platformdirs

from retropod import durable
from retropod.durable import digest
from retropod.errors import RetropodError, UsageError
from retrowire import checkedhead, runfile

SUFFIX = ".rpr"
DAMAGED = ".damaged"  # suffix of a damaged copy that was set aside: never a run
RESCUED = "rescued"  # folder of the store for partial runs, settings and images
PROGRESSION = "progression.toml"  # steps of the progression that the user edited
PART = ".part"  # added to the name of a run that is being downloaded
HOST_MARK = 0xFF  # first byte of the id of runs that a computer wrote; the MAC address of a pod begins with an even one
_DIGITS = 10  # of a run number, which has 32 bits
_NOTE_MOST = 1024  # bytes of a note that are read

State = Literal["verified", "unverified", "damaged", "unreadable"]
"""A file that matches its note, has no valid note, differs from its note, or cannot be read."""


class Stored(NamedTuple):
    """A file in the store: pod, run number and path."""

    pod_id: str
    run: int
    path: Path

    @property
    def set_aside(self) -> bool:
        """True for a damaged copy that is not a run any more."""
        return self.path.suffix == DAMAGED

    @property
    def of_host(self) -> bool:
        """True for a run that a computer wrote. Its id states the recording, or the pod and the live session."""
        return self.pod_id.startswith(f"{HOST_MARK:02x}")


class Held(NamedTuple):
    """The copy of a pod's run on this computer.

    `path`: of a file with the same contents. `damaged`: of a damaged copy of that run. `known`: False if the pod did
    not send the digest that the answer needs.
    """

    path: Path | None = None
    damaged: Path | None = None
    known: bool = True


class RunFiles:
    """A folder of verified runs, POD_ID/000001.rpr. `store.Store` adds names and the index.

    The default folder is RETROPOD_RUNS, or else the user data folder of the platform.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or _default_root()

    def path(self, pod_id: str, run: int) -> Path:
        """Return the path of this run in the store. The file may not exist yet."""
        return self.root / pod_id / f"{run:06d}{SUFFIX}"

    def all(self) -> list[Stored]:
        """Return all stored runs, sorted by pod and number."""
        return self._files(SUFFIX)

    def set_aside(self) -> list[Stored]:
        """Return the damaged copies that were replaced, sorted by pod and number."""
        return self._files(DAMAGED)

    def _files(self, suffix: str, pod_id: str = "*") -> list[Stored]:
        found = [(path, path.stem.split("-")[0]) for path in sorted(self.root.glob(f"{pod_id}/*{suffix}"))]
        return [
            Stored(path.parent.name, int(number), path)
            for path, number in found
            if number.isascii() and number.isdigit() and len(number) <= _DIGITS
        ]

    def copies(self, pod_id: str, run: int) -> list[Path]:
        """Return the files of this number from this pod: several if its flash was erased in between."""
        return [stored.path for stored in self._files(SUFFIX, glob.escape(pod_id)) if stored.run == run]

    def state(self, path: Path) -> State:
        """Compare a file with its note."""
        if path.suffix == DAMAGED:
            return "damaged"
        contents, noted = digest_or_none(path), self.recorded_digest(path)
        if contents is None:
            return "unreadable"
        return "unverified" if noted is None else "verified" if noted == contents else "damaged"

    def holding(self, pod_id: str, run: int, sha256: bytes) -> Path | None:
        """Return the file whose contents have this SHA-256, computed now, or None. Restore its note."""
        for path in self.copies(pod_id, run):
            if digest_or_none(path) == sha256:
                self._note(path, sha256)
                return path
        return None

    def held(self, pod_id: str, run: int, size: int, start_s: float | None, sha256: Callable[[], bytes]) -> Held:
        """Return the copy of a pod's run. `size` (bytes) and `start_s` (s since 1970) are from the pod's list.

        A file that matches its note, and agrees in number, size and start, is this run. If the start is unknown or
        only a damaged copy agrees, `sha256` asks the pod, which reads the whole run for the answer.
        """
        copies = self.candidates(pod_id, run, size)
        alike = (path for path in copies if start_s and _start_s(path) == int(start_s))
        if (same := next((path for path in alike if self.state(path) == "verified"), None)) is not None:
            return Held(same)
        damaged = [path for path in self.copies(pod_id, run) if self.state(path) == "damaged"]
        if not (copies or damaged):
            return Held()
        try:
            wanted = sha256()
        except RetropodError:
            return Held(known=False)
        path = next((path for path in copies if digest_or_none(path) == wanted), None)
        return Held(path, next((path for path in damaged if self.recorded_digest(path) == wanted), None))

    def candidates(self, pod_id: str, run: int, size: int) -> list[Path]:
        """Return the files of this number and size, in bytes, first those that match their note.

        A file that differs from its note may be intact, and the note wrong.
        """
        copies = [(self.state(path), path) for path in self.copies(pod_id, run)]
        return [
            path
            for state in ("verified", "unverified", "damaged")
            for found, path in copies
            if found == state and path.stat().st_size == size
        ]

    def recorded_digest(self, path: Path) -> bytes | None:
        """Return the SHA-256 that the pod reported at the download, or None without a valid note."""
        try:
            with note_path(path).open("rb") as file:
                sha256 = bytes.fromhex(file.read(_NOTE_MOST).decode("ascii").split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return sha256 if len(sha256) == 32 else None

    def keep(self, part: Path, pod_id: str, run: int, sha256: bytes) -> Path:
        """Move a complete, verified file into the store and return its path. Afterwards the pod may erase the run.

        A stored run that begins with the new contents stays, and its path is returned. One with the same number and
        other contents stays too: the new file gets its SHA-256 in the name. Raises OSError.
        """
        self.set_aside_damaged(part, pod_id, run, sha256)
        if (longer := self.continuing(part, pod_id, run)) is not None:
            part.unlink()
            return longer
        earlier = next((path for path in self.copies(pod_id, run) if _begins_with(part, path)), None)
        if earlier is None:
            path = durable.move_new(part, self.path(pod_id, run))
        else:  # The pod was recording at the earlier download: the new file contains all bytes of the earlier one.
            path = earlier
            note_path(path).unlink(missing_ok=True)  # Without a note the file is unverified, with an old one damaged.
            durable.sync(part)
            part.replace(path)
            durable.sync_folder(path.parent)
        self._note(path, sha256)
        return path

    def continuing(self, part: Path, pod_id: str, run: int) -> Path | None:
        """Return the stored run that is longer than `part` and begins with all its bytes, or None."""
        size = part.stat().st_size
        longer = (
            path for path in self.copies(pod_id, run) if path.stat().st_size > size and self.state(path) != "damaged"
        )
        return next((path for path in longer if _begins_with(path, part)), None)

    def set_aside_damaged(self, new: Path, pod_id: str, run: int, sha256: bytes) -> list[Path]:
        """Rename the damaged copies of a run of which `new` is the complete file. Return their new paths."""
        moved: list[Path] = []
        for path in self.copies(pod_id, run):
            if self._is_damaged_copy(path, new, sha256):
                contents = digest(path).hex()[:8]
                moved.append(durable.move_new(path, path.with_name(f"{run:06d}-{contents}{DAMAGED}")))
        return moved

    def _is_damaged_copy(self, path: Path, new: Path, sha256: bytes) -> bool:
        """Return whether `path` is a damaged copy of `new`, by its note or by its header and checksums."""
        state = self.state(path)
        if state == "damaged":
            return self.recorded_digest(path) == sha256 or same_header(path, new)
        if state != "unverified" or _begins_with(new, path):
            return False
        return same_header(path, new) and not _intact(path)

    def _note(self, path: Path, sha256: bytes) -> None:
        """Write the note of a file. Without a note the file is compared with the pod again, so a failure costs time."""
        if self.recorded_digest(path) != sha256:
            with suppress(OSError):
                durable.replace(note_path(path), f"{sha256.hex()}  {path.name}\n".encode("ascii"))


def _default_root() -> Path:
    if not (named := os.environ.get("RETROPOD_RUNS")):
        return platformdirs.user_data_path("retropod", appauthor=False) / "runs"
    try:
        return Path(named).expanduser()
    except RuntimeError as error:
        raise UsageError(
            f"RETROPOD_RUNS={named} names an unknown user", "set RETROPOD_RUNS to the path of a folder"
        ) from error


def header_values(path: Path) -> dict[str, Any]:
    """Return the raw values of a run's header, empty if it cannot be read."""
    try:
        header: dict[str, Any] = checkedhead.read_header(_head(path))
    except (OSError, ValueError, KeyError):
        return {}
    return header["values"]


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(runfile.HEADER_MAX)


def _start_s(path: Path) -> object:
    return header_values(path).get("epoch_s")


def same_header(path: Path, other: Path) -> bool:
    """Return whether two files are of one run: their headers agree. The header states boot and uptime of the start."""
    values = header_values(path)
    return bool(values) and values == header_values(other)


def _intact(path: Path) -> bool:
    """Return whether all blocks after a valid header have valid checksums."""
    with path.open("rb") as file:
        header: dict[str, Any] = checkedhead.read_header(file.read(runfile.HEADER_MAX))
        file.seek(header["length"])
        scan = runfile.scan(file.read, header["length"])
        for _ in scan:
            pass
    return not scan.damaged


def digest_or_none(path: Path) -> bytes | None:
    """Return the SHA-256 of a file, or None if it cannot be read."""
    try:
        return digest(path)
    except OSError:
        return None


def part_note(part: Path) -> Path:
    """Return the path of the note of an interrupted download."""
    return part.with_name(part.name + ".json")


def note_path(path: Path) -> Path:
    """Return the path of the note of a run file."""
    return path.with_name(path.name + ".sha256")


def _begins_with(longer: Path, shorter: Path) -> bool:
    """Return whether `longer` begins with all bytes of `shorter`: replacing `shorter` then loses nothing."""
    try:
        with longer.open("rb") as new, shorter.open("rb") as old:
            return all(new.read(len(block)) == block for block in _blocks(old.read))
    except OSError:
        return False


def _blocks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while block := read(1 << 16):
        yield block
