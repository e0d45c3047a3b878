"""An export: run after run into the files of one format."""

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from retropod.errors import UsageError, naming
from retropod.export import fit, newfile, npz, rows
from retropod.export.newfile import NewFile
from retropod.export.rows import RunSource
from retropod.export.tables import TABLES, length
from retropod.export.writers import CsvWriter, JsonWriter, ParquetWriter, Writer

_PER_RUN: dict[str, Callable[[RunSource], bytes]] = {"npz": npz.recording, "fit": fit.activity}
FORMATS = ("csv", "parquet", "jsonl", *_PER_RUN)
FOLDER = Path("retropod-export")
_TOGETHER = "retropod"  # stem of the file with all tables
_MOST_NAME = 100  # characters of a file name


class Written(NamedTuple):
    """A written file. `rows`: number of its rows, None for a format without rows."""

    file: Path
    runs: int
    rows: int | None


class Export(Protocol):
    """An export in progress. `finish` completes its files, and `close` removes unfinished ones."""

    def add(self, source: RunSource) -> None:
        """Add a run."""
        ...

    def finish(self) -> list[Written]:
        """Complete the files and return them."""
        ...

    def close(self) -> None:
        """Remove the files that are not complete."""
        ...


def begin(form: str, output: Path, tables: Sequence[str], force: bool) -> Export:
    """Begin an export into the folder `output`, or into the file `output` if its suffix is that of the format.

    `tables`: names of `TABLES`, none for all. Raises UsageError for an output that exists, without `force`.
    """
    if form not in _PER_RUN:
        return TableExport(form, output, [name for name in TABLES if not tables or name in tables], force)
    if tables:
        raise UsageError(f"the format {form} has no tables", "omit --table, or choose another --format")
    return RunExport(form, output, force)


class TableExport:
    """One file for each table, or one JSON lines file with all."""

    def __init__(self, form: str, output: Path, tables: Sequence[str], force: bool) -> None:
        self._tables, self._runs = tables, 0
        self._rows = dict.fromkeys(tables, 0)
        self._stack = ExitStack()
        paths = _paths(form, output, tables)
        for path in paths.values():
            newfile.check(path, force)
        with self._stack as opening:
            self._files = {name: opening.enter_context(NewFile(path, force)) for name, path in paths.items()}
            self._writers = {name: _writer(form, name, file) for name, file in self._files.items()}
            self._stack = opening.pop_all()

    def add(self, source: RunSource) -> None:
        """Add a run."""
        found = rows.of_run(source, self._tables)
        for name, columns in found.items():
            place = name if name in self._writers else _TOGETHER
            with naming(self._files[place].path):
                self._writers[place].write(TABLES[name], columns)
            self._rows[name] += length(columns)
        self._runs += 1

    def finish(self) -> list[Written]:
        """Complete the files and return them, none without a run."""
        if not self._runs:
            return []
        for name in list(self._writers):
            with naming(self._files[name].path):
                self._writers.pop(name).close()
        counts = {_TOGETHER: sum(self._rows.values()), **self._rows}
        return [Written(file.finish(), self._runs, counts[name]) for name, file in self._files.items()]

    def close(self) -> None:
        """Remove the files that are not complete."""
        for writer in self._writers.values():
            with suppress(OSError):  # A full disk was reported before.
                writer.close()
        self._stack.close()


def _paths(form: str, output: Path, tables: Sequence[str]) -> dict[str, Path]:
    """Return the path of each file, by the name of its table."""
    names = [_TOGETHER] if form == "jsonl" else tables
    if output.suffix != f".{form}":
        return {name: output / f"{name}.{form}" for name in names}
    if len(names) > 1:
        raise UsageError(f"{form} has a file for each of {', '.join(names)}", "give a folder, or one --table")
    return {names[0]: output}


def _writer(form: str, name: str, file: NewFile) -> Writer:
    if form == "jsonl":
        return JsonWriter(file.file)
    return (CsvWriter if form == "csv" else ParquetWriter)(file.file, TABLES[name])


class RunExport:
    """One file for each run."""

    def __init__(self, form: str, output: Path, force: bool) -> None:
        self._make, self._form, self._output, self._force = _PER_RUN[form], form, output, force
        self._done: list[Written] = []

    def add(self, source: RunSource) -> None:
        """Write the file of a run."""
        path = self._path(source.name)
        newfile.check(path, self._force)
        content = self._make(source)
        with NewFile(path, self._force) as file, naming(path):
            file.file.write(content)
            self._done.append(Written(file.finish(), 1, None))

    def _path(self, name: str) -> Path:
        if self._output.suffix == f".{self._form}":
            if self._done:
                raise UsageError(f"{self._output} holds one run", "give a folder for several runs")
            return self._output
        path = self._output / f"{file_name(name)}.{self._form}"
        if path in (one.file for one in self._done):
            raise UsageError(f"two runs have the name {path.name}", "export one of them to another --output")
        return path

    def finish(self) -> list[Written]:
        """Return the written files."""
        return self._done

    def close(self) -> None:
        """Do nothing: each file was completed."""


def file_name(name: str) -> str:
    """Return a file name for the name of a run. It names no other folder and is valid on every platform."""
    return re.sub(r"[^0-9A-Za-z._-]+", "-", name).strip(".-")[:_MOST_NAME] or "run"
