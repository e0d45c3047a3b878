"""Weeks of each wearer from the index of the store, and the rule for the runs that count."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from retropod.insight.dose import WAYS, Progress, ProgressionStep, SessionDose, WayDose, progress
from retropod.runs.files import same_header
from retropod.runs.indexrows import Indexed
from retropod.runs.walltime import local


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


def distinct(runs: Iterable[Indexed]) -> list[Indexed]:
    """Return the runs without copies, in their order: a session counts once.

    Earlier versions stored a recording again for another wearer or start, and a run again that had grown. Of a
    recording, the latest copy that states the start and the wearer counts. Of a run of a pod, the longest copy counts.
    """
    held = list(runs)
    groups: dict[tuple[str, int], list[Indexed]] = {}
    for one in held:
        groups.setdefault((one.stored.pod_id, one.stored.run), []).append(one)
    counted = {one.stored.path for group in groups.values() for one in _counted(group)}
    return [one for one in held if one.stored.path in counted]


def _counted(group: list[Indexed]) -> Iterator[Indexed]:
    """Yield one of each run of the same pod and number: an erased pod uses its numbers again."""
    while group:
        first = group[0]
        copies = [one for one in group if one is first or _same_run(first, one)]
        yield max(copies, key=_facts)
        group = [one for one in group if one not in copies]


def _same_run(one: Indexed, other: Indexed) -> bool:
    return one.stored.of_host or same_header(one.stored.path, other.stored.path)


def _facts(run: Indexed) -> tuple[bool, bool, int, float]:
    return run.start_s is not None, run.wearer is not None, sum(run.strides.values()), run.mtime_s


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
    day = local(run.start_s or 0.0).date()
    ways = {way: WayDose(1, run.seconds.get(way, 0.0), run.metres.get(way), run.strides.get(way, 0)) for way in WAYS}
    return SessionDose(day, ways)
