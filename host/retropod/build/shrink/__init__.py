"""Smaller sources with the same behaviour and the same lines, for the pod.

RAM of the pod is needed for names, constants that other modules look up, and code that only the host needs. The steps:
remove packages (`flatten`), inline constants (`fold`), remove unused code (`unused`), reduce the schema to the parts
that are looked up (`table`), shorten names (`rename`), and delete the names that MicroPython adds (`bare`). The build
fails on code that it cannot follow: computed names, and texts with code.
"""

import ast
from collections.abc import Mapping
from typing import NamedTuple

from retropod.build import source_edits
from retropod.build.shrink import flatten
from retropod.build.shrink.bare import bared
from retropod.build.shrink.fold import folded
from retropod.build.shrink.program import Program
from retropod.build.shrink.rename import renamed
from retropod.build.shrink.table import planned, slimmed
from retropod.build.shrink.unused import pruned


class Shrunk(NamedTuple):
    """The shrunk app.

    `texts`: sources by their path on the pod. `starters`: sources that are not compiled, by name. `short`: short names
    by name. `moved`: dotted names on the pod by dotted name in the sources, for the modules that move.
    """

    texts: dict[str, str]
    starters: dict[str, str]
    short: dict[str, str]
    moved: dict[str, str]


def shrunk(texts: Mapping[str, str], starters: Mapping[str, str]) -> Shrunk:
    """Shrink an app. `texts`: its sources by path. `starters`: sources that start it and are not compiled.

    Returns all sources unchanged if one is not Python, because the compiler reports that better. Raises
    OperationFailed for code that cannot be followed.
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
        texts = {path: bared(path, text) for path, text in texts.items()}
        return Shrunk(texts, starters, short, names)
    except SyntaxError:
        return Shrunk(dict(texts), dict(starters), {}, {})


def _as_bytecode(text: str) -> str:
    """Remove `@micropython.native`: machine code is twice as fast as bytecode and three times as long.

    The virtual pod needs the speed. On the pod, viper functions do the work per sample.
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
    """Return a script outside the app with the app's short names.

    Every attribute counts as a name of the app. The script must import other names directly.
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
