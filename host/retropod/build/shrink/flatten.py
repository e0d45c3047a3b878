"""Flatten packages: a package without code is a folder for readers, and on the pod it only costs memory.

`pod/link/session.py` becomes `pod/session.py` if `pod/link/__init__.py` has no statement. Each package that is removed
saves the pod a module object, its dictionary and its names. All lines keep their numbers.
"""

import ast
from collections.abc import Mapping
from pathlib import PurePosixPath

from retropod.build import source_edits
from retropod.errors import OperationFailed


def moved(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the dotted name on the pod of every module that moves, by its dotted name in the sources.

    Raises OperationFailed if two modules would get the same name.
    """
    empty = {
        PurePosixPath(path).parent
        for path, text in texts.items()
        if path.endswith("/__init__.py") and path.count("/") > 1 and not _has_code(text)
    }
    names: dict[str, str] = {}
    for path in texts:
        place = PurePosixPath(path)
        if place.parent in empty and place.stem != "__init__":
            names[_dotted(place)] = _dotted(place.parent.parent / place.name)
    places = [place for place in map(PurePosixPath, texts) if place.stem != "__init__" or place.parent not in empty]
    taken = [names.get(_dotted(place), _dotted(place)) for place in places]
    twice = sorted({name for name in names.values() if taken.count(name) > 1})
    if twice:
        raise OperationFailed(f"two modules would be {twice[0]} on the pod", "rename one of them")
    return names


def flattened(texts: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """Return the sources by their path on the pod. `names` is the result of `moved`."""
    packages = {name.rpartition(".")[0] for name in names}
    found: dict[str, str] = {}
    for path, text in texts.items():
        place = PurePosixPath(path)
        dotted = _dotted(place)
        if place.stem == "__init__" and dotted in packages:
            continue
        target = names[dotted].replace(".", "/") + ".py" if dotted in names else path
        found[target] = with_names(text, names, path)
    return found


def with_names(text: str, names: Mapping[str, str], path: str = "script") -> str:
    """Return a source with the names on the pod, in imports and in texts that equal the dotted name of a module.

    Raises OperationFailed, with `path` and the line, for an import that has no equivalent on the pod.
    """
    changes: dict[source_edits.Span, str] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom | ast.Import):
            new = _import(node, names, path)
            if new:
                changes[source_edits.span(node)] = new
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names:
            changes[source_edits.span(node)] = repr(names[node.value])
    return source_edits.applied(text, changes)


def _import(node: ast.ImportFrom | ast.Import, names: Mapping[str, str], path: str) -> str:
    """Return an import with the names on the pod, or "" if it needs no change."""
    where = f"{path}, line {node.lineno}"
    if isinstance(node, ast.Import):
        if any(alias.name in names for alias in node.names):
            raise OperationFailed(f"{where}: the dotted name changes on the pod", "write `from PACKAGE import MODULE`")
        return ""
    if node.module and node.module in names:
        return f"from {names[node.module]} import {_aliases(node.names)}"
    moves = {f"{node.module}.{alias.name}" in names for alias in node.names}
    if moves == {True, False}:
        raise OperationFailed(f"{where}: not all of these names are modules that move", "write two imports")
    if moves == {True} and node.module:
        return f"from {node.module.rpartition('.')[0]} import {_aliases(node.names)}"
    return ""


def _aliases(names: list[ast.alias]) -> str:
    return ", ".join(f"{one.name} as {one.asname}" if one.asname else one.name for one in names)


def _has_code(text: str) -> bool:
    body = ast.parse(text).body
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)


def _dotted(path: PurePosixPath) -> str:
    return path.as_posix().removesuffix(".py").removesuffix("/__init__").replace("/", ".")
