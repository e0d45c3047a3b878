"""Edits of a source that keep the number of every line, so that tracebacks of the pod match the sources."""

import ast
from typing import NamedTuple


class Span(NamedTuple):
    """Part of a source: rows from 1, columns in bytes of UTF-8 from 0, as in `ast`."""

    row: int
    column: int
    end_row: int
    end_column: int


def span(node: ast.expr | ast.stmt | ast.alias | ast.arg | ast.keyword | ast.excepthandler) -> Span:
    """Return the position of a node without its decorators."""
    assert node.end_lineno is not None and node.end_col_offset is not None  # ast.parse sets them
    return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def applied(text: str, changes: dict[Span, str]) -> str:
    """Return the source with every span replaced, and empty lines where a replacement is shorter.

    Raises ValueError if spans overlap.
    """
    lines = [line.encode() for line in text.splitlines(keepends=True)]
    last = Span(len(lines) + 1, 0, len(lines) + 1, 0)
    for here, new in sorted(changes.items(), reverse=True):
        if (here.end_row, here.end_column) > (last.row, last.column):
            raise ValueError(f"changes overlap at line {here.row}")
        head = lines[here.row - 1][: here.column]
        tail = lines[here.end_row - 1][here.end_column :]
        lost = here.end_row - here.row - new.count("\n")
        lines[here.row - 1 : here.end_row] = (head + new.encode() + tail + b"\n" * lost).splitlines(keepends=True)
        last = here
    return b"".join(lines).decode()
