"""Forward against backward at matched speed."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from retropod.insight.gait import RUNNING, WALKING, gaits
from retropod.insight.measures import reliable_speed
from retropod.insight.stride import Stride, rounded
from retropod.insight.value import Reason, Value, absent, half_range

_WITHIN_MPS = 0.1  # largest difference of speed between matched strides
_EACH_SIDE = 15  # forward strides on each side in speed: more would only cost time
_LEAST_FORWARD = 5  # forward strides near the speed of a backward stride
_LEAST = 10  # backward strides with such a match
_LEAST_FLIGHT_S = 0.02  # median flight forward: the error of a contact time is as large
_WAYS = ("forward", "backward")
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
    ways = {way: [one for one in strides if one.direction == way] for way in _WAYS}
    known = [(one, gait) for way in ways.values() for one, gait in zip(way, gaits(way), strict=True)]
    reason = Reason.NOT_MATCHED if all(ways.values()) else Reason.ONE_DIRECTION
    return tuple(_compared(name, [one for one, gait in known if gait == name], reason) for name in (RUNNING, WALKING))


def _compared(gait: str, strides: Sequence[Stride], reason: Reason) -> SpeedComparison:
    ways = {way: [one for one in strides if one.direction == way and reliable_speed(one)] for way in _WAYS}
    forward = sorted(ways["forward"], key=_speed)
    speeds = [_speed(one) for one in forward]
    matched = [(one, near) for one in ways["backward"] if len(near := _near(speeds, _speed(one))) >= _LEAST_FORWARD]
    enough = len(matched) >= _LEAST
    ratios = {name: _ratio(name, matched, forward) if enough else Value(None, reason, len(matched)) for name in _RATIOS}
    found = [_speed(one) for one, _ in matched]
    span = (min(found), max(found)) if found else None
    return SpeedComparison(gait, len(forward), len(ways["backward"]), span, ratios)


def _speed(stride: Stride) -> float:
    return abs(reliable_speed(stride) or 0.0)


def _near(speeds: Sequence[float], speed: float) -> range:
    """Return the indices of the sorted speeds within 0.1 m/s of `speed`: the nearest ones, up to 15 on each side."""
    at = bisect_left(speeds, speed)
    first = max(bisect_left(speeds, speed - _WITHIN_MPS), at - _EACH_SIDE)
    return range(first, min(bisect_right(speeds, speed + _WITHIN_MPS), at + _EACH_SIDE))


def _ratio(name: str, matched: Sequence[tuple[Stride, range]], forward: Sequence[Stride]) -> Value:
    used = {index for _, near in matched for index in near}
    if name == "peak_ratio" and _clipped([one for one, _ in matched], [forward[index] for index in used]):
        return Value(None, Reason.CLIPPED, len(matched))
    read = _RATIOS[name]
    others = [read(one) for one in forward]
    flights = [value for index in used if (value := others[index])] if name == "aerial_ratio" else []
    if flights and median(flights) < _LEAST_FLIGHT_S:
        return Value(None, Reason.SHORT_FLIGHT, len(matched))
    ratios: list[float] = []
    for one, near in matched:
        value, known = read(one), [other for index in near if (other := others[index])]
        if value and known:
            ratios.append(value / median(known))
    if not ratios:
        return absent(Reason.NO_FLIGHT if name == "aerial_ratio" else Reason.NOT_MEASURED)
    return Value(median(ratios), None, len(ratios), half_range(ratios))


def _clipped(*groups: Sequence[Stride]) -> bool:
    """Return whether half of the strides of a group or more have clipped peaks."""
    return any(2 * sum("clipped_peak" in one.flags for one in group) >= len(group) for group in groups)
