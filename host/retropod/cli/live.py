"""`retropod live`."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import click

from retropod.cli import output
from retropod.cli.frame import command, settings
from retropod.client.messages import EventMessage, RawMessage
from retropod.client.stream import Gap, Item, Restarted
from retropod.insight.stride import Stride
from retropod.live.watch import StreamStats, event_json

if TYPE_CHECKING:
    from retropod.runs.timing import LiveTime

_REFRESH_S = 0.25


@command("live")
@click.option("--raw", is_flag=True, help="Raw samples too, where the line can carry them.")
@click.option("--seconds", type=click.FloatRange(min=0.0), metavar="S", help="Stop after this long.")
@click.option("--strides", "count", type=click.IntRange(min=1), metavar="N", help="Stop after so many strides.")
def live(raw: bool, seconds: float | None, count: int | None) -> None:
    """Strides as they come, until Ctrl-C: direction, confidence, length, speed, contact time, cadence.

    With --json every stride, event and gap is an object on a line of its own, flushed at once; `host_monotonic_s` is
    this machine's monotonic clock when the line was written, `wall_time` when the stride began, right to
    `wall_error_ms`. `counts` of raw samples are in the chip's axes and units.
    """
    what = ("strides", "events", *(("raw",) if raw else ()))
    from retropod.runs.clocklog import keep_time
    from retropod.runs.store import Store
    from retropod.runs.timing import LiveTime

    with settings().connect() as pod, pod.stream(*what) as stream:
        times = LiveTime(str(pod.greeting.chip))
        feed = Feed(stream, seconds, count, turn=keep_time(pod, Store(), times.learn).step)
        if settings().json:
            show_json(feed, times)
        elif sys.stdout.isatty():
            show_screen(feed, raw)
        else:
            show_lines(feed)


class Source(Protocol):
    """A stream, or what stands for one."""

    def next(self, timeout_s: float | None) -> Item | None: ...


class Feed:
    """The items of a stream until it went on for long enough, or `ended` says so; None when none came for a while."""

    def __init__(
        self,
        stream: Source,
        seconds: float | None = None,
        count: int | None = None,
        ended: Callable[[], bool] = lambda: False,
        turn: Callable[[], None] = lambda: None,
    ) -> None:
        """`turn` is called between two items, four times a second or more often."""
        self.watch = StreamStats()
        self.began = time.monotonic()
        self._stream, self._seconds, self._count, self._ended, self._turn = stream, seconds, count, ended, turn

    @property
    def elapsed_s(self) -> float:
        """Since the feed began."""
        return time.monotonic() - self.began

    def __iter__(self) -> Iterator[tuple[Item | None, Stride | None]]:
        while not self._over():
            self._turn()
            over = self._ended()  # asked first: what came before the end is still shown
            item = self._stream.next(0.0 if over else _REFRESH_S)
            if over and item is None:
                return
            stride = self.watch.take(item) if item is not None else None
            yield item, stride

    def _over(self) -> bool:
        enough = self._count is not None and len(self.watch.strides) >= self._count
        return enough or (self._seconds is not None and self.elapsed_s >= self._seconds)


def show_json(feed: Feed, times: "LiveTime | None" = None) -> None:
    """One object a line."""
    for item, stride in feed:
        if item is not None:
            wall = _wall(item, stride, times) if times else {}
            output.emit(as_json(item, stride) | wall | {"host_monotonic_s": round(time.monotonic(), 6)})
    output.emit({"type": "end", "link": feed.watch.link(), "summary": feed.watch.total().as_json()})


def _wall(item: Item, stride: Stride | None, times: "LiveTime") -> dict[str, Any]:
    from retropod.cli import timefmt

    if isinstance(item, Restarted):
        times.forget()
    elif isinstance(item, EventMessage):
        times.event(item)
    return timefmt.stride_json(times.of(stride)) if stride is not None else {}


def as_json(item: Item, stride: Stride | None) -> dict[str, Any]:
    """An item of a stream as it is printed."""
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
    """Plain lines, for a pipe or a file."""
    from retropod.live import view

    output.line(view.HEADING)
    for item, stride in feed:
        if stride is not None:
            output.line(view.stride_line(stride, feed.watch.strides[0].end_s).plain.rstrip())
            sys.stdout.flush()
        elif isinstance(item, Gap | Restarted):
            output.note(remark(item))


def remark(item: Gap | Restarted) -> str:
    """What happened to the stream, in words."""
    if isinstance(item, Restarted):
        return "the pod has restarted"
    return f"{item.frames} frames lost" if not item.here else f"{item.frames} messages not read in time"


def show_screen(feed: Feed, raw: bool) -> None:
    """Lines that scroll, over a footer that stays."""
    screen = _Screen(feed, raw)
    with screen.live:
        try:
            for item, stride in feed:
                screen.show(item, stride)
        finally:
            screen.refresh()


class _Screen:
    """The terminal. Raw samples come a hundred times a second: the footer need not."""

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
        """A line for what deserves one, and the footer now and then."""
        if stride is not None:
            line = self._view.stride_line(stride, self._feed.watch.strides[0].end_s)
            self._console.print(line, no_wrap=True, overflow="ellipsis")
        elif isinstance(item, Gap | Restarted):
            self._console.print(self._text(f"         {remark(item)}", "red"))
        if stride is not None or time.monotonic() - self._refreshed >= _REFRESH_S:
            self.refresh()

    def refresh(self) -> None:
        """Draw the footer."""
        self._refreshed = time.monotonic()
        watch, elapsed = self._feed.watch, self._feed.elapsed_s
        rate = watch.raw_samples / max(elapsed, 0.1) if self._raw else None
        note = _note(watch)
        self.live.update(self._view.footer(watch, elapsed, note, rate), refresh=True)


def _note(watch: StreamStats) -> str:
    """What a person should know or do before the numbers mean something."""
    if not watch.strides:
        return "no stride yet: walk"
    if "mount_unverified" in watch.strides[-1].flags:
        return "no direction is decided, because the pod does not know how it sits on the shoe: `retropod mount`"
    return ""
