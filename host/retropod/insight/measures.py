"""Functions that compute the metrics of a group of strides in one direction. `metrics.py` defines the metrics."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median

from retropod.insight.context import RunContext
from retropod.insight.stride import Stride
from retropod.insight.value import Reason, Value, absent, half_range, median_of

Measure = Callable[[Sequence[Stride], RunContext], Value]

LENGTH_ERROR = 0.03  # of a distance: bias of up to 2.1 % against optics, plus 1.5 % for a foot that turns out by 10°
_LEAST_DIFFERENCES = 10  # consecutive strides for a variability
_LEAST_DRIFT = 30  # strides with a value: ten per third
_MAD_TO_SD = 1.4826  # standard deviation per median absolute deviation of a normal distribution


def of_strides(value: Callable[[Stride], float | None], reason: Reason = Reason.NOT_MEASURED) -> Measure:
    """Return the measure that takes the median of a value of each stride."""
    return lambda strides, context: median_of(map(value, strides), reason)


def of_lengths(value: Callable[[Stride], float | None], sideways: bool = True) -> Measure:
    """Return the measure that takes the median over strides of reliable length. `sideways`: also sideways."""

    def measure(strides: Sequence[Stride], context: RunContext) -> Value:
        if not sideways and (reason := no_way(strides)):
            return absent(reason)
        return median_of((value(one) for one in strides if not one.length_caveats), _no_length(context))

    return measure


def of_peaks(value: Callable[[Stride], float | None]) -> Measure:
    """Return the measure that takes the median of a value that clipping makes a lower bound.

    The median is exact if less than half of the values are lower bounds, and the upper quartile if less than a quarter.
    """

    def measure(strides: Sequence[Stride], context: RunContext) -> Value:
        known = [(reading, "clipped_peak" in one.flags) for one in strides if (reading := value(one)) is not None]
        clipped = sum(is_clipped for _, is_clipped in known)
        if not known:
            return absent(Reason.NOT_MEASURED)
        if 2 * clipped >= len(known):
            return Value(None, Reason.CLIPPED, len(known))
        values = [reading for reading, _ in known]
        return Value(median(values), None, len(values), half_range(values) if 4 * clipped < len(values) else None)

    return measure


def aerial_time(strides: Sequence[Stride], context: RunContext) -> Value:
    """Return the median time in the air, in s, of the strides with flight, if at least half of the strides have it."""
    known = [one.aerial_time_s for one in strides if one.contact_time_s is not None and one.cycle_s is not None]
    flights = [value for value in known if value is not None]
    if known and 2 * len(flights) < len(known):
        return absent(Reason.NO_FLIGHT)
    return median_of(flights)


def number(strides: Sequence[Stride], context: RunContext) -> Value:
    """Count the strides."""
    return Value(float(len(strides)), None, len(strides))


def time(strides: Sequence[Stride], context: RunContext) -> Value:
    """Add the stride times, in s. A stride after standing counts with the time between its mid-stances."""
    return Value(sum(one.cycle_s or one.period_s or 0.0 for one in strides), None, len(strides))


def distance(strides: Sequence[Stride], context: RunContext) -> Value:
    """Add the reliable lengths, in m."""
    known = [length_m for one in strides if (length_m := reliable_length(one)) is not None]
    if not known:
        return absent(_no_length(context))
    return Value(sum(known), None, len(known), LENGTH_ERROR * sum(known))


def heel_share(strides: Sequence[Stride], context: RunContext) -> Value:
    """Return the share of heel strikes, 0 to 1. Without a gyroscope the engine derives the strike from direction."""
    if context.gyroscope is False:
        return absent(Reason.NO_GYROSCOPE)
    known = [one.strike == "heel" for one in strides if one.strike != "unknown"]
    return Value(sum(known) / len(known), None, len(known)) if known else absent(Reason.NOT_MEASURED)


def clipped_share(strides: Sequence[Stride], context: RunContext) -> Value:
    """Return the share of strides with a clipped peak, 0 to 1."""
    known = ["clipped_peak" in one.flags for one in strides if one.peak_g is not None]
    return Value(sum(known) / len(known), None, len(known)) if known else absent(Reason.NOT_MEASURED)


def variability(strides: Sequence[Stride], context: RunContext) -> Value:
    """Return the coefficient of variation of the stride time, from the differences of consecutive strides."""
    steps = [
        abs(other.cycle_s - one.cycle_s)
        for one, other in pairwise(strides)
        if other.number == one.number + 1 and one.cycle_s and other.cycle_s
    ]
    if len(steps) < _LEAST_DIFFERENCES:
        return Value(None, Reason.TOO_FEW, len(steps))
    cycle_s = median(one.cycle_s for one in strides if one.cycle_s)
    return Value(_MAD_TO_SD * median(steps) / 2**0.5 / cycle_s, None, len(steps))


def drift(value: Callable[[Stride], float | None], sideways: bool = True) -> Measure:
    """Return the measure of the relative change of a median from the first to the last third. `sideways`: as above."""

    def measure(strides: Sequence[Stride], context: RunContext) -> Value:
        if not sideways and (reason := no_way(strides)):
            return absent(reason)
        known = [abs(reading) for one in strides if (reading := value(one)) is not None]
        if len(known) < _LEAST_DRIFT:
            return Value(None, Reason.TOO_FEW, len(known))
        third = len(known) // 3
        first, last = median(known[:third]), median(known[-third:])
        return Value(last / first - 1, None, len(known)) if first else absent(Reason.NOT_MEASURED)

    return measure


def duty_factor(stride: Stride) -> float | None:
    """Return the share of the stride time that the foot is on the ground, 0 to 1."""
    return stride.contact_time_s / stride.cycle_s if stride.contact_time_s and stride.cycle_s else None


def reliable_speed(stride: Stride) -> float | None:
    """Return the speed of a stride of reliable length, in m/s."""
    return None if stride.length_caveats else stride.speed_mps


def reliable_length(stride: Stride) -> float | None:
    """Return the length of a stride, in m, if it is reliable."""
    return None if stride.length_caveats else stride.length_m


def no_way(strides: Sequence[Stride]) -> Reason | None:
    """Return why strides have no speed along the toe axis, or None."""
    ways = {one.direction for one in strides}
    if ways & {"forward", "backward"} or not ways:
        return None
    return Reason.SIDEWAYS if "lateral" in ways else Reason.NO_DIRECTION


def _no_length(context: RunContext) -> Reason:
    return Reason.NO_GYROSCOPE if context.gyroscope is False else Reason.NO_LENGTH
