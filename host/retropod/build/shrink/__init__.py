"""The app as the pod runs it: smaller than its sources, and the same. Lines stay where they are.

What the pod's RAM pays for is names, constants that other modules look up, and code that only the host needs. So
numbers take the place of the names that stand for them (`fold`), what nothing asks for is left out (`unused`), of the
schema only what is looked up stays (`table`), and names get short (`rename`). The build fails on what cannot be
followed: names that are put together, texts with code in them.
"""

import ast
from collections.abc import Mapping
from typing import NamedTuple

from retropod.build import source_edits
from retropod.build.shrink import flatten
from retropod.build.shrink.fold import folded
from retropod.build.shrink.program import Program
from retropod.build.shrink.rename import renamed
from retropod.build.shrink.table import planned, slimmed
from retropod.build.shrink.unused import pruned


class Shrunk(NamedTuple):
    """The app as the pod runs it.

    `texts`: sources by their path on the pod. `starters`: those that are not compiled, by name. `short`: the short name
    of each name that has one. `moved`: the dotted name on the pod of each module that has another one there.
    """

    texts: dict[str, str]
    starters: dict[str, str]
    short: dict[str, str]
    moved: dict[str, str]


def shrunk(texts: Mapping[str, str], starters: Mapping[str, str]) -> Shrunk:
    """`texts`: all sources of the app, by path; `starters`: those that are not compiled and start it.

    When one is no Python, all come back as they are: whoever compiles them says it best. Raises OperationFailed for
    what cannot be followed.
    """
    try:
        names = flatten.moved(texts)
        texts = flatten.flattened(texts, names)
        starters = {name: flatten.with_names(text, names) for name, text in starters.items()}
        program = Program(texts, starters)
        program.refuse_unsafe()
        for step in (planned, folded, pruned, slimmed):
            program = program.changed(step(program))
        program = program.changed({path: _as_bytecode(text) for path, text in program.texts().items()})
        texts, short = renamed(program)
        return Shrunk(texts, starters, short, names)
    except SyntaxError:
        return Shrunk(dict(texts), dict(starters), {}, {})


def _as_bytecode(text: str) -> str:
    """Without the marks that make plain machine code of a function: twice as fast as bytecode, and three times as long.

    It pays where the virtual pod turns many samples in little time; on the pod the work for every sample is viper's.
    """
    if "micropython.native" not in text:
        return text
    marks = (
        source_edits.span(mark)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        for mark in node.decorator_list
        if ast.unparse(mark) == "micropython.native"
    )
    return source_edits.applied(text, {mark._replace(column=mark.column - 1): "" for mark in marks})


def script(text: str, shrunk: Shrunk) -> str:
    """A script from outside the app with the names that the app has for what the script takes from it.

    All behind a dot counts as the app's, so what else the script needs, it has to import by name.
    """
    text = flatten.with_names(text, shrunk.moved)
    short = shrunk.short
    changes: dict[source_edits.Span, str] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr in short:
            end = source_edits.span(node)
            changes[end._replace(row=end.end_row, column=end.end_column - len(node.attr.encode()))] = short[node.attr]
        elif isinstance(node, ast.ImportFrom) and str(node.module).startswith(("pod", "retrowire")):
            changes |= {
                source_edits.span(alias): f"{short[alias.name]} as {alias.asname or alias.name}"
                for alias in node.names
                if alias.name in short
            }
    return source_edits.applied(text, changes)
