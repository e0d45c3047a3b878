"""HTML of a report: one file without scripts and without references to other files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from retropod.insight import feet, week_table
from retropod.insight.analysis import Analysis
from retropod.insight.answer import answer
from retropod.insight.bests import RECORDS_S, Best
from retropod.insight.comparison import PUBLISHED, SpeedComparison
from retropod.insight.directions import in_words
from retropod.insight.dose import Progress
from retropod.insight.energy import EVIDENCE
from retropod.insight.feet import FeetComparison
from retropod.insight.groups import MeasuredGroup, split, without_gait
from retropod.insight.intervals import Repetition
from retropod.insight.measures import reliable_speed
from retropod.insight.metrics import METRICS
from retropod.insight.stride import Stride
from retropod.insight.units import SI, Units, clock, energy_range, number, pace, spread, unit
from retropod.insight.value import Value
from retropod.report import plots
from retropod.wording import count

MARK = "<!doctype html><!-- report of retropod -->"
"""Beginning of each report, by which a later one knows that it may replace the file."""
_ROWS = (
    "strides", "time_s", "distance_m", "speed_mps", "cadence_spm", "contact_time_s", "aerial_time_s", "duty_factor",
    "length_m", "variability", "peak_g", "loading_g_per_s", "clipped_share", "heel_share", "cadence_drift",
    "contact_drift", "speed_drift",
)  # fmt: skip
_UP = ("time_s", "distance_m", "speed_mps", "cadence_spm", "contact_time_s")
_RUN = ("time_s", "distance_m", "speed_mps", "cadence_spm", "contact_time_s")
DETAILED = 5
"""Number of the last runs of a report of many that are shown in detail. The others need a brief analysis."""
MOST_BYTES = 1_000_000
"""Largest size of a report of several runs. The oldest ones are not shown in detail if it would be larger."""
_TOTALS = ("strides", "time_s", "distance_m")
_BOUT = ("strides", "distance_m", "speed_mps", "cadence_spm", "contact_time_s", "variability")


@dataclass(frozen=True)
class ReportedRun:
    """A run of a report. `title`, `start` and `about` (name, value) are texts. `feet`: left against right."""

    title: str
    start: str
    about: Sequence[tuple[str, str]]
    analysis: Analysis
    feet: Sequence[FeetComparison] = ()


class ReportedWeeks(NamedTuple):
    """Progress of a wearer in a report. `title`: name for readers."""

    title: str
    progress: Progress


class Cell(NamedTuple):
    """A value for readers. `spread` and `reason` are empty if they do not apply."""

    text: str
    spread: str = ""
    reason: str = ""


def render(title: str, runs: Sequence[ReportedRun], weeks: Sequence[ReportedWeeks], units: Units) -> str:
    """Return the page. `weeks`: of each wearer, empty for the report of one run.

    Of several runs, the last ones are shown in detail, as far as the page remains below `MOST_BYTES`.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("page.html")
    values: dict[str, Any] = {
        "title": title,
        "overviews": [_overview(one, units) for one in weeks],
        "table": [_run_row(one, units) for one in runs] if weeks else [],
        "run_heads": [_head(name, units) for name in _RUN],
        "feet_heads": feet.HEADS,
        "feet_note": feet.NOTE,
        "metrics": METRICS.values(),
    }
    parts = [_part(run, units) for run in runs[-DETAILED:]]
    while True:
        page = MARK + "\n" + template.render(values, runs=parts)
        if len(parts) <= 1 or len(page.encode("utf-8")) < MOST_BYTES:
            return page
        parts = parts[1:]


def _overview(reported: ReportedWeeks, units: Units) -> dict[str, Any]:
    """Return the values of the template for the weeks of a wearer."""
    weeks, ramp, step = reported.progress
    moved = any(one.ways[way].time_s for one in weeks for way in ("backward", "forward"))
    return {
        "title": reported.title,
        "plot": Markup(plots.weeks(weeks)) if moved else "",
        "heads": week_table.heads(units),
        "rows": [row.cells for one in weeks for row in week_table.rows(one, units)],
        "ramp": _cell("ramp", ramp, units),
        "step": step,
    }


def _run_row(run: ReportedRun, units: Units) -> tuple[str, list[Cell]]:
    """Return the title of a run, and its backward metrics."""
    backward = run.analysis.direction("backward")
    cells = [_cell(name, backward.values[name], units) if backward else Cell("-") for name in _RUN]
    return run.title, [one._replace(spread="") for one in cells]


def _part(run: ReportedRun, units: Units) -> dict[str, Any]:
    """Return the values of the template for one run."""
    held = run.analysis
    return {
        "run": run,
        "timeline": Markup(plots.timeline(held)) if held.strides else "",
        "answer": answer(held, units),
        "columns": [one.title for one in _columns(held)],
        "rows": list(_rows(held, units)),
        "without_gait": _without_gait(held),
        "courses": [Markup(one) for one in _courses(held, units)],
        "comparisons": [_comparison(one) for one in held.comparisons],
        "feet": [(one.title, feet.rows(one, units)) for one in run.feet],
        "bouts": [_bout(held, one, units) for one in held.bouts],
        "bout_heads": [_head(name, units) for name in _BOUT] + ([units.pace] if units.pace else []),
        "intervals": _intervals(held, units),
        "bests": [_best(one) for one in held.bests],
        "energy": [(in_words(one.direction), _energy(one.values["energy_kj"])) for one in held.directions],
        "energy_evidence": EVIDENCE,
        "quality": held.quality,
    }


def _columns(run: Analysis) -> list[MeasuredGroup]:
    """Return the known directions, each replaced by its gaits if it has both."""
    return split([one for one in run.directions if one.direction != "unknown"], run.gaits)


def _without_gait(run: Analysis) -> str:
    left_out = without_gait(run.directions, run.gaits)
    return f" {count(left_out, 'stride')} without a known gait." if left_out else ""


def _head(name: str, units: Units) -> str:
    title, of = METRICS[name].title, unit(name, units) if name != "time_s" else ""
    return f"{title}, {of}" if of else title


def _rows(run: Analysis, units: Units) -> Iterator[tuple[str, list[Cell]]]:
    columns = _columns(run)
    for name in _ROWS:
        yield _head(name, units), [_cell(name, one.values[name], units) for one in columns]


def _cell(name: str, value: Value, units: Units) -> Cell:
    around = "" if name in _TOTALS else spread(name, value, units)
    return Cell(number(name, value.value, units), around, str(value.reason or ""))


def _courses(run: Analysis, units: Units) -> Iterator[str]:
    reads: tuple[tuple[str, Callable[[Stride], float | None]], ...] = (
        ("speed_mps", reliable_speed),
        ("cadence_spm", lambda one: one.cadence_spm),
        ("contact_time_s", lambda one: one.contact_time_s),
    )
    for name, read in reads:
        if any(read(one) is not None for one in run.strides):
            yield plots.course(run, name, read, units)


def _comparison(compared: SpeedComparison) -> dict[str, Any]:
    rows: list[tuple[str, Cell, int, str]] = []
    for name, value in compared.ratios.items():
        published = PUBLISHED.get(name) if compared.gait == "running" else None
        source = f"{published[0]:.2f} ({published[1]})" if published else ""
        rows.append((METRICS[name].title, _cell(name, value, SI), value.n, source))
    return {
        "gait": compared.gait,
        "known": compared.known,
        "speeds": compared.speeds_mps,
        "forward": compared.forward,
        "backward": compared.backward,
        "rows": rows,
        "plot": Markup(plots.ratios(compared)) if compared.known else "",
        "reason": compared.ratios["contact_ratio"].reason,
    }


def _bout(run: Analysis, bout: MeasuredGroup, units: Units) -> dict[str, Any]:
    cells = [_cell(name, bout.values[name], units)._replace(spread="") for name in _BOUT]
    if units.pace:
        cells.append(Cell(pace(bout.values["speed_mps"].value, units)))
    return {
        "from": clock(bout.start_s - run.origin_s),
        "to": clock(bout.end_s - run.origin_s),
        "direction": in_words(bout.direction),
        "cells": cells,
    }


def _intervals(run: Analysis, units: Units) -> dict[str, Any]:
    found = run.intervals
    paced = all(one.up.values["speed_mps"].value is not None for one in found.repetitions)
    name = "speed_mps" if paced else "cadence_spm"
    return {
        "reason": found.reason,
        "rows": [_repetition(one, units) for one in found.repetitions],
        "plot": Markup(plots.repetitions(run, name, units)) if found.repetitions else "",
        "heads": [_head(name, units) for name in _UP],
        "trends": [
            (METRICS[name].title, number(name, one.best, units), one.best_number, number(name, one.mean, units),
             number("fade", one.fade, units), unit(name, units))
            for name, one in found.trends.items()
        ],
    }  # fmt: skip


def _repetition(one: Repetition, units: Units) -> list[str]:
    up = [number(name, one.up.values[name].value, units) for name in _UP]
    down = [number(name, one.down.values[name].value, units) if one.down else "-" for name in ("time_s", "speed_mps")]
    return [str(one.number), *up, *down, "-" if one.rest_s is None else clock(one.rest_s)]


def _best(best: Best) -> tuple[str, Cell, str]:
    value, record = best.time_s, RECORDS_S.get(best.name)
    text = "-" if value.value is None else clock(value.value)
    around = "" if value.spread is None else f"±{value.spread:.1f} s"
    return best.name, Cell(text, around, str(value.reason or "")), clock(record) if record else ""


def _energy(value: Value) -> Cell:
    return Cell("-", "", str(value.reason)) if value.value is None else Cell(energy_range(value))
