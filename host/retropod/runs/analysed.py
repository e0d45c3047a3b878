"""Analysis of a stored run."""

from retropod.insight.analysis import Analysis, analyse
from retropod.insight.context import RunContext
from retropod.runs.reader import Run
from retropod.runs.timing import RunTime


def analysed(run: Run, times: RunTime, *, mass_kg: float | None = None, grade: float | None = None) -> Analysis:
    """Return the analysis of a run. `mass_kg`: of the wearer. `grade`: rise over run backward. None: unknown."""
    start = times.start
    context = RunContext.of(
        run.header,
        mass_kg=mass_kg,
        grade=grade,
        missing_blocks=run.missing,
        ended=run.ended,
        clock_error_s=start.error_s if start else None,
    )
    return analyse(run.strides, run.events, context)
