"""The app as the pod runs it: smaller than its sources, and the same. Lines stay where they are.

What the pod's RAM pays for is names, constants that other modules look up, and code that only the host needs. So
numbers take the place of the names that stand for them (`fold`), what nothing asks for is left out (`unused`), of the
schema only what is looked up stays (`table`), and names get short (`rename`). The build fails on what cannot be
followed: names that are put together, texts with code in them.
"""

import ast
from collections.abc import Mapping
from typing import NamedTuple

from retropod.install import edits
from retropod.install.shrink.fold import folded
from retropod.install.shrink.program import Program
from retropod.install.shrink.rename import renamed
from retropod.install.shrink.table import planned, slimmed
from retropod.install.shrink.unused import pruned


class Shrunk(NamedTuple):
    """Sources by path, and the short name of each name that has one."""

    texts: dict[str, str]
    short: dict[str, str]


def shrunk(texts: Mapping[str, str], starters: Mapping[str, str]) -> Shrunk:
    """`texts`: all sources of the app, by path; `starters`: those that are not compiled and start it.

    When one is no Python, all come back as they are: whoever compiles them says it best. Raises OperationFailed for
    what cannot be followed.
    """
    try:
        program = Program(texts, starters)
        program.refuse_unsafe()
        for step in (planned, folded, pruned, slimmed):
            program = program.changed(step(program))
        program = program.changed({path: _as_bytecode(text) for path, text in program.texts().items()})
        return Shrunk(*renamed(program))
    except SyntaxError:
        return Shrunk(dict(texts), {})


def _as_bytecode(text: str) -> str:
    """Without the marks that make plain machine code of a function: twice as fast as bytecode, and three times as long.

    It pays where the virtual pod turns many samples in little time; on the pod the work for every sample is viper's.
    """
    if "micropython.native" not in text:
        return text
    marks = (
        edits.span(mark)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        for mark in node.decorator_list
        if ast.unparse(mark) == "micropython.native"
    )
    return edits.applied(text, {mark._replace(column=mark.column - 1): "" for mark in marks})


def script(text: str, short: Mapping[str, str]) -> str:
    """A script from outside the app with the names that the app has for what the script takes from it.

    All behind a dot counts as the app's, so what else the script needs, it has to import by name.
    """
    changes: dict[edits.Span, str] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr in short:
            end = edits.span(node)
            changes[end._replace(row=end.end_row, column=end.end_column - len(node.attr.encode()))] = short[node.attr]
        elif isinstance(node, ast.ImportFrom) and str(node.module).startswith(("pod", "retrowire")):
            changes |= {
                edits.span(alias): f"{short[alias.name]} as {alias.asname or alias.name}"
                for alias in node.names
                if alias.name in short
            }
    return edits.applied(text, changes)
