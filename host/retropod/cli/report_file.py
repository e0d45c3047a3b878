"""Page of `report` and `history`, and the file that holds it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from retropod import durable
from retropod.cli import output
from retropod.cli.options import options
from retropod.cli.plaintext import clean
from retropod.errors import OperationFailed, UsageError
from retropod.insight import dose
from retropod.insight.units import Units
from retropod.runs.files import PROGRESSION, RunFiles
from retropod.runs.history import History
from retropod.wording import count

if TYPE_CHECKING:
    from retropod.report.page import ReportedRun, ReportedWeeks


def progression(store: RunFiles) -> list[dose.ProgressionStep]:
    """Return the steps of the progression of the user, in the folder of the runs, or else the default ones."""
    own = store.root / PROGRESSION
    return dose.steps(own if own.exists() else dose.DEFAULT)


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


def write(path: Path, page: str) -> int:
    """Write the page and return its size. Raises UsageError if the file exists and is not a report."""
    from retropod.report.page import MARK

    content = page.encode("utf-8")
    if path.exists():
        with path.open("rb") as file:
            if file.read(len(MARK)) != MARK.encode("utf-8"):
                raise UsageError(f"{path} exists and is not a report", "give another file")
    durable.replace(path, content)
    return len(content)


def open_in_browser(path: Path) -> None:
    """Open a page. Raises OperationFailed without a browser."""
    import webbrowser

    if not webbrowser.open(path.resolve().as_uri()):
        raise OperationFailed("this computer has no browser that can be opened", f"open {path} yourself")
