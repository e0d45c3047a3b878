"""Cues for the runner: changes of direction, targets reached, and the steps of a plan."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from retropod.insight.directions import in_words
from retropod.insight.stride import Stride
from retropod.live.interruptions import LiveItem
from retropod.live.plan import PlanStep
from retropod.live.planscore import PlanScore
from retropod.live.plantimer import PlanState, PlanTimer
from retropod.live.targets import Target, TargetState
from retropod.live.watch import RECENT, StreamStats

_COUNTED_S = 3  # last seconds of a step that are counted
_OUTSIDE = 3  # strides in a row outside a target, after which it can be reached again: no cue at each oscillation


class CueKind(StrEnum):
    """Kinds of cues, each with a sound of its own."""

    FORWARD = "forward"
    BACKWARD = "backward"
    LATERAL = "lateral"
    TARGET = "target"
    COUNTDOWN = "countdown"
    STEP = "step"
    DONE = "done"


# Most important first: of the cues that occur together, the bell rings the first one.
_ORDER = (CueKind.DONE, CueKind.STEP, CueKind.FORWARD, CueKind.BACKWARD, CueKind.LATERAL, CueKind.TARGET,
          CueKind.COUNTDOWN)  # fmt: skip


class Cue(NamedTuple):
    """A cue that occurs now. `text`: for users. `way`: for a step, the direction that it demands, as in `PlanStep`."""

    kind: CueKind
    text: str
    way: str | None = None


class Cues:
    """Decides which cues occur. Call `take` with each item of a session, and at least four times per second.

    With several shoes, a change of direction is one cue, when each moving shoe has changed. A target is reached when
    each moving shoe reaches it.

    The plan starts with the first stride, or with a call of `timer.start`. `score`: how the runner follows it.
    """

    def __init__(self, timer: PlanTimer | None = None, targets: Sequence[Target] = ()) -> None:
        self.timer, self.targets = timer, tuple(targets)
        self.score = PlanScore(timer) if timer else None
        self._direction = ""
        self._outside = [_OUTSIDE] * len(self.targets)  # strides since the target was reached last
        self._number, self._counted = -1, 0

    def states(self, *shoes: StreamStats) -> list[TargetState]:
        """Return the state of each target. `shoes`: statistics of each shoe."""
        now = [one.now() for one in shoes if one.current] if self.targets else []
        return [_of_all([target.state(one) for one in now]) for target in self.targets]

    def wait_s(self, most_s: float) -> float:
        """Return the time until the next call of `take` is due, in s, up to `most_s`."""
        due_s = self.timer.wait_s() if self.timer else None
        return most_s if due_s is None else min(most_s, due_s)

    def take(
        self, stats: StreamStats, item: LiveItem | None, stride: Stride | None, shoes: Sequence[StreamStats] = ()
    ) -> list[Cue]:
        """Return the cues that occur now, the most important one first.

        `stats` has taken the item already. `stride`: the item if it is a stride.
        `shoes`: statistics of all shoes of a session with several, among them `stats`.
        """
        shoes = shoes or (stats,)
        if stride is not None and self.timer and not self.timer.starts:
            self.timer.start()
        if self.timer and self.score:
            late_s = stats.late_s if stride is not None else 0.0
            number = next(at for at, one in enumerate(shoes) if one is stats)
            self.score.take(item, stride, self.timer.now_s() - late_s, stats.silent_s, number)
        found = self._of_plan(self.timer.state() if self.timer else None)
        if stride is not None and stats.current:
            found += [*self._of_direction(stride, shoes), *self._of_targets(shoes)]
        return sorted(found, key=lambda one: _ORDER.index(one.kind))

    def _of_direction(self, stride: Stride, shoes: Sequence[StreamStats]) -> list[Cue]:
        ways = {_way(one) for one in shoes if one.current} - {""}
        if stride.direction == "unknown" or ways != {stride.direction}:
            return []
        before, self._direction = self._direction, stride.direction
        if before in ("", stride.direction):
            return []
        return [Cue(CueKind(stride.direction), f"direction: {in_words(stride.direction)}")]

    def _of_targets(self, shoes: Sequence[StreamStats]) -> list[Cue]:
        found: list[Cue] = []
        for at, (target, state) in enumerate(zip(self.targets, self.states(*shoes), strict=True)):
            if state != TargetState.REACHED:
                self._outside[at] += 1
                continue
            if self._outside[at] >= _OUTSIDE:
                found.append(Cue(CueKind.TARGET, f"target reached: {target.text}"))
            self._outside[at] = 0
        return found

    def _of_plan(self, state: PlanState | None) -> list[Cue]:
        if state is None:
            return []
        if state.number != self._number:
            self._number, self._counted = state.number, 0
            if state.done:
                return [Cue(CueKind.DONE, "plan done")]
            if state.step:
                self._counted = state.whole_s  # The cue of the step replaces this number.
                return [Cue(CueKind.STEP, _text(state.step), state.step.way)]
        return self._of_countdown(state)

    def _of_countdown(self, state: PlanState) -> list[Cue]:
        if state.done or state.whole_s > _COUNTED_S or state.whole_s == self._counted:
            return []
        self._counted = state.whole_s
        return [Cue(CueKind.COUNTDOWN, str(state.whole_s))]


def _way(stats: StreamStats) -> str:
    """Return the last known direction of a shoe, empty without one."""
    recent = reversed(stats.strides[-RECENT:])
    return next((one.direction for one in recent if one.direction != "unknown"), "")


def _of_all(states: Sequence[TargetState]) -> TargetState:
    """Return the state of a target from those of the moving shoes: reached if each one is."""
    if not states or TargetState.UNKNOWN in states:
        return TargetState.UNKNOWN
    return next((one for one in states if one != TargetState.REACHED), TargetState.REACHED)


def _text(step: PlanStep) -> str:
    return step.text + (f" ({step.place})" if step.place else "")
