"""Rhythms of the terminal bell: one for each kind of cue, since a bell has one tone only."""

import math
import time
from collections.abc import Callable

from retropod.live.cues import CueKind

# Times of the strokes, in s. The turns are as on the buzzer of the pod: forward one, backward two, sideways three.
RHYTHMS = {
    CueKind.FORWARD: (0.0,),
    CueKind.BACKWARD: (0.0, 0.25),
    CueKind.LATERAL: (0.0, 0.25, 0.5),
    CueKind.TARGET: (0.0, 0.7),
    CueKind.COUNTDOWN: (0.0,),
    CueKind.STEP: (0.0, 0.12, 0.24, 0.36),
    CueKind.DONE: (0.0, 0.12, 0.24, 0.7, 0.82, 0.94),
}
_TOGETHER_S = 0.05  # cues of one item follow each other within this time


class Bell:
    """Plays the rhythms one after the other. Call `step` when `wait_s` has passed.

    Of cues that occur together it rings the first one: their strokes would merge into the rhythm of another cue.
    """

    def __init__(self, stroke: Callable[[], None], now_s: Callable[[], float] = time.monotonic) -> None:
        """`stroke` rings once. `now_s`: clock, in s."""
        self._stroke, self._now_s = stroke, now_s
        self._due_s: list[float] = []
        self._played_s = -math.inf

    def play(self, kind: CueKind) -> None:
        """Play the rhythm of a cue. It replaces one that still plays: an old cue would delay the new one."""
        now_s = self._now_s()
        if now_s - self._played_s < _TOGETHER_S:
            return
        self._played_s = now_s
        self._due_s = [now_s + after_s for after_s in RHYTHMS[kind]]
        self.step()

    def step(self) -> None:
        """Ring the strokes that are due."""
        while self._due_s and self._due_s[0] <= self._now_s():
            self._due_s.pop(0)
            self._stroke()

    def wait_s(self, most_s: float) -> float:
        """Return the time until the next stroke, in s, up to `most_s`."""
        return min(most_s, max(self._due_s[0] - self._now_s(), 0.0)) if self._due_s else most_s
