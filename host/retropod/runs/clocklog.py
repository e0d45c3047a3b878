"""What is known of a pod's clock, beside its runs: `POD_ID/clock.jsonl`, a line for each exchange, reset and download.

Lines are only added. What the runs themselves hold of it is put together again from them when the file is gone.
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
_DIGITS = 6  # of seconds, in the file


class Fetched(NamedTuple):
    """A run of this SHA-256 was on the pod at `at_s` (s since 1970): it began before, and that is the pod it is of."""

    run: int
    sha256: str
    at_s: float


@dataclass
class Life:
    """What is known of a pod from one erasure of its flash to the next: boots count from 1 in each."""

    syncs: list[Sync] = field(default_factory=list)
    carries: list[Carry] = field(default_factory=list)
    fetched: list[Fetched] = field(default_factory=list)
    _latest: Sync | None = None

    def follows(self, sync: Sync) -> bool:
        """Whether this exchange may be of the same life: boot and uptime did not go back, for all that is certain."""
        latest = self._latest
        return latest is None or sync[:2] >= latest[:2] or sync.low_s <= latest.high_s

    def add(self, sync: Sync) -> None:
        """One more exchange, later than those before it as far as that is certain."""
        self.syncs.append(sync)
        if self._latest is None or sync[:2] >= self._latest[:2]:
            self._latest = sync


class ClockLog:
    """The file of one pod. Reading and writing it never fails: without it, times are known less well."""

    def __init__(self, store: Store, pod_id: str) -> None:
        self._store, self._pod_id = store, pod_id
        self.path = store.path(pod_id, 0).with_name(NAME)

    def add(self, synced: Synced) -> None:
        """Keep what a synchronisation found."""
        self._write([_line(synced.sync), *([_line(synced.carry)] if synced.carry else [])])

    def add_run(self, path: Path, run: int, sha256: bytes, at_s: float | None = None) -> None:
        """A run was fetched, now if not `at_s`: keep that, and what it knows of the clock itself."""
        self._write([*_of_run(path), _line(Fetched(run, sha256.hex(), time.time() if at_s is None else at_s))])

    def lives(self) -> list[Life]:
        """All that is known, oldest first. Lines that cannot be read are passed over."""
        if not self.path.is_file():
            self.rebuild()
        return _split([entry for entry in map(_entry, self._lines()) if entry is not None])

    def rebuild(self) -> None:
        """Put the file together from the runs that are here."""
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
        held = set(self._lines())
        fresh = [line for line in dict.fromkeys(lines) if line not in held]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in fresh)
        except OSError:
            pass  # a full disk, or a folder that is not to be written: the run is worth more than its clock


def keep_time(pod: Pod, store: Store, tell: Callable[[Synced], None] = lambda synced: None) -> Keeper:
    """Set a pod's clock, now and whenever `step` is called a minute later; what that says is kept, and told."""
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
    """The exchanges that a run holds, as its pod was told them: `clock_sync` events."""
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
    """For how many seconds of its uptime the pod had slept when the run began; it does not sleep during one."""
    return float(run.header.values.get("slept_s") or 0.0)


def carries_of(run: reader.Run) -> list[Carry]:
    """What a run says about its pod's clock over the reset before: `clock_carried` events."""
    return [
        Carry(run.header.boot_count or 0, event.a + event.b % 1000 / 1000, event.b // 1000 / 1000)
        for event in run.events
        if event.kind == "clock_carried"
    ]


def _split(entries: list[Sync | Carry | Fetched]) -> list[Life]:
    """By lives of the pod. Wall time tells the order; a boot or uptime that goes back began anew."""
    lives = [Life()]
    for sync in sorted((one for one in entries if isinstance(one, Sync)), key=lambda one: one.low_s + one.high_s):
        if not lives[-1].follows(sync):
            lives.append(Life())
        lives[-1].add(sync)
    for entry in entries:
        if isinstance(entry, Fetched):
            _life_at(lives, entry.at_s).fetched.append(entry)
        elif isinstance(entry, Carry):
            # a reset is told with the exchange that follows it; of an earlier life there is mostly none of that boot
            of_boot = [life for life in lives if any(sync.boot == entry.boot for sync in life.syncs)]
            (of_boot or lives)[-1].carries.append(entry)
    return lives


def _life_at(lives: list[Life], at_s: float) -> Life:
    """The life that a pod was in at this time: the last one that had begun."""
    begun = [life for life in lives if life.syncs and life.syncs[0].low_s <= at_s]
    return begun[-1] if begun else lives[-1]
