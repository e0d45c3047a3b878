"""`retropod runs`, `download` and `erase`."""

import contextlib
import hashlib
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import click

from retropod.cli import damage_report, output, timefmt
from retropod.cli.commands import command
from retropod.cli.options import options
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

_EMPTY_DIGEST = hashlib.sha256(b"").digest()


@command("runs")
@click.option("--here", is_flag=True, help="List the runs on this computer instead.")
def runs(here: bool) -> None:
    """List the runs on the pod, and show which of them this computer holds."""
    store = Store()
    if here:
        _show_here(store)
        return
    with options().connect() as pod:
        entries = [(entry, _is_here(pod, store, entry)) for entry in pod.runs()]
    if options().json:
        for entry, kept in entries:
            output.print_json(_entry_json(entry) | {"here": kept})
    elif entries:
        output.print_table(
            ["run", "start", "strides", "bytes", "state", "here"], [_row(*entry) for entry in entries], "rlrrll"
        )
    else:
        output.print_note("the pod holds no runs; start one with `retropod record start`")


def _is_here(pod: Pod, store: Store, entry: RunEntryMessage) -> bool:
    """Return whether the store holds the run, by its size and its recorded digest.

    The pod would need minutes to compute the digest of every run.
    """
    path = store.path(pod.pod_id, entry.run)
    return path.is_file() and path.stat().st_size == entry.raw["size"] and store.recorded_digest(path) is not None


def _entry_json(entry: RunEntryMessage) -> dict[str, Any]:
    return {"run": entry.run, "size_bytes": entry.size, "start_epoch_s": entry.start_s or None,
            "strides": entry.strides, "flags": list(entry.flags)}  # fmt: skip


def _row(entry: RunEntryMessage, kept: bool) -> list[str]:
    start = timefmt.moment(entry.start_s) if entry.start_s else "unknown"
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
    """Return whether the pod lost power before it stored anything in this run."""
    return "open" not in entry.flags and reader.is_empty(entry.raw["size"], "damaged" in entry.flags)


def _show_here(store: Store) -> None:
    found = store.all()
    if options().json:
        for run in found:
            output.print_json(
                {"pod": run.pod_id, "run": run.run, "file": str(run.path), "size_bytes": run.path.stat().st_size}
            )
    elif found:
        rows = [[run.pod_id, str(run.run), str(run.path.stat().st_size), str(run.path)] for run in found]
        output.print_table(["pod", "run", "bytes", "file"], rows, "lrrl")
    else:
        output.print_note("this computer holds no runs; fetch them with `retropod download`")


def _chosen(entries: list[RunEntryMessage], numbers: tuple[int, ...]) -> list[RunEntryMessage]:
    """Return the entries of `numbers`, or all entries without numbers. Raises UsageError for an unknown number."""
    known = {entry.run: entry for entry in entries}
    for number in numbers:
        if number not in known:
            listed = ", ".join(map(str, known))
            hint = f"choose from {listed}" if known else "run `retropod record start` to record one"
            raise UsageError(f"the pod does not hold run {number}", hint)
    return [known[number] for number in numbers] if numbers else entries


@command("download")
@click.argument("numbers", metavar="[RUN]...", nargs=-1, type=int)
@click.option(
    "--line-rate", type=click.Choice(["auto", "own", *map(str, sorted(RATES))]), default="auto", show_default=True,
    envvar="RETROPOD_LINE_RATE", metavar="RATE",
    help=f"Set the rate of a USB-serial bridge during the download: {', '.join(map(str, sorted(RATES)))}, `own` (leave "
    "it unchanged) or `auto` (use the fastest for large downloads).",
)  # fmt: skip
def download_runs(numbers: tuple[int, ...], line_rate: str) -> None:
    """Download all runs, or each given RUN number.

    An interrupted download resumes. Each file is compared with the SHA-256 of the pod before it enters the store.

    The command also sets the clock of the pod. The time of a run that was recorded without a clock is derived from that
    if possible. The missing data of a damaged run are listed, and the exit code is 5.
    """
    store = Store()
    failed: RetropodError | None = None
    empty: list[int] = []
    with ReconnectingPod(options().connect, output.print_note) as cable:
        keep_time(cable.pod, store)
        entries = _chosen(cable.retry(Pod.runs), numbers)
        with faster(cable.pod, _rates(line_rate, cable.pod, store, entries), output.print_detail):
            for entry in entries:
                if "open" in entry.flags and not numbers:
                    output.print_note(f"run {entry.run} is skipped, because it is being recorded")
                    continue
                try:
                    wrong = _report(entry, _fetch(cable, store, entry))
                except (OperationFailed, DamagedData) as error:
                    wrong = error
                    output.print_note(f"run {entry.run}: {error.message}")
                if isinstance(wrong, reader.EmptyRun):
                    empty.append(entry.run)
                else:
                    failed = wrong or failed
    _note_empty(empty)
    if failed is not None:
        raise failed


def _note_empty(runs: list[int]) -> None:
    """Name the runs in which nothing is stored, and the command that removes them."""
    if not runs:
        return
    listed = f"run {runs[0]} is" if len(runs) == 1 else f"runs {', '.join(map(str, runs))} are"
    output.print_note(
        f"{listed} empty, because the pod lost power before it stored anything; remove with "
        f"`retropod erase {' '.join(map(str, runs))}`"
    )


def _rates(chosen: str, pod: Pod, store: Store, entries: list[RunEntryMessage]) -> tuple[int, ...]:
    """Return the line rates to try: the selected one, or all if the data are large enough for a change to save time."""
    if chosen not in ("auto", "own"):
        return (int(chosen),)
    size = sum(entry.raw["size"] for entry in entries if not _is_here(pod, store, entry))
    return RATES if chosen == "auto" and size >= PAYS_BYTES else ()


def _fetch(cable: ReconnectingPod, store: Store, entry: RunEntryMessage) -> Downloaded | None:
    """Download a run into the store. Return None for a run of 0 bytes, which is not stored."""
    if entry.raw["size"] == 0 and "open" not in entry.flags:
        return None
    with _progress(entry.run) as show:
        done = download(cable.pod, store, entry.run, show, entry.raw["size"], cable.reconnect)
    ClockLog(store, cable.pod.pod_id).add_run(done.path, entry.run, digest(done.path))
    return done


def _report(entry: RunEntryMessage, done: Downloaded | None) -> RetropodError | None:
    """Print the result. Return the error of a run that is empty or damaged on the pod itself."""
    run, wrong = _read(done.path) if done else (None, reader.EmptyRun("the run is empty"))
    times = timing(run, done.path, Store()) if run and done else None
    if options().json:
        output.print_json(_as_json(entry, done) | (timefmt.as_json(times) if times else {}))
    elif done is None or isinstance(wrong, reader.EmptyRun):
        output.print_line(f"run {entry.run}  empty, {entry.raw['size']} bytes")
    elif done.already:
        output.print_line(f"run {entry.run}  already on this computer, verified  {done.path}")
    else:
        output.print_line(f"run {entry.run}  {done.size} bytes in {done.seconds:.1f} s, verified  {done.path}")
    if times and (times.repaired or times.start is None) and not options().json:
        output.print_note(f"start of run {entry.run}: {timefmt.start(times)}")
    if run and wrong:
        damage_report.print_gaps(run)
    return wrong


def _as_json(entry: RunEntryMessage, done: Downloaded | None) -> dict[str, Any]:
    if done is None:
        return {"run": entry.run, "file": None, "size_bytes": 0, "fetched_bytes": 0, "wire_bytes": 0,
                "took_s": 0.0, "already": False}  # fmt: skip
    return {"run": entry.run, "file": str(done.path), "size_bytes": done.size, "fetched_bytes": done.fetched,
            "wire_bytes": done.wire_bytes, "took_s": round(done.seconds, 3), "already": done.already}  # fmt: skip


def _read(path: Path) -> tuple[reader.Run | None, RetropodError | None]:
    try:
        run = reader.read(path)
    except RetropodError as error:
        return None, error
    return run, None if run.whole else damage_report.as_error(
        path, run, "keep this file: the copy on the pod has the same damage"
    )


@contextlib.contextmanager
def _progress(run: int) -> Generator[Callable[[int, int], None]]:
    """Show a bar on a terminal while the block runs. Yield the function that sets the bytes done and the total."""
    if options().json or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, DownloadColumn, TaskProgressColumn, TimeRemainingColumn

    columns = ("{task.description}", BarColumn(bar_width=32), TaskProgressColumn(), DownloadColumn(),
               TimeRemainingColumn())  # fmt: skip
    with output.progress(*columns, transient=True) as progress:
        task = progress.add_task(f"run {run}", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@command("erase")
@click.argument("numbers", metavar="[RUN]...", nargs=-1, type=int)
@click.option("--force", is_flag=True, help="Erase the given runs even without a copy on this computer.")
def erase(numbers: tuple[int, ...], force: bool) -> None:
    """Erase all runs from the pod that this computer holds, or each given RUN number.

    Before a run is erased, its file is read again and compared with the SHA-256 of the pod. An empty run of 0 bytes is
    erased too.
    """
    store = Store()
    if force and not numbers:
        raise UsageError("--force requires run numbers", "run `retropod erase --force RUN...`")
    refused: list[int] = []
    with options().connect() as pod:
        for entry in _chosen(pod.runs(), numbers):
            if "open" in entry.flags and not numbers:
                continue  # without numbers, the run that is being recorded is not meant
            if not _erase(pod, store, entry, force):
                refused.append(entry.run)
    if refused:
        raise OperationFailed(
            f"not erased, because this computer holds no verified copy: {', '.join(map(str, refused))}",
            f"run `retropod download {' '.join(map(str, refused))}`",
        )


def _erase(pod: Pod, store: Store, entry: RunEntryMessage, force: bool) -> bool:
    """Erase a run that this computer holds or that has 0 bytes. The pod compares the digest with its own."""
    run, size = entry.run, entry.raw["size"]
    kept = next((path for path in store.copies(pod.pod_id, run) if _erased(pod, run, digest(path), size)), None)
    if kept is None and not (size == 0 and _erased(pod, run, _EMPTY_DIGEST, size)):
        if not force:
            return False
        pod.erase(run, _EMPTY_DIGEST, size, force=True)
    result: dict[str, Any] = {"run": run, "erased": True, "file": str(kept) if kept else None}
    if options().json:
        output.print_json(result)
    else:
        output.print_line(f"run {run}  erased on the pod" + (f", copy: {kept}" if kept else ""))
    return True


def _erased(pod: Pod, run: int, sha256: bytes, size: int) -> bool:
    """Erase the run if its digest on the pod is `sha256`. Return whether it was erased."""
    try:
        pod.erase(run, sha256, size)
    except PodRefused as refusal:
        if refusal.code == "not_verified":
            return False
        raise
    return True
