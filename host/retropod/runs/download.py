"""Download of a run: resumable, verified by the pod's SHA-256, and moved into the store when complete."""

import errno
import hashlib
import json
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from retropod import durable
from retropod.client.connection import Reading
from retropod.client.linerate import slow_down
from retropod.client.pod import Pod
from retropod.client.refusals import NoAnswer
from retropod.errors import DamagedData, NoPod, OperationFailed
from retropod.runs.files import DAMAGED, PART, RunFiles, header_values, part_note
from retropod.runs.ranges import Ranges
from retropod.transport.serial import PortGone

# Bytes per request. The first size takes seconds on the slowest line: a pod whose host went away is soon idle again.
# The size grows while data arrives quickly, so that the line does not wait for requests.
_WINDOW = 1 << 16
_LARGEST_WINDOW = 1 << 20
_QUICK_S = 1.0
# Silence after which missing data is requested again. It is at least the time-out of any request on this connection. It
# doubles while no data arrives. Late data counts, so a link with 1 s of latency works.
_SILENCE_S = 0.4
_LONGEST_SILENCE_S = 4.0
_REVIVE_S = 1.5  # silence after which the pod may be at the REPL prompt; storing a block takes less
# Time without a new byte of the run after which the download fails: a reset, and exchanges over a slow link take less.
_PATIENCE_S, _PATIENCE_TRIPS = 12.0, 10
_LEAST_BYTES, _WITHIN_S = 256, 60.0  # a download with fewer new bytes in that time fails: it would take days
_REVIVALS = 2  # attempts to revive a pod that stops answering
_RECONNECTIONS = 5  # losses of the port in a row without a new byte
_GROWTH = 4  # attempts on a run that grows during the download, because it is being recorded
_NOTE_BYTES, _NOTE_S = 1 << 18, 0.3  # bytes and seconds between notes: a killed host downloads at most this again
_PIECE_BYTES = 1 << 20  # read at once
_NOTE_MOST = 1 << 18  # bytes of a note that are read: thousands of ranges
_FULL = (errno.ENOSPC, errno.EDQUOT)

Progress = Callable[[int, int], None]
Reconnect = Callable[[], Pod]  # returns the same pod after its port came back, or raises the reason


class Downloaded(NamedTuple):
    """A verified run in the store.

    `size`: of the run, in bytes. `fetched`: bytes of the run that this download received. `wire_bytes`: bytes on the
    line in both directions. `already`: the run was in the store before. `seconds`: from the first request to the end.
    `set_aside`: new paths of damaged copies that this file replaces, and of the part of another run that was lost on
    the pod.
    """

    path: Path
    size: int
    fetched: int
    wire_bytes: int
    already: bool
    seconds: float = 0.0
    set_aside: tuple[Path, ...] = ()


class NotSaved(OperationFailed):
    """This computer cannot write a run. The received part stays on the disk. `full`: the disk is full."""

    def __init__(self, path: Path, run: int, error: OSError) -> None:
        self.full = error.errno in _FULL
        received = _size(path)
        kept = f"{received} bytes of it are kept" if received else "nothing was received yet"
        reason = (error.strerror or str(error)).lower()
        remedy = (
            "free some space there" if self.full else f"check {path.parent}, or set RETROPOD_RUNS to another folder"
        )
        super().__init__(
            f"run {run} cannot be saved in {path}: {reason}; {kept}",
            f"{remedy}, then run `retropod download {run}`: it resumes",
        )


def download(
    pod: Pod,
    store: RunFiles,
    run: int,
    progress: Progress = lambda done, total: None,
    size: int = 0,
    reconnect: Reconnect | None = None,
) -> Downloaded:
    """Download one run into the store. Safe to interrupt and to repeat. `size`: approximate size in bytes, if known.

    After the loss of the port, continue with the pod that `reconnect` returns. Without `reconnect`, raise PortGone.
    Raises DamagedData if the SHA-256 of the file differs from the pod's, NotSaved if it cannot be written here, and
    NoPod if the pod stops sending. A partial download stays on disk, and the next call resumes it.
    """
    with _saving(store.path(pod.pod_id, run), run):
        return _download(pod, store, run, progress, size, reconnect)


@contextmanager
def _saving(path: Path, run: int) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise NotSaved(_Part.path_of(path), run, error) from error


def _download(
    pod: Pod, store: RunFiles, run: int, progress: Progress, size: int, reconnect: Reconnect | None
) -> Downloaded:
    received = wire_bytes = silences = fruitless = 0
    started = time.monotonic()
    while True:
        part = _Part(store.path(pod.pod_id, run))
        had, before = part.ranges.total(), _line_bytes(pod)
        try:
            done = _fetch(pod, store, part, run, progress, size)
            took_s = time.monotonic() - started
            return done._replace(
                fetched=done.fetched + received, wire_bytes=done.wire_bytes + wire_bytes, seconds=took_s
            )
        except PortGone:
            fruitless = 0 if part.ranges.total() > had else fruitless + 1
            if reconnect is None or fruitless > _RECONNECTIONS:
                raise
            received += part.ranges.total() - had
            wire_bytes += _line_bytes(pod) - before
            pod = reconnect()
        except NoAnswer:
            silences += 1
            if silences > _REVIVALS:
                raise
            _revive(pod)


def _revive(pod: Pod) -> None:
    if pod.fast:
        slow_down(pod)
    pod.revive()


def _fetch(pod: Pod, store: RunFiles, part: "_Part", run: int, progress: Progress, size: int) -> Downloaded:
    size, sha256 = pod.digest(run, size)
    stored = store.holding(pod.pod_id, run, sha256)
    if stored is not None:
        aside = store.set_aside_damaged(stored, pod.pod_id, run, sha256)
        return Downloaded(stored, size, 0, 0, already=True, set_aside=tuple(aside))
    line_before, had = _line_bytes(pod), part.ranges.total()
    other: Path | None = None
    for _ in range(_GROWTH):
        _fill(pod, part, run, size, progress)
        if part.digest(size) == sha256:
            aside = store.set_aside_damaged(part.path, pod.pod_id, run, sha256)
            if other and not _is_of(part.path, other):
                aside.append(other)
            path = store.keep(part.finish(size), pod.pod_id, run, sha256)
            line_bytes = _line_bytes(pod) - line_before
            return Downloaded(path, size, size - had, line_bytes, already=False, set_aside=tuple(aside))
        grown, sha256 = pod.digest(run, size)
        if grown == size and had == 0:
            break
        if grown == size:  # The part of an earlier, interrupted download belonged to another run.
            other = part.set_aside()
            part.clear()
            had = 0
        size = grown
    part.clear()
    raise DamagedData(
        f"run {run} is complete, but its SHA-256 differs from the pod's",
        "try again; if the error persists, the pod's flash is failing",
    )


def _is_of(new: Path, other: Path) -> bool:
    """Return whether `other` is a damaged part of the run `new`. Remove it then."""
    if header_values(other) != header_values(new):
        return False
    other.unlink()
    return True


def _line_bytes(pod: Pod) -> int:
    return pod.connection.splitter.bytes + pod.connection.sent_bytes


def _fill(pod: Pod, part: "_Part", run: int, size: int, progress: Progress) -> None:
    """Request the missing data, window by window, until the file is complete."""
    part.path.touch(durable.PRIVATE_FILE)
    with part.path.open("rb+") as file, pod.connection.reading(run) as reading:
        try:
            _RequestLoop(pod, part, file, reading, run, size, progress).run()
        finally:
            try:
                file.flush()
            finally:  # On a full disk, too: the note may still fit.
                part.note()


class _RequestLoop:
    """Request loop. The window grows while data arrives quickly, the waiting time while no data arrives."""

    def __init__(
        self, pod: Pod, part: "_Part", file: BinaryIO, reading: Reading, run: int, size: int, progress: Progress
    ) -> None:
        self._pod, self._part, self._file, self._reading = pod, part, file, reading
        self._run, self._size, self._progress = run, size, progress
        self._window, self._silences = _WINDOW, 0
        self._received_at = self._recent_from = time.monotonic()
        self._recent_bytes = 0

    def run(self) -> None:
        """Request until the file is complete. Raises NoPod after 12 s without new data."""
        while gaps := self._part.ranges.missing(self._size):
            start, end = gaps[0][0], min(gaps[0][1], gaps[0][0] + self._window)
            frames_before, started = self._pod.connection.splitter.frames, time.monotonic()
            received = self._request(start, end)
            if received:
                self._silences = 0
                quick = received >= end - start and self._received_at - started < _QUICK_S
                self._window = min(2 * self._window, _LARGEST_WINDOW) if quick else _WINDOW
            else:
                self._silences += 1
                self._check(silent=self._pod.connection.splitter.frames == frames_before)

    def _check(self, silent: bool) -> None:
        """Give up after a long time without new data, or revive a pod that sends no frames."""
        waited_s = time.monotonic() - self._received_at
        if waited_s > self._patience_s():
            raise self._stopped()
        if silent and (waited_s > _REVIVE_S or self._pod.fast):  # The raised line rate may be too fast.
            _revive(self._pod)

    def _patience_s(self) -> float:
        """Return how long to wait for new data: 12 s and ten round trips, which a reset and a dead line can cost."""
        return _PATIENCE_S + _PATIENCE_TRIPS * self._pod.connection.round_trip.shortest_s

    def _stopped(self) -> NoPod:
        return NoPod(
            f"the pod stopped sending run {self._run}",
            "run `retropod download` again: it resumes from the received part",
        )

    def _request(self, start: int, end: int) -> int:
        """Request bytes [start, end), store the data that arrives, and return the number of new bytes."""
        before = total = self._part.ranges.total()
        least_s = max(_SILENCE_S, self._pod.connection.round_trip.wait_s)
        silence_s = min(least_s * 2**self._silences, _LONGEST_SILENCE_S)
        for offset, data in self._reading.pieces(start, end - start, silence_s):
            self._store(offset, data)
            grown = self._part.ranges.total()
            self._note_progress(grown - total)
            total = grown
            if offset + len(data) >= end or not self._part.ranges.missing(self._size):
                break  # Do not wait for the pod's `done`: if it is lost, that costs a time-out.
        return total - before

    def _note_progress(self, new_bytes: int) -> None:
        """Count new data. Raises NoPod if none has arrived for a long time, or less than 256 bytes in 60 s."""
        now = time.monotonic()
        if new_bytes:
            self._received_at = now
            self._recent_bytes += new_bytes
        elif now - self._received_at > self._patience_s():
            raise self._stopped()
        if now - self._recent_from > _WITHIN_S:
            if self._recent_bytes < _LEAST_BYTES:
                raise self._stopped()
            self._recent_from, self._recent_bytes = now, 0

    def _store(self, offset: int, data: bytes) -> None:
        data = data[: max(self._size - offset, 0)]
        self._file.seek(offset)
        self._file.write(data)
        self._part.add(self._file, offset, offset + len(data))
        self._progress(self._part.ranges.total(), self._size)


class _Part:
    """A partly downloaded file. A second file notes the byte ranges that it contains."""

    def __init__(self, final: Path) -> None:
        self.path = self.path_of(final)
        self._final, self._notes = final, part_note(self.path)
        durable.make_folder(self.path.parent)
        self.ranges = Ranges(self._read_note())
        self._earlier = self.ranges.pairs[0][1] if self.ranges.pairs else 0  # bytes at the start, of earlier downloads
        self._bytes_since_note, self._noted_at = 0, time.monotonic()

    @staticmethod
    def path_of(final: Path) -> Path:
        """Return the path of the part of a file."""
        return final.with_name(final.name + PART)

    def _read_note(self) -> list[tuple[int, int]]:
        """Return the ranges that an earlier download noted, cut to the length of the file. An invalid note has none.

        Without a note, the file is taken for complete up to its end: the disk was full, or the host was killed at once.
        """
        try:
            length = self.path.stat().st_size
            if not self._notes.exists():
                return [(0, length)]
            with self._notes.open("rb") as file:
                pairs: Any = json.loads(file.read(_NOTE_MOST))
            return [_pair(start, end, length) for start, end in pairs]
        except (OSError, ValueError, TypeError, RecursionError):
            return []

    def add(self, file: BinaryIO, start: int, end: int) -> None:
        """Include written bytes. Flush the file and note the ranges every 256 KiB or 0.3 s."""
        self.ranges.add(start, end)
        self._bytes_since_note += end - start
        if self._bytes_since_note >= _NOTE_BYTES or time.monotonic() - self._noted_at > _NOTE_S:
            file.flush()
            self.note()

    def note(self) -> None:
        """Write the note of the ranges, atomically. Without it, the next download begins at 0.

        A power cut of this computer can leave a note of bytes that are not on the disk. The SHA-256 reveals that.
        """
        self._bytes_since_note, self._noted_at = 0, time.monotonic()
        fresh = self._notes.with_name(self._notes.name + ".new")
        with suppress(OSError):
            fresh.touch(durable.PRIVATE_FILE)
            fresh.write_text(json.dumps(self.ranges.pairs), "ascii")
            fresh.replace(self._notes)

    def digest(self, size: int) -> bytes:
        """Return the SHA-256 of the first `size` bytes. What follows may be the only copy of an earlier run."""
        contents = hashlib.sha256()
        with self.path.open("rb") as file:
            while piece := file.read(min(size, _PIECE_BYTES)):
                contents.update(piece)
                size -= len(piece)
        return contents.digest()

    def finish(self, size: int) -> Path:
        """Cut the file to `size` bytes, remove the note and return the complete file."""
        with self.path.open("rb+") as file:
            file.truncate(size)
        self._remove_note()
        return self.path

    def set_aside(self) -> Path | None:
        """Rename the part of earlier downloads if it is of a run, which the pod may have lost. Return its new path."""
        with self.path.open("rb+") as file:
            file.truncate(min(self._earlier, _size(self.path)))
        if not header_values(self.path):
            return None
        contents = durable.digest(self.path).hex()[:8]
        return durable.move_new(self.path, self._final.with_name(f"{self._final.stem}-{contents}{DAMAGED}"))

    def clear(self) -> None:
        """Delete the contents and the note."""
        self.ranges = Ranges()
        self.path.write_bytes(b"")
        self._remove_note()

    def _remove_note(self) -> None:
        with suppress(OSError):
            self._notes.unlink()


def _pair(start: Any, end: Any, length: int) -> tuple[int, int]:
    """Check a range of a note. Raises ValueError."""
    if not (type(start) is int and type(end) is int and 0 <= start <= end):
        raise ValueError("not a range")
    return min(start, length), min(end, length)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
