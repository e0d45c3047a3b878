"""Time of a plan: its current step, the seconds left and the next step."""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from retropod.live.lateness import steady_s
from retropod.live.plan import PlanStep

LEAD_S = 3.0  # countdown before the first step


class PlanState(NamedTuple):
    """State of a plan that has begun. `left_s`: time to the end of the step, in s.

    `number` of `steps`: the current step, from 1; 0 in the countdown before the first one. `step` is None then, and
    after the last one. `following`: the next step, None in and after the last one.
    """

    number: int
    steps: int
    step: PlanStep | None
    left_s: float
    following: PlanStep | None

    @property
    def done(self) -> bool:
        """True after the last step."""
        return self.number > self.steps

    @property
    def whole_s(self) -> int:
        """Seconds left as a countdown shows them: 1 in the last second."""
        return math.ceil(self.left_s)


class PlanTimer:
    """Relates the steps of a plan to a clock. The plan begins with `start`, which can begin it again.

    `now_s`: the clock, in s.
    """

    def __init__(self, steps: Sequence[PlanStep], now_s: Callable[[], float] = steady_s) -> None:
        """`steps`: at least one."""
        self.steps, self.now_s = tuple(steps), now_s
        self._ends_s = [0.0, *accumulate(one.seconds for one in self.steps)]
        self._begun = (0, math.inf)  # one object, because another thread may call `start`

    @property
    def starts(self) -> int:
        """Number of calls of `start`."""
        return self._begun[0]

    @property
    def _began_s(self) -> float:
        return self._begun[1]

    def start(self) -> None:
        """Begin the plan after a countdown of 3 s. Any thread may call this."""
        self._begun = (self._begun[0] + 1, self.now_s() + LEAD_S)

    def state(self) -> PlanState | None:
        """Return the state now, None before `start`."""
        starts, began_s = self._begun
        if not starts:
            return None
        passed_s, total = self.now_s() - began_s, len(self.steps)
        if passed_s < 0:
            return PlanState(0, total, None, -passed_s, self.steps[0])
        number = bisect_right(self._ends_s, passed_s)
        if number > total:
            return PlanState(number, total, None, 0.0, None)
        following = self.steps[number] if number < total else None
        return PlanState(number, total, self.steps[number - 1], self._ends_s[number] - passed_s, following)

    def wait_s(self) -> float | None:
        """Return the time until the countdown shows the next second, in s. None while no step runs."""
        state = self.state()
        return None if state is None or state.done else state.left_s - state.whole_s + 1

    def index(self, at_s: float) -> int | None:
        """Return the index of the step at a time of the clock, None outside the plan."""
        found = bisect_right(self._ends_s, at_s - self._began_s) - 1
        return found if 0 <= found < len(self.steps) else None

    def within(self, begin_s: float, end_s: float) -> list[tuple[int, float]]:
        """Return the part of a time interval of the clock in each step: index of the step, and time in s."""
        first = max(bisect_right(self._ends_s, begin_s - self._began_s) - 1, 0)
        parts: list[tuple[int, float]] = []
        for at in range(first, len(self.steps)):
            part_s = self.elapsed_s(at, end_s) - self.elapsed_s(at, begin_s)
            if part_s <= 0:
                break
            parts.append((at, part_s))
        return parts

    def elapsed_s(self, index: int, at_s: float) -> float:
        """Return the time of a step that has passed at a time of the clock, in s, up to its duration."""
        passed_s = at_s - self._began_s - self._ends_s[index]
        return min(max(passed_s, 0.0), self.steps[index].seconds)
