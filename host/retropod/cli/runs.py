"""`retropod runs`, `download` and `erase`."""

import contextlib
import hashlib
import sys
from collections.abc import Callable, Generator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from retropod import durable
from retropod.cli import damage_report, failure, output, timefmt
from retropod.cli.commands import command
from retropod.cli.day import Day
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.cli.pods import identity, on_each
from retropod.cli.tally import RunFailed, Tally
from retropod.client.linerate import PAYS_BYTES, RATES, faster
from retropod.client.messages import RunEntryMessage
from retropod.client.pod import Pod, describe
from retropod.client.reconnect import ReconnectingPod
from retropod.client.refusals import PodRefused
from retropod.client.several import SelectedPod
from retropod.client.timesync import is_possible
from retropod.errors import OperationFailed, RetropodError, UsageError
from retropod.runs import names, reader
from retropod.runs.clocklog import ClockLog, keep_time
from retropod.runs.download import Downloaded, NotSaved, download
from retropod.runs.store import Held, Store, digest
from retropod.runs.timing import timing

_EMPTY_DIGEST = hashlib.sha256(b"").digest()


@command("runs")
@click.option("--here", is_flag=True, help="List the runs on this computer instead, with time and metres.")
@click.option("--wearer", metavar="NAME", help="List only runs of this wearer.")
@click.option("--since", type=Day(), metavar="DATE", help="List only runs from this day on, such as 2026-11-30.")
@click.option("--until", type=Day(), metavar="DATE", help="List only runs up to the end of this day.")
@click.option("--tag", "tags", metavar="KEY[=VALUE]", multiple=True, help="List only runs with this tag.")
def runs(here: bool, wearer: str | None, since: datetime | None, until: datetime | None, tags: tuple[str, ...]) -> None:
    """List the runs on the pod, and show which of them this computer holds.

    A copy on this computer is `damaged` if it differs from its stored checksum. `retropod download` replaces it. With
    --here, the exit code is 5 if a run is damaged or unreadable. --wearer, --since, --until and --tag require --here. A
    run whose start is unknown is not in a period.
    """
    from retropod.cli import here as local

    chosen = local.selection(wearer, since, until, tags)
    if here:
        local.show(chosen)
        return
    if chosen is not None:
        raise UsageError("only the runs on this computer can be selected", "add --here")
    store = open_store()
    with options().connect() as pod:
        entries = [(entry, _held(pod, store, entry)) for entry in pod.runs()]
    if options().json:
        for entry, held in entries:
            output.print_json(_entry_json(entry, held))
    elif entries:
        output.print_table(
            ["run", "start", "strides", "bytes", "state", "here"], [_row(*entry) for entry in entries], "rlrrll"
        )
    else:
        output.print_note("the pod holds no runs; start one with `retropod record start`")


def _held(pod: Pod, store: Store, entry: RunEntryMessage) -> Held:
    """Return the copy of the run in the store."""
    run, size = entry.run, entry.raw["size"]
    return store.held(pod.pod_id, run, size, entry.start_s, lambda: pod.digest(run, size)[1])


def _entry_json(entry: RunEntryMessage, held: Held) -> dict[str, Any]:
    return {
        "run": entry.run,
        "size_bytes": entry.size,
        "start_epoch_s": entry.start_s or None,
        "strides": entry.strides,
        "flags": list(entry.flags),
        "here": held.path is not None if held.known else None,
        "here_damaged": held.path is None and held.damaged is not None,
        "file": str(held.path or held.damaged) if held.path or held.damaged else None,
    }


def _row(entry: RunEntryMessage, held: Held) -> list[str]:
    start = timefmt.moment(start_s) if is_possible(start_s := entry.start_s or 0) else "unknown"
    empty = _is_empty(entry)
    here = "damaged" if held.damaged else "-" if empty else "no" if held.known else "unknown"
    return [
        str(entry.run),
        start,
        str(entry.strides),
        str(entry.raw["size"]),
        "empty" if empty else ", ".join(entry.flags),
        "yes" if held.path else here,
    ]


def _is_empty(entry: RunEntryMessage) -> bool:
    """Return whether the pod lost power before it stored anything in this run."""
    return "open" not in entry.flags and reader.is_empty(entry.raw["size"], "damaged" in entry.flags)


def _chosen(pod: Pod, entries: list[RunEntryMessage], given: Sequence[str]) -> list[RunEntryMessage]:
    """Return the entries with the given names, or all entries without names. Raises UsageError for an unknown name."""
    known = {entry.run: entry for entry in entries}
    numbers = dict.fromkeys(_number(pod, known, text) for text in given)  # two names of one run are one run
    return [known[number] for number in numbers] if given else entries


def _number(pod: Pod, known: dict[int, RunEntryMessage], text: str) -> int:
    """Return the number of a run of this pod, given as NUMBER, POD/NUMBER or POD/NUMBER-DIGEST."""
    name = names.parse(text)
    if name is None:
        raise UsageError(f"{text} is not a run", "give a number of `retropod runs`")
    if not name.is_pod(pod.pod_id, pod.greeting.name):
        raise UsageError(f"{text} is not a run of this pod, {describe(pod.greeting)}", "connect the other pod")
    held = name.run in known and (not name.digest or pod.digest(name.run)[1].hex().startswith(name.digest))
    if not held:
        listed = ", ".join(map(str, known))
        hint = f"choose from {listed}" if known else "run `retropod record start` to record one"
        raise UsageError(f"the pod does not hold run {text}", hint)
    return name.run


@command("download")
@click.argument("given", metavar="[RUN]...", nargs=-1)
@click.option(
    "--line-rate", type=click.Choice(["auto", "own", *map(str, sorted(RATES))]), default="auto", show_default=True,
    envvar="RETROPOD_LINE_RATE", metavar="RATE",
    help=f"Set the rate of a USB-serial bridge during the download: {', '.join(map(str, sorted(RATES)))}, `own` (leave "
    "it unchanged) or `auto` (use the fastest for large downloads).",
)  # fmt: skip
def download_runs(given: tuple[str, ...], line_rate: str) -> None:
    """Download all runs, or each given RUN number.

    An interrupted download resumes. Each file is compared with the SHA-256 of the pod before it enters the store. A run
    that fails does not stop the others. A damaged copy on this computer is replaced, and kept under another name.

    The command also sets the clock of the pod. The time of a run that was recorded without a clock is derived from that
    if possible. The missing data of a damaged run are listed, and the exit code is 5.

    With --pods, the pods follow each other, and a pod that fails does not stop the others.
    """
    if not options().pods:
        with ReconnectingPod(options().connect, output.print_note) as cable:
            _download_all(cable, given, line_rate)
        return
    if given:
        raise UsageError("the numbers of runs belong to one pod", "leave them out, or give --port instead of --pods")

    def from_pod(one: SelectedPod) -> None:
        output.print_note(f"{one.label}:")
        with one.reconnecting(options().baud, tell=output.print_note) as cable:
            _download_all(cable, given, line_rate)

    on_each(from_pod)


def _download_all(cable: ReconnectingPod, given: tuple[str, ...], line_rate: str) -> None:
    """Download the runs of one pod. Raises at the end if a run failed."""
    store, tally = open_store(), Tally("downloaded")
    empty: list[int] = []
    keep_time(cable.pod, store, warn=output.print_note)
    entries = _chosen(cable.pod, cable.retry(Pod.runs), given)
    with faster(cable.pod, _rates(line_rate, cable.pod, store, entries), output.print_detail):
        for entry in entries:
            if "open" in entry.flags and not given:
                output.print_note(f"run {entry.run} is skipped, because it is being recorded")
            elif _downloaded(cable, store, entry, tally):
                empty.append(entry.run)
    _note_empty(empty)
    tally.finish()


def _downloaded(cable: ReconnectingPod, store: Store, entry: RunEntryMessage, tally: Tally) -> bool:
    """Download a run into the tally and return whether it is empty. Raises a failure that no other run can escape."""
    try:
        wrong = _report(cable.pod, store, entry, _fetch(cable, store, entry))
    except RetropodError as error:
        tally.check(cable.pod, entry.run, error, last=isinstance(error, NotSaved) and error.full)
        return False
    except OSError as error:
        tally.add(entry.run, failure.of_file(error, store.path(cable.pod.pod_id, entry.run)))
        return False
    if wrong and not isinstance(wrong, reader.EmptyRun):
        tally.add(entry.run, wrong)
    else:
        tally.done += 1
    return isinstance(wrong, reader.EmptyRun)


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
    if chosen == "own" or sum(entry.raw["size"] for entry in entries) < PAYS_BYTES:
        return ()
    size = sum(entry.raw["size"] for entry in entries if not _held(pod, store, entry).path)
    return RATES if size >= PAYS_BYTES else ()


def _fetch(cable: ReconnectingPod, store: Store, entry: RunEntryMessage) -> Downloaded | None:
    """Download a run into the store. Return None for a run of 0 bytes, which is not stored."""
    if entry.raw["size"] == 0 and "open" not in entry.flags:
        return None
    with _progress(entry.run) as show:
        done = download(cable.pod, store, entry.run, show, entry.raw["size"], cable.reconnect)
    ClockLog(store, cable.pod.pod_id).add_run(done.path, entry.run, digest(done.path))
    return done


def _report(pod: Pod, store: Store, entry: RunEntryMessage, done: Downloaded | None) -> RetropodError | None:
    """Print the result. Return the error of a run that is empty or damaged on the pod itself."""
    run, wrong = _read(done.path) if done else (None, reader.EmptyRun("the run is empty"))
    times = timing(run, done.path, store) if run and done else None
    if options().json:
        output.print_json(_as_json(entry, done) | (timefmt.as_json(times) if times else {}) | identity(pod))
    elif done is None or isinstance(wrong, reader.EmptyRun):
        output.print_line(f"run {entry.run}  empty, {entry.raw['size']} bytes")
    elif done.already:
        output.print_line(f"run {entry.run}  already on this computer, verified  {done.path}")
    else:
        output.print_line(f"run {entry.run}  {done.size} bytes in {done.seconds:.1f} s, verified  {done.path}")
    for path in done.set_aside if done else ():
        output.print_note(f"run {entry.run}: the damaged copy on this computer was replaced, and is kept as {path}")
    if times and (times.repaired or times.start is None or times.jump) and not options().json:
        output.print_note(f"start of run {entry.run}: {timefmt.start(times)}")
    if run and wrong:
        damage_report.print_gaps(run)
    return wrong


def _as_json(entry: RunEntryMessage, done: Downloaded | None) -> dict[str, Any]:
    if done is None:
        return {"run": entry.run, "file": None, "size_bytes": 0, "fetched_bytes": 0, "wire_bytes": 0,
                "took_s": 0.0, "already": False, "set_aside": []}  # fmt: skip
    return {"run": entry.run, "file": str(done.path), "size_bytes": done.size, "fetched_bytes": done.fetched,
            "wire_bytes": done.wire_bytes, "took_s": round(done.seconds, 3), "already": done.already,
            "set_aside": [str(path) for path in done.set_aside]}  # fmt: skip


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
@click.argument("given", metavar="[RUN]...", nargs=-1)
@click.option("--force", is_flag=True, help="Erase the given runs even without a copy on this computer.")
def erase(given: tuple[str, ...], force: bool) -> None:
    """Erase all runs from the pod that this computer holds, or each given RUN number.

    Before a run is erased, its file is read again and compared with the SHA-256 of the pod. An empty run of 0 bytes is
    erased too. A run that cannot be erased does not stop the others.
    """
    store, tally = open_store(), Tally("erased")
    if force and not given:
        raise UsageError("--force requires run numbers", "run `retropod erase --force RUN...`")
    with options().connect() as pod:
        for entry in _chosen(pod, pod.runs(), given):
            if "open" in entry.flags and not given:
                continue  # without numbers, the run that is being recorded is not meant
            try:
                _erase(pod, store, entry, force)
                tally.done += 1
            except RetropodError as error:
                tally.check(pod, entry.run, error)
    tally.finish()


class NotHeld(RunFailed):
    """This computer holds no verified copy of a run that is to be erased."""

    remedy = "retropod download"


def _erase(pod: Pod, store: Store, entry: RunEntryMessage, force: bool) -> None:
    """Erase a run that this computer holds or that has 0 bytes. The pod compares the digest with its own."""
    run, size = entry.run, entry.raw["size"]
    kept = _erased_copy(pod, store, entry)
    if kept is None and not (size == 0 and _erased(pod, run, _EMPTY_DIGEST, size)):
        if not force:
            raise NotHeld(f"run {run} is not erased, because this computer holds no verified copy", run)
        pod.erase(run, _EMPTY_DIGEST, size, force=True)
    result: dict[str, Any] = {"run": run, "erased": True, "file": str(kept) if kept else None}
    if options().json:
        output.print_json(result)
    else:
        output.print_line(f"run {run}  erased on the pod" + (f", copy: {kept}" if kept else ""))


def _erased_copy(pod: Pod, store: Store, entry: RunEntryMessage) -> Path | None:
    """Erase the run if the pod finds its digest in the store, and return the file."""
    for path in store.candidates(pod.pod_id, entry.run, entry.raw["size"]):
        try:
            durable.sync(path)
            sha256 = digest(path)
        except OSError as error:
            raise OperationFailed(
                f"run {entry.run} is not erased, because its copy {path} cannot be read: {error.strerror}",
                f"run `retropod download {entry.run}`",
            ) from error
        if _erased(pod, entry.run, sha256, entry.raw["size"]):
            return path
    return None


def _erased(pod: Pod, run: int, sha256: bytes, size: int) -> bool:
    """Erase the run if its digest on the pod is `sha256`. Return whether it was erased."""
    try:
        pod.erase(run, sha256, size)
    except PodRefused as refusal:
        if refusal.code == "not_verified":
            return False
        raise
    return True
