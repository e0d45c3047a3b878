"""`retropod demo`."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import click

from retropod import durable
from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.finite import FiniteRange
from retropod.cli.live import Feed, show_json, show_lines, show_screen
from retropod.cli.options import options
from retropod.demo.truth import Comparison, RealStride, compare
from retropod.errors import OperationFailed, UsageError, naming
from retropod.insight.directions import in_words
from retropod.insight.stride import Stride
from retropod.insight.summary import summarise
from retropod.live import view
from retropod.wording import count
from retrowire import runfile

_RUN = Path("retropod-demo") / "run.rpr"
_REPORT = _RUN.with_name("report.html")
_NEXT = (
    (f"show {_RUN}", "show the run in the terminal"),
    (f"export {_RUN}", "write it to CSV files"),
    ("sim", "run a virtual pod to try the rest"),
)
_SPEED = 6.0  # factor of real time on a terminal: short, but slow enough to read


@command("demo")
@click.option(
    "--speed",
    type=FiniteRange(min=0.1),
    metavar="FACTOR",
    help="Set the speed as a factor of real time. Default: 6 on a terminal, otherwise as fast as possible.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Set the random seed of the gait model: another runner.",
)
@click.option("--open", "open_it", is_flag=True, help="Open the report in the browser.")
def demo(speed: float | None, seed: int, open_it: bool) -> None:  # fmt: skip
    """Run a session on a virtual pod without hardware: stream and record it, download the run and compare the results.

    The pod is the real firmware on MicroPython with a simulated sensor. The movement comes from a gait model, so the
    measured strides can be compared with the true strides. The run and its report are written to the folder
    `retropod-demo`. They replace those of an earlier demo.
    """
    from retropod.virtual.runtime import find_runtime

    pace = speed or (_SPEED if sys.stdout.isatty() and not options().json else None)
    try:
        find_runtime()
    except OperationFailed as error:
        output.print_note(f"{error.message}: playing back a capture of a virtual pod instead")
        _play_capture(pace)
        return
    _check_files()
    _run_virtual(pace, seed)
    _report(open_it)


def _check_files() -> None:
    """Raise UsageError, before the session, if a file at the place of the run or the report is something else."""
    from retropod.report.page import MARK

    for path, kind, beginning in ((_RUN, "run", runfile.MAGIC), (_REPORT, "report", MARK.encode("utf-8"))):
        if path.exists():
            with naming(path), path.open("rb") as file:
                if file.read(len(beginning)) != beginning:
                    raise UsageError(f"{path} exists and is not a {kind}", f"move {path} away")


def _run_virtual(pace: float | None, seed: int) -> None:
    from retropod.client.timesync import HostClockWrong, synchronise
    from retropod.demo import scenario
    from retropod.replay.replay import LEASE, Setup, held_pod

    source, truth = scenario.demo(seed)
    _say(f"virtual pod: {source.duration_s:.0f} s of walking and running, forward, backward and sideways"
         + (f" at {pace:g} times real time" if pace else ", as fast as possible"))  # fmt: skip
    start = time.monotonic()
    with held_pod(source, Setup(), pace or "max") as (virtual, pod):
        with suppress(HostClockWrong):  # The demo shows no time of day.
            synchronise(pod)
        run = pod.record("start", "strides")
        with pod.stream("strides", "events", **LEASE) as stream:
            virtual.go()
            feed = Feed(stream, ended=lambda: virtual.wait_source_end(0.0))
            _stream(feed)
            rate_hz = virtual.rate_hz
        pod.record("stop")
        _download(pod, run, list(feed.stats.strides))
    _sum_up(list(feed.stats.strides), truth, rate_hz)
    _say(f"total speed: {source.duration_s / (time.monotonic() - start):.1f} times real time")


def _play_capture(pace: float | None) -> None:
    from retropod.demo import capture
    from retropod.demo.truth import load

    content = capture.FILE.read_bytes()
    player = capture.Player(content, pace)
    feed = Feed(player, ended=lambda: player.ended)
    _stream(feed)
    _sum_up(list(feed.stats.strides), load(capture.TRUTH), capture.rate_hz(content))
    _say("next: `retropod list --all` searches for a pod, `retropod import FILE` reads a recording of another sensor")


def _stream(feed: Feed) -> None:
    show: Callable[[Feed], None] = show_lines
    if options().json:
        show = show_json
    elif sys.stdout.isatty():
        show = partial(show_screen, raw=False)
    show(feed)


def _download(pod: Any, run: int, streamed: list[Stride]) -> None:
    """Download the run, read it and compare it with the streamed strides."""
    from retropod.runs import reader
    from retropod.runs.download import download
    from retropod.runs.store import Store

    with tempfile.TemporaryDirectory(prefix="retropod-") as folder:
        done = download(pod, Store(Path(folder)), run)
        stored = reader.read(done.path).strides
        durable.replace(_RUN, done.path.read_bytes())
    same = stored == streamed
    if options().json:
        output.print_json(
            {
                "type": "download",
                "run": run,
                "size_bytes": done.size,
                "wire_bytes": done.wire_bytes,
                "strides": len(stored),
                "as_streamed": same,
            }
        )
    _say(f"downloaded run {run}: {count(done.size, 'byte')}, SHA-256 verified; its {count(len(stored), 'stride')} "
         + ("equal the streamed strides" if same else f"differ from the {len(streamed)} streamed strides"))  # fmt: skip


def _report(open_it: bool) -> None:
    """Write the report of the run next to it, and print the commands to try next."""
    from retropod.cli import preferences, report, report_file
    from retropod.runs.loaded import load
    from retropod.runs.store import Store

    run = report.reported(load(Store(_RUN.parent), _RUN))
    size = report_file.write(_REPORT, report_file.render(run.title, [run], [], preferences.units(None)))
    if options().json:
        output.print_json({"type": "report", "run": _RUN, "report": _REPORT, "size_bytes": size})
    else:
        output.print_line()
        output.print_line(f"report  {_REPORT}: open it in a browser")
        output.print_line(f"run     {_RUN}")
    _say("next:")
    program = "retropod" if shutil.which("retropod") else sys.argv[0]
    width = max(len(words) for words, _ in _NEXT)
    for words, what in _NEXT:
        output.print_note(f"  {program} {words:<{width}}  {what}")
    if open_it:
        report_file.open_in_browser(_REPORT)


def _sum_up(strides: list[Stride], truth: list[RealStride], rate_hz: float) -> None:
    found = compare(truth, strides, rate_hz)
    if options().json:
        output.print_json({"type": "comparison", **found.as_json()})
        return
    _say("measured strides, compared with the true strides of the scenario:")
    sys.stderr.flush()
    rows = [[row.kind, *map(str, (row.real, row.found, row.right, row.unknown, row.wrong))] for row in found.rows]
    rows.append(["all", *(str(_total(found, name)) for name in ("real", "found", "right", "unknown", "wrong"))])
    output.print_table(["strides", "true", "found", "right", "unknown", "wrong"], rows, "lrrrrr")
    summary = summarise(strides)
    output.print_line()
    output.print_pairs([
        ("extra strides", str(found.extra)),
        ("contact time", f"error {view.ms(found.contact_error_s)} (median), true value {view.ms(found.contact_s)}"),
        ("stride length", f"error {_mm(found.length_error_m)} (median), true value {_mm(found.length_m)}"),
        ("distance", ", ".join(f"{view.number(metres, '.1f', ' m')} {in_words(way)}"
                               for way, metres in summary.distance_m.items())),
    ])  # fmt: skip


def _total(found: Comparison, name: str) -> int:
    return sum(getattr(row, name) for row in found.rows)


def _mm(metres: float | None) -> str:
    return "-" if metres is None else f"{metres * 1000:.0f} mm"


def _say(text: str) -> None:
    """Print a progress message after an empty line."""
    output.print_note()
    output.print_note(text)
