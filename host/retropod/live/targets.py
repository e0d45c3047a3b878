"""Targets of a session: ranges of speed, cadence or contact time, and whether the current values are in them."""

import re
from enum import StrEnum
from typing import NamedTuple, NoReturn

from retropod.errors import UsageError
from retropod.insight.directions import in_words
from retropod.insight.groups import MeasuredGroup
from retropod.insight.units import Units

_LEAST = 3  # strides of a current value: one outlier reaches no target
_METRICS = {"speed": "speed_mps", "cadence": "cadence_spm", "contact": "contact_time_s"}
_WAYS = {"back": "backward", "backward": "backward", "forward": "forward"}
_NUMBER = r"\d+(?:\.\d+)?"
_FORM = re.compile(rf"\s*(?:([A-Za-z]+)\s+)?([A-Za-z]+)\s+({_NUMBER})?\s*\.\.\s*({_NUMBER})?\s*")


class TargetState(StrEnum):
    """Relation of the current value to a target. `UNKNOWN`: no current value in the direction of the target."""

    BELOW = "below"
    REACHED = "reached"
    ABOVE = "above"
    UNKNOWN = "unknown"


class Target(NamedTuple):
    """Range of a metric, in SI units. `low` or `high` is None for an open range. A speed has no sign here.

    `metric`: name in `insight/metrics.py`. `direction`: forward or backward, None for both. `text`: for users.
    """

    metric: str
    direction: str | None
    low: float | None
    high: float | None
    text: str

    def value(self, now: MeasuredGroup | None) -> float | None:
        """Return the current value, in SI units. None if it is unknown, not current or of another direction."""
        if now is None or self.direction not in (None, now.direction):
            return None
        value = now.values[self.metric]
        return None if value.value is None or value.n < _LEAST else abs(value.value)

    def state(self, now: MeasuredGroup | None) -> TargetState:
        """Return the relation of the current strides to the range. `now`: as `StreamStats.now` returns them."""
        value = self.value(now)
        if value is None:
            return TargetState.UNKNOWN
        if self.low is not None and value < self.low:
            return TargetState.BELOW
        return TargetState.ABOVE if self.high is not None and value > self.high else TargetState.REACHED


def parse(text: str, units: Units) -> Target:
    """Return the target of a text such as `speed 1.5..2.0`, `back cadence 160..` or `contact ..250`.

    The unit of a speed is that of `units`, of a cadence steps/min, of a contact time ms. Raises UsageError.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        _refuse(text, "it is not of the form [direction] metric low..high", units)
    way, metric, low, high = found.groups()
    if metric.lower() not in _METRICS:
        _refuse(text, f"unknown metric `{metric}`", units)
    if way and way.lower() not in _WAYS:
        _refuse(text, f"unknown direction `{way}`", units)
    if low is None and high is None:
        _refuse(text, "it has no limit", units)
    if low is not None and high is not None and float(low) > float(high):
        _refuse(text, f"{low} is greater than {high}", units)
    name, direction = metric.lower(), _WAYS[way.lower()] if way else None
    factor, unit = {"speed": (units.mps, units.speed), "cadence": (1.0, "steps/min"), "contact": (0.001, "ms")}[name]
    least, most = (None if one is None else float(one) * factor for one in (low, high))
    words = " ".join(part for part in (direction and in_words(direction), name, _range(low, high), unit) if part)
    return Target(_METRICS[name], direction, least, most, words)


def _range(low: str | None, high: str | None) -> str:
    if low is None:
        return f"up to {high}"
    return f"from {low}" if high is None else f"{low} to {high}"


def _refuse(text: str, cause: str, units: Units) -> NoReturn:
    raise UsageError(
        f"invalid target `{text}`: {cause}",
        f'write "speed 1.5..2.0" ({units.speed}), "back cadence 160.." (steps/min) or "contact ..250" (ms)',
    )
