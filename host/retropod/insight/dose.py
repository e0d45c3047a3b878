"""Dose: time, distance and contacts per week and direction, ramp rate, and the position in a progression."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from retropod.errors import UsageError
from retropod.insight.value import Reason, Value, absent

DEFAULT = Path(__file__).with_name("progression.toml")
"""Steps from the experience of coaches: soft surface, a track with lines as a guide, then intervals and hills."""
WAYS = ("backward", "forward", "lateral")
_MOST_BYTES = 100_000
_BASE = 4  # weeks before the last one with which it is compared


class WayDose(NamedTuple):
    """Dose in one direction: sessions with strides, time (s), distance (m, None: unknown), contacts of one foot."""

    sessions: int = 0
    time_s: float = 0.0
    distance_m: float | None = 0.0
    contacts: int = 0


class SessionDose(NamedTuple):
    """Dose of a session by direction. A direction without strides may be missing."""

    day: date
    ways: Mapping[str, WayDose]


class WeekDose(NamedTuple):
    """Sums of the sessions of a week by direction of `WAYS`. `monday`: first day. `sessions`: number of all of them."""

    monday: date
    sessions: int
    ways: Mapping[str, WayDose]

    @property
    def backward(self) -> WayDose:
        """The backward dose."""
        return self.ways["backward"]


@dataclass(frozen=True, slots=True)
class ProgressionStep:
    """A step of the progression: completed by `weeks` weeks of at least `sessions` backward sessions."""

    name: str
    advice: str
    sessions: int
    weeks: int


class Progress(NamedTuple):
    """Weeks of a wearer, and the ramp rate and the step of a progression that follow from all weeks until the last."""

    weeks: Sequence[WeekDose]
    ramp: Value
    step: ProgressionStep


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
    return WeekDose(
        monday, len(sessions), {way: _sum([one.ways.get(way, WayDose()) for one in sessions]) for way in WAYS}
    )


def _sum(parts: Iterable[WayDose]) -> WayDose:
    """Return the sum of the parts with contacts. Its distance is unknown if that of a part is unknown."""
    moved = [one for one in parts if one.contacts]
    metres = [one.distance_m for one in moved if one.distance_m is not None]
    time_s = sum((one.time_s for one in moved), 0.0)
    distance_m = sum(metres, 0.0) if len(metres) == len(moved) else None
    return WayDose(len(moved), time_s, distance_m, sum(one.contacts for one in moved))


def ramp(found: Sequence[WeekDose]) -> Value:
    """Return the backward time of the last week relative to the mean of up to four weeks before it."""
    before = [one.backward.time_s for one in found[-1 - _BASE : -1]]
    if not before or not fmean(before):
        return absent(Reason.TOO_FEW_WEEKS)
    return Value(found[-1].backward.time_s / fmean(before), None, len(before))


def progress(
    sessions: Iterable[SessionDose], progression: Sequence[ProgressionStep], last: int | None = None
) -> Progress:
    """Return the progress of a wearer with these sessions, with only the `last` weeks."""
    found = weeks(sessions)
    return Progress(found[-last:] if last else found, ramp(found), position(found, progression))


def steps(path: Path = DEFAULT) -> list[ProgressionStep]:
    """Read the steps of a progression. Raises UsageError if the file is invalid."""
    try:
        with path.open("rb") as file:
            content: dict[str, Any] = tomllib.loads(file.read(_MOST_BYTES).decode("utf-8"))
        if not content.get("step"):
            raise ValueError("it has no step")
        return [_step(one) for one in content["step"]]
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        cause = f"a step has no {error}" if isinstance(error, KeyError) else error
        raise UsageError(f"{path} is not a valid progression: {cause}", f"compare it with {DEFAULT}") from error


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
        done += week.backward.sessions >= remaining[0].sessions
        if done >= remaining[0].weeks and len(remaining) > 1:
            remaining, done = remaining[1:], 0
    return remaining[0]
