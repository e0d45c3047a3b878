"""Items of a live session as `retropod live` shows them, and their lines."""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

from retropod.client.messages import EventMessage
from retropod.insight.stride import Stride
from retropod.insight.units import Units
from retropod.live.cues import Cue, Cues
from retropod.live.interruptions import LiveItem, Missing, in_words
from retropod.live.watch import StreamStats

if TYPE_CHECKING:
    from rich.text import Text

REFRESH_S = 0.25
FeedItem = LiveItem | Cue


class Wanted(NamedTuple):
    """Options of the command."""

    big: bool
    units: Units
    keep: bool
    raw: bool
    seconds: float | None
    strides: int | None
    cues: Cues


class LiveSource(Protocol):
    """A stream, or a replacement for one."""

    def next(self, timeout_s: float | None) -> LiveItem | None: ...


class Feed:
    """Items of a stream and their cues, until the time or the number of strides is reached or `ended` returns True.

    Yields None if no item arrived for 0.25 s, or until the next cue is due.
    """

    def __init__(
        self,
        stream: LiveSource,
        seconds: float | None = None,
        count: int | None = None,
        ended: Callable[[], bool] = lambda: False,
        between: Callable[[], None] = lambda: None,
        watch: Callable[[LiveItem], None] = lambda item: None,
        cues: Cues | None = None,
        wait_s: Callable[[float], float] = lambda most_s: most_s,
        see: "See" = lambda feed, item, stride: None,
        stats: StreamStats | None = None,
    ) -> None:
        """Create the feed.

        `between` is called between two items, at least four times per second, and `watch` with each item. `wait_s`
        shortens the time until the next call of `between`, in s. `see` is called with all that the feed yields.
        `stats` counts the items.
        """
        self.stats = StreamStats() if stats is None else stats
        self.cues = cues or Cues()
        self._wait_s, self._see = wait_s, see
        self._start = time.monotonic()
        self._stream, self._seconds, self._count, self._ended = stream, seconds, count, ended
        self._between, self._watch = between, watch

    @property
    def elapsed_s(self) -> float:
        """Time since the start of the feed, in s."""
        return time.monotonic() - self._start

    def __iter__(self) -> Iterator[tuple[FeedItem | None, Stride | None]]:
        while not self._over():
            self._between()
            over = self._ended()  # before next(): items from before the end are still shown
            item = self._stream.next(0.0 if over else self._wait_s(self.cues.wait_s(REFRESH_S)))
            if over and item is None:
                return
            if item is None:
                yield from self._cued(None, None)
            else:
                yield from self._taken(item)

    def _taken(self, item: LiveItem) -> Iterator[tuple[FeedItem | None, Stride | None]]:
        """Yield the strides and samples that are missing before the item, then the item."""
        strides, samples = self.stats.lost_strides, self.stats.lost_samples
        self._watch(item)
        stride = self.stats.take(item)
        missing = Missing(self.stats.lost_strides - strides, self.stats.lost_samples - samples)
        if any(missing):
            yield from self._cued(missing, None)
        yield from self._cued(item, stride)

    def _cued(self, item: LiveItem | None, stride: Stride | None) -> Iterator[tuple[FeedItem | None, Stride | None]]:
        """Yield an item and the cues that occur with it."""
        cues = self.cues.take(self.stats, item, stride)
        for one, its_stride in ((item, stride), *((cue, None) for cue in cues)):
            self._see(self, one, its_stride)
            yield one, its_stride

    def _over(self) -> bool:
        enough = self._count is not None and len(self.stats.strides) >= self._count
        return enough or (self._seconds is not None and self.elapsed_s >= self._seconds)


See = Callable[[Feed, FeedItem | None, Stride | None], None]


def lines_of(stats: StreamStats, item: FeedItem | None, stride: Stride | None) -> list["Text"]:
    """Return the lines of a stride, or the line of a cue or of an event that concerns the wearer."""
    from rich.text import Text

    from retropod.live import view

    if stride is not None:
        return list(view.stride_line(stride, stats.origin_s or 0.0).split())
    if isinstance(item, Cue):
        return [view.cue_line(item, stats.session_s)] if item.kind in view.PRINTED else []
    text = view.event_line(item, stats.origin_s) if isinstance(item, EventMessage) else ""
    return [Text(text, "bold")] if text else []


def interruption(stats: StreamStats, item: FeedItem | None) -> str:
    """Return the text of an interruption, empty for another item."""
    return "" if isinstance(item, Cue) else in_words(item, stats.silent_s)


def note_of(stats: StreamStats) -> str:
    """Return the instruction for the wearer, if one is needed before the numbers have a meaning."""
    if not stats.strides:
        return "no stride yet: walk"
    if "mount_unverified" in stats.strides[-1].flags:
        return "the pod decides no direction until it knows its mount: run `retropod mount`"
    return ""
