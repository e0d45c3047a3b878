"""Backward dose: time, distance and contacts per week, ramp rate, and the position in a progression."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from retropod.errors import UsageError
from retropod.insight.analysis import Analysis
from retropod.insight.groups import MeasuredGroup
from retropod.insight.value import Reason, Value, absent

DEFAULT = Path(__file__).with_name("progression.toml")
"""Steps from the experience of coaches: soft surface, a track with lines as a guide, then intervals and hills."""
_MOST_BYTES = 100_000
_BASE = 4  # weeks before the last one with which it is compared


class SessionDose(NamedTuple):
    """Backward and forward time (s) of a run, its backward distance (m, None: unknown), and contacts of this foot."""

    day: date
    backward_s: float
    forward_s: float
    backward_m: float | None
    contacts: int


class WeekDose(NamedTuple):
    """Sums of the sessions of a week. `sessions`: number of those with backward strides. `monday`: its first day."""

    monday: date
    sessions: int
    backward_s: float
    forward_s: float
    backward_m: float | None
    contacts: int


@dataclass(frozen=True, slots=True)
class ProgressionStep:
    """A step of the progression: completed by `weeks` weeks of at least `sessions` backward sessions."""

    name: str
    advice: str
    sessions: int
    weeks: int


def session(day: date, run: Analysis) -> SessionDose:
    """Return the dose of a run on this day."""
    backward, forward = run.direction("backward"), run.direction("forward")
    metres, contacts = (backward.distance_m, len(backward.strides)) if backward else (0.0, 0)
    return SessionDose(day, _time_s(backward), _time_s(forward), metres, contacts)


def _time_s(group: MeasuredGroup | None) -> float:
    return group.values["time_s"].value or 0.0 if group else 0.0


def weeks(sessions: Iterable[SessionDose]) -> list[WeekDose]:
    """Return every week from the first to the last session, also those without a session."""
    by_monday: dict[date, list[SessionDose]] = {}
    for one in sessions:
        by_monday.setdefault(one.day - timedelta(days=one.day.weekday()), []).append(one)
    if not by_monday:
        return []
    number = (max(by_monday) - min(by_monday)).days // 7 + 1
    mondays = (min(by_monday) + timedelta(weeks=index) for index in range(number))
    return [_week(monday, by_monday.get(monday, [])) for monday in mondays]


def _week(monday: date, sessions: Sequence[SessionDose]) -> WeekDose:
    backward = [one for one in sessions if one.contacts]
    metres = [one.backward_m for one in backward if one.backward_m is not None]
    return WeekDose(
        monday, len(backward), sum(one.backward_s for one in sessions), sum(one.forward_s for one in sessions),
        sum(metres) if len(metres) == len(backward) else None, sum(one.contacts for one in backward),
    )  # fmt: skip


def ramp(found: Sequence[WeekDose]) -> Value:
    """Return the backward time of the last week relative to the mean of up to four weeks before it."""
    before = [one.backward_s for one in found[-1 - _BASE : -1]]
    if not before or not fmean(before):
        return absent(Reason.TOO_FEW_WEEKS)
    return Value(found[-1].backward_s / fmean(before), None, len(before))


def steps(path: Path = DEFAULT) -> list[ProgressionStep]:
    """Read the steps of a progression. Raises UsageError if the file is invalid."""
    try:
        with path.open("rb") as file:
            content: dict[str, Any] = tomllib.loads(file.read(_MOST_BYTES).decode("utf-8"))
        return [_step(one) for one in content["step"]]
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{path} is not a valid progression: {error}", f"compare it with {DEFAULT}") from error


def _step(values: dict[str, Any]) -> ProgressionStep:
    step = ProgressionStep(str(values["name"]), str(values["advice"]), int(values["sessions"]), int(values["weeks"]))
    if min(step.sessions, step.weeks) < 1:
        raise ValueError(f"sessions and weeks of {step.name} must be 1 or more")
    return step


def position(found: Iterable[WeekDose], progression: Sequence[ProgressionStep]) -> ProgressionStep:
    """Return the step that these weeks have not completed yet, or the last one."""
    remaining = list(progression)
    done = 0
    for week in found:
        done += week.sessions >= remaining[0].sessions
        if done >= remaining[0].weeks and len(remaining) > 1:
            remaining, done = remaining[1:], 0
    return remaining[0]
