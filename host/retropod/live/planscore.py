"""Judgement of a plan: how much of each step the runner moved in the demanded direction."""

from dataclasses import dataclass, replace
from typing import Any

from retropod.client.stream import Restarted
from retropod.insight.stride import Stride, rounded
from retropod.live.interruptions import Disconnected, LiveItem, Missing, Reconnected
from retropod.live.plan import PlanStep
from retropod.live.plantimer import PlanTimer


@dataclass
class StepScore:
    """A step as the runner followed it. Times in s of the clock of the plan.

    `elapsed_s`: time of the step so far. `moved_s`: part of it in strides. `in_way_s`: part of it in strides of the
    demanded direction. `unknown_s`: part of it without a stream. `strides`: strides of the step. `in_way`: those of
    them in the demanded direction. `missing`: strides that are missing by their numbers. With several `shoes`, all but
    `elapsed_s` are sums over them.
    """

    step: PlanStep
    elapsed_s: float = 0.0
    moved_s: float = 0.0
    in_way_s: float = 0.0
    unknown_s: float = 0.0
    strides: int = 0
    in_way: int = 0
    missing: int = 0
    shoes: int = 1

    @property
    def share(self) -> float | None:
        """Share of the time in the demanded direction, 0 to 1. None for a rest, and if no time of the step is known."""
        known_s = self.shoes * self.elapsed_s - self.unknown_s
        if self.step.way == "rest" or known_s <= 0:
            return None
        followed_s = known_s - self.moved_s if self.step.way == "standing" else self.in_way_s
        return min(max(followed_s / known_s, 0.0), 1.0)

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`."""
        step = self.step
        return rounded({
            "way": step.way, "duration_s": step.seconds, "repetition": step.repetition,
            "repetitions": step.repetitions, "elapsed_s": self.elapsed_s, "unknown_s": self.unknown_s / self.shoes,
            "followed_share": self.share, "strides": self.strides, "strides_in_way": self.in_way,
            "strides_missing": self.missing,
        })  # fmt: skip


class PlanScore:
    """Counts the strides of a session in the steps of its plan. A new start of the plan counts from 0.

    `shoes`: number of shoes. Set it before the first item.
    """

    def __init__(self, timer: PlanTimer) -> None:
        self.shoes = 1
        self._timer = timer
        self._scores: list[StepScore] = []
        self._start = 0
        self._gone_s: dict[int, float] = {}  # by shoe, of the ports that are away
        self._counted: dict[int, tuple[float, float]] = {}  # by shoe, the last silence

    def take(
        self, item: LiveItem | None, stride: Stride | None, ended_s: float, silent_s: float | None, shoe: int = 0
    ) -> None:
        """Take an item of the session. `ended_s`: time of the plan's clock at which it occurred.

        `stride`: the item as a stride, None for another item. `silent_s`: for Restarted, the time without a message.
        `shoe`: number of the shoe.
        """
        if isinstance(item, Disconnected):
            self._gone_s.setdefault(shoe, ended_s)
        elif isinstance(item, Reconnected):
            self._gone_s.pop(shoe, None)
        if stride is not None:
            self._stride(stride, ended_s)
        elif isinstance(item, Missing) and (at := self._timer.index(ended_s)) is not None:
            self._current()[at].missing += item.strides
        elif isinstance(item, Reconnected):
            self._silence(ended_s - item.away_s, ended_s, shoe)
        elif isinstance(item, Restarted) and silent_s:
            self._silence(ended_s - silent_s, ended_s, shoe)

    def _stride(self, stride: Stride, ended_s: float) -> None:
        scores = self._current()
        began_s = ended_s - (stride.cycle_s or stride.period_s or 0.0)
        for at, part_s in self._timer.within(began_s, ended_s):
            scores[at].moved_s += part_s
            scores[at].in_way_s += part_s if _in_way(stride, scores[at].step) else 0.0
        if (at := self._timer.index((began_s + ended_s) / 2)) is not None:
            scores[at].strides += 1
            scores[at].in_way += _in_way(stride, scores[at].step)

    def _silence(self, began_s: float, ended_s: float, shoe: int) -> None:
        """Count a silence without the part that the previous one covers: a pulled cable may restart the pod."""
        from_s, to_s = self._counted.get(shoe, (began_s, began_s))
        self._counted[shoe] = (began_s, ended_s)
        for first_s, last_s in ((began_s, min(from_s, ended_s)), (max(to_s, began_s), ended_s)):
            for at, part_s in self._timer.within(first_s, last_s):
                self._current()[at].unknown_s += part_s

    def results(self) -> list[StepScore]:
        """Return the steps that have begun."""
        now_s = self._timer.now_s()
        unknown = [part for gone_s in self._gone_s.values() for part in self._timer.within(gone_s, now_s)]
        found = [
            replace(
                score,
                elapsed_s=self._timer.elapsed_s(at, now_s),
                unknown_s=score.unknown_s + sum(part_s for step, part_s in unknown if step == at),
            )
            for at, score in enumerate(self._current())
        ]
        return [one for one in found if one.elapsed_s > 0]

    def _current(self) -> list[StepScore]:
        if self._start != self._timer.starts or not self._scores:
            self._start = self._timer.starts
            self._scores = [StepScore(one, shoes=self.shoes) for one in self._timer.steps]
        return self._scores


def _in_way(stride: Stride, step: PlanStep) -> bool:
    return step.way in ("any", stride.direction)
