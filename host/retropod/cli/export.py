"""`retropod export`."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from retropod.cli import damage_report, output
from retropod.cli.commands import command
from retropod.cli.day import Day
from retropod.cli.opened import open_store
from retropod.cli.options import options
from retropod.cli.tally import Tally
from retropod.errors import RetropodError, UsageError
from retropod.wording import count

if TYPE_CHECKING:
    from retropod.export.job import Export, Written
    from retropod.export.rows import RunSource
    from retropod.runs.store import Store

FORMATS = ("csv", "parquet", "jsonl", "npz", "fit")  # as in retropod.export.job
TABLES = ("runs", "strides", "bouts", "laps")  # as in retropod.export.tables


@command("export")
@click.argument("given", metavar="[RUN]...", nargs=-1)
@click.option("--since", type=Day(), metavar="DATE",
              help="Export all stored runs that began on this day or later: 2026-03-31.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True, metavar="FORMAT",
              help="Set the format: csv, parquet or jsonl (tables), npz (raw samples), fit (activities).")  # fmt: skip
@click.option("--table", "tables", type=click.Choice(TABLES), multiple=True, metavar="TABLE",
              help="Export only this table: runs, strides, bouts or laps. Repeat it.")  # fmt: skip
@click.option("--output", "target", type=click.Path(path_type=Path), default="retropod-export", show_default=True,
              metavar="PATH", help="Set the folder, or the file if its name ends with the format.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace files that exist.")
def export(
    given: tuple[str, ...], since: datetime | None, form: str, tables: tuple[str, ...], target: Path, force: bool
) -> None:
    """Write each RUN, or all stored runs since a DATE, to files that other tools read.

    RUN is a file or a name of `retropod runs --here`. csv and parquet have a file for each table, jsonl has one file
    with all. npz has the raw samples of a run as a recording, and fit the run as an activity with a lap for each bout
    and each mark. Column names state the units. docs/export.md describes every column and field.

    A run that fails does not stop the others. The intact part of a damaged run is exported, and the exit code is 5.
    """
    from retropod.export.job import begin

    if bool(given) == bool(since):
        raise UsageError("no runs are selected" if since is None else "RUN and --since exclude each other",
                         "give names of `retropod runs --here`, or --since DATE")  # fmt: skip
    tally, store = Tally("exported"), open_store()
    job = begin(form, target, tables, force)
    try:
        for name, path in output.each(list(_chosen(store, given, tally)), "exporting runs"):
            _add(job, store, name, path, since, tally)
        _report(job.finish(), form, since)
    finally:
        job.close()
    tally.finish()


def _chosen(store: "Store", given: tuple[str, ...], tally: Tally) -> Iterator[tuple[str, Path]]:
    """Yield name and file of each run once. A name that matches no run is a failure of that run."""
    from retropod.export import choice

    if not given:
        yield from choice.stored(store)
    found: dict[Path, tuple[str, Path]] = {}
    for text in given:
        try:
            name, path = choice.named(store, text)
            found.setdefault(path.resolve(), (name, path))
        except RetropodError as error:
            tally.add(text, error)
    yield from found.values()


def _add(job: "Export", store: "Store", name: str, path: Path, since: datetime | None, tally: Tally) -> None:
    """Add a run to the export, if it began late enough."""
    from retropod.export import choice
    from retropod.export.fit import NoStrides
    from retropod.runs.reader import EmptyRun

    try:
        source = choice.load(store, name, path)
        if since is None or _is_since(source, since):
            job.add(source)
            tally.done += 1
            if not source.run.whole:
                tally.add(name, damage_report.as_error(path, source.run))
    except EmptyRun as error:
        if since is None:
            tally.add(name, error)
    except NoStrides as error:
        if since is None:
            tally.add(name, error)
        else:
            output.print_note(f"{name} is left out, because it has no strides")
    except RetropodError as error:
        tally.add(name, error)


def _is_since(source: "RunSource", since: datetime) -> bool:
    from retropod.export.choice import began_since

    began = began_since(source, since.astimezone().timestamp())
    if began is None:
        output.print_note(f"{source.name} is left out, because its time is unknown; give its name to export it")
    return bool(began)


def _report(written: "list[Written]", form: str, since: datetime | None) -> None:
    for one in written:
        size = one.file.stat().st_size
        if options().json:
            output.print_json(
                {"file": one.file, "format": form, "runs": one.runs, "rows": one.rows, "size_bytes": size}
            )
        else:
            rows = "" if one.rows is None else f"{count(one.rows, 'row')} of "
            output.print_line(f"{one.file}  {rows}{count(one.runs, 'run')}, {size} bytes")
    if not written and since is not None:
        output.print_note(f"no stored run that began on {since:%Y-%m-%d} or later is exported")
