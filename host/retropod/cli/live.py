"""`retropod live`."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.finite import FiniteRange
from retropod.cli.options import options
from retropod.client.messages import EventMessage, RawMessage
from retropod.client.stream import Gap, Item, Restarted
from retropod.errors import DamagedData
from retropod.insight import events
from retropod.insight.context import RunContext
from retropod.insight.groups import by_direction
from retropod.insight.stride import Stride
from retropod.live.watch import StreamStats
from retropod.wording import count

if TYPE_CHECKING:
    from rich.text import Text

    from retropod.runs.timing import LiveTime

_REFRESH_S = 0.25


@command("live")
@click.option("--raw", is_flag=True, help="Stream raw samples too, if the line is fast enough.")
@click.option("--seconds", type=FiniteRange(min=0.0), metavar="S", help="Stop after this time.")
@click.option("--strides", "count", type=click.IntRange(min=1), metavar="N", help="Stop after this number of strides.")
def live(raw: bool, seconds: float | None, count: int | None) -> None:
    """Stream strides live until Ctrl-C: direction, confidence, length, speed, contact time and cadence.

    A summary follows the last stride, also after an error. With --json, each stride, event and gap is one object on one
    line, flushed at once, and the summary is the last line. `docs/json/live.schema.json` describes the keys.
    """
    topics = ("strides", "events", *(("raw",) if raw else ()))
    from retropod.runs.clocklog import keep_time
    from retropod.runs.store import Store
    from retropod.runs.timing import LiveTime

    with _interrupted_by_sigterm(), options().connect() as pod, pod.stream(*topics) as stream:
        times = LiveTime(str(pod.greeting.chip))
        feed = Feed(stream, seconds, count, between=keep_time(pod, Store(), times.learn, output.print_note).step)
        if options().json:
            show_json(feed, times)
        elif sys.stdout.isatty():
            show_screen(feed, raw)
        else:
            show_lines(feed)


@contextmanager
def _interrupted_by_sigterm() -> Generator[None]:
    """End the session at SIGTERM as at Ctrl-C, with the summary: `timeout` and service managers send it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Only the main thread receives signals.
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class LiveSource(Protocol):
    """A stream, or a replacement for one."""

    def next(self, timeout_s: float | None) -> Item | None: ...


class Feed:
    """Items of a stream, until the time or the number of strides is reached or `ended` returns True.

    Yields None if no item arrived for 0.25 s.
    """

    def __init__(
        self,
        stream: LiveSource,
        seconds: float | None = None,
        count: int | None = None,
        ended: Callable[[], bool] = lambda: False,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        """Create the feed. `between` is called between two items, at least four times per second."""
        self.stats = StreamStats()
        self._start = time.monotonic()
        self._stream, self._seconds, self._count, self._ended, self._between = stream, seconds, count, ended, between

    @property
    def elapsed_s(self) -> float:
        """Time since the start of the feed, in s."""
        return time.monotonic() - self._start

    def __iter__(self) -> Iterator[tuple[Item | None, Stride | None]]:
        while not self._over():
            self._between()
            over = self._ended()  # before next(): items from before the end are still shown
            item = self._stream.next(0.0 if over else _REFRESH_S)
            if over and item is None:
                return
            stride = self.stats.take(item) if item is not None else None
            yield item, stride

    def _over(self) -> bool:
        enough = self._count is not None and len(self.stats.strides) >= self._count
        return enough or (self._seconds is not None and self.elapsed_s >= self._seconds)


def show_json(feed: Feed, times: "LiveTime | None" = None) -> None:
    """Print one JSON object per line. The last one is the summary, also if an error ends the feed."""
    try:
        for item, stride in feed:
            values = as_json(item, stride) if item is not None else None
            if item is not None and values is not None:
                wall = _wall(item, stride, times) if times else {}
                output.print_json(values | wall | {"host_monotonic_s": round(time.monotonic(), 6)})
    finally:
        output.print_json({"type": "end", "link": feed.stats.link(), **_totals(feed.stats)})


def _totals(stats: StreamStats) -> dict[str, Any]:
    groups = by_direction(stats.strides, RunContext())
    return {"summary": stats.total().as_json(), "directions": [one.as_json() for one in groups]}


def _wall(item: Item, stride: Stride | None, times: "LiveTime") -> dict[str, Any]:
    from retropod.cli import timefmt

    if isinstance(item, Restarted):
        times.reset()
    elif isinstance(item, EventMessage):
        times.event(item)
    return timefmt.stride_json(times.of(stride)) if stride is not None else {}


def as_json(item: Item, stride: Stride | None) -> dict[str, Any] | None:
    """Return the JSON object of an item, None for a message that is not part of a stream."""
    if isinstance(item, Gap):
        return {"type": "gap", "frames": item.frames, "where": "here" if item.here else "link"}
    if isinstance(item, Restarted):
        return {"type": "restarted", "uptime_s": item.uptime_s}
    if stride is not None:
        return {"type": "stride", **stride.as_json()}
    if isinstance(item, RawMessage):
        return {"type": "raw", "sample": item.sample, "counts": _counts(item)}
    if isinstance(item, EventMessage):
        return {"type": "event", **events.as_json(item)}
    return None


def _counts(item: RawMessage) -> list[list[int]] | None:
    """Return the samples of a message, None if they are damaged or in an encoding of a later version."""
    from retropod.runs import samples

    try:
        return samples.decode([item]).counts.tolist()
    except DamagedData:
        return None


def show_lines(feed: Feed) -> None:
    """Print plain lines and the summary, for a pipe or a file."""
    from retropod.live import view

    output.print_line(view.HEADING)
    explained = False
    try:
        for item, stride in feed:
            if stride is not None and not explained and _note(feed.stats):
                explained = True
                output.print_note(_note(feed.stats))
            for line in _lines(feed.stats, item, stride):
                output.print_line(line.plain.rstrip())
            sys.stdout.flush()
            if isinstance(item, Gap | Restarted):
                output.print_note(remark(item))
    finally:
        output.print_rich(view.ending(feed.stats))


def _lines(stats: StreamStats, item: Item | None, stride: Stride | None) -> list["Text"]:
    """Return the lines of a stride, or the line of an event that concerns the wearer."""
    from rich.text import Text

    from retropod.live import view

    if stride is not None:
        return list(view.stride_line(stride, stats.origin_s or 0.0).split())
    text = view.event_line(item, stats.origin_s) if isinstance(item, EventMessage) else ""
    return [Text(text, "bold")] if text else []


def remark(item: Gap | Restarted) -> str:
    """Return the text for an interruption of the stream."""
    if isinstance(item, Restarted):
        return "the pod restarted"
    return f"{count(item.frames, 'message')} not read in time" if item.here else f"{count(item.frames, 'frame')} lost"


def show_screen(feed: Feed, raw: bool) -> None:
    """Print lines that scroll above a fixed footer. The summary replaces the footer at the end."""
    screen = _Screen(feed, raw)
    with screen.live:
        try:
            for item, stride in feed:
                screen.show(item, stride)
        finally:
            screen.end()


class _Screen:
    """Terminal output. The footer is refreshed every 0.25 s, although raw samples arrive 100 times per second."""

    def __init__(self, feed: Feed, raw: bool) -> None:
        from rich.live import Live
        from rich.text import Text

        from retropod.live import view

        self._view, self._text, self._feed, self._raw = view, Text, feed, raw
        self._console = output.console()
        self._heading()
        self._refreshed = 0.0
        self.live = Live(console=self._console, auto_refresh=False)

    def show(self, item: Item | None, stride: Stride | None) -> None:
        """Print a line for a stride, an event or an interruption. Refresh the footer when it is due."""
        self._print(*_lines(self._feed.stats, item, stride))
        if isinstance(item, Gap | Restarted):
            self._print(self._text(f"         {remark(item)}", "red"))
        if stride is not None or time.monotonic() - self._refreshed >= _REFRESH_S:
            self.refresh()

    def _print(self, *lines: "Text") -> None:
        """Print lines. Repeat the heading, so that it is always on the screen."""
        if lines and self._printed >= self._view.HEADING_EVERY:
            self._heading()
        self._printed += len(lines)
        for line in lines:
            self._console.print(line)

    def _heading(self) -> None:
        self._printed = 0
        self._console.print(self._text(self._view.HEADING, "bright_black"))

    def refresh(self) -> None:
        """Draw the footer."""
        self._refreshed = time.monotonic()
        stats = self._feed.stats
        self.live.update(self._view.footer(stats, self._feed.elapsed_s, _note(stats), self._raw_hz()), refresh=True)

    def end(self) -> None:
        """Draw the summary."""
        self.live.update(self._view.ending(self._feed.stats, self._raw_hz()), refresh=True)

    def _raw_hz(self) -> float | None:
        return self._feed.stats.raw_samples / max(self._feed.elapsed_s, 0.1) if self._raw else None


def _note(stats: StreamStats) -> str:
    """Return the instruction for the wearer, if one is needed before the numbers have a meaning."""
    if not stats.strides:
        return "no stride yet: walk"
    if "mount_unverified" in stats.strides[-1].flags:
        return "the pod decides no direction until it knows its mount: run `retropod mount`"
    return ""
