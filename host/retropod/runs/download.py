"""Fetching a run: resumable, holes asked for again, compared with the pod's SHA-256, then stored in one move."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from retropod.client.connection import Reading
from retropod.client.linerate import slow_down
from retropod.client.pod import Pod
from retropod.client.refusals import NoAnswer
from retropod.errors import DamagedData, NoPod
from retropod.runs.ranges import Ranges
from retropod.runs.store import Store, digest
from retropod.transport.serial import PortGone

# Bytes asked for at once: at first seconds on the slowest line, so that the pod is never busy for nobody for long; more
# while they come quickly, so that the line does not wait for requests.
_WINDOW = 1 << 16
_LARGEST_WINDOW = 1 << 20
_QUICK_S = 1.0
# Silence after which missing data is requested again. It is at least the time-out of any request on this connection,
# and doubles while nothing comes: data that arrives late counts, so a link with 1 s of latency works.
_SILENCE_S = 0.4
_LONGEST_SILENCE_S = 4.0
_REVIVE_S = 1.5  # silence after which a pod may be at a prompt: one that stores a block is silent for less
_PATIENCE_S = 12.0  # without a byte of the run: a board that was reset is back by then
_REVIVALS = 2  # of a pod that does not answer any more
_GROWTH = 4  # a run that is being recorded grows while it is fetched
_NOTE_EVERY, _NOTE_S = 1 << 18, 0.3  # bytes, and seconds: what a host that is killed fetches again

Progress = Callable[[int, int], None]
Reconnect = Callable[[], Pod]  # the same pod, once its port is back; raises what keeps it away


class Downloaded(NamedTuple):
    """A run that is here and verified. `fetched`: bytes that came now; `wire_bytes`: what crossed the line for them.

    `seconds`: from the first request to the stored file.
    """

    path: Path
    size: int
    fetched: int
    wire_bytes: int
    already: bool
    seconds: float = 0.0


def download(
    pod: Pod,
    store: Store,
    run: int,
    progress: Progress = lambda done, total: None,
    size: int = 0,
    reconnect: Reconnect | None = None,
) -> Downloaded:
    """Fetch one run into the store. Safe to interrupt and to repeat. `size`: about how many bytes it has, if known.

    When the port goes away, `reconnect` may bring the pod back, and the download goes on; without it, that ends it.
    Raises DamagedData when the file's SHA-256 is not the pod's, NoPod when the pod falls silent; what came is kept.
    """
    came = crossed = silences = 0
    begun = time.monotonic()
    while True:
        part = _Part(store.path(pod.pod_id, run))
        here, before = part.here.total(), _crossed(pod)
        try:
            done = _fetch(pod, store, part, run, progress, size)
            took_s = time.monotonic() - begun
            return done._replace(fetched=done.fetched + came, wire_bytes=done.wire_bytes + crossed, seconds=took_s)
        except PortGone:
            if reconnect is None:
                raise
            came += part.here.total() - here
            crossed += _crossed(pod) - before
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


def _fetch(pod: Pod, store: Store, part: "_Part", run: int, progress: Progress, size: int) -> Downloaded:
    size, sha256 = pod.digest(run, size)
    held = store.holding(pod.pod_id, run, sha256)
    if held is not None:
        return Downloaded(held, size, 0, 0, already=True)
    crossed, before = _crossed(pod), part.here.total()
    for _ in range(_GROWTH):
        _fill(pod, part, run, size, progress)
        if part.digest(size) == sha256:
            path = store.keep(part.finish(size), pod.pod_id, run, sha256)
            return Downloaded(path, size, size - before, _crossed(pod) - crossed, already=False)
        grown, sha256 = pod.digest(run, size)
        if grown == size and before == 0:
            break
        if grown == size:  # what an earlier, interrupted download left here was not of this run
            part.forget()
            before = 0
        size = grown
    part.forget()
    raise DamagedData(
        f"run {run} came whole, but its SHA-256 is not the pod's",
        "try again; if it stays so, the pod's flash is failing",
    )


def _crossed(pod: Pod) -> int:
    return pod.connection.splitter.bytes + pod.connection.sent_bytes


def _fill(pod: Pod, part: "_Part", run: int, size: int, progress: Progress) -> None:
    """Request missing data, window by window, until nothing is missing."""
    part.path.touch()
    with part.path.open("rb+") as file, pod.connection.reading(run) as reading:
        try:
            _Filling(pod, part, file, reading, run, size, progress).run()
        finally:
            file.flush()
            part.note()


class _Filling:
    """The loop that requests missing data: its window grows while data comes quickly, its wait while nothing comes."""

    def __init__(
        self, pod: Pod, part: "_Part", file: BinaryIO, reading: Reading, run: int, size: int, progress: Progress
    ) -> None:
        self._pod, self._part, self._file, self._reading = pod, part, file, reading
        self._run, self._size, self._progress = run, size, progress
        self._window, self._silences = _WINDOW, 0
        self._moved = time.monotonic()

    def run(self) -> None:
        """Request until nothing is missing. Raises NoPod after 12 s without data."""
        while holes := self._part.here.missing(self._size):
            start, end = holes[0][0], min(holes[0][1], holes[0][0] + self._window)
            heard, begun = self._pod.connection.splitter.frames, time.monotonic()
            came = self._request(start, end)
            if came:
                self._moved, self._silences = time.monotonic(), 0
                quick = came >= end - start and self._moved - begun < _QUICK_S
                self._window = min(2 * self._window, _LARGEST_WINDOW) if quick else _WINDOW
            else:
                self._silences += 1
                self._check(silent=self._pod.connection.splitter.frames == heard)

    def _check(self, silent: bool) -> None:
        """Give up, or wake a pod that sends nothing at all."""
        waited_s = time.monotonic() - self._moved
        if waited_s > _PATIENCE_S:
            raise NoPod(
                f"the pod stopped sending run {self._run}",
                "what came is kept; `retropod download` goes on from there",
            )
        if silent and (waited_s > _REVIVE_S or self._pod.fast):  # a faster line may have turned bad
            _revive(self._pod)

    def _request(self, start: int, end: int) -> int:
        """Request bytes `start` to `end`, store all data that comes meanwhile, and return how many bytes are new."""
        before = self._part.here.total()
        least_s = max(_SILENCE_S, self._pod.connection.round_trip.wait_s)
        silence_s = min(least_s * 2**self._silences, _LONGEST_SILENCE_S)
        for offset, data in self._reading.pieces(start, end - start, silence_s):
            self._store(offset, data)
            if offset + len(data) >= end or not self._part.here.missing(self._size):
                break  # the pod's `done` may be lost, and waiting for it would cost a time-out
        return self._part.here.total() - before

    def _store(self, offset: int, data: bytes) -> None:
        data = data[: max(self._size - offset, 0)]
        self._file.seek(offset)
        self._file.write(data)
        self._part.add(self._file, offset, offset + len(data))
        self._progress(self._part.here.total(), self._size)


class _Part:
    """A file on its way, with a note beside it of the ranges that it holds."""

    def __init__(self, final: Path) -> None:
        self.path = final.with_name(final.name + ".part")
        self._notes = final.with_name(final.name + ".part.json")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.here = Ranges(self._noted())
        self._unnoted, self._noted_at = 0, time.monotonic()

    def _noted(self) -> list[tuple[int, int]]:
        """What an earlier download noted, as far as the file bears it out."""
        try:
            length = self.path.stat().st_size
            return [(int(start), min(int(end), length)) for start, end in json.loads(self._notes.read_text("ascii"))]
        except (OSError, ValueError, TypeError):
            return []

    def add(self, file: BinaryIO, start: int, end: int) -> None:
        """Bytes were written: note them now and then, after they have left this process."""
        self.here.add(start, end)
        self._unnoted += end - start
        if self._unnoted >= _NOTE_EVERY or time.monotonic() - self._noted_at > _NOTE_S:
            file.flush()
            self.note()

    def note(self) -> None:
        """Write down what is here."""
        self._unnoted, self._noted_at = 0, time.monotonic()
        fresh = self._notes.with_name(self._notes.name + ".new")
        fresh.write_text(json.dumps(self.here.pairs), "ascii")
        fresh.replace(self._notes)

    def digest(self, size: int) -> bytes:
        """SHA-256 of the file, cut to `size`."""
        with self.path.open("rb+") as file:
            file.truncate(size)
        return digest(self.path)

    def finish(self, size: int) -> Path:
        """The complete file, its notes removed."""
        self._notes.unlink(missing_ok=True)
        return self.path

    def forget(self) -> None:
        """Throw away what is here."""
        self.here = Ranges()
        self.path.write_bytes(b"")
        self._notes.unlink(missing_ok=True)
