"""Labels that the recording itself denies: a stride cannot turn by more than the gyroscope turned on its way.

The length of that way bounds the turn, whatever the axes and however the sensor sits; a label is refused only when it
says more than twice as much, which no scale error or clipping explains. No engine is asked.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from retropod import recording
from retropod.score.labels import Label

_BEYOND = 2.0


def impossible(labels: Sequence[Label], path: Path) -> set[Label]:
    """Those of a recording's labels whose turn (deg) its gyroscope cannot have made; none without a gyroscope."""
    turning = [label for label in labels if label.yaw_deg]
    held = recording.load(path) if turning else None
    if held is None or held.gyr is None:
        return set()
    speed = np.linalg.norm(held.gyr.astype(float), axis=1) * held.gyr_unit
    way_deg = np.degrees(np.concatenate([[0.0], np.cumsum(speed)])) / held.rate_hz

    def turned(label: Label) -> float:
        first, last = (min(round(s * held.rate_hz), len(speed)) for s in (label.t0_s, label.t1_s))
        return float(way_deg[last] - way_deg[first])

    return {label for label in turning if abs(label.yaw_deg or 0.0) > _BEYOND * turned(label)}
