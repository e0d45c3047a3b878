"""A measured value with its evidence, or the reason why it is absent."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from statistics import median, quantiles
from typing import Any, NamedTuple

from retropod.insight.stride import rounded

_LEAST_SPREAD = 4  # values of which quartiles describe a spread


class Reason(StrEnum):
    """Reasons why a metric is absent. The value of a member is its text."""

    NOT_MEASURED = "no stride has a valid value"
    TOO_FEW = "too few strides"
    NO_GYROSCOPE = "the pod has no gyroscope"
    NO_LENGTH = "no stride has a reliable length"
    NO_FLIGHT = "most strides have no flight"
    TWO_GAITS = "walking and running"
    SHORT_FLIGHT = "forward strides have too short a flight"
    NO_DIRECTION = "the direction of these strides is unknown"
    SIDEWAYS = "not defined sideways"
    CLIPPED = "half of the peaks or more are clipped"
    NO_MASS = "the mass of the wearer is unknown"
    NOT_RUNNING = "the equation applies to running only"
    HILL = "the equation applies to level ground and uphill only"
    ONE_DIRECTION = "the run has strides in one direction only"
    NO_BACKWARD = "no backward strides"
    NOT_MATCHED = "too few strides of the same gait and speed in both directions"
    TOO_FEW_REPETITIONS = "fewer than three backward repetitions of similar duration"
    MIXED_REPETITIONS = "the repetitions are walking and running"
    TOO_FEW_WEEKS = "no week with backward strides before the last one"
    CLOCKS = "the time is shorter than the error of both clocks"
    FLIGHT = "these steps have flight"
    TOO_SHORT = "the backward distance is shorter"


class Value(NamedTuple):
    """A value in the SI unit of its metric, or None and the `reason`.

    `n`: number of strides (repetitions, sessions) that the value is computed from. `spread`: half of the interquartile
    range for a median, so that half of the strides are within value ± spread. For a distance, a best and an energy it
    is the error bound. None: unknown.
    """

    value: float | None
    reason: Reason | None = None
    n: int = 0
    spread: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`. `reason` is the text of the reason, null if the value is known."""
        return {
            "value": rounded(self.value),
            "n": self.n,
            "spread": rounded(self.spread),
            "reason": None if self.reason is None else str(self.reason),
        }


def absent(reason: Reason) -> Value:
    """Return the value of a metric whose precondition failed."""
    return Value(None, reason)


def median_of(values: Iterable[float | None], reason: Reason = Reason.NOT_MEASURED) -> Value:
    """Return the median of the known values with its spread. `reason`: cause if no value is known."""
    known = [value for value in values if value is not None]
    return Value(median(known), None, len(known), half_range(known)) if known else absent(reason)


def half_range(values: Sequence[float]) -> float | None:
    """Return half of the interquartile range, None for fewer than four values."""
    if len(values) < _LEAST_SPREAD:
        return None
    low, _, high = quantiles(values, n=4, method="inclusive")
    return (high - low) / 2
