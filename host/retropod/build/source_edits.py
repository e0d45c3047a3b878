"""Changes to a source that leave every line where it is: what a traceback on the pod says stays true."""

import ast
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of a source: rows from 1, columns in bytes of UTF-8 from 0, as `ast` counts them."""

    row: int
    column: int
    end_row: int
    end_column: int


def span(node: ast.expr | ast.stmt | ast.alias | ast.arg | ast.keyword | ast.excepthandler) -> Span:
    """Where a node stands, decorators aside."""
    assert node.end_lineno is not None and node.end_col_offset is not None  # ast.parse sets them
    return Span(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)


def applied(text: str, changes: dict[Span, str]) -> str:
    """The source with every span replaced; lines that a replacement does not fill are left empty.

    Spans must not overlap: ValueError.
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
