"""The second foot of a pair: the same gait, half a cycle later, mirrored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import isclose

from .session import SessionPlan
from .stride import ModelStep
from .timing import contact_without_roll_s

_MIRRORED = ("roll", "yaw", "y")


def second_foot(plan: SessionPlan, contact_offset_s: float) -> SessionPlan:
    """Return the plan of the other foot of the wearer of `plan`.

    Each of its mid-stances is halfway between two of the first foot. `contact_offset_s`: its contact time minus that
    of the first foot.
    """
    steps = [one for group in _without_rests(plan.steps) for one in _halfway(group, contact_offset_s)]
    fidgets = [(kind, max([start, *_ended(plan.steps, steps, start)]), end) for kind, start, end in plan.fidgets]
    habit = {name: -factor if name in _MIRRORED else factor for name, factor in plan.wearer.habit.items()}
    return replace(plan, wearer=replace(plan.wearer, habit=habit), steps=steps, fidgets=fidgets)


def _without_rests(steps: Sequence[ModelStep]) -> Iterator[list[ModelStep]]:
    """Yield the steps that follow each other without standing."""
    group: list[ModelStep] = []
    for step in steps:
        if group and not isclose(group[-1].end_s, step.start_s, abs_tol=1e-9):
            yield group
            group = []
        group.append(step)
    if group:
        yield group


def _halfway(group: Sequence[ModelStep], contact_offset_s: float) -> Iterator[ModelStep]:
    middles = [0.5 * (step.start_s + step.end_s) for step in group]
    ends = [*middles, group[-1].end_s + 0.5 * group[-1].period_s]
    for step, (start_s, end_s) in zip(group, pairwise(ends), strict=True):
        period_s = end_s - start_s
        longer_s = contact_without_roll_s(step.family, contact_offset_s, 0.0)
        longer_s -= contact_without_roll_s(step.family, 0.0, 0.0)
        yield replace(step, start_s=start_s, period_s=period_s, contact_s=step.contact_s + longer_s)


def _ended(first: Sequence[ModelStep], second: Sequence[ModelStep], before_s: float) -> list[float]:
    """Return when the second foot ended the steps that the first foot ended before a time, in s."""
    return [other.end_s for one, other in zip(first, second, strict=True) if one.end_s <= before_s + 1e-9]
