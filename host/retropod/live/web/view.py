"""View of a session for its pages: collects what they show, and publishes it at each change."""

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from retropod.client.messages import RawMessage, StatusMessage
from retropod.insight.stride import Stride
from retropod.live import view
from retropod.live.cues import Cue, Cues
from retropod.live.interruptions import LiveItem, in_words
from retropod.live.watch import StreamStats
from retropod.live.web.board import Board
from retropod.live.web.sounds import SOUNDS
from retropod.live.web.state import Goal, PageState, ShoeTrack
from retropod.live.web.wave import RawWave

_REFRESH_S = 0.1  # between two drawings of raw samples, which arrive 100 times per second
_NOTICES = 3
_NOTICE_S = 30.0


class PodKeys(Protocol):
    """Requests to the pod: `PodControl`."""

    @property
    def status(self) -> StatusMessage | None: ...
    @property
    def message(self) -> str: ...
    def press(self, key: str) -> None: ...


class WebView:
    """Pages of one session. Call `show` with each item, and at least four times per second with None."""

    def __init__(self, shoe: ShoeTrack, control: PodKeys, away: Callable[[], bool], cues: Cues, raw: bool) -> None:
        """`away`: whether the port of the pod is away. `raw`: raw samples are streamed."""
        self._shoe, self._control, self._away, self._cues = shoe, control, away, cues
        self._wave = RawWave() if raw else None
        self._message, self._shown_s = "", 0.0
        self._notices: deque[tuple[float, str]] = deque(maxlen=_NOTICES)
        self._lines: tuple[tuple[float, ...], ...] = ()
        self.board = Board(self._state(StreamStats(), 0.0), self.press)

    def press(self, key: str) -> None:
        """Execute a key of a page: `l`, `r`, or `p` to start the plan."""
        if key == "p" and self._cues.timer:
            self._cues.timer.start()
        else:
            self._control.press(key)

    def show(
        self, stats: StreamStats, elapsed_s: float, item: LiveItem | Cue | None, stride: Stride | None, note: str = ""
    ) -> None:
        """Take an item of the session, and publish the state. `note`: an instruction for the wearer."""
        if isinstance(item, Cue):
            self.board.sound(SOUNDS[item.kind])
        if stride is not None:
            self._shoe.add(stride)
        if isinstance(item, RawMessage) and self._wave:
            self._wave.add(item)
            if time.monotonic() - self._shown_s < _REFRESH_S:
                return
        self._note("" if isinstance(item, Cue) else in_words(item, stats.silent_s))
        self._note_keys()
        self._shown_s = time.monotonic()
        if self._wave and self.board.waves:
            self._lines = self._wave.lines()
        self.board.publish(self._state(stats, elapsed_s, note))

    def _state(self, stats: StreamStats, elapsed_s: float, note: str = "") -> PageState:
        cues = self._cues
        shoe = self._shoe.state(stats, self._control.status, view.losses(stats), self._away())
        recent = [text for at_s, text in self._notices if self._shown_s - at_s < _NOTICE_S]
        return PageState(
            shoes=(shoe,),
            elapsed_s=elapsed_s,
            notices=(*recent, *([note] if note else [])),
            planned=cues.timer is not None,
            plan=cues.timer.state() if cues.timer else None,
            goals=_goals(stats, cues),
            wave=self._wave is not None,
            lines=self._lines,
        )

    def _note_keys(self) -> None:
        if self._control.message != self._message:
            self._message = self._control.message
            self._note(self._message)

    def _note(self, text: str) -> None:
        if text:
            self._notices.append((time.monotonic(), text))


def _goals(stats: StreamStats, cues: Cues) -> tuple[Goal, ...]:
    return tuple(Goal(one.text, state) for one, state in zip(cues.targets, cues.states(stats), strict=True))
