"""`retropod live`."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import click

from retropod.cli import output
from retropod.cli.commands import command
from retropod.cli.options import options
from retropod.client.messages import EventMessage, RawMessage
from retropod.client.stream import Gap, Item, Restarted
from retropod.insight.stride import Stride
from retropod.live.watch import StreamStats, event_json

if TYPE_CHECKING:
    from retropod.runs.timing import LiveTime

_REFRESH_S = 0.25


@command("live")
@click.option("--raw", is_flag=True, help="Stream raw samples too, if the line is fast enough.")
@click.option("--seconds", type=click.FloatRange(min=0.0), metavar="S", help="Stop after this time.")
@click.option("--strides", "count", type=click.IntRange(min=1), metavar="N", help="Stop after this number of strides.")
def live(raw: bool, seconds: float | None, count: int | None) -> None:
    """Stream strides live until Ctrl-C: direction, confidence, length, speed, contact time and cadence.

    With --json, each stride, event and gap is one object on one line, flushed at once. `host_monotonic_s` is the
    monotonic clock of this computer at the time of writing. `wall_time` is the start of the stride, with the error
    bound `wall_error_ms`. `counts` of raw samples are in the axes and units of the chip.
    """
    topics = ("strides", "events", *(("raw",) if raw else ()))
    from retropod.runs.clocklog import keep_time
    from retropod.runs.store import Store
    from retropod.runs.timing import LiveTime

    with options().connect() as pod, pod.stream(*topics) as stream:
        times = LiveTime(str(pod.greeting.chip))
        feed = Feed(stream, seconds, count, between=keep_time(pod, Store(), times.learn, output.print_note).step)
        if options().json:
            show_json(feed, times)
        elif sys.stdout.isatty():
            show_screen(feed, raw)
        else:
            show_lines(feed)


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
    """Print one JSON object per line."""
    for item, stride in feed:
        if item is not None:
            wall = _wall(item, stride, times) if times else {}
            output.print_json(as_json(item, stride) | wall | {"host_monotonic_s": round(time.monotonic(), 6)})
    output.print_json({"type": "end", "link": feed.stats.link(), "summary": feed.stats.total().as_json()})


def _wall(item: Item, stride: Stride | None, times: "LiveTime") -> dict[str, Any]:
    from retropod.cli import timefmt

    if isinstance(item, Restarted):
        times.reset()
    elif isinstance(item, EventMessage):
        times.event(item)
    return timefmt.stride_json(times.of(stride)) if stride is not None else {}


def as_json(item: Item, stride: Stride | None) -> dict[str, Any]:
    """Return the JSON object of an item."""
    if isinstance(item, Gap):
        return {"type": "gap", "frames": item.frames, "where": "here" if item.here else "link"}
    if isinstance(item, Restarted):
        return {"type": "restarted", "uptime_s": item.uptime_s}
    if stride is not None:
        return {"type": "stride", **stride.as_json()}
    if isinstance(item, RawMessage):
        from retropod.runs import samples

        return {"type": "raw", "sample": item.sample, "counts": samples.decode([item]).counts.tolist()}
    if isinstance(item, EventMessage):
        return {"type": "event", **event_json(item)}
    return {"type": item.type, **item.values}


def show_lines(feed: Feed) -> None:
    """Print plain lines, for a pipe or a file."""
    from retropod.live import view

    output.print_line(view.HEADING)
    for item, stride in feed:
        if stride is not None:
            output.print_line(view.stride_line(stride, feed.stats.strides[0].end_s).plain.rstrip())
            sys.stdout.flush()
        elif isinstance(item, Gap | Restarted):
            output.print_note(remark(item))


def remark(item: Gap | Restarted) -> str:
    """Return the text for an interruption of the stream."""
    if isinstance(item, Restarted):
        return "the pod restarted"
    return f"{item.frames} frames lost" if not item.here else f"{item.frames} messages not read in time"


def show_screen(feed: Feed, raw: bool) -> None:
    """Print lines that scroll above a fixed footer."""
    screen = _Screen(feed, raw)
    with screen.live:
        try:
            for item, stride in feed:
                screen.show(item, stride)
        finally:
            screen.refresh()


class _Screen:
    """Terminal output. The footer is refreshed every 0.25 s, although raw samples arrive 100 times per second."""

    def __init__(self, feed: Feed, raw: bool) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        from retropod.live import view

        self._view, self._text, self._feed, self._raw = view, Text, feed, raw
        self._console = Console(highlight=False)
        self._console.print(Text(view.HEADING, "bright_black"))
        self._refreshed = 0.0
        self.live = Live(console=self._console, auto_refresh=False)

    def show(self, item: Item | None, stride: Stride | None) -> None:
        """Print a line for a stride or an interruption. Refresh the footer when it is due."""
        if stride is not None:
            line = self._view.stride_line(stride, self._feed.stats.strides[0].end_s)
            self._console.print(line, no_wrap=True, overflow="ellipsis")
        elif isinstance(item, Gap | Restarted):
            self._console.print(self._text(f"         {remark(item)}", "red"))
        if stride is not None or time.monotonic() - self._refreshed >= _REFRESH_S:
            self.refresh()

    def refresh(self) -> None:
        """Draw the footer."""
        self._refreshed = time.monotonic()
        stats, elapsed = self._feed.stats, self._feed.elapsed_s
        rate = stats.raw_samples / max(elapsed, 0.1) if self._raw else None
        note = _note(stats)
        self.live.update(self._view.footer(stats, elapsed, note, rate), refresh=True)


def _note(stats: StreamStats) -> str:
    """Return the instruction for the wearer, if one is needed before the numbers have a meaning."""
    if not stats.strides:
        return "no stride yet: walk"
    if "mount_unverified" in stats.strides[-1].flags:
        return "the pod decides no direction until it knows its mount: run `retropod mount`"
    return ""
