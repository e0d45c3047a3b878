"""Output of the commands: data on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from retropod.cli.options import options

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_GAP = 2  # columns between two columns of a table
_UNLIMITED = 100_000  # columns of a pipe or a file: a row stays on one line, so that grep finds it


def print_json(value: Any) -> None:
    """Print one JSON object on one line and flush."""
    sys.stdout.write(json.dumps(value, separators=(",", ":"), default=_plain) + "\n")
    sys.stdout.flush()


def print_line(text: str = "") -> None:
    """Print a line of data."""
    sys.stdout.write(text + "\n")


def print_note(text: str) -> None:
    """Print a message about progress or a remark on stderr. --json suppresses it, unless -v is given too."""
    if not options().json or options().verbose:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def print_warning(text: str) -> None:
    """Print a warning on stderr, whatever the options are: the data on stdout may be wrong."""
    sys.stderr.write(f"warning: {text}\n")
    sys.stderr.flush()


def print_detail(text: str) -> None:
    """Print a line on stderr if -v is given."""
    if options().verbose:
        sys.stderr.write(text + "\n")


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> None:
    """Print a table. A column whose letter in `right` is `r` is aligned right."""
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bright_black")
    words = [max(map(len, " ".join(column).split()), default=0) for column in zip(headings, *rows, strict=True)]
    fits = sum(words) + _GAP * (len(words) - 1) <= console().width  # if not, break words instead of cutting columns
    for index, heading in enumerate(headings):
        justify = "right" if right[index : index + 1] == "r" else "left"
        grid.add_column(Text(heading), justify=justify, overflow="fold", min_width=words[index] if fits else None)
    for row in rows:
        grid.add_row(*map(Text, row))
    print_rich(grid)


def print_pairs(rows: Sequence[tuple[str, str]]) -> None:
    """Print names and values, one pair per line."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, _GAP, 0, 0))
    grid.add_column(no_wrap=True)
    for name, value in rows:
        grid.add_row(Text(name), Text(value))
    print_rich(grid)


def print_rich(renderable: "RenderableType") -> None:
    """Print a rich object on stdout: wrapped and in colour on a terminal, one line per row elsewhere."""
    screen = console()
    with screen.capture() as captured:
        screen.print(renderable)
    print_line("\n".join(text.rstrip() for text in captured.get().splitlines()))
    sys.stdout.flush()


def console() -> "Console":
    """Return a console on stdout that cuts no line unless a terminal limits its width."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _UNLIMITED)


def _plain(value: Any) -> Any:
    """Convert a value that json does not support: bytes to hex, a number of numpy to a number."""
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not JSON serialisable")
