"""Check of labels against the recording's own gyroscope, independent of the engine.

The net turn of a stride cannot exceed the integral of the angular rate's magnitude over it. This holds for any mount of
the sensor. A label is refused if its turn is more than twice that integral: scale errors and clipping explain less. A
label during which the gyroscope shows two swings contains two strides.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retropod.recording import Recording
from retropod.score.labels import Label

_MOST = 2.0  # ratio of the label's turn to the integrated rate above which the label is refused
_SMOOTH_S = 0.1
# A swing is a period above the first rate that reaches the second one, which slow swings reach too.
_QUIET_RAD_S, _SWING_RAD_S = 1.0, 1.5
_PAUSE_S = 0.1  # a shorter pause does not separate two swings
_BRIEF_S = 0.15  # a shorter burst is not a swing


def impossible(labels: Sequence[Label], held: Recording) -> set[Label]:
    """Return the labels whose `yaw_deg` contradicts the gyroscope of the recording.

    Empty for a recording without a gyroscope.
    """
    turning = [label for label in labels if label.yaw_deg]
    speed, rate_hz = _speed(held)
    if speed is None or not turning:
        return set()
    rotation_deg = np.degrees(np.concatenate([[0.0], np.cumsum(speed)])) / rate_hz

    def turned(label: Label) -> float:
        first, last = (min(round(s * rate_hz), len(speed)) for s in (label.t0_s, label.t1_s))
        return float(rotation_deg[last] - rotation_deg[first])

    return {label for label in turning if abs(label.yaw_deg or 0.0) > _MOST * turned(label)}


def swings(held: Recording) -> list[float]:
    """Return the middles (s) of the swings that the gyroscope shows: bursts of rotation between quiet periods."""
    speed, rate_hz = _speed(held)
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


def _speed(held: Recording) -> tuple[NDArray[np.float64] | None, float]:
    """Return the magnitude of the angular rate (N,) in rad/s, None without a gyroscope, and the sample rate in Hz."""
    gyr = held.gyr_rad_s
    return None if gyr is None else np.linalg.norm(gyr, axis=1), held.rate_hz
