"""Quality of the data of a run: limitations of its metrics, in words."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from retropod.client.messages import EventMessage
from retropod.insight.context import RunContext
from retropod.insight.events import as_json
from retropod.insight.stride import Stride
from retropod.wording import bound, count

GOOD, LIMITED, BAD = "good", "limited", "bad"
_KNOWN_MOUNTS = ("given", "verified")
_FEW, _MANY = 0.02, 0.1  # share of strides from which a limitation counts as limited, and as bad
_CLOCK_S = 60.0  # largest error of a clock that a user sets by hand


class Check(NamedTuple):
    """One aspect of the data: name, level (`good`, `limited` or `bad`) and text."""

    name: str
    level: str
    text: str


def quality(strides: Sequence[Stride], events: Sequence[EventMessage], context: RunContext) -> tuple[Check, ...]:
    """Return the checks of a run, in the order in which they matter."""
    return (
        _mount(events, context),
        _shares("direction", strides, [one for one in strides if one.direction == "unknown"], "without a direction"),
        _lengths(strides, context),
        _shares("peaks", strides, [one for one in strides if "clipped_peak" in one.flags], "with a clipped peak"),
        _samples(events),
        _sensor(events),
        _file(context),
        _clock(context),
    )


def _shares(name: str, strides: Sequence[Stride], limited: Sequence[Stride], text: str) -> Check:
    share = len(limited) / len(strides) if strides else 0.0
    level = GOOD if share < _FEW else LIMITED if share < _MANY else BAD
    return Check(name, level, f"{len(limited)} of {count(len(strides), 'stride')} {text}")


def _mount(events: Iterable[EventMessage], context: RunContext) -> Check:
    states = [context.mount, *(str(as_json(one)["state"]) for one in events if one.kind == "mount")]
    if all(state in _KNOWN_MOUNTS for state in states):
        return Check("mount", GOOD, states[-1])
    known = any(state in _KNOWN_MOUNTS for state in states)
    text = ", then ".join(state for at, state in enumerate(states) if not at or state != states[at - 1])
    return Check("mount", LIMITED if known else BAD, f"{text}: without a known mount no stride has a direction")


def _lengths(strides: Sequence[Stride], context: RunContext) -> Check:
    if context.gyroscope is False:
        return Check("lengths", LIMITED, "the pod has no gyroscope: no length, speed or distance")
    found = _shares("lengths", strides, [one for one in strides if one.length_caveats], "of unreliable length")
    if context.calibrated:
        return found._replace(text=found.text + ", calibrated")
    return found._replace(text=found.text + ", not calibrated (`retropod mount --length METRES`)")


def _samples(events: Iterable[EventMessage]) -> Check:
    lost = [one.a or 0 for one in events if one.kind == "samples_lost"]
    return Check(
        "samples", LIMITED if lost else GOOD, f"{count(sum(lost), 'sample')} lost in {count(len(lost), 'gap')}"
    )


def _sensor(events: Iterable[EventMessage]) -> Check:
    kinds = [str(one.kind) for one in events]
    faults, changes = kinds.count("fault"), [as_json(one)["change"] for one in events if one.kind == "sensor"]
    stops = sum(change in ("stopped", "transfers_failed", "axis_failed") for change in changes)
    text = f"{count(faults, 'fault')}, {count(stops, 'failure')} of the sensor"
    return Check("pod", LIMITED if faults or stops else GOOD, text)


def _file(context: RunContext) -> Check:
    if context.missing_blocks:
        return Check("file", BAD, f"{count(context.missing_blocks, 'block')} missing")
    return Check("file", GOOD, "complete") if context.ended else Check("file", LIMITED, "the end of the run is unknown")


def _clock(context: RunContext) -> Check:
    if context.clock_error_s is None:
        return Check("clock", LIMITED, "the time of day is unknown")
    level = GOOD if context.clock_error_s <= _CLOCK_S else LIMITED
    return Check("clock", level, f"the time of day is accurate to {bound(context.clock_error_s)}")
