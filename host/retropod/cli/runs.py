"""`retropod runs`, `download` and `erase`."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import click

from retropod.cli import damage_report, output, timefmt
from retropod.cli.frame import command, settings
from retropod.cli.info import moment
from retropod.client.linerate import PAYS_BYTES, RATES, faster
from retropod.client.messages import RunEntryMessage
from retropod.client.pod import Pod
from retropod.client.reconnect import ReconnectingPod
from retropod.client.refusals import PodRefused
from retropod.errors import DamagedData, OperationFailed, RetropodError, UsageError
from retropod.runs import reader
from retropod.runs.clocklog import ClockLog, keep_time
from retropod.runs.download import Downloaded, download
from retropod.runs.store import Store, digest
from retropod.runs.timing import timing

_NOTHING = hashlib.sha256(b"").digest()


@command("runs")
@click.option("--here", is_flag=True, help="What is on this machine, instead of on the pod.")
def runs(here: bool) -> None:
    """What is stored on the pod, and which of it is here already."""
    store = Store()
    if here:
        _show_here(store)
        return
    with settings().connect() as pod:
        entries = [(entry, _is_here(pod, store, entry)) for entry in pod.runs()]
    if settings().json:
        for entry, kept in entries:
            output.emit({**{name: value for name, value in entry.values.items() if name != "request"}, "here": kept})
    elif entries:
        output.table(["run", "start", "strides", "bytes", "", "here"], [_row(*entry) for entry in entries], "rlrrll")
    else:
        output.note("no runs on the pod: `retropod record start` begins one")


def _is_here(pod: Pod, store: Store, entry: RunEntryMessage) -> bool:
    """By size and note: asking the pod for a digest of every run would take it minutes."""
    path = store.path(pod.pod_id, entry.run)
    return path.is_file() and path.stat().st_size == entry.raw["size"] and store.recorded_digest(path) is not None


def _row(entry: RunEntryMessage, kept: bool) -> list[str]:
    start = moment(entry.start_s) if entry.start_s else "not known"
    empty = _is_empty(entry)
    return [
        str(entry.run),
        start,
        str(entry.strides),
        str(entry.raw["size"]),
        "empty" if empty else ", ".join(entry.flags),
        "yes" if kept else "-" if empty else "no",
    ]


def _is_empty(entry: RunEntryMessage) -> bool:
    """Whether the power was cut before anything was stored in this run."""
    return "open" not in entry.flags and reader.is_empty(entry.raw["size"], "damaged" in entry.flags)


def _show_here(store: Store) -> None:
    found = store.all()
    if settings().json:
        for run in found:
            output.emit({"pod": run.pod_id, "run": run.run, "file": str(run.path), "size": run.path.stat().st_size})
    elif found:
        rows = [[run.pod_id, str(run.run), str(run.path.stat().st_size), str(run.path)] for run in found]
        output.table(["pod", "run", "bytes", "file"], rows, "lrrl")
    else:
        output.note("no runs here: `retropod download` fetches them")


def _chosen(entries: list[RunEntryMessage], numbers: tuple[int, ...]) -> list[RunEntryMessage]:
    """The entries of the numbers given, all without any. Raises UsageError for a number that is not there."""
    known = {entry.run: entry for entry in entries}
    for number in numbers:
        if number not in known:
            raise UsageError(f"no run {number} on the pod", f"it holds: {', '.join(map(str, known)) or 'none'}")
    return [known[number] for number in numbers] if numbers else entries


@command("download")
@click.argument("numbers", metavar="[RUN]...", nargs=-1, type=int)
@click.option(
    "--line-rate", type=click.Choice(["auto", "own", *map(str, sorted(RATES))]), default="auto", show_default=True,
    envvar="RETROPOD_LINE_RATE",
    help="Rate of a USB-serial bridge while data flows: auto tries the fastest where it pays, own leaves it alone.",
)  # fmt: skip
def download_runs(numbers: tuple[int, ...], line_rate: str) -> None:
    """Fetch runs (all, or those named): resumable, compared with the pod's SHA-256, stored in one move.

    The pod's clock is set on the way, and runs that did not know the time get it where that can be worked out. What a
    damaged run lacks is listed, and the exit code is 5.
    """
    store = Store()
    failed: RetropodError | None = None
    empty: list[int] = []
    with ReconnectingPod(settings().connect, output.note) as cable:
        keep_time(cable.pod, store)
        entries = _chosen(cable.retry(Pod.runs), numbers)
        with faster(cable.pod, _rates(line_rate, cable.pod, store, entries), output.detail):
            for entry in entries:
                if "open" in entry.flags and not numbers:
                    output.note(f"run {entry.run} is being recorded: left for later")
                    continue
                try:
                    wrong = _report(entry, _fetch(cable, store, entry))
                except (OperationFailed, DamagedData) as error:
                    wrong = error
                    output.note(f"run {entry.run}: {error.message}")
                if isinstance(wrong, reader.EmptyRun):
                    empty.append(entry.run)
                else:
                    failed = wrong or failed
    _tell_empty(empty)
    if failed is not None:
        raise failed


def _tell_empty(runs: list[int]) -> None:
    """Name the runs in which nothing is stored, and the command that removes them."""
    if not runs:
        return
    said = f"run {runs[0]} is" if len(runs) == 1 else f"runs {', '.join(map(str, runs))} are"
    removes = " ".join(map(str, runs))
    output.note(f"{said} empty: the pod lost its power before anything was stored; `retropod erase {removes}` removes "
                f"{'it' if len(runs) == 1 else 'them'}")  # fmt: skip


def _rates(chosen: str, pod: Pod, store: Store, entries: list[RunEntryMessage]) -> tuple[int, ...]:
    """Which rates to try: those that pay for what is to come, or the one that was asked for."""
    if chosen not in ("auto", "own"):
        return (int(chosen),)
    size = sum(entry.raw["size"] for entry in entries if not _is_here(pod, store, entry))
    return RATES if chosen == "auto" and size >= PAYS_BYTES else ()


def _fetch(cable: ReconnectingPod, store: Store, entry: RunEntryMessage) -> Downloaded | None:
    """Fetch a run into the store. None for a run without a byte, of which there is nothing to keep."""
    if entry.raw["size"] == 0 and "open" not in entry.flags:
        return None
    done = download(cable.pod, store, entry.run, Progress(entry.run).show, entry.raw["size"], cable.reconnect)
    ClockLog(store, cable.pod.pod_id).add_run(done.path, entry.run, digest(done.path))
    return done


def _report(entry: RunEntryMessage, done: Downloaded | None) -> RetropodError | None:
    """Print the result. Return what is wrong with the run itself: as the pod stored it, it may be empty or damaged."""
    run, wrong = _read(done.path) if done else (None, reader.EmptyRun("the run is empty"))
    times = timing(run, done.path, Store()) if run and done else None
    if settings().json:
        output.emit(_as_json(entry, done) | (timefmt.as_json(times) if times else {}))
    elif done is None or isinstance(wrong, reader.EmptyRun):
        output.line(f"run {entry.run}  empty, {entry.raw['size']} bytes")
    elif done.already:
        output.line(f"run {entry.run}  here already, verified  {done.path}")
    else:
        output.line(f"run {entry.run}  {done.size} bytes in {done.seconds:.1f} s, verified  {done.path}")
    if times and (times.repaired or times.start is None) and not settings().json:
        output.note(f"run {entry.run} began: {timefmt.start(times)}")
    if run and wrong:
        damage_report.tell(run, damage_report.began(run))
    return wrong


def _as_json(entry: RunEntryMessage, done: Downloaded | None) -> dict[str, Any]:
    if done is None:
        return {"run": entry.run, "file": None, "size": 0, "fetched": 0, "wire_bytes": 0, "seconds": 0.0,
                "already": False}  # fmt: skip
    return {"run": entry.run, "file": str(done.path), "size": done.size, "fetched": done.fetched,
            "wire_bytes": done.wire_bytes, "seconds": round(done.seconds, 3), "already": done.already}  # fmt: skip


def _read(path: Path) -> tuple[reader.Run | None, RetropodError | None]:
    try:
        run = reader.read(path)
    except RetropodError as error:
        return None, error
    return run, None if run.whole else damage_report.error(path, run, "the pod's own copy is like that")


class Progress:
    """A bar on a terminal, nothing elsewhere."""

    _WIDTH = 32

    def __init__(self, run: int) -> None:
        self._run = run
        self._shown = -1
        self._on = sys.stderr.isatty() and not settings().json

    def show(self, done: int, total: int) -> None:
        """So much of so much."""
        percent = done * 100 // max(total, 1)
        if not self._on or percent == self._shown:
            return
        self._shown = percent
        bar = "━" * (percent * self._WIDTH // 100)
        sys.stderr.write(f"\r\033[2Krun {self._run}  {bar:<{self._WIDTH}} {percent:3d} %  {done} of {total} bytes")
        if done >= total:
            sys.stderr.write("\r\033[2K")
        sys.stderr.flush()


@command("erase")
@click.argument("numbers", metavar="[RUN]...", nargs=-1, type=int)
@click.option("--force", is_flag=True, help="Also what is not safely here. It is gone for good.")
def erase(numbers: tuple[int, ...], force: bool) -> None:
    """Erase runs on the pod that are safely here: the file is read again and compared with the pod's SHA-256.

    An empty run of 0 bytes holds nothing and is erased too.
    """
    store = Store()
    if force and not numbers:
        raise UsageError("--force needs the numbers of the runs", "retropod erase --force RUN...")
    refused: list[int] = []
    with settings().connect() as pod:
        for entry in _chosen(pod.runs(), numbers):
            if "open" in entry.flags and not numbers:
                continue  # it is being recorded: nobody means that one
            if not _erase(pod, store, entry, force):
                refused.append(entry.run)
    if refused:
        listed = ", ".join(map(str, refused))
        raise OperationFailed(
            f"not erased, because not safely here: {listed}", f"retropod download {' '.join(map(str, refused))}"
        )


def _erase(pod: Pod, store: Store, entry: RunEntryMessage, force: bool) -> bool:
    """Erase a run of which a copy is here, or that has no byte. The pod compares the digest with its own."""
    run, size = entry.run, entry.raw["size"]
    kept = next((path for path in store.copies(pod.pod_id, run) if _erased(pod, run, digest(path), size)), None)
    if kept is None and not (size == 0 and _erased(pod, run, _NOTHING, size)):
        if not force:
            return False
        pod.erase(run, _NOTHING, size, force=True)
    result: dict[str, Any] = {"run": run, "erased": True, "file": str(kept) if kept else None}
    if settings().json:
        output.emit(result)
    else:
        output.line(f"run {run}  erased on the pod" + (f", kept here: {kept}" if kept else ""))
    return True


def _erased(pod: Pod, run: int, sha256: bytes, size: int) -> bool:
    """Erase the run if the pod's digest of it is `sha256`; return whether it was."""
    try:
        pod.erase(run, sha256, size)
    except PodRefused as refusal:
        if refusal.code == "not_verified":
            return False
        raise
    return True
