"""Timing errors of toe-off and initial contact against events that are marked in the recording.

Each marked swing is first checked against the recording, because manual marks drift from the signal if two clocks were
aligned at one end only. A swing is *refused* in two cases, which do not depend on the engine:
- It ends after the end of the recording.
- The gyroscope contradicts it: the mean rate in the swing is below 0.5 rad/s. It also contradicts it if that rate is
  below the mean of the marked stances on both sides and the foot is still for 0.1 s. A swinging foot pitches down and
  up again.
Refused swings are counted separately.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retropod.recording import Recording
from retropod.score.intervals import bootstrap, median, wilson
from retropod.score.matching import DetectedStride

_AROUND_S = 0.1  # largest distance of a detected swing's middle from the marked swing
_STILL_RAD_S = 0.5
_STANDS_S = 0.1
_STANCE_S = 0.7  # longest part of the stance on each side of a swing that is compared


class Marked(NamedTuple):
    """A marked swing, in s. `refused`: reason of the refusal, "beyond the end" or "no swing there", or ""."""

    toe_off_s: float
    contact_s: float
    refused: str = ""

    @property
    def middle_s(self) -> float:
        """Middle of the swing, in s."""
        return (self.toe_off_s + self.contact_s) / 2


def events(held: Recording) -> list[Marked]:
    """Return the marked swings of a recording: its array `events` (N, 2) of toe-off and contact, in samples.

    Empty if the recording has no such array.
    """
    pairs, gyr = held.events / held.rate_hz, held.gyr_rad_s
    turning = None if gyr is None else np.linalg.norm(gyr, axis=1)
    end_s = len(held.acc) / held.rate_hz
    return [Marked(a, b, _refused(i, pairs, end_s, turning, held.rate_hz)) for i, (a, b) in enumerate(pairs.tolist())]


def _refused(i: int, pairs: NDArray[np.float64], end_s: float, turning: NDArray[np.float64] | None, fs: float) -> str:
    """Return the reason to refuse the i-th mark, or "". `turning`: magnitude of the angular rate (N,), in rad/s."""
    toe_off, contact = (float(time_s) for time_s in pairs[i])
    if contact >= end_s:
        return "beyond the end"
    if turning is None:
        return ""
    before = max(toe_off - _STANCE_S, float(pairs[i - 1, 1]) if i else 0.0)
    after = min(contact + _STANCE_S, float(pairs[i + 1, 0]) if i + 1 < len(pairs) else end_s)
    first, last, start, end = (round(time_s * fs) for time_s in (before, after, toe_off, contact))
    swing = turning[start : end + 1]
    stance = np.concatenate([turning[first:start], turning[end + 1 : last]])
    less = len(stance) > 0 and swing.mean() < stance.mean() and _stands(swing, fs)
    return "no swing there" if swing.mean() < _STILL_RAD_S or less else ""


def _stands(turning: NDArray[np.float64], fs: float) -> bool:
    """Return whether the foot is still for 0.1 s. A swing shorter than that counts as still."""
    count = round(_STANDS_S * fs)
    if len(turning) < count:
        return True
    return bool(np.convolve(turning, np.full(count, 1.0 / count), "valid").min() < _STILL_RAD_S)


def errors(marked: Sequence[Marked], found: Sequence[DetectedStride]) -> list[tuple[float, float] | None]:
    """Return the delay (s) of toe-off and contact for each marked swing, or None if it was not detected."""
    result: list[tuple[float, float] | None] = []
    for toe_off, contact, _ in marked:
        near = [one for one in found if toe_off - _AROUND_S < one.middle_s < contact + _AROUND_S]
        result.append((near[0].toe_off_s - toe_off, near[0].contact_s - contact) if near else None)
    return result


def timing(recordings: Sequence[Sequence[tuple[float, float] | None]]) -> dict[str, Any] | None:
    """Return the share of detected swings, and median and median absolute error (s) of both events, with intervals.

    `recordings`: results of `errors`. None if no swing is marked.
    """
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
        late = [[one[index] for one in recording if one is not None] for recording in recordings]
        pooled = [error for recording in late for error in recording]
        result[name] = {
            "median_s": median(pooled),
            "median_95": bootstrap(late, median),
            "abs_s": median([abs(error) for error in pooled]),
            "abs_95": bootstrap(late, lambda drawn: median([abs(error) for error in drawn])),
        }
    return result
