"""Views of `retropod live --pods all` on a terminal: the log and the big view."""

from retropod.cli import output
from retropod.cli.feed import Wanted
from retropod.cli.live_screen import Controls, NoticeScreen, ScrollScreen, keys_of
from retropod.cli.pods_feed import PodsFeed, PodsItem, instruction
from retropod.live import pods_view
from retropod.live.boutcount import BoutCount
from retropod.live.cues import Cue
from retropod.live.sharedcontrol import SharedControl


def show_keyed(feed: PodsFeed, wanted: Wanted, control: SharedControl) -> None:
    """Show a session with keys, as a log or in the big view. The summary follows on the usual screen."""
    with keys_of(wanted, control) as keys:
        feed.between, feed.ended, feed.wait_s = keys.step, lambda: keys.quit, keys.wait_s
        screen = (PodsBigScreen if wanted.big else PodsLogScreen)(feed, wanted, keys)
        try:
            with screen.live:
                try:
                    for one in feed:
                        screen.show(one)
                finally:
                    screen.live.update("", refresh=True)
        finally:  # A summary on the screen of `Live` would be cut at the height of the terminal.
            output.print_rich(pods_view.ending(feed.shoes, wanted.units, feed.cues.score))


class PodsLogScreen(ScrollScreen):
    """Log of the strides of all pods above a table."""

    def __init__(self, feed: PodsFeed, wanted: Wanted, controls: Controls) -> None:
        super().__init__(controls, pods_view.HEADING, 11, pods_view.FOOTER_LINES, feed.cues)
        self._feed, self._units = feed, wanted.units
        self._lines = pods_view.PodsLines(feed.shoes)

    def show(self, one: PodsItem | None) -> None:
        """Print the lines of an item. Refresh the table when it is due."""
        self.print(*self._lines.of(one))
        if not isinstance(one, Cue):
            self.note(pods_view.remark(one), "red")
        self.react(one, one.stride if one and not isinstance(one, Cue) else None)

    def refresh(self) -> None:
        """Draw the table."""
        feed = self._feed
        self.live.update(pods_view.footer(feed.shoes, feed.elapsed_s, self._units, feed.cues), refresh=True)


class PodsBigScreen(NoticeScreen):
    """Big view of the pods, next to each other."""

    def __init__(self, feed: PodsFeed, wanted: Wanted, controls: Controls) -> None:
        super().__init__(controls)
        self._feed, self._units = feed, wanted.units
        self._bouts = [BoutCount() for _ in feed.shoes.shoes]

    def show(self, one: PodsItem | None) -> None:
        """Take an item. Draw the view at each stride, and otherwise every 0.25 s."""
        if isinstance(one, Cue):
            self.note_cue(one)
            self.react(one, None)
            return
        if one and one.stride is not None:
            self._bouts[self._feed.shoes.shoes.index(one.shoe)].add(one.stride)
        self.note(pods_view.remark(one))
        self.react(one, one.stride if one else None)

    def refresh(self) -> None:
        """Draw the view."""
        feed, notice = self._feed, self.notice(instruction(self._feed.shoes))
        lines = pods_view.big_view(
            feed.shoes, self._bouts, notice, self._controls.muted, self._console.size, self._units, feed.cues
        )
        self.live.update(lines, refresh=True)
