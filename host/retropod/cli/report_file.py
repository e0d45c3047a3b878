"""Page of `report` and `history`, and the file that holds it."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from retropod import durable
from retropod.cli import output
from retropod.cli.options import options
from retropod.cli.plaintext import clean
from retropod.errors import OperationFailed, UsageError, naming
from retropod.insight import dose
from retropod.insight.units import Units
from retropod.runs.files import PROGRESSION, RunFiles
from retropod.runs.history import History, distinct
from retropod.runs.indexrows import Indexed
from retropod.wording import count

if TYPE_CHECKING:
    from retropod.report.page import ReportedRun, ReportedWeeks


def progression(store: RunFiles) -> list[dose.ProgressionStep]:
    """Return the steps of the progression of the user, in the folder of the runs, or else the default ones."""
    own = store.root / PROGRESSION
    return dose.steps(own if own.exists() else dose.DEFAULT)


def without_copies(runs: Sequence[Indexed]) -> list[Indexed]:
    """Return the runs that count, and report the number of the others."""
    counted = distinct(runs)
    if copies := len(runs) - len(counted):
        output.print_note(f"{count(copies, 'copy', 'copies')} of other runs here left out")
    return counted


def name(history: History) -> str:
    """Return the wearer of a history for readers."""
    return clean(history.wearer or "wearer unknown")


def reported(known: Iterable[History]) -> "list[ReportedWeeks]":
    """Return the parts of a page for the histories that have a week."""
    from retropod.report.page import ReportedWeeks

    return [ReportedWeeks(name(one), one.progress) for one in known if one.progress.weeks]


def render(title: str, runs: "Sequence[ReportedRun]", weeks: "Sequence[ReportedWeeks]", units: Units) -> str:
    """Return the page. The imports of its plots take half a second."""
    from retropod.report import page

    return page.render(title, runs, weeks, units)


def publish(path: Path, page: str, runs: int, open_it: bool) -> None:
    """Write a page about so many runs, print its name, and open it in the browser on request."""
    size = write(path, page)
    if options().json:
        output.print_json({"file": str(path), "size_bytes": size, "runs": runs})
    else:
        output.print_line(f"{path}: {count(runs, 'run')}, {count(size, 'byte')}")
    if open_it:
        open_in_browser(path)


def check(path: Path) -> None:
    """Raise UsageError if `path` exists and is not a report."""
    from retropod.report.page import MARK

    if not os.path.lexists(path):
        return
    if path.is_dir():
        raise UsageError(f"{path} is a folder", f"give a file, for example {path / 'report.html'}")
    if not path.is_file():
        raise UsageError(f"{path} is a pipe or a device, not a file", "give another file")
    with naming(path), path.open("rb") as file:
        if file.read(len(MARK)) != MARK.encode("utf-8"):
            raise UsageError(f"{path} exists and is not a report", "give another file")


def write(path: Path, page: str) -> int:
    """Write the page and return its size. Raises UsageError if the file exists and is not a report."""
    check(path)
    content = page.encode("utf-8")
    durable.replace(path, content)
    return len(content)


def open_in_browser(path: Path) -> None:
    """Open a page. Raises OperationFailed without a browser."""
    import webbrowser

    if not webbrowser.open(path.resolve().as_uri()):
        raise OperationFailed("this computer has no browser that can be opened", f"open {path} yourself")
