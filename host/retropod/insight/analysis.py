"""Analysis of a run: everything that tables, report and exports show, computed once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from retropod.client.messages import EventMessage
from retropod.insight import events as run_events
from retropod.insight.bests import Best, bests
from retropod.insight.comparison import SpeedComparison, compare
from retropod.insight.context import RunContext
from retropod.insight.groups import LapPart, MeasuredGroup, bouts, by_direction, by_gait, laps
from retropod.insight.intervals import Intervals, intervals
from retropod.insight.quality import Check, quality
from retropod.insight.stride import Stride
from retropod.insight.summary import Summary, summarise


@dataclass(frozen=True, slots=True)
class Analysis:
    """Results of a run.

    `directions`: one group per direction that occurs. `gaits`: walking and running of each direction that has both.
    """

    context: RunContext
    strides: tuple[Stride, ...]
    summary: Summary
    directions: tuple[MeasuredGroup, ...]
    gaits: tuple[MeasuredGroup, ...]
    bouts: tuple[MeasuredGroup, ...]
    laps: tuple[LapPart, ...]
    intervals: Intervals
    comparisons: tuple[SpeedComparison, ...]
    bests: tuple[Best, ...]
    quality: tuple[Check, ...]

    @property
    def origin_s(self) -> float:
        """Pod uptime from which the times of the run count, in s: start of the run, or else of its first stride."""
        if self.context.origin_s is not None:
            return self.context.origin_s
        return (self.strides[0].uptime_s or 0.0) if self.strides else 0.0

    def direction(self, name: str) -> MeasuredGroup | None:
        """Return the group of a direction, None if no stride went there."""
        return next((one for one in self.directions if one.direction == name), None)

    def lines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the kind and the object of each line of `--json`."""
        yield from (("part", one.as_json()) for one in self.laps)
        yield from (("bout", {"group": one.as_json()}) for one in self.bouts)
        yield from (("direction", {"group": one.as_json()}) for one in (*self.directions, *self.gaits))
        yield from (("repetition", one.as_json()) for one in self.intervals.repetitions)
        yield "intervals", self.intervals.as_json()
        yield from (("comparison", one.as_json()) for one in self.comparisons)
        yield from (("best", one.as_json()) for one in self.bests)
        yield from (("quality", one._asdict()) for one in self.quality)
        yield "summary", self.summary.as_json()


def analyse(
    strides: Sequence[Stride], events: Sequence[EventMessage], context: RunContext, brief: bool = False
) -> Analysis:
    """Return the analysis of the strides and events of a run. `brief`: the metrics of its directions, no strides."""
    ways = by_direction(strides, context)
    found = () if brief else bouts(strides, context)
    return Analysis(
        context=context,
        strides=() if brief else tuple(strides),
        summary=summarise(strides),
        directions=tuple(replace(one, strides=()) for one in ways) if brief else ways,
        gaits=() if brief else tuple(part for one in ways for part in by_gait(one, context)),
        bouts=found,
        laps=() if brief else laps(strides, run_events.laps(events), context),
        intervals=intervals(found),
        comparisons=() if brief else compare(strides),
        bests=() if brief else bests(strides, context),
        quality=quality(strides, events, context),
    )
