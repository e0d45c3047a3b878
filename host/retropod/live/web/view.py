"""View of a session for its pages: collects what they show, and publishes it at each change."""

import time
from collections import deque
from collections.abc import Callable, Sequence

from retropod.client.messages import RawMessage
from retropod.client.stream import Restarted
from retropod.insight.feet import FeetComparison
from retropod.insight.stride import Stride
from retropod.live.control import Control
from retropod.live.cues import Cue, Cues
from retropod.live.interruptions import Disconnected, LiveItem, in_words
from retropod.live.web.board import Board
from retropod.live.web.sounds import SOUNDS
from retropod.live.web.state import Goal, PageState, ShoeTrack

_REFRESH_S = 0.1  # between two states with raw samples, which arrive up to 100 times per second
_DRAWN_S = 0.3  # between two drawings of them: decoding takes up to 30 ms per pod
_NOTICES = 3
_NOTICE_S = 30.0


class WebView:
    """Pages of one session. Call `show` with each item, and at least four times per second with None."""

    def __init__(
        self,
        shoes: Sequence[ShoeTrack],
        control: Control,
        cues: Cues,
        paired: bool = False,
        feet: Callable[[], FeetComparison | None] = lambda: None,
    ) -> None:
        """`paired`: the shoes are one left and one right. `feet` returns their current comparison."""
        self._shoes, self._control, self._cues, self._paired, self._feet = list(shoes), control, cues, paired, feet
        self._message, self._shown_s, self._drawn_s = "", 0.0, 0.0
        self._notices: deque[tuple[float, str]] = deque(maxlen=_NOTICES)
        self.board = Board(self._state(0.0, ""), self.press)

    def press(self, key: str) -> None:
        """Execute a key of a page: `l`, `r`, or `p` to start the plan."""
        if key == "p" and self._cues.timer:
            self._cues.timer.start()
        else:
            self._control.press(key)

    def show(
        self, shoe: ShoeTrack, elapsed_s: float, item: LiveItem | Cue | None, stride: Stride | None, note: str = ""
    ) -> None:
        """Take an item of a shoe, and publish the state. `note`: an instruction for the wearer."""
        if isinstance(item, Cue):
            self.board.sound(SOUNDS[item.kind])
        if stride is not None:
            shoe.add(stride)
        if isinstance(item, Disconnected | Restarted):
            shoe.clear()
        if isinstance(item, RawMessage) and shoe.wave:
            shoe.wave.add(item)
            if time.monotonic() - self._shown_s < _REFRESH_S:
                return
        text = "" if isinstance(item, Cue) else in_words(item, shoe.stats.silent_s)
        self.note(f"{shoe.title}: {text}" if text and len(self._shoes) > 1 else text)
        self._note_keys()
        self._shown_s = time.monotonic()
        if self.board.waves and self._shown_s - self._drawn_s >= _DRAWN_S:
            self._drawn_s = self._shown_s
            for one in self._shoes:
                one.draw()
        self.board.publish(self._state(elapsed_s, note))

    def note(self, text: str) -> None:
        """Show a notice with the next item."""
        if text:
            self._notices.append((time.monotonic(), text))

    def _state(self, elapsed_s: float, note: str) -> PageState:
        cues, shoes = self._cues, self._shoes
        recent = [text for at_s, text in self._notices if self._shown_s - at_s < _NOTICE_S]
        states = zip(cues.targets, cues.states(*(one.stats for one in shoes)), strict=True)
        return PageState(
            shoes=tuple(one.state() for one in shoes),
            elapsed_s=elapsed_s,
            notices=(*recent, *([note] if note else [])),
            planned=cues.timer is not None,
            plan=cues.timer.state() if cues.timer else None,
            goals=tuple(Goal(one.text, state) for one, state in states),
            wave=any(one.wave for one in shoes),
            paired=self._paired,
            feet=self._feet(),
        )

    def _note_keys(self) -> None:
        if self._control.message != self._message:
            self._message = self._control.message
            self.note(self._message)
