"""Output of the commands: data on stdout, everything else on stderr. All text is cleaned here (`plaintext.clean`)."""

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from retropod.cli.options import options
from retropod.cli.plaintext import clean

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.progress import Progress, ProgressColumn

_GAP = 2  # columns between two columns of a table
_PAIRS, _LEAST_VALUE = 80, 20  # columns of a pair, and of its value below a long name
_Item = TypeVar("_Item")
_UNLIMITED = 100_000  # columns of a pipe or a file: a row stays on one line, so that grep finds it


def print_json(value: Any) -> None:
    """Print one JSON value on one line of ASCII and flush. A number that is not finite becomes null."""
    sys.stdout.write(json.dumps(_plain(value), separators=(",", ":"), allow_nan=False) + "\n")
    sys.stdout.flush()


def print_line(text: str = "") -> None:
    """Print a line of data."""
    sys.stdout.write(clean(text) + "\n")


def print_note(text: str = "") -> None:
    """Print a line about progress or a remark on stderr. --json suppresses it, unless -v is given too."""
    if not options().json or options().verbose:
        _print_error(text)


def print_warning(text: str) -> None:
    """Print a warning on stderr, whatever the options are: the data on stdout may be wrong."""
    _print_error(f"warning: {text}")


def print_detail(text: str) -> None:
    """Print text on stderr if -v is given. Text of another program can have several lines."""
    if options().verbose:
        print_lines(text)


def print_lines(text: str) -> None:
    """Print the lines of a text on stderr, whatever the options are."""
    for line in text.split("\n"):
        _print_error(line)


def _print_error(text: str) -> None:
    sys.stderr.write(clean(text) + "\n")
    sys.stderr.flush()


def print_help(page: str) -> None:
    """Print a help page, which is our own text in several lines."""
    for line in page.split("\n"):
        print_line(line)


def confirm(question: str) -> bool:
    """Ask the user on the terminal. Return whether the answer is yes."""
    import click

    return click.confirm(clean(question), default=False, err=True)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> None:
    """Print a table. A column whose letter in `right` is `r` is aligned right.

    On a terminal that is too narrow for its columns, print each row as a block of names and values.
    """
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bright_black")
    cells = [[clean(cell) for cell in row] for row in rows]
    words = [max(map(len, " ".join(column).split()), default=0) for column in zip(headings, *cells, strict=True)]
    longest, least = max(words, default=0), sum(words) + _GAP * (len(words) - 1)
    if rows and least - longest + _LEAST_VALUE > console().width:
        _print_blocks(headings, cells)
        return
    fits = least <= console().width  # if not, break words instead of cutting columns
    for index, heading in enumerate(headings):
        justify = "right" if right[index : index + 1] == "r" else "left"
        grid.add_column(Text(heading), justify=justify, overflow="fold", min_width=words[index] if fits else None)
    for row in cells:
        grid.add_row(*map(Text, row))
    print_rich(grid)


def _print_blocks(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for at, row in enumerate(rows):
        if at:
            print_line()
        print_pairs(list(zip(headings, row, strict=True)))


def print_pairs(rows: Sequence[tuple[str, str]]) -> None:
    """Print names and values, one pair per line. A long value continues below, between words, in `_PAIRS` columns."""
    import textwrap

    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, _GAP, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    cells = [(clean(name), clean(value)) for name, value in rows]
    names = max((len(name) for name, _ in cells), default=0)
    width = max(min(_PAIRS, console().width) - names - _GAP, _LEAST_VALUE)
    for name, value in cells:
        first, *rest = textwrap.wrap(value, width, break_long_words=False, break_on_hyphens=False) or [""]
        grid.add_row(Text(name), Text(first))
        for line in rest:
            grid.add_row(Text(), Text(line))
    print_rich(grid)


def print_rich(renderable: "RenderableType") -> None:
    """Print a rich object on stdout: wrapped and in colour on a terminal, one line per row elsewhere."""
    screen = console()
    with screen.capture() as captured:
        screen.print(renderable)
    for line in captured.get().splitlines():
        sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


def console(stderr: bool = False) -> "Console":
    """Return a console on stdout or stderr that cleans all text and cuts no line unless a terminal limits its width."""
    from retropod.cli.cleanconsole import CleanConsole

    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return CleanConsole(stderr=stderr, highlight=False, markup=False, emoji=False,
                        width=None if terminal else _UNLIMITED)  # fmt: skip


def progress(*columns: "str | ProgressColumn", transient: bool = False) -> "Progress":
    """Return a display of progress on stderr. A column that is a text is a format of the fields of `task`."""
    from rich.progress import Progress

    from retropod.cli.cleanconsole import CleanColumn

    shown = [CleanColumn(column) if isinstance(column, str) else column for column in columns]
    # redirect_stdout would send the data lines of a pipe to the terminal
    return Progress(*shown, console=console(stderr=True), transient=transient, redirect_stdout=False)


def each(items: Sequence[_Item], task: str) -> Iterator[_Item]:
    """Yield the items. On a terminal, show a bar of progress with the name of the task."""
    if options().json or not sys.stderr.isatty():
        yield from items
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TimeRemainingColumn

    with progress(
        "{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), transient=True
    ) as bar:
        yield from bar.track(items, description=task)


def _plain(value: Any) -> Any:
    """Convert a value to the types of JSON: bytes to hex, numbers of numpy to numbers, NaN and infinity to None."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # number or array of numpy
        return _plain(value.tolist())
    raise TypeError(f"{type(value).__name__} is not JSON serialisable")
