"""Packages to modules: a package without code of its own is a folder for people, and on the pod it only costs memory.

`pod/link/session.py` becomes `pod/session.py` if `pod/link/__init__.py` holds no statement. Each package that goes
saves the pod a module object, its dictionary and its names. Lines stay where they are.
"""

import ast
from collections.abc import Mapping
from pathlib import PurePosixPath

from retropod.build import source_edits
from retropod.errors import OperationFailed


def moved(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the dotted name on the pod of every module that moves, by its dotted name in the sources.

    Raises OperationFailed if two modules of one package would get the same name.
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
    """Return the sources by their path on the pod. `names` is the result of `moved`; starters and scripts may be among them."""
    packages = {name.rpartition(".")[0] for name in names}
    found: dict[str, str] = {}
    for path, text in texts.items():
        place = PurePosixPath(path)
        dotted = _dotted(place)
        if place.stem == "__init__" and dotted in packages:
            continue
        found[names[dotted].replace(".", "/") + ".py" if dotted in names else path] = with_names(text, names)
    return found


def with_names(text: str, names: Mapping[str, str]) -> str:
    """Return a source whose imports, and texts that are the dotted name of a module, name the modules on the pod."""
    changes: dict[source_edits.Span, str] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            new = _import(node, names)
            if new:
                changes[source_edits.span(node)] = new
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value in names:
                changes[source_edits.span(node)] = repr(names[node.value])
    return source_edits.applied(text, changes)


def _import(node: ast.ImportFrom, names: Mapping[str, str]) -> str:
    """Return an import with the names on the pod; empty if it stays."""
    assert node.module is not None
    if node.module in names:
        return f"from {names[node.module]} import {_aliases(node.names)}"
    moves = {f"{node.module}.{alias.name}" in names for alias in node.names}
    if moves == {True}:
        return f"from {node.module.rpartition('.')[0]} import {_aliases(node.names)}"
    return ""


def _aliases(names: list[ast.alias]) -> str:
    return ", ".join(f"{one.name} as {one.asname}" if one.asname else one.name for one in names)


def _has_code(text: str) -> bool:
    body = ast.parse(text).body
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)


def _dotted(path: PurePosixPath) -> str:
    return path.as_posix().removesuffix(".py").removesuffix("/__init__").replace("/", ".")
