"""Weeks of each wearer from the index of the store."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

from retropod.insight.dose import WAYS, Progress, ProgressionStep, SessionDose, WayDose, progress
from retropod.runs.indexrows import Indexed


class History(NamedTuple):
    """Progress of a wearer, None if the runs name none. `undated`: number of runs without a known start, left out."""

    wearer: str | None
    progress: Progress
    undated: int


def histories(
    runs: Iterable[Indexed], progression: Sequence[ProgressionStep], last: int | None = None
) -> list[History]:
    """Return the history of each wearer with a readable run, by name. `last`: number of weeks, None for all."""
    readable = sorted((one for one in runs if one.problem is None), key=_wearer)
    return [_history(list(group), progression, last) for _, group in groupby(readable, _wearer)]


def _wearer(run: Indexed) -> str:
    return (run.wearer or "").casefold()


def _history(runs: Sequence[Indexed], progression: Sequence[ProgressionStep], last: int | None) -> History:
    dated = [one for one in runs if one.start_s is not None]
    sessions = [_session(one) for one in _one_foot(dated)]
    return History(runs[0].wearer, progress(sessions, progression, last), len(runs) - len(dated))


def _one_foot(runs: Iterable[Indexed]) -> list[Indexed]:
    """Leave out runs of which the other foot's run covers the middle: the dose counts one foot."""
    counted: list[Indexed] = []
    current: list[Indexed] = []  # counted runs that a later run can overlap
    for run in sorted(runs, key=lambda one: one.order):
        current = [one for one in current if _end_s(one) >= (run.start_s or 0.0)]
        middle_s = (run.start_s or 0.0) + (run.duration_s or 0.0) / 2
        if not any(run.of_other_foot(one) and middle_s <= _end_s(one) for one in current):
            counted.append(run)
            current.append(run)
    return counted


def _end_s(run: Indexed) -> float:
    return (run.start_s or 0.0) + (run.duration_s or 0.0)


def _session(run: Indexed) -> SessionDose:
    day = datetime.fromtimestamp(run.start_s or 0.0, UTC).astimezone().date()
    ways = {way: WayDose(1, run.seconds.get(way, 0.0), run.metres.get(way), run.strides.get(way, 0)) for way in WAYS}
    return SessionDose(day, ways)
