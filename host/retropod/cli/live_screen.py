"""Views of `retropod live` on a terminal: the log and the big view, and their keys."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Group
from rich.live import Live
from rich.text import Text

from retropod.cli import output
from retropod.cli.feed import REFRESH_S, Feed, FeedItem, See, Wanted, interruption, lines_of, note_of
from retropod.client.messages import StatusMessage
from retropod.insight.stride import Stride
from retropod.insight.units import SI, Units
from retropod.live import big, view
from retropod.live.bell import Bell
from retropod.live.boutcount import BoutCount
from retropod.live.control import Control, PodControl
from retropod.live.cues import Cue, CueKind, Cues
from retropod.live.interruptions import LiveItem
from retropod.live.keyboard import keyboard
from retropod.live.plantimer import PlanTimer
from retropod.live.session import LiveSession

_NOTED = (CueKind.TARGET, CueKind.DONE)  # the view has its own place for the other cues
_NOTICE_S = 10.0  # a notice of the big view stays as long


class Controls(Protocol):
    """State of the keys: `message` is the result of the last one."""

    muted: bool

    @property
    def message(self) -> str: ...
    @property
    def status(self) -> StatusMessage | None: ...
    def sound(self, kind: CueKind) -> None: ...


class NoKeys:
    """Controls of a view without keys, which rings no bell."""

    muted, message, status = True, "", None

    def sound(self, kind: CueKind) -> None:
        """Ring no bell."""


class Keys:
    """Keys of a session: `quit` is true after `q`."""

    def __init__(
        self, pressed: Callable[[], str], control: Control, bell: Bell, muted: bool, plan: PlanTimer | None
    ) -> None:
        self.quit, self.muted = False, muted
        self._pressed, self._control, self._own = pressed, control, ""
        self._bell, self._plan = bell, plan

    @property
    def message(self) -> str:
        """Result of the last key."""
        return self._own or self._control.message

    @property
    def status(self) -> StatusMessage | None:
        """State of the pod, None while it is unknown."""
        return self._control.status

    def sound(self, kind: CueKind) -> None:
        """Play a cue, unless the bell is muted."""
        if not self.muted:
            self._bell.play(kind)

    def wait_s(self, most_s: float) -> float:
        """Return the time until the next stroke of the bell, in s, up to `most_s`."""
        return self._bell.wait_s(most_s)

    def step(self) -> None:
        """Execute the keys pressed since the last call, and ring the bell if it is due."""
        self._bell.step()
        for key in self._pressed().lower():
            self._own = ""
            if key == "q":
                self.quit = True
            elif key == "m":
                self.muted = not self.muted
                self._own = "bell muted" if self.muted else "bell at each cue"
            elif key == "p" and self._plan:
                self._plan.start()
                self._own = "the plan starts"
            else:
                self._control.press(key)


@contextmanager
def keys_of(wanted: Wanted, control: Control) -> Generator[Keys]:
    """Yield the keys of a session on a terminal. The terminal gets its mode back in any case."""
    cues = wanted.cues
    with keyboard() as pressed:
        silent = not (wanted.big or cues.timer or cues.targets)
        yield Keys(pressed, control, Bell(output.console().bell), silent, cues.timer)


def show_keyed(
    session: LiveSession, wanted: Wanted, watch: Callable[[LiveItem], None], control: PodControl, see: See
) -> None:
    """Show a session with keys, as a log or in the big view."""
    with keys_of(wanted, control) as keys:

        def step() -> None:
            session.step()
            keys.step()

        feed = Feed(
            session, wanted.seconds, wanted.strides, lambda: keys.quit, step, watch, wanted.cues, keys.wait_s, see,
            session.stats,
        )  # fmt: skip
        if wanted.big:
            show_big(feed, wanted.units, keys, lambda: session.pod is None)
        else:
            show_log(feed, wanted.raw, wanted.units, keys)


class LiveScreen:
    """State that all views share: the keys, and the time of the last refresh."""

    def __init__(self, controls: Controls, alternate: bool) -> None:
        """`alternate`: use the alternate screen of the terminal."""
        self._controls, self._message, self._refreshed_s = controls, "", 0.0
        self._console = output.console()
        self.live = Live(console=self._console, auto_refresh=False, screen=alternate)

    def react(self, item: object, stride: Stride | None) -> None:
        """Show the result of a key, and play a cue. Draw at each stride, and otherwise every 0.25 s."""
        if self._controls.message != self._message:
            self._message = self._controls.message
            self.note(self._message)
        if isinstance(item, Cue):
            self._controls.sound(item.kind)
        if stride is not None or time.monotonic() - self._refreshed_s >= REFRESH_S:
            self._refreshed_s = time.monotonic()
            self.refresh()

    def note(self, text: str) -> None:
        """Show a remark."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Draw."""
        raise NotImplementedError


class ScrollScreen(LiveScreen):
    """Lines that scroll above a fixed footer, which raw samples do not refresh 100 times per second."""

    def __init__(self, controls: Controls, heading: str, indent: int, footer_lines: int, cues: Cues) -> None:
        """`indent`: columns before a remark. `footer_lines`: without plan and targets."""
        super().__init__(controls, alternate=False)
        self._heading, self._indent = heading, indent
        self._footer_lines = footer_lines + len(cues.targets) + bool(cues.timer)
        self._begin()

    def note(self, text: str, style: str = "bold") -> None:
        """Print a remark."""
        if text:
            self.print(Text(" " * self._indent + text, style))

    def print(self, *lines: Text) -> None:
        """Print lines. Repeat the heading, so that it is always on the screen."""
        if lines and self._printed >= min(view.HEADING_EVERY, max(self._console.height - self._footer_lines, 1)):
            self._begin()
        self._printed += len(lines)
        for line in lines:
            self._console.print(line)

    def _begin(self) -> None:
        self._printed = 0
        self._console.print(Text(self._heading, "bright_black"))


class NoticeScreen(LiveScreen):
    """View on the alternate screen with one notice, which stays for ten seconds."""

    def __init__(self, controls: Controls) -> None:
        super().__init__(controls, alternate=True)
        self._notice, self._noticed_s = "", 0.0

    def note(self, text: str) -> None:
        """Show a remark."""
        if text:
            self._notice, self._noticed_s = text, time.monotonic()

    def note_cue(self, cue: Cue) -> None:
        """Show a cue that has no place of its own in the view."""
        if cue.kind in _NOTED:
            self.note(cue.text)

    def notice(self, otherwise: str) -> str:
        """Return the notice, or another text if it is old."""
        return self._notice if time.monotonic() - self._noticed_s < _NOTICE_S else otherwise


def show_log(feed: Feed, raw: bool, units: Units = SI, controls: Controls | None = None) -> None:
    """Print lines that scroll above a fixed footer. The summary replaces the footer at the end."""
    screen = LogScreen(feed, raw, units, controls or NoKeys())
    with screen.live:
        try:
            for item, stride in feed:
                screen.show(item, stride)
        finally:
            screen.end()


class LogScreen(ScrollScreen):
    """Log of the strides of one pod."""

    def __init__(self, feed: Feed, raw: bool, units: Units, controls: Controls) -> None:
        super().__init__(controls, view.HEADING, 9, view.FOOTER_LINES, feed.cues)
        self._feed, self._raw, self._units = feed, raw, units

    def show(self, item: FeedItem | None, stride: Stride | None) -> None:
        """Print a line for a stride, an event, an interruption or a key. Refresh the footer when it is due."""
        self.print(*lines_of(self._feed.stats, item, stride))
        self.note(interruption(self._feed.stats, item), "red")
        self.react(item, stride)

    def refresh(self) -> None:
        """Draw the footer."""
        stats, elapsed_s = self._feed.stats, self._feed.elapsed_s
        footer = view.footer(stats, elapsed_s, note_of(stats), self._raw_hz(), self._units, self._feed.cues)
        self.live.update(footer, refresh=True)

    def end(self) -> None:
        """Draw the summary."""
        ending = view.ending(self._feed.stats, self._raw_hz(), self._units, self._feed.cues.score)
        self.live.update(ending, refresh=True)

    def _raw_hz(self) -> float | None:
        return self._feed.stats.raw_samples / max(self._feed.elapsed_s, 0.1) if self._raw else None


def show_big(feed: Feed, units: Units, controls: Controls, away: Callable[[], bool]) -> None:
    """Fill the terminal until the feed ends. The summary follows on the usual screen, also after an error."""
    screen = BigScreen(feed, units, controls, away)
    try:
        with screen.live:
            for item, stride in feed:
                screen.show(item, stride)
    finally:
        output.print_rich(view.ending(feed.stats, units=units, plan=feed.cues.score))


class BigScreen(NoticeScreen):
    """Big view of one pod."""

    def __init__(self, feed: Feed, units: Units, controls: Controls, away: Callable[[], bool]) -> None:
        super().__init__(controls)
        self._feed, self._units, self._away = feed, units, away
        self._bouts = BoutCount()

    def show(self, item: FeedItem | None, stride: Stride | None) -> None:
        """Take an item. Draw the view at each stride, and otherwise every 0.25 s."""
        if stride is not None:
            self._bouts.add(stride)
        if isinstance(item, Cue):
            self.note_cue(item)
        else:
            self.note(interruption(self._feed.stats, item))
        self.react(item, stride)

    def refresh(self) -> None:
        """Draw the view."""
        stats, controls = self._feed.stats, self._controls
        state = big.state_of(
            stats, self._bouts, controls.status, view.losses(stats), self.notice(note_of(stats)), controls.muted,
            self._away(), self._feed.cues,
        )  # fmt: skip
        self.live.update(Group(*big.rendered(state, *self._console.size, self._units)), refresh=True)
