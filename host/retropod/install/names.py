"""Shorter names for the pod: every name that outlives compilation costs its RAM.

MicroPython drops a module's constant for good when its name begins with an underscore. A constant that no other module
mentions needs no other name, so it gets one here, at build time: the source keeps the names that tests look at.
"""

import ast
import io
import tokenize
from collections.abc import Mapping


def shortened(modules: Mapping[str, str]) -> dict[str, str]:
    """Sources by file name, with the constants that are a module's own made private. Lines stay where they are.

    When one of them is no Python, all come back as they are: whoever compiles them says it best.
    """
    try:
        return _shortened(modules)
    except (SyntaxError, tokenize.TokenError):
        return dict(modules)


def _shortened(modules: Mapping[str, str]) -> dict[str, str]:
    tokens = {name: _names(text) for name, text in modules.items()}
    return {
        name: _renamed(text, [constant for constant in _constants(text) if _is_own(name, constant, tokens)])
        for name, text in modules.items()
    }


def _constants(text: str) -> list[str]:
    """Public names that are set once, at module level, by const()."""
    found: list[str] = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            call = node.value
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "const":
                found.append(node.targets[0].id)
    return [name for name in found if not name.startswith("_")]


def _is_own(module: str, constant: str, tokens: Mapping[str, set[str]]) -> bool:
    """Whether no other module mentions it, and its private name is free."""
    elsewhere = any(constant in names for other, names in tokens.items() if other != module)
    return not elsewhere and f"_{constant}" not in tokens[module]


def _names(text: str) -> set[str]:
    """Every name in a source, and every text in it: a text may be looked up as a name."""
    kinds = (tokenize.NAME, tokenize.STRING)
    return {token.string.strip("\"'") for token in _tokens(text) if token.type in kinds}


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def _renamed(text: str, names: list[str]) -> str:
    lines = text.splitlines(keepends=True)
    places = [token.start for token in _tokens(text) if token.type == tokenize.NAME and token.string in names]
    for row, column in sorted(places, reverse=True):
        line = lines[row - 1]
        lines[row - 1] = f"{line[:column]}_{line[column:]}"
    return "".join(lines)
