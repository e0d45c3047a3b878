"""Log of a pod's clock in the store: `POD_ID/clock.jsonl`, one line per clock sync, reset and download.

Lines are only appended. If the file is missing or damaged, it is rebuilt from its valid lines and from the stored runs.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from retropod import durable
from retropod.client.pod import Pod
from retropod.client.timesync import (
    Carry,
    HostClockWrong,
    Keeper,
    Sync,
    Synced,
    check_host_clock,
    is_possible,
)
from retropod.errors import RetropodError
from retropod.runs import reader
from retropod.runs.files import RunFiles
from retropod.runs.walltime import agree, largest_jump

NAME = "clock.jsonl"
_DIGITS = 6  # decimals of a time in s, in the file
_MOST = 1 << 24  # bytes that are read: a sync per minute for a month; of a larger file the end
_JUMP_S = 1.0  # a smaller step of this computer's clock is in the error bound, and not reported
_LONGEST_S = 1e9  # uptime: 30 years


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
    latest: tuple[int, float] = (0, 0.0)  # highest boot, and highest uptime in it
    _of_boot: dict[int, list[Sync]] = field(default_factory=dict)

    def of_boot(self, boot: int) -> list[Sync]:
        """Return the syncs of a boot."""
        return self._of_boot.get(boot, [])

    def contains(self, sync: Sync) -> bool:
        """Return whether a sync of the same boot agrees with this one."""
        return any(agree(one, sync) for one in reversed(self.of_boot(sync.boot)))

    def add(self, sync: Sync) -> None:
        """Add a sync."""
        self.syncs.append(sync)
        self._of_boot.setdefault(sync.boot, []).append(sync)
        self.latest = max(self.latest, sync[:2])


class LogEntry(NamedTuple):
    """A line of the log. `kind` is a key of `_KINDS`."""

    kind: str
    value: Sync | Carry | Fetched


class ClockLog:
    """The clock log of one pod. Reading and writing ignore I/O errors: without the log, times are less exact."""

    def __init__(self, store: RunFiles, pod_id: str) -> None:
        self._store, self._pod_id = store, pod_id
        self.path = store.path(pod_id, 0).with_name(NAME)

    def add(self, synced: Synced) -> float | None:
        """Append the result of a clock synchronisation. Return the jump of this computer's clock before it, in s.

        None: the earlier syncs of this boot agree with it.
        """
        sync = synced.sync
        earlier = [one for one in self.series()[-1].of_boot(sync.boot) if one.uptime_s < sync.uptime_s]
        self._append([_line("sync", sync), *([_line("carry", synced.carry)] if synced.carry else [])])
        before = max(earlier, key=lambda one: one.uptime_s, default=sync)
        return None if agree(before, sync) else largest_jump([before, sync])

    def add_run(self, path: Path, run: int, sha256: bytes, at_s: float | None = None) -> None:
        """Append the clock entries of a downloaded run, and the download at `at_s` (s since 1970, default: now)."""
        lines = [*_of_run(path)]
        at_s = time.time() if at_s is None else at_s
        with suppress(HostClockWrong):
            check_host_clock(at_s, self.known_s())
            lines.append(_line("fetched", Fetched(run, sha256.hex(), at_s)))
        self._append(lines)

    def add_log(self, path: Path) -> None:
        """Append the valid lines of a clock log of this pod from another store. Raises OSError if it is unreadable."""
        lines = (_content(path) or b"").decode("utf-8", "replace").splitlines()
        self._append(line for line in lines if _parsed(line).valid)

    def known_s(self) -> float | None:
        """Return the latest wall time in the log, in s since 1970, None without one."""
        series = self.series()
        times = [sync.high_s for one in series for sync in one.syncs]
        return max([*times, *(each.at_s for one in series for each in one.fetched)], default=None)

    def series(self) -> list[BootSeries]:
        """Return all entries by boot series, oldest first."""
        return _series_of_lines(tuple(self._valid_lines()))

    def _valid_lines(self) -> list[str]:
        """Return the valid lines. If lines are invalid or the file cannot be read, rebuild it."""
        try:
            content = _content(self.path)
        except OSError:  # A file that cannot be read now is not replaced: it may hold what no run contains.
            return self._of_runs()
        lines = (content or b"").decode("utf-8", "replace").splitlines()
        valid = [line for line in lines if _parsed(line).valid]
        if content is not None and len(valid) == len(lines) and content[-1:] in (b"", b"\n"):
            return valid
        valid = list(dict.fromkeys([*valid, *self._of_runs()]))
        if valid:
            with suppress(OSError):
                self._rebuild(valid)
        return valid

    def _rebuild(self, lines: list[str]) -> None:
        if self.path.is_file() and self.path.stat().st_size > _MOST:  # Only its end was read.
            durable.move_new(self.path, self.path.with_name(f"{NAME}.old"))
        durable.replace(self.path, "".join(line + "\n" for line in lines).encode())

    def _of_runs(self) -> list[str]:
        """Return the lines that the stored runs contain, in the order in which they were recorded."""
        found = [_Recorded.of(one.run, one.path) for one in self._store.all() if one.pod_id == self._pod_id]
        runs = [one for one in found if one is not None]
        if all(one.number < other.number and one.began <= other.began for one, other in pairwise(runs)):
            return [line for one in runs for line in one.lines]  # The pod was never erased in between.
        runs.sort(key=lambda one: one.wall_s)
        return [line.replace('"run_sync"', '"sync"') for one in runs for line in one.lines]

    def _append(self, lines: Iterable[str]) -> None:
        stored = set(self._valid_lines())
        fresh = [line for line in dict.fromkeys(lines) if line not in stored]
        with suppress(OSError):  # Disk full or folder read-only: a download must not fail because of the clock log.
            durable.append(self.path, "".join(line + "\n" for line in fresh).encode())


def _content(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            file.seek(max(file.seek(0, 2) - _MOST, 0))
            return file.read(_MOST)
    except FileNotFoundError:
        return None


def keep_time(
    pod: Pod,
    store: RunFiles,
    tell: Callable[[Synced], None] = lambda synced: None,
    warn: Callable[[str], None] = lambda text: None,
) -> Keeper:
    """Set the pod's clock now and, through `Keeper.step`, every minute. Log each sync and pass it to `tell`.

    `warn` receives a text if the clock of this computer jumped since an earlier sync, or cannot be right. The pod then
    keeps the time that it has.
    """
    log = ClockLog(store, pod.pod_id)

    def note(synced: Synced) -> None:
        if (text := jumped(log.add(synced))) is not None:
            warn(f"{text} since the last sync with this pod")
        tell(synced)

    def refuse(wrong: HostClockWrong) -> None:
        warn(f"{wrong.message}; the pod does not receive it; {wrong.hint}")

    return Keeper(pod, note, known_s=log.known_s(), warn=refuse)


def jumped(jump_s: float | None) -> str | None:
    """Return a text about a jump of this computer's clock, None if it is too small to report."""
    if jump_s is None or abs(jump_s) < _JUMP_S:
        return None
    minutes, seconds = divmod(round(abs(jump_s)), 60)
    span = f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}" if minutes else f"{seconds} s"
    return f"the clock of this computer jumped {'forward' if jump_s > 0 else 'back'} by {span}"


# `run_sync`: a sync in a run. It belongs to the series in which the run was downloaded, whatever its wall time.
_KINDS: dict[str, type[Sync | Carry | Fetched]] = {
    "sync": Sync,
    "run_sync": Sync,
    "carry": Carry,
    "fetched": Fetched,
}


def _line(kind: str, entry: Sync | Carry | Fetched) -> str:
    values = {
        name: round(value, _DIGITS) if isinstance(value, float) else value for name, value in entry._asdict().items()
    }
    return json.dumps({"kind": kind, **values})


class _Parsed(NamedTuple):
    """A line: `entry` is None if it is invalid, or valid and of a kind from a later version."""

    valid: bool
    entry: LogEntry | None = None


@lru_cache(1 << 16)  # The log is read for every run and every sync.
def _parsed(line: str) -> _Parsed:
    try:
        values: Any = json.loads(line)
        kind = values.pop("kind")
        if kind not in _KINDS:
            return _Parsed(isinstance(kind, str))
        entry = _KINDS[kind](**values)
        return _Parsed(True, LogEntry(kind, entry)) if _is_valid(entry) else _Parsed(False)
    except (ValueError, RecursionError, TypeError, AttributeError, KeyError):
        return _Parsed(False)


def _is_valid(entry: Sync | Carry | Fetched) -> bool:
    """Return whether the values can be right. Raises TypeError for other types than numbers and texts."""
    types: dict[str, Any] = entry._asdict()
    if isinstance(entry, Fetched):
        return isinstance(types["run"], int) and isinstance(types["sha256"], str) and is_possible(entry.at_s)
    if not isinstance(types["boot"], int):
        return False
    if isinstance(entry, Carry):
        return abs(entry.before_s) < _LONGEST_S and 0 <= entry.error_s < _LONGEST_S
    ordered = is_possible(entry.low_s) and is_possible(entry.high_s) and entry.low_s <= entry.high_s
    return ordered and 0 <= entry.uptime_s < _LONGEST_S and 0 <= entry.slept_s < _LONGEST_S


def _of_run(path: Path) -> Iterator[str]:
    run = _Recorded.of(0, path)
    yield from run.lines if run else ()


class _Recorded(NamedTuple):
    """The clock entries of a stored run: its number, boot and uptime at its start, first wall time, lines."""

    number: int
    began: tuple[int, float]
    wall_s: float
    lines: list[str]

    @classmethod
    def of(cls, number: int, path: Path) -> "_Recorded | None":
        try:
            run = reader.read(path, skim=True)
        except (RetropodError, OSError):
            return None
        syncs = syncs_of(run)
        lines = [*(_line("run_sync", one) for one in syncs), *(_line("carry", one) for one in carries_of(run))]
        began = (run.header.boot_count or 0, run.header.seconds("uptime") or 0.0)
        return cls(number, began, syncs[0].low_s if syncs else 0.0, [line for line in lines if _parsed(line).valid])


def syncs_of(run: reader.Run) -> list[Sync]:
    """Return the clock syncs that the run contains (`clock_sync` events), except those of a clock that was wrong."""
    found: list[Sync] = []
    for event in run.events:
        if event.kind == "clock_sync":
            ms, error_s = event.b % 1000, event.b // 1000 / 1000
            wall_s = event.a + (1 << 31) + ms / 1000
            uptime_s = event.seconds("uptime") or 0.0
            low_s, high_s = round(wall_s - error_s, _DIGITS), round(wall_s + error_s, _DIGITS)
            if is_possible(low_s) and is_possible(high_s):
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


@lru_cache(4)  # Every run of a pod needs the series of its log. No caller changes them.
def _series_of_lines(lines: tuple[str, ...]) -> list[BootSeries]:
    return _split([entry for line in lines if (entry := _parsed(line).entry) is not None])


def _split(entries: list[LogEntry]) -> list[BootSeries]:
    """Split entries, in the order of the file, into boot series."""
    series = [BootSeries()]
    for kind, entry in entries:
        if isinstance(entry, Sync):
            _series_of(series, kind, entry).add(entry)
        elif isinstance(entry, Fetched):
            series[-1].fetched.append(entry)
    for _, entry in entries:
        if isinstance(entry, Carry):
            # The sync after a reset reports the reset. Earlier series rarely have a sync of that boot number.
            of_boot = [one for one in series if any(sync.boot == entry.boot for sync in one.syncs)]
            (of_boot or series)[-1].carries.append(entry)
    return series


def _series_of(series: list[BootSeries], kind: str, sync: Sync) -> BootSeries:
    """Return the series of a sync. Append a new one if boot or uptime decreased: the pod's flash was erased.

    A wall time that contradicts the others shows a jump of this computer's clock, not an erasure.
    """
    known = next((one for one in reversed(series) if one.contains(sync)), None)
    if known is not None:
        return known
    if kind == "run_sync" or sync[:2] >= series[-1].latest:
        return series[-1]
    begun = [one for one in series if one.syncs[0].low_s <= sync.low_s]
    if not begun or begun[-1] is not series[-1] or any(sync.low_s <= one.high_s for one in series[-1].syncs):
        return (begun or series)[-1 if begun else 0]  # It was in a run, which earlier versions of this tool logged.
    series.append(BootSeries())
    return series[-1]
