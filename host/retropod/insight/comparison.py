"""Forward against backward at matched speed."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from retropod.insight.measures import gait as gait_of
from retropod.insight.measures import reliable_speed
from retropod.insight.stride import Stride, rounded
from retropod.insight.value import Reason, Value, absent, half_range

_WITHIN_MPS = 0.1  # largest difference of speed between matched strides
_LEAST_FORWARD = 5  # forward strides near the speed of a backward stride
_LEAST = 10  # backward strides with such a match
GAITS = ("running", "walking")
# Published ratios, backward / forward, with their sources. A metric without a published ratio is missing.
PUBLISHED = {
    "contact_ratio": (0.82, "Wright & Weyand 2001, n = 4, 3.0 m/s"),
    "aerial_ratio": (98 / 72, "Cavagna 2011, n = 9, 3-17 km/h"),
}
_RATIOS: dict[str, Callable[[Stride], float | None]] = {
    "contact_ratio": lambda one: one.contact_time_s,
    "aerial_ratio": lambda one: one.aerial_time_s,
    "cadence_ratio": lambda one: one.cadence_spm,
    "peak_ratio": lambda one: one.peak_g,
}


@dataclass(frozen=True, slots=True)
class SpeedComparison:
    """Ratios backward / forward of one gait at matched speed. `gait`: running (with flight) or walking.

    `speeds_mps`: lowest and highest speed of the matched backward strides, None without a match. `forward`, `backward`:
    number of strides of this gait and of known speed. `ratios`: by metric name.
    """

    gait: str
    forward: int
    backward: int
    speeds_mps: tuple[float, float] | None
    ratios: dict[str, Value]

    @property
    def known(self) -> bool:
        """True if at least one ratio is known."""
        return any(one.value is not None for one in self.ratios.values())

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`. `published`: published ratios by metric name."""
        return {
            "gait": self.gait,
            "forward": self.forward,
            "backward": self.backward,
            "speeds_mps": rounded(self.speeds_mps),
            "ratios": {name: one.as_json() for name, one in self.ratios.items()},
            "published": {name: rounded(ratio) for name, (ratio, _) in PUBLISHED.items()},
        }


def compare(strides: Sequence[Stride]) -> tuple[SpeedComparison, ...]:
    """Compare backward with forward strides of the same gait and speed: running, then walking."""
    return tuple(_compared(gait, [one for one in strides if gait_of(one) == gait]) for gait in GAITS)


def _compared(gait: str, strides: Sequence[Stride]) -> SpeedComparison:
    ways = {way: [one for one in strides if one.direction == way and reliable_speed(one)] for way in _WAYS}
    ways["forward"].sort(key=_speed)
    matched = [(one, near) for one in ways["backward"] if len(near := _near(ways["forward"], one)) >= _LEAST_FORWARD]
    speeds = [_speed(one) for one, _ in matched]
    reason = Reason.NOT_MATCHED if all(ways.values()) else Reason.ONE_DIRECTION
    return SpeedComparison(
        gait, len(ways["forward"]), len(ways["backward"]), (min(speeds), max(speeds)) if speeds else None,
        {name: _ratio(name, matched) if len(matched) >= _LEAST else Value(None, reason, len(matched))
         for name in _RATIOS},
    )  # fmt: skip


_WAYS = ("forward", "backward")


def _speed(stride: Stride) -> float:
    return abs(reliable_speed(stride) or 0.0)


def _near(forward: Sequence[Stride], stride: Stride) -> Sequence[Stride]:
    """Return the strides of `forward`, which are sorted by speed, within 0.1 m/s of the speed of `stride`."""
    speed = _speed(stride)
    first = bisect_left(forward, speed - _WITHIN_MPS, key=_speed)
    return forward[first : bisect_right(forward, speed + _WITHIN_MPS, key=_speed)]


def _ratio(name: str, matched: Sequence[tuple[Stride, Sequence[Stride]]]) -> Value:
    read = _RATIOS[name]
    if name == "peak_ratio" and _clipped([one for one, _ in matched], [each for _, near in matched for each in near]):
        return Value(None, Reason.CLIPPED, len(matched))
    ratios: list[float] = []
    for one, near in matched:
        value, others = read(one), [other for each in near if (other := read(each))]
        if value and others:
            ratios.append(value / median(others))
    if not ratios:
        return absent(Reason.NO_FLIGHT if name == "aerial_ratio" else Reason.NOT_MEASURED)
    return Value(median(ratios), None, len(ratios), half_range(ratios))


def _clipped(*groups: Sequence[Stride]) -> bool:
    """Return whether half of the strides of a group or more have clipped peaks."""
    return any(2 * sum("clipped_peak" in one.flags for one in group) >= len(group) for group in groups)
