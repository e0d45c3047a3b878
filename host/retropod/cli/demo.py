"""`retropod demo`."""

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.cli.live import Feed, show_json, show_lines, show_screen
from retropod.demo.truth import Comparison, RealStride, compare
from retropod.errors import OperationFailed
from retropod.insight.stride import Stride
from retropod.insight.summary import summarise
from retropod.live import view

_SPEED = 6.0  # on a terminal: fast enough not to bore, slow enough to watch


@command("demo")
@click.option(
    "--speed",
    type=click.FloatRange(min=0.1),
    metavar="FACTOR",
    help="Factor to real time. Without: 6 on a terminal, else as fast as this machine can.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the scenario: another one is another runner.")
def demo(speed: float | None, seed: int) -> None:  # fmt: skip
    """No hardware: a virtual pod runs a session, is watched live, recorded, downloaded and summed up.

    The pod is the real firmware on MicroPython with a simulated sensor; the session comes from a gait model, so what
    was measured can be compared with what it really contained.
    """
    from retropod.virtual.runtime import find_runtime

    pace = speed or (_SPEED if sys.stdout.isatty() and not settings().json else None)
    try:
        find_runtime()
    except OperationFailed as error:
        output.note(f"{error.message}: playing back a capture of one instead")
        _play_capture(pace)
        return
    _run_virtual(pace, seed)


def _run_virtual(pace: float | None, seed: int) -> None:
    from retropod.client.timesync import synchronise
    from retropod.demo import scenario
    from retropod.replay.replay import LEASE, Setup, held_pod

    source, truth = scenario.demo(seed)
    _say(f"a virtual pod, {source.duration_s:.0f} s of walking, running and going backward"
         + (f" at {pace:g} times real time" if pace else ", as fast as this machine can"))  # fmt: skip
    began = time.monotonic()
    with held_pod(source, Setup(), pace or "max") as (virtual, pod):
        synchronise(pod)
        run = pod.record("start", "strides")
        with pod.stream("strides", "events", **LEASE) as stream:
            virtual.go()
            feed = Feed(stream, ended=lambda: virtual.wait_source_end(0.0))
            _watch(feed)
            rate_hz = virtual.rate_hz
        pod.record("stop")
        _download(pod, run, feed.watch.strides)
    _sum_up(feed.watch.strides, truth, rate_hz)
    _say(f"{source.duration_s / (time.monotonic() - began):.1f} times real time, all told")


def _play_capture(pace: float | None) -> None:
    from retropod.demo import capture
    from retropod.demo.truth import load

    content = capture.FILE.read_bytes()
    player = capture.Player(content, pace)
    feed = Feed(player, ended=lambda: player.ended)
    _watch(feed)
    _sum_up(feed.watch.strides, load(capture.TRUTH), capture.rate_hz(content))


def _watch(feed: Feed) -> None:
    show: Callable[[Feed], None] = show_lines
    if settings().json:
        show = show_json
    elif sys.stdout.isatty():
        show = partial(show_screen, raw=False)
    show(feed)


def _download(pod: Any, run: int, streamed: list[Stride]) -> None:
    """Fetch the run, read it back, and see that it holds what was streamed."""
    from retropod.runs import reader
    from retropod.runs.download import download
    from retropod.runs.store import Store

    with tempfile.TemporaryDirectory(prefix="retropod-") as folder:
        done = download(pod, Store(Path(folder)), run)
        stored = reader.read(done.path).strides
    same = stored == streamed
    if settings().json:
        output.emit({"type": "download", "run": run, "size": done.size, "wire_bytes": done.wire_bytes,
                     "strides": len(stored), "as_streamed": same})  # fmt: skip
    _say(f"downloaded run {run}: {done.size} bytes, SHA-256 as the pod's; its {len(stored)} strides are "
         + ("those streamed" if same else f"not the {len(streamed)} streamed"))  # fmt: skip


def _sum_up(strides: list[Stride], truth: list[RealStride], rate_hz: float) -> None:
    found = compare(truth, strides, rate_hz)
    if settings().json:
        output.emit({"type": "comparison", **found.as_json()})
        return
    _say("measured, against what the scenario really contained:")
    sys.stderr.flush()
    rows = [[row.kind, *map(str, (row.real, row.found, row.right, row.unknown, row.wrong))] for row in found.rows]
    rows.append(["all", *(str(_total(found, name)) for name in ("real", "found", "right", "unknown", "wrong"))])
    output.table(["", "real", "found", "right", "unknown", "wrong"], rows, "lrrrrr")
    summary = summarise(strides)
    output.line()
    output.pairs([
        ("found beside them", str(found.extra)),
        ("contact time", f"off by {view.ms(found.contact_error_s)} (median; really {view.ms(found.contact_s)})"),
        ("stride length", f"off by {_mm(found.length_error_m)} (median; really {_mm(found.length_m)})"),
        ("way gone", ", ".join(f"{metres:.1f} m {way}" for way, metres in summary.distance_m.items())),
    ])  # fmt: skip


def _total(found: Comparison, name: str) -> int:
    return sum(getattr(row, name) for row in found.rows)


def _mm(metres: float | None) -> str:
    return "-" if metres is None else f"{metres * 1000:.0f} mm"


def _say(text: str) -> None:
    """What goes on; beside the data, not in it."""
    output.note(f"\n{text}")
