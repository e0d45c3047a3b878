"""A run as a FIT activity. docs/export.md describes its messages and fields.

FIT counts times in whole seconds, so there is a record for each second in which a stride ends. Speed is unsigned in
FIT: the developer field `direction` states the direction. Cadence is in strides per minute of one foot.
"""

from collections.abc import Sequence

from retropod.errors import OperationFailed
from retropod.export.extras import need
from retropod.export.parts import parts
from retropod.export.rows import RunSource
from retropod.insight import events
from retropod.insight.metrics import measure
from retropod.insight.stride import Stride

_LEAST_SERIAL = 1  # 0 means unknown


class NoStrides(OperationFailed):
    """The run has no stride, which an activity needs."""


def activity(source: RunSource) -> bytes:
    """Return the FIT file of a run, which the validator of its writer has accepted.

    Raises NoStrides, or OperationFailed if the time of the run is unknown or a value does not fit its field.
    """
    need("fit_tool", "fit", "a FIT file")
    from fit_tool.exceptions import FitError

    try:
        return _activity(source)
    except FitError as error:
        raise OperationFailed(f"{source.name} does not fit into a FIT file: {error}", "export CSV") from error


def _activity(source: RunSource) -> bytes:
    from retropod.export.fitmessages import LAP_METRICS, FitActivity

    strides = source.whole().strides
    laps = parts(strides, [lap.uptime_s for lap in events.laps(source.run.events) if lap.uptime_s is not None])
    if not laps:
        raise NoStrides(f"{source.name} has no strides to export", "export another run")
    clock, context = _Clock(source, laps[0].start_s), source.context
    serial = int(source.run.header.device_id[4:12] or "0", 16)  # the MAC address has twelve digits
    made = FitActivity(max(serial, _LEAST_SERIAL), clock.second(laps[0].start_s))
    gone_m: float | None = None
    for second, group in _by_second(strides, clock):
        further_m = measure(group, context, ["distance_m"])["distance_m"].value
        gone_m = gone_m if further_m is None else (gone_m or 0.0) + further_m
        made.record(second, gone_m, group[-1])
    for lap in laps:
        made.lap(clock.second(lap.start_s), clock.second(lap.end_s), lap, measure(lap.strides, context, LAP_METRICS))
    return made.finish(clock.second(laps[-1].end_s), laps[-1].end_s - laps[0].start_s, gone_m, len(strides))


def _remedy(source: RunSource) -> str:
    if source.run.of_host:
        return "import the recording again with `--start TIME`"
    return "connect the pod and run `retropod download`, which derives the time"


class _Clock:
    """Seconds since 1970 of pod uptimes. The pod's clock drifts by less than FIT's resolution in a run of hours."""

    def __init__(self, source: RunSource, from_s: float) -> None:
        first = source.times.at(from_s)
        if first is None:
            raise OperationFailed(
                f"the time of {source.name} is unknown, and FIT needs it", f"{_remedy(source)}, or export CSV"
            )
        self._offset_s = first.time_s - from_s

    def second(self, uptime_s: float) -> int:
        return round(self._offset_s + uptime_s)


def _by_second(strides: Sequence[Stride], clock: _Clock) -> list[tuple[int, list[Stride]]]:
    """Return the strides that end in each second, in order."""
    groups: dict[int, list[Stride]] = {}
    for stride in strides:
        if stride.uptime_s is not None:
            groups.setdefault(clock.second(stride.end_s), []).append(stride)
    return sorted(groups.items())
