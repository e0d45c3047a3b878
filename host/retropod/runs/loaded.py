"""A stored run with everything that its analysis needs: times of day, tags and facts about the wearer."""

from pathlib import Path
from typing import NamedTuple

from retropod.insight.analysis import Analysis, analyse
from retropod.insight.context import RunContext
from retropod.runs import reader
from retropod.runs.reader import Run
from retropod.runs.store import Stated, Store
from retropod.runs.timing import RunTime, timing


class LoadedRun(NamedTuple):
    """A run, its times, and the facts that a user stated about it."""

    run: Run
    times: RunTime
    stated: Stated

    @property
    def context(self) -> RunContext:
        """Facts that decide which metrics are valid. The grade is that of the backward strides."""
        start, percent = self.times.start, self.stated.tags.get("grade_percent")
        return RunContext.of(
            self.run.header,
            mass_kg=self.stated.wearer.mass_kg,
            grade=percent / 100 if isinstance(percent, float) else None,
            missing_blocks=self.run.missing,
            ended=self.run.ended,
            clock_error_s=start.error_s if start else None,
        )

    def analysis(self, brief: bool = False) -> Analysis:
        """Return the analysis of the run. `brief`: the metrics of its directions, no strides."""
        return analyse(self.run.strides, self.run.events, self.context, brief)


def load(store: Store, path: Path, skim: bool = False) -> LoadedRun:
    """Read a run file. `skim`: without decoding strides and raw samples. Errors: see `reader.read`."""
    run = reader.read(path, skim=skim)
    return LoadedRun(run, timing(run, path, store), store.stated(path, run.header.wearer or ""))
