"""`retropod live --pods`: several pods at once, as JSON lines, plain lines, a log or the big view."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.live import Live
from rich.text import Text

from retropod.cli import output, timefmt
from retropod.cli.feed import REFRESH_S, Wanted, note_of
from retropod.cli.keeping import kept_session, stored
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.cli.pods import PodFailures, several
from retropod.errors import RetropodError
from retropod.insight.stride import Stride
from retropod.live import pods_view
from retropod.live.boutcount import BoutCount
from retropod.live.interruptions import LiveItem
from retropod.live.keyboard import keyboard
from retropod.live.sharedcontrol import SharedControl
from retropod.live.shoes import Ended, Shoe, ShoeItem, Shoes
from retropod.live.watch import StreamStats

if TYPE_CHECKING:
    from retropod.client.several import SelectedPod

_PATIENCE_S = 600.0  # one pod may be away for longer than a change of a battery takes: the other pod continues
_NOTICE_S = 10.0


class JsonForms(NamedTuple):
    """JSON of one pod, as without --pods: of an item, and of the whole session."""

    item: Callable[[LiveItem, Stride | None, float | None], dict[str, Any] | None]
    totals: Callable[[StreamStats], dict[str, Any]]


def live_pods(wanted: Wanted, forms: JsonForms) -> None:
    """Run a session with the pods of --pods. An error of one pod ends only its own session.

    Raises an error at the end if a pod failed.
    """
    failures = PodFailures({"type": "failed"})
    with several(failures) as chosen, ExitStack() as opened:
        shoes = _shoes(opened, chosen, wanted, failures)
        _warn(shoes)
        with Shoes(shoes) as session:
            _show(session, wanted, failures, forms)
    failures.finish()


def _shoes(opened: ExitStack, chosen: "list[SelectedPod]", wanted: Wanted, failures: PodFailures) -> list[Shoe]:
    """Return the shoes of the pods. Their run files are stored when `opened` ends."""
    topics = ("strides", "events", *(("raw",) if wanted.raw else ()))
    shoes: list[Shoe] = []
    for one in chosen:
        with failures.caught(one):
            cable = opened.enter_context(one.reconnecting(options().baud, _PATIENCE_S))
            store = open_store()
            kept = opened.enter_context(stored(kept_session(cable.pod, store))) if wanted.keep else None
            shoes.append(Shoe(cable, store, topics, kept, output.print_note))
    return shoes


def _warn(shoes: list[Shoe]) -> None:
    """Name the pods on one side: their strides are not compared."""
    for side in ("left", "right"):
        same = [shoe.label for shoe in shoes if shoe.side == side]
        if len(same) > 1:
            output.print_note(
                f"{len(same)} pods are on the {side} foot: {', '.join(same)}; both feet are compared after "
                f"`retropod config set side {'right' if side == 'left' else 'left'} --port PORT` for one of them"
            )


class PodsFeed:
    """Items of all shoes, until the time or the number of strides is reached, all have ended, or `quit` is true.

    Yields None if no item arrived for 0.25 s. `between` is called between two items.
    """

    def __init__(self, shoes: Shoes, wanted: Wanted, failures: PodFailures) -> None:
        self.shoes, self.quit = shoes, False
        self.between: Callable[[], None] = lambda: None
        self._failures, self._seconds, self._most = failures, wanted.seconds, wanted.strides
        self._start_s, self._strides = time.monotonic(), 0

    @property
    def elapsed_s(self) -> float:
        """Time since the start of the session, in s."""
        return time.monotonic() - self._start_s

    def __iter__(self) -> Iterator[ShoeItem | None]:
        while not self._over():
            self.between()
            item = self.shoes.next(REFRESH_S)
            if item is not None:
                self._count(item)
            yield item

    def _count(self, one: ShoeItem) -> None:
        self._strides += one.stride is not None
        if isinstance(one.item, Ended):
            error = one.item.error
            known = error if isinstance(error, RetropodError) else RetropodError(str(error))
            self._failures.add(one.shoe.label, known, one.shoe.pod_id)

    def _over(self) -> bool:
        enough = self._most is not None and self._strides >= self._most
        timed_out = self._seconds is not None and self.elapsed_s >= self._seconds
        return self.quit or self.shoes.ended or enough or timed_out


def _show(shoes: Shoes, wanted: Wanted, failures: PodFailures, forms: JsonForms) -> None:
    feed = PodsFeed(shoes, wanted, failures)
    if options().json:
        show_json(feed, forms)
    elif sys.stdout.isatty():
        _show_keyed(feed, wanted)
    else:
        show_lines(feed, wanted)


def show_json(feed: PodsFeed, forms: JsonForms) -> None:
    """Print one JSON object per line, with the pod and its foot. One `feet` per direction and one `end` per pod."""
    try:
        for one in feed:
            if one is not None and (values := as_json(one, forms)) is not None:
                output.print_json({**values, "host_monotonic_s": round(time.monotonic(), 6)})
    finally:
        for compared in feed.shoes.session_feet():
            output.print_json({"type": "feet", **compared.as_json()})
        for shoe in feed.shoes.shoes:
            output.print_json(_end_json(shoe, forms))


def as_json(one: ShoeItem, forms: JsonForms) -> dict[str, Any] | None:
    """Return the JSON object of an item, None for a message that is not part of a stream."""
    if isinstance(one.item, Ended):
        return None  # `PodFailures` has printed it.
    values = forms.item(one.item, one.stride, one.shoe.stats.silent_s)
    if values is None:
        return None
    if one.stride is not None:
        values |= timefmt.stride_json(one.wall) | {"step": one.step.as_json() if one.step else None}
    return values | _identity(one.shoe)


def _identity(shoe: Shoe) -> dict[str, Any]:
    return {"pod": shoe.pod_id, "foot": None if shoe.side == "unknown" else shoe.side}


def _end_json(shoe: Shoe, forms: JsonForms) -> dict[str, Any]:
    paths: list[Any] = []
    if shoe.kept:
        with suppress(OSError):  # `stored` tries again, and reports an error that persists.
            shoe.kept.finish()
        paths = shoe.kept.paths
    return {"type": "end", **_identity(shoe), "link": shoe.stats.link(), **forms.totals(shoe.stats), "kept": paths}


def show_lines(feed: PodsFeed, wanted: Wanted) -> None:
    """Print plain lines and the summary, for a pipe or a file."""
    axis, marks = pods_view.TimeAxis(), pods_view.marks(feed.shoes.shoes)
    output.print_line(pods_view.HEADING)
    try:
        for one in feed:
            if one is None:
                continue
            for line in axis.lines(one, marks[feed.shoes.shoes.index(one.shoe)]):
                output.print_line(line.plain.rstrip())
            sys.stdout.flush()
            if not isinstance(one.item, Ended) and (text := pods_view.remark(one)):
                output.print_note(text)
    finally:
        output.print_rich(pods_view.ending(feed.shoes, wanted.units))


def _show_keyed(feed: PodsFeed, wanted: Wanted) -> None:
    with keyboard() as pressed:
        screen = (_BigScreen if wanted.big else _LogScreen)(feed, wanted)
        feed.between = lambda: screen.keys(pressed())
        try:
            with screen.live:
                try:
                    for one in feed:
                        screen.show(one)
                finally:
                    screen.live.update("", refresh=True)
        finally:  # A summary on the screen of `Live` would be cut at the height of the terminal.
            output.print_rich(pods_view.ending(feed.shoes, wanted.units))


class _Screen:
    """State that both views share: keys, notices, bell and the time of the last refresh."""

    def __init__(self, feed: PodsFeed, wanted: Wanted) -> None:
        self._feed, self._units, self._muted = feed, wanted.units, not wanted.big
        self._console = output.console()
        self._control, self._message, self._refreshed_s = SharedControl(feed.shoes.shoes), "", 0.0
        self._direction = ""
        self.live = Live(console=self._console, auto_refresh=False, screen=wanted.big)

    def keys(self, pressed: str) -> None:
        """Execute the pressed keys."""
        for key in pressed.lower():
            if key == "q":
                self._feed.quit = True
            elif key == "m":
                self._muted = not self._muted
                self.note("bell muted" if self._muted else "bell at each change of direction")
            else:
                self._control.press(key)
        if self._control.message != self._message:
            self._message = self._control.message
            self.note(self._message)

    def show(self, one: ShoeItem | None) -> None:
        """Take an item. Draw at each stride, and otherwise every 0.25 s."""
        if one is not None:
            self.take(one)
            self._ring(one)
        if (one is not None and one.stride is not None) or time.monotonic() - self._refreshed_s >= REFRESH_S:
            self._refreshed_s = time.monotonic()
            self.refresh()

    def _ring(self, one: ShoeItem) -> None:
        """Ring at a change of direction. Both feet have changed when the second one does: ring once."""
        direction = one.stride.direction if one.stride else "unknown"
        if direction not in ("unknown", self._direction):
            if self._direction and not self._muted:
                self._console.bell()
            self._direction = direction

    def note(self, text: str) -> None:
        """Show a remark."""
        raise NotImplementedError

    def take(self, one: ShoeItem) -> None:
        """Show an item."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Draw."""
        raise NotImplementedError


class _LogScreen(_Screen):
    """Log of the strides of all pods above a table."""

    def __init__(self, feed: PodsFeed, wanted: Wanted) -> None:
        super().__init__(feed, wanted)
        self._axis, self._marks = pods_view.TimeAxis(), pods_view.marks(feed.shoes.shoes)
        self._printed = 0
        self._heading()

    def take(self, one: ShoeItem) -> None:
        """Print the lines of an item."""
        self._print(*self._axis.lines(one, self._marks[self._feed.shoes.shoes.index(one.shoe)]))
        if text := pods_view.remark(one):
            self._print(Text(f"           {text}", "red"))

    def note(self, text: str) -> None:
        """Print a remark."""
        if text:
            self._print(Text(f"           {text}", "bold"))

    def _print(self, *lines: Text) -> None:
        if lines and self._printed >= max(self._console.height - pods_view.FOOTER_LINES, 1):
            self._heading()
        self._printed += len(lines)
        for line in lines:
            self._console.print(line)

    def _heading(self) -> None:
        self._printed = 0
        self._console.print(Text(pods_view.HEADING, "bright_black"))

    def refresh(self) -> None:
        """Draw the table."""
        self.live.update(pods_view.footer(self._feed.shoes, self._feed.elapsed_s, self._units), refresh=True)


class _BigScreen(_Screen):
    """Big view of each pod next to each other."""

    def __init__(self, feed: PodsFeed, wanted: Wanted) -> None:
        super().__init__(feed, wanted)
        self._bouts = [BoutCount() for _ in feed.shoes.shoes]
        self._notice, self._noticed_s = "", 0.0

    def take(self, one: ShoeItem) -> None:
        """Count a stride, or note an interruption."""
        if one.stride is not None:
            self._bouts[self._feed.shoes.shoes.index(one.shoe)].add(one.stride)
        self.note(pods_view.remark(one))

    def note(self, text: str) -> None:
        """Show a remark for ten seconds."""
        if text:
            self._notice, self._noticed_s = text, time.monotonic()

    def refresh(self) -> None:
        """Draw the view."""
        shoes = self._feed.shoes
        old = time.monotonic() - self._noticed_s > _NOTICE_S
        unknown = next((f"{shoe.title}: {note_of(shoe.stats)}" for shoe in shoes.shoes if note_of(shoe.stats)), "")
        notice = unknown if old else self._notice
        self.live.update(
            pods_view.big_view(shoes, self._bouts, notice, self._muted, self._console.size, self._units), refresh=True
        )
