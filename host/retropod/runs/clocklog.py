"""Log of a pod's clock in the store: `POD_ID/clock.jsonl`, one line per clock sync, reset and download.

The file is append-only. If it is missing, the entries that the stored runs contain are restored from the runs.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from retropod.client.pod import Pod
from retropod.client.timesync import Carry, Keeper, Sync, Synced
from retropod.errors import RetropodError
from retropod.runs import reader
from retropod.runs.store import Store

NAME = "clock.jsonl"
_DIGITS = 6  # decimals of a time in s, in the file


class Fetched(NamedTuple):
    """The run with this SHA-256 was on the pod at `at_s` (s since 1970), so it began before that time."""

    run: int
    sha256: str
    at_s: float


@dataclass
class BootSeries:
    """Log entries between two erasures of the pod's flash. The boot count starts at 1 in each series."""

    syncs: list[Sync] = field(default_factory=list)
    carries: list[Carry] = field(default_factory=list)
    fetched: list[Fetched] = field(default_factory=list)
    _latest: Sync | None = None

    def follows(self, sync: Sync) -> bool:
        """Return whether this sync can belong to the series: boot and uptime did not certainly decrease."""
        latest = self._latest
        return latest is None or sync[:2] >= latest[:2] or sync.low_s <= latest.high_s

    def add(self, sync: Sync) -> None:
        """Add a sync that is not certainly earlier than the previous ones."""
        self.syncs.append(sync)
        if self._latest is None or sync[:2] >= self._latest[:2]:
            self._latest = sync


class ClockLog:
    """The clock log of one pod. Reading and writing ignore I/O errors: without the log, times are less exact."""

    def __init__(self, store: Store, pod_id: str) -> None:
        self._store, self._pod_id = store, pod_id
        self.path = store.path(pod_id, 0).with_name(NAME)

    def add(self, synced: Synced) -> None:
        """Append the result of a clock synchronisation."""
        self._write([_line(synced.sync), *([_line(synced.carry)] if synced.carry else [])])

    def add_run(self, path: Path, run: int, sha256: bytes, at_s: float | None = None) -> None:
        """Append the clock entries of a downloaded run, and the download at `at_s` (s since 1970, default: now)."""
        self._write([*_of_run(path), _line(Fetched(run, sha256.hex(), time.time() if at_s is None else at_s))])

    def series(self) -> list[BootSeries]:
        """Return all entries by boot series, oldest first. Unreadable lines are ignored."""
        if not self.path.is_file():
            self.rebuild()
        return _split([entry for entry in map(_entry, self._lines()) if entry is not None])

    def rebuild(self) -> None:
        """Restore the entries that the stored runs contain."""
        found: list[str] = []
        for stored in self._store.all():
            if stored.pod_id == self._pod_id:
                found += _of_run(stored.path)
        if found:
            self._write(found)

    def _lines(self) -> list[str]:
        try:
            return self.path.read_text("utf-8", errors="replace").splitlines()
        except OSError:
            return []

    def _write(self, lines: Iterable[str]) -> None:
        stored = set(self._lines())
        fresh = [line for line in dict.fromkeys(lines) if line not in stored]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in fresh)
        except OSError:
            pass  # Disk full or folder read-only: a download must not fail because of the clock log.


def keep_time(pod: Pod, store: Store, tell: Callable[[Synced], None] = lambda synced: None) -> Keeper:
    """Set the pod's clock now and, through `Keeper.step`, every minute. Log each sync and pass it to `tell`."""
    log = ClockLog(store, pod.pod_id)

    def note(synced: Synced) -> None:
        log.add(synced)
        tell(synced)

    return Keeper(pod, note)


_KINDS: dict[str, type[Sync | Carry | Fetched]] = {"sync": Sync, "carry": Carry, "fetched": Fetched}


def _line(entry: Sync | Carry | Fetched) -> str:
    kind = next(name for name, form in _KINDS.items() if isinstance(entry, form))
    values = {
        name: round(value, _DIGITS) if isinstance(value, float) else value for name, value in entry._asdict().items()
    }
    return json.dumps({"kind": kind, **values})


def _entry(line: str) -> Sync | Carry | Fetched | None:
    try:
        values: dict[str, Any] = json.loads(line)
        form = _KINDS[values.pop("kind")]
        return form(**values)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _of_run(path: Path) -> Iterator[str]:
    try:
        run = reader.read(path)
    except (RetropodError, OSError):
        return
    yield from map(_line, [*syncs_of(run), *carries_of(run)])


def syncs_of(run: reader.Run) -> list[Sync]:
    """Return the clock syncs that the run contains (`clock_sync` events)."""
    found: list[Sync] = []
    for event in run.events:
        if event.kind == "clock_sync":
            ms, error_s = event.b % 1000, event.b // 1000 / 1000
            wall_s = event.a + (1 << 31) + ms / 1000
            uptime_s = event.seconds("uptime") or 0.0
            low_s, high_s = round(wall_s - error_s, _DIGITS), round(wall_s + error_s, _DIGITS)
            found.append(Sync(run.header.boot_count or 0, uptime_s, low_s, high_s, slept(run)))
    return found


def slept(run: reader.Run) -> float:
    """Return the part of the uptime at the start of the run that the pod spent asleep, in s.

    The pod does not sleep during a run.
    """
    return float(run.header.values.get("slept_s") or 0.0)


def carries_of(run: reader.Run) -> list[Carry]:
    """Return how far the pod's clock is known across the reset before the run (`clock_carried` events)."""
    return [
        Carry(run.header.boot_count or 0, event.a + event.b % 1000 / 1000, event.b // 1000 / 1000)
        for event in run.events
        if event.kind == "clock_carried"
    ]


def _split(entries: list[Sync | Carry | Fetched]) -> list[BootSeries]:
    """Split entries into boot series. Syncs are sorted by wall time; a lower boot or uptime starts a new series."""
    series = [BootSeries()]
    for sync in sorted((one for one in entries if isinstance(one, Sync)), key=lambda one: one.low_s + one.high_s):
        if not series[-1].follows(sync):
            series.append(BootSeries())
        series[-1].add(sync)
    for entry in entries:
        if isinstance(entry, Fetched):
            _series_at(series, entry.at_s).fetched.append(entry)
        elif isinstance(entry, Carry):
            # The sync after a reset reports the reset. Earlier series rarely have a sync of that boot number.
            of_boot = [one for one in series if any(sync.boot == entry.boot for sync in one.syncs)]
            (of_boot or series)[-1].carries.append(entry)
    return series


def _series_at(series: list[BootSeries], at_s: float) -> BootSeries:
    """Return the boot series at this time: the last one that had begun."""
    begun = [one for one in series if one.syncs and one.syncs[0].low_s <= at_s]
    return begun[-1] if begun else series[-1]
