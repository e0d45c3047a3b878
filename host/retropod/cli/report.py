"""`retropod report`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retropod.cli import output, report_file, timefmt
from retropod.cli.commands import command
from retropod.cli.day import Day
from retropod.cli.opened import open_store
from retropod.cli.plaintext import clean
from retropod.errors import UsageError
from retropod.insight.units import UNITS
from retropod.runs.feet import feet_of
from retropod.runs.files import digest
from retropod.runs.history import histories
from retropod.runs.indexrows import Indexed
from retropod.runs.loaded import LoadedRun, load
from retropod.runs.selection import Selection

if TYPE_CHECKING:
    from retropod.report.page import ReportedRun
    from retropod.runs.store import Store


@command("report")
@click.argument("run", metavar="[FILE|RUN]", required=False)
@click.option("--since", type=Day(), metavar="DATE", help="Report all runs since YYYY-MM-DD.")
@click.option("--output", "file", type=click.Path(path_type=Path), metavar="FILE", help="Write this HTML file.")
@click.option("--open", "open_it", is_flag=True, help="Open the report in the browser.")
@click.option("--units", type=click.Choice(list(UNITS)), help="Set the units. Default: `units` of the settings file.")
def report(run: str | None, since: datetime | None, file: Path | None, open_it: bool, units: str | None) -> None:
    """Write a report of a run, or of all runs since a date, as one HTML file without scripts.

    It shows directions over time, the result in three sentences, forward against backward, intervals, and quality and
    method. Give a FILE, a RUN of `runs --here`, or --since. The file is replaced if it is a report. With --since, it
    also shows weeks and the step of a progression for each wearer, as `retropod history` does. Left against right is
    in the report of one run only.
    """
    from retropod.cli import preferences

    chosen = preferences.units(units)
    if (run is None) == (since is None):
        raise UsageError("`retropod report` needs either a run or --since", "give a run of `retropod runs --here`")
    if file is not None:
        report_file.check(file)  # A report of a season takes minutes.
    store = open_store()
    indexed: list[Indexed] = []
    if since is None:
        path = store.find(str(run))
        loaded = _loaded(store, path)
        runs, title, name = [_with_feet(store, path, loaded)], title_of(loaded), _name(loaded, path)
    else:
        indexed, day = _indexed(store, since), f"{since:%Y-%m-%d}"
        runs, title, name = _since(store, indexed, day), f"Runs since {day}", f"report-since-{day}.html"
    weeks = report_file.reported(histories(indexed, report_file.progression(store)))
    page = report_file.render(title, runs, weeks, chosen)
    report_file.publish(file or Path(name), page, len(runs), open_it)


def _loaded(store: "Store", path: Path) -> LoadedRun:
    loaded = load(store, path)
    if not loaded.run.whole:
        output.print_warning(f"{path} is damaged: the report has the readable part")
    return loaded


def _with_feet(store: "Store", path: Path, loaded: LoadedRun) -> "ReportedRun":
    feet = feet_of(store, path, loaded)
    return replace(reported(loaded), feet=feet.comparisons) if feet else reported(loaded)


def _since(store: "Store", chosen: Sequence[Indexed], day: str) -> "list[ReportedRun]":
    """Return the chosen runs, oldest first, the last ones in detail. Raises UsageError without a run."""
    from retropod.report.page import DETAILED

    if not chosen:
        raise UsageError(f"no run since {day}", "run `retropod runs --here` to list the runs on this machine")
    brief = len(chosen) - DETAILED
    return [
        reported(_loaded(store, one.stored.path), brief=at < brief)
        for at, one in enumerate(output.each(chosen, "reading runs"))
    ]


def _indexed(store: "Store", since: datetime) -> list[Indexed]:
    """Return the readable runs that began on this local date or later, oldest first. Name the others."""
    runs = store.index.runs()
    for one in runs:
        if one.problem is not None:
            output.print_warning(f"{one.problem}: left out")
        elif one.start_s is None:
            output.print_warning(f"{one.stored.path}: left out, because its time is unknown")
    chosen = Selection(since_s=since.timestamp())
    readable = [one for one in runs if one.problem is None]
    return [one for one in report_file.without_copies(readable) if chosen.includes(one)]


def title_of(loaded: LoadedRun) -> str:
    """Return the title of the report of a run."""
    stored, times, _ = loaded
    header, start = stored.header, times.start
    who = header.wearer or header.name or header.device_id or "unknown pod"
    when = f", {timefmt.moment(start.time_s)[:10]}" if start else ""
    return clean(f"Run {'?' if stored.headless else header.run} of {who}{when}")


def _name(loaded: LoadedRun, path: Path) -> str:
    """Return the name of the file: of numbers, because the names of pod and wearer may contain any character.

    Its digest distinguishes runs to which a pod gave the same number, and runs with a damaged header.
    """
    header = loaded.run.header
    run = "unknown" if loaded.run.headless else f"{header.device_id}-{header.run}"
    return f"report-{run}-{digest(path).hex()[:8]}.html"


def reported(loaded: LoadedRun, brief: bool = False) -> "ReportedRun":
    """Return the parts of the report of a run. `brief`: those of its row in a table of runs."""
    from retropod.cli.run_text import head
    from retropod.report.page import ReportedRun

    about = [(name, clean(value)) for name, value in head(loaded)]
    return ReportedRun(title_of(loaded), f"Start: {dict(about)['start']}", about, loaded.analysis(brief))
