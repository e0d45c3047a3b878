"""Left against right, from two pods on the shoes of one wearer that recorded at the same time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from retropod.insight.directions import in_words
from retropod.insight.gait import RUNNING, WALKING, gaits
from retropod.insight.groups import LEAST
from retropod.insight.measures import reliable_length
from retropod.insight.metrics import METRICS
from retropod.insight.steps import TimedStride, gaps, neighbours, step_times
from retropod.insight.stride import Stride
from retropod.insight.units import Units, number, unit
from retropod.insight.value import Reason, Value, half_range, median_of
from retropod.wording import bound

_LEAST = 10  # strides of each foot
_SAMPLE_S = 0.0025  # at 416 Hz
_WAYS = ("forward", "backward")
_SIDES = ("left", "right")
_READ: dict[str, Callable[[Stride], float | None]] = {
    "contact_time_s": lambda one: one.contact_time_s,
    "cycle_s": lambda one: one.cycle_s,
    "length_m": reliable_length,
}
SYMMETRY = {"contact_time_s": "contact_symmetry", "cycle_s": "cycle_symmetry", "length_m": "length_symmetry"}
"""Name of the difference between left and right, by the name of the value of each foot."""
HEADS = ("left", "right", "neighbours differ by")
"""Headings of the columns of `rows`."""
NOTE = (
    "Neighbours differ by: median difference of neighbouring strides, left minus right, relative to the mean of both "
    "feet. It can differ from the difference of the two medians."
)
"""Explanation of the last column."""
STEPS = ("step_time_left_s", "step_time_right_s", "step_symmetry", "step_cadence_spm")


@dataclass(frozen=True, slots=True)
class FeetComparison:
    """Left against right in one direction.

    `gait`: walking or running if a foot has both, else None. `sides`: median of the left and of the right foot, by
    name of the value. `values`: by metric name.
    """

    direction: str
    gait: str | None
    sides: dict[str, tuple[Value, Value]]
    values: dict[str, Value]

    @property
    def title(self) -> str:
        """Direction and gait in words."""
        return in_words(self.direction) + (f", {self.gait}" if self.gait else "")

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`."""
        sides = {name: dict(zip(_SIDES, (one.as_json() for one in pair), strict=True))
                 for name, pair in self.sides.items()}  # fmt: skip
        values = {name: one.as_json() for name, one in self.values.items()}
        return {"direction": self.direction, "gait": self.gait, **sides, **values}


def compare_feet(left: Sequence[TimedStride], right: Sequence[TimedStride]) -> tuple[FeetComparison, ...]:
    """Compare the strides of both feet while both recorded, for each direction in which both went.

    If a foot has both gaits there, compare the strides of each gait that both feet have.
    """
    if not left or not right:
        return ()
    start_s = max(left[0].time_s, right[0].time_s)
    end_s = min(left[-1].end_s, right[-1].end_s)
    both = [[one for one in foot if start_s <= one.time_s and one.end_s <= end_s] for foot in (left, right)]
    ways = [(way, [[one for one in foot if one.stride.direction == way] for foot in both]) for way in _WAYS]
    return tuple(_compared(way, gait, *feet) for way, pair in ways if all(pair) for gait, feet in _by_gait(pair))


def _by_gait(pair: Sequence[Sequence[TimedStride]]) -> list[tuple[str | None, Sequence[Sequence[TimedStride]]]]:
    """Return the strides of both feet, by gait if a foot has both gaits."""
    feet = [_gaits(foot) for foot in pair]
    if max(map(len, feet)) <= 1:
        return [(None, pair)]
    return [(gait, [foot[gait] for foot in feet]) for gait in (WALKING, RUNNING) if all(gait in foot for foot in feet)]


def _gaits(foot: Sequence[TimedStride]) -> dict[str, list[TimedStride]]:
    """Return the strides of each gait that has five strides or more."""
    known = list(zip(foot, gaits([one.stride for one in foot]), strict=True))
    parts = {name: [one for one, gait in known if gait == name] for name in (WALKING, RUNNING)}
    return {name: strides for name, strides in parts.items() if len(strides) >= LEAST}


def _compared(way: str, gait: str | None, left: Sequence[TimedStride], right: Sequence[TimedStride]) -> FeetComparison:
    sides = {name: (_median(left, read), _median(right, read)) for name, read in _READ.items()}
    pairs = neighbours(left, right)
    values = {SYMMETRY[name]: _relative(_differences(pairs, _READ[name]), *pair) for name, pair in sides.items()}
    values["contact_difference_s"] = _difference(_differences(pairs, _READ["contact_time_s"]), *sides["contact_time_s"])
    values |= _steps(left, right)
    for name, first, second in (("left", left, right), ("right", right, left)):
        values[f"aerial_after_{name}_s"], values[f"support_before_{name}_s"] = _step(first, second)
    return FeetComparison(way, gait, sides, values)


def _median(foot: Sequence[TimedStride], read: Callable[[Stride], float | None]) -> Value:
    return median_of(read(one.stride) for one in foot)


def _differences(pairs: Sequence[tuple[Stride, Stride]], read: Callable[[Stride], float | None]) -> list[float]:
    """Return left minus right for neighbouring strides in which both values are known.

    Neighbours share the variation of the gait. Medians of each foot do not: with events at multiples of 4.8 ms, their
    difference is wrong by 5 to 10 ms where the median of these differences is wrong by 1 ms.
    """
    known = [(read(one), read(other)) for one, other in pairs]
    return [one - other for one, other in known if one is not None and other is not None]


def _difference(differences: list[float], left: Value, right: Value) -> Value:
    if left.value is None or right.value is None:
        return Value(None, left.reason or right.reason)
    if len(differences) < _LEAST:
        return Value(None, Reason.TOO_FEW, len(differences))
    return Value(median(differences), None, len(differences), half_range(differences))


def _relative(differences: list[float], left: Value, right: Value) -> Value:
    """Return the median difference relative to the mean of both feet."""
    found = _difference(differences, left, right)
    if found.value is None or left.value is None or right.value is None:
        return found
    return Value(2 * found.value / (left.value + right.value), None, found.n)


def _steps(left: Sequence[TimedStride], right: Sequence[TimedStride]) -> dict[str, Value]:
    """Return step times, step cadence and symmetry. The spread of the times is the error bound of both clocks.

    The clocks shift both step times by the same time in opposite directions. So their sum, and the cadence, is exact.
    """
    best = [_best_timed(foot) for foot in (left, right)]
    bound_s = sum(max(one.error_s for one in foot) for foot in best)
    to_right_s, to_left_s = step_times(*best)
    number = min(len(to_left_s), len(to_right_s))
    if number < _LEAST:
        return dict.fromkeys(STEPS, Value(None, Reason.TOO_FEW, number))
    left_s, right_s = median(to_left_s), median(to_right_s)
    mean_s = (left_s + right_s) / 2
    if bound_s >= mean_s / 2:  # The order of the contacts is not certain.
        return dict.fromkeys(STEPS, Value(None, Reason.CLOCKS, number, bound_s))
    return {
        "step_time_left_s": Value(left_s, None, number, bound_s),
        "step_time_right_s": Value(right_s, None, number, bound_s),
        "step_symmetry": Value((left_s - right_s) / mean_s, None, number, 2 * bound_s / mean_s),
        "step_cadence_spm": Value(60 / mean_s, None, number),
    }


def _step(first: Sequence[TimedStride], second: Sequence[TimedStride]) -> tuple[Value, Value]:
    """Return aerial time and double support between the toe-off of `first` and the contact of `second`.

    The spread is the error bound of both clocks. A time within that bound is absent.
    """
    best = [_best_timed(foot) for foot in (first, second)]
    bound_s = sum(max(one.error_s for one in foot) for foot in best)
    gaps_s = gaps(*best)
    if len(gaps_s) < _LEAST:
        return _absent(Reason.TOO_FEW, len(gaps_s))
    gap_s = median(gaps_s)
    if abs(gap_s) <= bound_s:
        return _absent(Reason.CLOCKS, len(gaps_s), bound_s)
    known = Value(abs(gap_s), None, len(gaps_s), bound_s)
    return (known, Value(None, Reason.FLIGHT)) if gap_s > 0 else (Value(None, Reason.NO_FLIGHT), known)


def _absent(reason: Reason, number: int, bound_s: float | None = None) -> tuple[Value, Value]:
    value = Value(None, reason, number, bound_s)
    return value, value


def _best_timed(foot: Sequence[TimedStride]) -> list[TimedStride]:
    """Return the strides whose time is known as well as that of half of the strides: after a start it is worse.

    Between two clock syncs the error grows and shrinks by a sample. Such strides count.
    """
    limit_s = median(one.error_s for one in foot) + _SAMPLE_S
    return [one for one in foot if one.error_s <= limit_s]


def rows(compared: FeetComparison, units: Units) -> list[list[str]]:
    """Return lines for readers: title, left, right, and their difference or the error of both clocks."""
    found = [
        [METRICS[symmetry].title.partition(",")[0], *(_text(name, one, units) for one in compared.sides[name]),
         _text(symmetry, compared.values[symmetry], units)]
        for name, symmetry in SYMMETRY.items()
    ]  # fmt: skip
    found += _step_rows(compared, units)
    for name in ("aerial_after", "support_before"):
        pair = [compared.values[f"{name}_{side}_s"] for side in _SIDES]
        if any(one.value is not None or one.reason is Reason.CLOCKS for one in pair):
            title = METRICS[f"{name}_left_s"].title.replace("left ", "")
            bound_s = max(one.spread or 0.0 for one in pair)
            clocks = f"clocks ±{bound(bound_s)}"
            found.append([title, *(_text(f"{name}_left_s", one, units) for one in pair), clocks])
    return found


def _step_rows(compared: FeetComparison, units: Units) -> list[list[str]]:
    """Return the line of the step times with their symmetry, none without them."""
    pair = [compared.values[f"step_time_{side}_s"] for side in _SIDES]
    if any(one.value is None for one in pair):
        return []
    bound_s = max(one.spread or 0.0 for one in pair)
    symmetry = f"{_text('step_symmetry', compared.values['step_symmetry'], units)}, clocks ±{bound(bound_s)}"
    texts = [_text(f"step_time_{side}_s", one, units) for side, one in zip(_SIDES, pair, strict=True)]
    return [["step time", *texts, symmetry]]


def _text(name: str, value: Value, units: Units) -> str:
    return f"{number(name, value.value, units)} {unit(name, units)}" if value.value is not None else "-"
