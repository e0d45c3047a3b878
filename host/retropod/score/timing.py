"""Toe-off and initial contact against events that somebody marked in the recording.

A mark is held against the recording before an engine is held against the mark: hand-made marks run off the signal when
two clocks were aligned at one end only. A marked swing is *refused* when it lies beyond the end of the recording, or
when the recording's own gyroscope denies it: the foot turns at less than 0.5 rad/s on average in it, or less than in
the marked stances on both sides of it and stands for a tenth of a second. A foot that swings rolls off and pitches up
again; a foot that stands does not. No engine is asked. Refused marks are counted beside.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retropod.score.intervals import bootstrap, median, wilson
from retropod.score.matching import Found

_AROUND_S = 0.1  # how far outside the marked swing the middle of a found one may lie
_STILL_RAD_S = 0.5
_STANDS_S = 0.1
_BESIDE_S = 0.7  # of stance on either side of a swing, at most


class Marked(NamedTuple):
    """One marked swing (s); `refused` says why it is none: "" it is one, "beyond the end" or "no swing there"."""

    toe_off_s: float
    contact_s: float
    refused: str = ""

    @property
    def middle_s(self) -> float:
        """Middle of the swing."""
        return (self.toe_off_s + self.contact_s) / 2


def events(path: Path) -> list[Marked]:
    """Marked swings of a recording: array `events` in samples, (N,2). Empty without."""
    with np.load(path, allow_pickle=False) as stored:
        if "events" not in stored.files:
            return []
        fs = float(stored["fs"])
        pairs = np.asarray(stored["events"], float).reshape(-1, 2) / fs
        turning = None
        if "gyr" in stored.files:
            lsb = float(stored["gyr_lsb"]) if "gyr_lsb" in stored.files else 1.0
            turning = np.linalg.norm(stored["gyr"].astype(float), axis=1) * lsb
        end_s = len(stored["acc"]) / fs
    return [Marked(a, b, _refused(i, pairs, end_s, turning, fs)) for i, (a, b) in enumerate(pairs.tolist())]


def _refused(i: int, pairs: NDArray[np.float64], end_s: float, turning: NDArray[np.float64] | None, fs: float) -> str:
    """Why the i-th mark is no swing, or nothing. `turning`: rad/s at every sample."""
    toe_off, contact = (float(time_s) for time_s in pairs[i])
    if contact >= end_s:
        return "beyond the end"
    if turning is None:
        return ""
    before = max(toe_off - _BESIDE_S, float(pairs[i - 1, 1]) if i else 0.0)
    after = min(contact + _BESIDE_S, float(pairs[i + 1, 0]) if i + 1 < len(pairs) else end_s)
    first, last, start, end = (round(time_s * fs) for time_s in (before, after, toe_off, contact))
    swing = turning[start : end + 1]
    stance = np.concatenate([turning[first:start], turning[end + 1 : last]])
    less = len(stance) > 0 and swing.mean() < stance.mean() and _stands(swing, fs)
    return "no swing there" if swing.mean() < _STILL_RAD_S or less else ""


def _stands(turning: NDArray[np.float64], fs: float) -> bool:
    """Whether the foot is still for a while: what is shorter than that while does not tell."""
    count = round(_STANDS_S * fs)
    if len(turning) < count:
        return True
    return bool(np.convolve(turning, np.full(count, 1.0 / count), "valid").min() < _STILL_RAD_S)


def errors(marked: Sequence[Marked], found: Sequence[Found]) -> list[tuple[float, float] | None]:
    """For every marked swing, by how much toe-off and contact came late (s), None where none was found."""
    result: list[tuple[float, float] | None] = []
    for toe_off, contact, _ in marked:
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
