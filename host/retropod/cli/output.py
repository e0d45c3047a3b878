"""Data to stdout, everything else to stderr."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from retropod.cli.frame import settings


def emit(value: Any) -> None:
    """One JSON object on a line of its own, at once."""
    sys.stdout.write(json.dumps(value, separators=(",", ":"), default=_plain) + "\n")
    sys.stdout.flush()


def line(text: str = "") -> None:
    """A line of data."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """A line about what is going on; with --json, and nobody at the terminal, it is left out."""
    if not settings().json or settings().verbose:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def detail(text: str) -> None:
    """A line that only -v shows."""
    if settings().verbose:
        sys.stderr.write(text + "\n")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> None:
    """Columns as wide as they need; a column whose letter in `right` is `r` is set flush right."""
    widths = [max(len(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        cells = [
            cell.rjust(width) if right[index : index + 1] == "r" else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        line("  ".join(cells).rstrip())


def pairs(rows: Sequence[tuple[str, str]]) -> None:
    """Names and values, one a line."""
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        line(f"{name:<{width}}  {value}")


def _plain(value: Any) -> Any:
    """What json does not know: bytes as hex, numpy's numbers as numbers."""
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no JSON")
