"""Events of a run with names and SI units, and its laps."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

from retropod.client.messages import EventMessage
from retropod.insight.stride import rounded
from retrowire import codec

_EPOCH = 1 << 31  # the wire counts seconds since 1970 minus this number
_SENSOR = ("stopped", "answers", "reconfigured", "transfers_failed", "axis_failed", "axis_works")
_STOPPED_BY = ("host", "storage_full", "app_ended", "rest", "button", "low_battery")


class Lap(NamedTuple):
    """A lap mark. `uptime_s`: pod uptime, None: unknown."""

    number: int
    uptime_s: float | None


def laps(events: Iterable[EventMessage]) -> list[Lap]:
    """Return the laps of a run, in the order of the events."""
    return [Lap(event.a, event.seconds("uptime")) for event in events if event.kind == "lap"]


def as_json(event: EventMessage) -> dict[str, Any]:
    """Return the object of an event for `--json`. An event of a later version keeps its numbers: `code`, `a`, `b`."""
    common = {"uptime_s": rounded(event.seconds("uptime")), "sample": event.sample}
    if not isinstance(event.kind, str):
        return {"kind": "unknown", **common, "code": event.kind, "a": event.a, "b": event.b}
    values = _VALUES.get(event.kind, _none)
    return {"kind": event.kind, **common, **values(event.a or 0, event.b or 0)}


def in_words(event: EventMessage) -> str:
    """Return the text of an event that concerns the wearer. Empty for the other events."""
    values = as_json(event)
    texts = {
        "lap": f"lap {event.a}",
        "mount": f"mount: {values.get('state')}",
        "low_battery": "the battery is low, the run ends",
        "fault": f"fault: {values.get('fault')}",
    }
    return texts.get(str(event.kind), "").replace("_", " ")


def _none(a: int, b: int) -> dict[str, Any]:
    return {}


@cache
def _names(enum: str) -> dict[int, str]:
    return {value: name for name, value in codec.enum(enum)}


def _name(enum: str, value: int) -> str:
    return _names(enum).get(value, "unknown")


def _at(names: tuple[str, ...], value: int) -> str:
    return names[value] if 0 <= value < len(names) else "unknown"


def _milli(value: int) -> dict[str, Any]:
    """Return the error bound in a number of milliseconds + 1000 x error bound in ms."""
    return {"error_s": value // 1000 / 1000}


def _sensor(a: int, b: int) -> dict[str, Any]:
    extra = {"transfers_failed": {"transfers": b}, "axis_failed": {"axis": b}, "axis_works": {"axis": b}}
    change = _at(_SENSOR, a)
    return {"change": change, **extra.get(change, {})}


_VALUES: dict[str, Callable[[int, int], dict[str, Any]]] = {
    "lap": lambda a, b: {"lap": a},
    "clock_sync": lambda a, b: {"epoch_s": round(a + _EPOCH + b % 1000 / 1000, 3), **_milli(b)},
    "samples_lost": lambda a, b: {"samples": a},
    "frames_dropped": lambda a, b: {"frames": a},
    "fault": lambda a, b: {"fault": _name("fault", a)},
    "reset": lambda a, b: {"boot_count": a, "reset_cause": b},
    "mount": lambda a, b: {"state": _name("mount", a), "reason": _name("mount_reason", b)},
    "rate": lambda a, b: {"rate_hz": a / 1000},
    "low_battery": lambda a, b: {"battery_v": a / 1000},
    "sensor": _sensor,
    "clock_carried": lambda a, b: {"before_s": round(a + b % 1000 / 1000, 3), **_milli(b)},
    "stopped": lambda a, b: {"strides": a, "stopped_by": _at(_STOPPED_BY, b)},
    "started": lambda a, b: {"strides": a, "started_by": _name("started_by", b)},
}
