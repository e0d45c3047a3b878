"""`retropod live`."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.feed import Feed, FeedItem, Wanted, interruption, lines_of, note_of
from retropod.cli.finite import FiniteRange
from retropod.cli.live_items import as_json, kept_session, stored, totals
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.client.messages import EventMessage
from retropod.client.pod import Pod
from retropod.client.reconnect import ReconnectingPod
from retropod.client.stream import Restarted
from retropod.client.timesync import Synced
from retropod.errors import UsageError
from retropod.insight.stride import Stride
from retropod.insight.units import SI, UNITS, Units
from retropod.live.cues import Cues
from retropod.live.interruptions import LiveItem

if TYPE_CHECKING:
    from pathlib import Path

    from retropod.cli.feed import See
    from retropod.cli.live_web import ServedPage
    from retropod.live.control import PodControl
    from retropod.live.kept import KeptSession
    from retropod.live.session import LiveSession
    from retropod.runs.timing import LiveTime

_PATIENCE_S = 60.0  # a pulled cable: longer than a change of the cable takes


@command("live")
@click.option("--big", is_flag=True, help="Fill the terminal with direction and speed, to be read from two metres.")
@click.option("--units", type=click.Choice(list(UNITS)), help="Set the units. Default: `units` of the settings file.")
@click.option("--keep", is_flag=True, help="Store the session on this computer as a run, also without a recording.")
@click.option("--raw", is_flag=True, help="Stream raw samples too, if the line is fast enough.")
@click.option("--plan", metavar="PLAN", help='Guide through steps, such as "8x(20s back, 40s forward)".')
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="TARGET",
    help='Set a range, such as "speed 1.5..2.0", "back cadence 160.." or "contact ..250". Repeatable.',
)
@click.option("--web", is_flag=True, help="Show the session on a web page too. Needs the extra [web].")
@click.option("--host", metavar="ADDRESS", help="Serve the page at this address, for a tablet on the network: 0.0.0.0.")
@click.option("--web-port", type=click.IntRange(0, 65535), metavar="N", help="Set the port of the page. Default: 8417.")
@click.option("--open/--no-open", "browser", default=None, help="Open the page in a browser. Default: on a terminal.")
@click.option("--new-address", is_flag=True, help="Replace the secret in the address of the page.")
@click.option("--seconds", type=FiniteRange(min=0.0), metavar="S", help="Stop after this time.")
@click.option("--strides", "count", type=click.IntRange(min=1), metavar="N", help="Stop after this number of strides.")
def live(
    big: bool, units: str | None, keep: bool, raw: bool, plan: str | None, targets: tuple[str, ...],
    web: bool, host: str | None, web_port: int | None, browser: bool | None, new_address: bool,
    seconds: float | None, count: int | None,
) -> None:  # fmt: skip
    """Stream strides live until Ctrl-C: direction, confidence, length, speed, contact time and cadence.

    On a terminal, `l` marks a lap and `r` starts or stops a recording on the pod. `q` ends the session, and `m` mutes
    the bell. If the port of the pod goes away, the command waits up to 60 s for it and continues.

    --plan takes steps of a duration (20s, 1:30, 5min) and a direction: back, forward, sideways, any, stand or rest.
    `8x(...)` repeats steps. The plan starts 3 s after the first stride, and again with the key `p`. The summary shows
    how much of each step was followed. --target takes a metric (speed in --units, cadence in steps/min, contact in ms)
    and its range, and before them a direction if it concerns only one.

    The bell rings once at a change to forward, twice to backward, three times to sideways, as the pod's buzzer does
    (`retropod config set cue buzzer`). It rings twice slowly at a reached target, once in each of the last three
    seconds of a step, four times fast when a step begins, and six times at the end of the plan. It is muted at first
    without --big, --plan and --target.

    --web shows the session on a page for browsers, with laps, recordings and sounds, in addition to the lines. Its
    address has a secret, which persists, so that a page reconnects to the next session. Only this computer reaches the
    page, unless --host opens it to the network: then the connection has no encryption.

    --units applies to the page, the big view, the current values and the summary. --keep stores the received strides
    under an id that begins with ff, which no pod has. A restart of the pod begins another run.

    --pods shows several pods at once, on a common time axis. A left and a right pod give step cadence, symmetry, and
    true aerial time or double support, with the error of both clocks. Keys act on all pods. A pod that goes away does
    not disturb the others: the command waits up to 10 min for it. All other options apply too. A change of direction
    is one cue, when each moving foot has changed. A target is reached when each moving foot is in its range. A plan
    counts the strides of all pods.

    A summary follows the last stride, also after an error. With --json, each stride, event and gap is one object on one
    line, flushed at once, and the summary is the last line. `docs/json/live.schema.json` describes the keys.
    """
    from retropod.cli import preferences

    if big and (options().json or not sys.stdout.isatty()):
        raise UsageError("--big needs a terminal", "leave out --big, --json and redirections")
    chosen = preferences.units(units)
    cues = _cues(plan, targets, chosen)
    with ExitStack() as opened:
        page = _page(web, host, web_port, browser, new_address)
        if page:
            opened.enter_context(page.listener)
        _run(Wanted(big, chosen, keep, raw, seconds, count, cues), page)


def _run(wanted: Wanted, page: "ServedPage | None") -> None:
    if options().pods:
        from retropod.cli.live_pods import live_pods

        with _interrupted_by_signals():
            live_pods(wanted, page)
        return
    with _interrupted_by_signals(), ReconnectingPod(options().connect, patience_s=_PATIENCE_S) as cable:
        options().notify = lambda text: None  # The next connections are to the same pod.
        _stream(cable, wanted, page)


def _page(web: bool, host: str | None, port: int | None, browser: bool | None, renew: bool) -> "ServedPage | None":
    """Return the page of --web, which listens already. Raises UsageError for its options without --web."""
    options_of_page = {"--host": host, "--web-port": port, "--open": browser, "--new-address": renew or None}
    if not web:
        given = [name for name, value in options_of_page.items() if value is not None]
        if given:
            raise UsageError(f"{given[0]} needs --web", "add --web")
        return None
    from retropod.cli import live_web

    return live_web.prepare(
        live_web.WebOptions(host or live_web.LOOPBACK, live_web.PORT if port is None else port, browser, renew)
    )


def _cues(plan: str | None, targets: tuple[str, ...], units: Units) -> Cues:
    """Return the cues of the options. Raises UsageError if one of them is invalid."""
    from retropod.live import plan as plans
    from retropod.live import targets as ranges
    from retropod.live.plantimer import PlanTimer

    timer = PlanTimer(plans.parse(plan)) if plan is not None else None
    return Cues(timer, [ranges.parse(text, units) for text in targets])


def _stream(cable: ReconnectingPod, wanted: Wanted, page: "ServedPage | None") -> None:
    from retropod.live.lateness import steady_of
    from retropod.live.session import LiveSession
    from retropod.runs.clocklog import keep_time
    from retropod.runs.timing import LiveTime

    topics = ("strides", "events", *(("raw",) if wanted.raw else ()))
    times, store = LiveTime(str(cable.pod.greeting.chip)), open_store()
    kept = kept_session(cable.pod, store) if wanted.keep else None

    def learn(synced: Synced) -> None:
        times.learn(synced.sync)
        session.stats.related(synced.sync.uptime_s, steady_of(synced.sync.low_s))
        if kept:
            kept.sync(synced.sync)

    def keeper(pod: Pod) -> Callable[[], None]:
        kept_time = keep_time(pod, store, learn, output.print_note)
        return lambda: kept_time.step(now=session.stats.unsure)

    session = LiveSession(cable, topics, keeper)
    terminal = sys.stdout.isatty() and not options().json
    with stored(kept), session, _seen(session, wanted, page, terminal) as shown:
        control, see = shown

        def watch(item: LiveItem) -> None:
            if kept:
                kept.take(item, session.boot)

        if terminal and control:
            from retropod.cli.live_screen import show_keyed

            show_keyed(session, wanted, watch, control, see)
            return
        feed = Feed(session, wanted.seconds, wanted.strides, between=session.step, watch=watch, cues=wanted.cues,
                    see=see, stats=session.stats)  # fmt: skip
        if options().json:
            show_json(feed, times, kept)
        else:
            show_lines(feed, wanted.units)


@contextmanager
def _seen(
    session: "LiveSession", wanted: Wanted, page: "ServedPage | None", terminal: bool
) -> "Generator[tuple[PodControl | None, See]]":
    """Yield the control of the pod, None if there are no keys, and the function that shows an item on the page."""
    from retropod.live.control import PodControl

    if not (terminal or page):
        yield None, lambda feed, item, stride: None
        return
    with PodControl(lambda: session.pod) as control:
        if page is None:
            yield control, lambda feed, item, stride: None
            return
        from retropod.cli.live_web import shown

        with shown(page, session, control, wanted) as see:
            yield control, see


@contextmanager
def _interrupted_by_signals() -> Generator[None]:
    """End the session at SIGTERM and SIGHUP as at Ctrl-C, with the summary and the terminal restored."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread receives signals.
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # A process that nohup protects ignores SIGHUP, and continues to do so.
    before = {number: signal.getsignal(number) for number in numbers if signal.getsignal(number) != signal.SIG_IGN}
    for number in before:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def show_json(feed: Feed, times: "LiveTime | None" = None, kept: "KeptSession | None" = None) -> None:
    """Print one JSON object per line. The last one is the summary, also if an error ends the feed."""
    try:
        for item, stride in feed:
            values = as_json(item, stride, feed.stats.silent_s) if item is not None else None
            if item is not None and values is not None:
                wall = _wall(item, stride, times) if times else {}
                output.print_json(values | wall | {"host_monotonic_s": round(time.monotonic(), 6)})
    finally:
        paths = _finished(kept) if kept else []
        plan = [one.as_json() for one in feed.cues.score.results()] if feed.cues.score else None
        values = totals(feed.stats)
        output.print_json({"type": "end", "link": feed.stats.link(), **values, "plan": plan, "kept": paths})


def _finished(kept: "KeptSession") -> "list[Path]":
    with suppress(OSError):  # `stored` tries again, and reports an error that persists.
        kept.finish()
    return kept.paths


def _wall(item: FeedItem, stride: Stride | None, times: "LiveTime") -> dict[str, Any]:
    from retropod.cli import timefmt

    if isinstance(item, Restarted):
        times.reset()
    elif isinstance(item, EventMessage):
        times.event(item)
    return timefmt.stride_json(times.of(stride)) if stride is not None else {}


def show_lines(feed: Feed, units: Units = SI) -> None:
    """Print plain lines and the summary, for a pipe or a file."""
    from retropod.live import view

    output.print_line(view.HEADING)
    explained = False
    try:
        for item, stride in feed:
            if stride is not None and not explained and note_of(feed.stats):
                explained = True
                output.print_note(note_of(feed.stats))
            for line in lines_of(feed.stats, item, stride):
                output.print_line(line.plain.rstrip())
            sys.stdout.flush()
            if text := interruption(feed.stats, item):
                output.print_note(text)
    finally:
        output.print_rich(view.ending(feed.stats, units=units, plan=feed.cues.score))


def show_screen(feed: Feed, raw: bool) -> None:
    """Show the log on a terminal, without keys."""
    from retropod.cli.live_screen import show_log

    show_log(feed, raw)
