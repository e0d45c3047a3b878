"""Toe-off and initial contact against events that somebody marked in the recording."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from retropod.score.intervals import bootstrap, median, wilson
from retropod.score.match import Found

_AROUND_S = 0.1  # how far outside the marked swing the middle of a found one may lie


def events(path: Path) -> list[tuple[float, float]]:
    """Marked (toe-off, contact) pairs of a recording in s: array `events` in samples, (N,2). Empty without."""
    with np.load(path, allow_pickle=False) as stored:
        if "events" not in stored.files:
            return []
        marked = np.asarray(stored["events"], float).reshape(-1, 2) / float(stored["fs"])
    return [(float(toe_off), float(contact)) for toe_off, contact in marked]


def errors(marked: Sequence[tuple[float, float]], found: Sequence[Found]) -> list[tuple[float, float] | None]:
    """For every marked swing, by how much toe-off and contact came late (s), None where none was found."""
    result: list[tuple[float, float] | None] = []
    for toe_off, contact in marked:
        near = [one for one in found if toe_off - _AROUND_S < one.middle_s < contact + _AROUND_S]
        result.append((near[0].toe_off_s - toe_off, near[0].contact_s - contact) if near else None)
    return result


def timing(recordings: Sequence[Sequence[tuple[float, float] | None]]) -> dict[str, Any] | None:
    """Share of marked swings found; median error and median absolute error (ms) of both events, with intervals."""
    every = [one for recording in recordings for one in recording]
    if not every:
        return None
    hits = sum(one is not None for one in every)
    result: dict[str, Any] = {
        "events": len(every),
        "found": hits,
        "share": hits / len(every),
        "ci95": wilson(hits, len(every)),
    }
    for index, name in enumerate(("toe_off", "contact")):
        late = [[one[index] * 1000 for one in recording if one is not None] for recording in recordings]
        pooled = [error for recording in late for error in recording]
        result[name] = {
            "median_ms": median(pooled),
            "median_95": bootstrap(late, median),
            "abs_ms": median([abs(error) for error in pooled]),
            "abs_95": bootstrap(late, lambda drawn: median([abs(error) for error in drawn])),
        }
    return result
