"""What a recording's own gyroscope says of its labels. No engine is asked.

A stride cannot turn by more than the gyroscope turned on its way: the length of that way bounds the turn, whatever the
axes and however the sensor sits. A label is refused only when it says more than twice as much, which no scale error or
clipping explains. And a label in which the foot is seen to swing twice holds two strides, whoever merged them.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retropod import recording
from retropod.score.labels import Label

_BEYOND = 2.0
_SMOOTH_S = 0.1
_QUIET_RAD_S, _SWING_RAD_S = 1.0, 1.5  # a swing lies between quiet instants and reaches the latter: a slow one does
_PAUSE_S, _BRIEF_S = 0.1, 0.15  # shorter pauses do not part two swings, shorter bursts are none


def impossible(labels: Sequence[Label], path: Path) -> set[Label]:
    """Those of a recording's labels whose turn (deg) its gyroscope cannot have made; none without a gyroscope."""
    turning = [label for label in labels if label.yaw_deg]
    speed, rate_hz = _speed(path) if turning else (None, 1.0)
    if speed is None:
        return set()
    way_deg = np.degrees(np.concatenate([[0.0], np.cumsum(speed)])) / rate_hz

    def turned(label: Label) -> float:
        first, last = (min(round(s * rate_hz), len(speed)) for s in (label.t0_s, label.t1_s))
        return float(way_deg[last] - way_deg[first])

    return {label for label in turning if abs(label.yaw_deg or 0.0) > _BEYOND * turned(label)}


def swings(path: Path) -> list[float]:
    """Middles (s) of the swings that the gyroscope shows: bursts of turning between quiet instants."""
    speed, rate_hz = _speed(path)
    if speed is None:
        return []
    n = max(1, round(_SMOOTH_S * rate_hz))
    smooth = np.convolve(speed, np.ones(n) / n, "same")
    edges = np.flatnonzero(np.diff(np.concatenate([[False], smooth > _QUIET_RAD_S, [False]]))).reshape(-1, 2)
    bursts: list[list[int]] = []
    for start, end in edges.tolist():
        if bursts and start - bursts[-1][1] < _PAUSE_S * rate_hz:
            bursts[-1][1] = end
        else:
            bursts.append([start, end])
    return [
        (start + end) / 2 / rate_hz
        for start, end in bursts
        if end - start >= _BRIEF_S * rate_hz and smooth[start:end].max() >= _SWING_RAD_S
    ]


def _speed(path: Path) -> tuple[NDArray[np.float64] | None, float]:
    """Length of the angular rate (rad/s) at every sample, None without a gyroscope; and the rate of the samples."""
    held = recording.load(path)
    if held.gyr is None:
        return None, held.rate_hz
    return np.linalg.norm(held.gyr.astype(float), axis=1) * held.gyr_unit, held.rate_hz
