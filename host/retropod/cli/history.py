"""`retropod history`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from retropod.cli import output, report_file
from retropod.cli.commands import command
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.errors import UsageError
from retropod.insight import week_table
from retropod.insight.stride import rounded
from retropod.insight.units import UNITS, Units, number
from retropod.wording import count

if TYPE_CHECKING:
    from retropod.runs.history import History
    from retropod.runs.indexrows import Indexed

_BAR = 20  # columns of the longest bar: a table with hours and tens of kilometres fits into 80
_FILL = {"backward": "█", "forward": "░", "lateral": "─"}  # readable without colour


@command("history")
@click.option("--weeks", type=click.IntRange(1, 1000), default=12, show_default=True,
              help="Show this many weeks until the last run of a wearer.")  # fmt: skip
@click.option("--wearer", metavar="NAME", help="Show this wearer only.")
@click.option("--report", "file", type=click.Path(path_type=Path), metavar="FILE", help="Write it as an HTML file.")
@click.option("--units", type=click.Choice(list(UNITS)), help="Set the units. Default: `units` of the settings file.")
def history(weeks: int, wearer: str | None, file: Path | None, units: str | None) -> None:
    """Show weeks of each wearer: sessions, minutes, distance and contacts by direction.

    A session counts for each direction in which it has strides. The contacts are those of one foot: a run that the pod
    of the other foot recorded at the same time is not counted. The ramp rate is the backward time of the last week,
    relative to the mean of up to four weeks before it. The steps of the progression are those of `progression.toml` in
    the folder of the runs, if you put it there. This is training information, not medical advice.
    """
    from retropod.cli import preferences
    from retropod.runs.history import histories

    if file is not None:
        report_file.check(file)
    chosen, store = preferences.units(units), open_store()
    runs = _runs(store.index.runs(), wearer)
    known = histories(runs, report_file.progression(store), weeks)
    _notes(known)
    if file:
        page = report_file.render("History", [], report_file.reported(known), chosen)
        report_file.publish(file, page, len(runs), open_it=False)
    elif options().json:
        for one in known:
            output.print_json(_json(one))
    else:
        for at, one in enumerate(one for one in known if one.progress.weeks):
            if at:
                output.print_line()
            _show(one, chosen)


def _runs(runs: "Sequence[Indexed]", wearer: str | None) -> "list[Indexed]":
    """Return the readable runs of the wearer. Raises UsageError if none of them has a known date."""
    from retropod.runs.selection import Selection

    here = [one for one in runs if one.problem is None]
    if bad := len(runs) - len(here):
        output.print_warning(f"{count(bad, 'unreadable run')} left out; `retropod runs --here` names them")
    found = [one for one in report_file.without_copies(here) if Selection(wearer).includes(one)]
    if not here:
        raise UsageError("this computer holds no readable runs", "fetch runs with `retropod download`")
    if not found:
        raise UsageError(f"no run here is of wearer {wearer}", "run `retropod runs --here` to list the wearers")
    if all(one.start_s is None for one in found):
        raise UsageError("no run has a known date", _date_hint(found))
    return found


def _date_hint(undated: "Sequence[Indexed]") -> str:
    if all(one.stored.of_host for one in undated):
        return "move them away with `retropod trash`, and import the recordings again with `--start`"
    return "run `retropod time sync` with the pod: it dates runs since its last boot"


def _notes(known: "Sequence[History]") -> None:
    for one in known:
        if one.undated:
            output.print_note(f"{report_file.name(one)}: {count(one.undated, 'run')} without a date left out")


def _json(one: "History") -> dict[str, Any]:
    weeks, ramp, step = one.progress
    return rounded(
        {
            "wearer": one.wearer,
            "weeks": tuple(
                {"monday": f"{week.monday:%Y-%m-%d}", "sessions": week.sessions,
                 **{way: dose._asdict() for way, dose in week.ways.items()}}
                for week in weeks
            ),
            "ramp": ramp.as_json(),
            "step": {"name": step.name, "advice": step.advice},
            "undated_runs": one.undated,
        },
        3,
    )  # fmt: skip


def _show(one: "History", units: Units) -> None:
    weeks, ramp, step = one.progress
    output.print_line(report_file.name(one))
    longest_s = max(dose.time_s for week in weeks for dose in week.ways.values())
    rows = [row for week in weeks for row in week_table.rows(week, units)]
    heads, cells = week_table.heads(units), [[*row.cells[:3], _bar(row, longest_s), *row.cells[3:]] for row in rows]
    output.print_table([*heads[:3], "", *heads[3:]], cells, "llrlrrr")
    change = f"{number('ramp', ramp.value, units)} x the mean of the weeks before" if ramp.value is not None else "-"
    output.print_pairs([
        ("ramp rate of the last week", f"{change} ({ramp.reason})" if ramp.reason else change),
        ("step of the progression", f"{step.name} ({step.advice})"),
    ])  # fmt: skip


def _bar(row: week_table.WeekRow, longest_s: float) -> str:
    """Return the bar of a row. Some time has at least one column."""
    time_s = row.dose.time_s if row.dose else 0.0
    return _FILL[row.way] * max(1, round(_BAR * time_s / longest_s)) if row.way and time_s else ""
