"""`retropod report`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retropod import durable
from retropod.cli import output, timefmt
from retropod.cli.commands import command
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.cli.plaintext import clean
from retropod.errors import OperationFailed, RetropodError, UsageError, naming
from retropod.insight import dose
from retropod.insight.units import UNITS, Units
from retropod.runs.feet import Feet, feet_of
from retropod.runs.loaded import LoadedRun, load
from retropod.wording import count

if TYPE_CHECKING:
    from retropod.report.page import ReportedRun
    from retropod.runs.store import Store


@command("report")
@click.argument("run", metavar="[FILE|RUN]", required=False)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Report all runs since YYYY-MM-DD.")
@click.option("--output", "file", type=click.Path(path_type=Path), metavar="FILE", help="Write this HTML file.")
@click.option("--open", "open_it", is_flag=True, help="Open the report in the browser.")
@click.option("--units", type=click.Choice(list(UNITS)), help="Set the units. Default: `units` of the settings file.")
def report(run: str | None, since: datetime | None, file: Path | None, open_it: bool, units: str | None) -> None:
    """Write a report of a run, or of all runs since a date, as one HTML file without scripts.

    It shows directions over time, the result in three sentences, forward against backward, intervals, and quality and
    method. Give a FILE, a RUN of `runs --here`, or --since. The file is replaced if it is a report. With --since, it
    also shows weeks and the step of a progression, from `progression.toml` in the folder of the runs.
    """
    from retropod.cli import preferences

    chosen = preferences.units(units)
    if (run is None) == (since is None):
        raise UsageError("`retropod report` needs either a run or --since", "give a run of `retropod runs --here`")
    store = open_store()
    loaded = [_loaded(store, store.find(run))] if run is not None else _since(store, since or datetime.now())
    feet = feet_of(store, store.find(run), loaded[0]) if run is not None else None
    title = title_of(loaded[0]) if since is None else f"Runs since {since:%Y-%m-%d}"
    path = file or Path(_name(loaded, since))
    size = write(path, _page(title, loaded, feet, store.root / "progression.toml", chosen))
    if options().json:
        output.print_json({"file": str(path), "size_bytes": size, "runs": len(loaded)})
    else:
        output.print_line(f"{path}: {count(len(loaded), 'run')}, {count(size, 'byte')}")
    if open_it:
        open_in_browser(path)


def _loaded(store: "Store", path: Path) -> LoadedRun:
    loaded = load(store, path)
    if not loaded.run.whole:
        output.print_warning(f"{path} is damaged: the report has the readable part")
    return loaded


def _since(store: "Store", since: datetime) -> list[LoadedRun]:
    """Return the runs that began on this local date or later, oldest first. Unreadable runs are named and left out."""
    found: list[tuple[float, LoadedRun]] = []
    for one in store.all():
        try:
            loaded = _loaded(store, one.path)
        except RetropodError as error:
            output.print_warning(f"{error.message}: left out")
            continue
        start = loaded.times.start
        if start is None:
            output.print_warning(f"{one.path}: left out, because {timefmt.NOT_SET}")
        elif start.time_s >= since.timestamp():
            found.append((start.time_s, loaded))
    if not found:
        raise UsageError(
            f"no run since {since:%Y-%m-%d}", "run `retropod runs --here` to list the runs on this machine"
        )
    return [loaded for _, loaded in sorted(found, key=lambda one: one[0])]


def title_of(loaded: LoadedRun) -> str:
    """Return the title of the report of a run."""
    stored, times, _ = loaded
    header, start = stored.header, times.start
    who = header.wearer or header.name or header.device_id or "unknown pod"
    when = f", {timefmt.moment(start.time_s)[:10]}" if start else ""
    return clean(f"Run {'?' if stored.headless else header.run} of {who}{when}")


def _name(loaded: Sequence[LoadedRun], since: datetime | None) -> str:
    """Return the name of the file: of numbers, because the names of pod and wearer may contain any character."""
    if since is not None:
        return f"report-since-{since:%Y-%m-%d}.html"
    header = loaded[0].run.header
    return f"report-{header.device_id or 'unknown'}-{header.run}.html"


def _page(title: str, loaded: Sequence[LoadedRun], feet: "Feet | None", own: Path, units: Units) -> str:
    """Return the page. `own`: path of the progression that the user wrote, which may be missing."""
    from retropod.report import page

    runs = list(map(reported, loaded))
    if feet:
        runs[0] = replace(runs[0], feet=feet.comparisons)
    starts = [start.time_s if (start := one.times.start) else 0.0 for one in loaded]
    days = [datetime.fromtimestamp(start_s).date() for start_s in starts]
    sessions = [dose.session(day, run.analysis) for day, run in zip(days, runs, strict=True)]
    weeks = dose.weeks(sessions)
    step = dose.position(weeks, dose.steps(own if own.exists() else dose.DEFAULT))
    return page.render(title, runs, weeks if len(runs) > 1 else [], step, units)


def reported(loaded: LoadedRun) -> "ReportedRun":
    """Return the parts of the report of a run."""
    from retropod.cli.run_text import head
    from retropod.report.page import ReportedRun

    about = [(name, clean(value)) for name, value in head(loaded)]
    return ReportedRun(title_of(loaded), f"Start: {dict(about)['start']}", about, loaded.analysis())


def write(path: Path, page: str) -> int:
    """Write the page and return its size. Raises UsageError if the file exists and is not a report."""
    from retropod.report.page import MARK

    content = page.encode("utf-8")
    if path.exists():
        with path.open("rb") as file:
            if file.read(len(MARK)) != MARK.encode("utf-8"):
                raise UsageError(f"{path} exists and is not a report", "give another file with --output")
    with naming(path):
        durable.replace(path, content)
    return len(content)


def open_in_browser(path: Path) -> None:
    """Open a report. Raises OperationFailed without a browser."""
    import webbrowser

    if not webbrowser.open(path.resolve().as_uri()):
        raise OperationFailed("this computer has no browser that can be opened", f"open {path} yourself")
