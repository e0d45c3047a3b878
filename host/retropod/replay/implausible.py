"""Signs in the strides of a replay that the recording is in other axes or at another rate than stated."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retropod.insight.measures import reliable_speed
from retropod.insight.stride import Stride
from retropod.recording import Doubt, Recording
from retropod.replay.replay import Replayed

_LEAST = 8  # strides
# Limits of medians. A sprinter takes 280 steps/min, and a slow walker 50. The record of 100 m is 12.4 m/s at its peak,
# and strides have up to 5 m.
_STEPS_PER_MIN = (45.0, 300.0)
_MOST_MPS = 9.0
_MOST_M = 5.0
_SHORTEST_M, _QUICK_STEPS_PER_MIN = 0.35, 190.0  # strides so short are not so quick
_SIDEWAYS = 0.6  # of the strides with a direction
_MOST_ROLL_DEG = 62.0  # median per stride: 15 to 57 measured sideways; the pitch of forward strides is 70 to 113


def implausible(result: Replayed, held: Recording) -> list[Doubt]:
    """Return the doubts about a recording that the strides of its replay raise."""
    if len(result.strides) < _LEAST:
        return []
    return [*_rates(result.strides), *_directions(result, held)]


def _rates(strides: Sequence[Stride]) -> list[Doubt]:
    """Return the doubts about values that no gait has, in any direction: so these medians are of all strides."""
    length_m = _median(stride.length_m for stride in strides if not stride.length_caveats)
    steps, speed = _median(stride.cadence_spm for stride in strides), _median(map(reliable_speed, strides))
    odd = []
    if steps is not None and not _STEPS_PER_MIN[0] <= steps <= _STEPS_PER_MIN[1]:
        odd.append(f"{steps:.0f} steps/min")
    if speed is not None and speed > _MOST_MPS:
        odd.append(f"{speed:.1f} m/s")
    if length_m is not None and length_m > _MOST_M:
        odd.append(f"strides of {length_m:.1f} m")
    if steps is not None and length_m is not None and steps > _QUICK_STEPS_PER_MIN and length_m < _SHORTEST_M:
        odd.append(f"strides of {length_m:.2f} m at {steps:.0f} steps/min")
    if not odd:
        return []
    return [Doubt("rate", f"the result is implausible: {', '.join(odd)} (medians)",
                  "check fs and the units, and state others with --fs, --acc-unit and --gyr-unit")]  # fmt: skip


def _median(values: Iterable[float | None]) -> float | None:
    """Return the median of the absolute known values."""
    known = [abs(value) for value in values if value is not None]
    return float(np.median(known)) if known else None


def _directions(result: Replayed, held: Recording) -> list[Doubt]:
    gyr = held.gyr_rad_s
    decided = [stride for stride in result.strides if stride.direction != "unknown"]
    sideways = [stride for stride in decided if stride.direction == "lateral"]
    if gyr is None or len(decided) < _LEAST or len(sideways) < _SIDEWAYS * len(decided):
        return []
    angle_deg = np.degrees(np.cumsum(gyr[:, 0])) / held.rate_hz
    roll_deg = float(np.median([_range(angle_deg, result.times(stride), held.rate_hz) for stride in sideways]))
    if roll_deg <= _MOST_ROLL_DEG:
        return []
    cause = f"{len(sideways)} of {len(decided)} strides are sideways, with {roll_deg:.0f} degrees of roll (median)"
    return [Doubt("axes", f"{cause}: x and y look exchanged", "state the axes, for example --axes y,-x,z")]


def _range(angle_deg: NDArray[np.float64], times: dict[str, Any], rate_hz: float) -> float:
    begin, end = (round((times[name] or 0.0) * rate_hz) for name in ("t0_s", "t1_s"))
    return float(np.ptp(angle_deg[begin:end])) if begin < min(end, len(angle_deg)) else 0.0
