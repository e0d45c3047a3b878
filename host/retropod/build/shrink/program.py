"""The app as one program: its modules, and the names that are used in ways that a rename would miss."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from retropod.build.shrink.scopes import Scope, Scopes, bound_by
from retropod.build.shrink.walk import walk
from retropod.errors import OperationFailed

# Functions that reach names without naming them.
_BLIND = {"exec", "eval", "globals", "locals", "vars", "dir", "compile"}
_BY_TEXT = {"getattr", "setattr", "hasattr", "delattr"}


@dataclass(frozen=True, eq=False)
class Module:
    """One source. `path`: on the pod; `name`: for imports."""

    path: str
    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Return its syntax tree. Raises SyntaxError if it is not Python."""
        return ast.parse(self.text, self.path)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Return all nodes of the tree, stored because a walk is slow and several steps need it."""
        return list(walk(self.tree))

    @cached_property
    def texts_as_names(self) -> set[str]:
        """Every text that could be looked up as a name."""
        texts = {node.value for node in self.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        return {text for text in texts if text.isidentifier()}

    @cached_property
    def reads(self) -> Counter[str]:
        """Count the reads of each variable."""
        return Counter(node.id for node, _ in self.scopes.names if isinstance(node.ctx, ast.Load))

    @cached_property
    def scopes(self) -> Scopes:
        """Return its scopes and the names in them."""
        return Scopes(self.tree)


class Program:
    """All modules of the app, by dotted name; `starters` are sources that are not compiled but import some of them."""

    def __init__(self, texts: Mapping[str, str], starters: Mapping[str, str]) -> None:
        self.modules = {_dotted(path): Module(path, _dotted(path), text) for path, text in texts.items()}
        self._starters = starters

    def refuse_unsafe(self) -> None:
        """Raise OperationFailed for code in which names cannot be followed."""
        for module in self.modules.values():
            for node, why in _unsafe(module.nodes):
                where = f"{module.path}, line {getattr(node, 'lineno', 0)}"
                raise OperationFailed(f"{where}: {why}", "write it so that its names can be shortened")

    def changed(self, texts: Mapping[str, str]) -> "Program":
        """Return the app with other sources. Modules with unchanged text keep their cached properties."""
        other = Program(texts, self._starters)
        for name, module in other.modules.items():
            before = self.modules.get(name)
            if before and before.text == module.text:
                other.modules[name] = before
        return other

    def texts(self) -> dict[str, str]:
        """Return the sources by path."""
        return {module.path: module.text for module in self.modules.values()}

    def aliased(self, module: Module, name: str, scope: Scope) -> "list[Module]":
        """Return the modules of the app that a variable may be; empty if it is, or may be, another object."""
        home = scope.owner(name)
        if home is None:
            return []
        found = [
            self.modules.get(_imported(alias, node))
            for alias, node, where in module.scopes.imports
            if where is home and bound_by(alias) == name
        ]
        if len(found) != home.bound[name] or None in found:
            return []
        return [one for one in found if one]

    @cached_property
    def texts_as_names(self) -> set[str]:
        """Every text that could be looked up as a name."""
        return {text for module in self.modules.values() for text in module.texts_as_names}

    @cached_property
    def asked_for(self) -> set[str]:
        """Return the names of the app in the starters."""
        found: set[str] = set()
        for text in self._starters.values():
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Attribute):
                    found.add(node.attr)
                elif isinstance(node, ast.ImportFrom):
                    found.update(alias.name for alias in node.names)
                elif isinstance(node, ast.keyword) and node.arg:
                    found.add(node.arg)
        return found

    @cached_property
    def module_names(self) -> set[str]:
        """Return every part of the modules' dotted names."""
        return {part for name in self.modules for part in name.split(".")}

    @cached_property
    def set_from_outside(self) -> set[str]:
        """Return the names of assigned attributes."""
        return {
            node.attr
            for module in self.modules.values()
            for node, _ in module.scopes.attributes
            if not isinstance(node.ctx, ast.Load)
        }


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imported(alias: ast.alias, node: ast.Import | ast.ImportFrom) -> str:
    """Return the dotted name that an import binds, if it is a module."""
    if isinstance(node, ast.ImportFrom):
        return f"{node.module}.{alias.name}"
    return alias.name if alias.asname or "." not in alias.name else ""


def _unsafe(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.AST, str]]:
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            yield node, "an f-string"
        elif isinstance(node, ast.ImportFrom) and (node.level or any(alias.name == "*" for alias in node.names)):
            yield node, "a relative import or one of everything"
        elif isinstance(node, ast.Attribute) and node.attr in ("__dict__", "__class__"):
            yield node, f"{node.attr} holds names as texts"
        elif isinstance(node, ast.Nonlocal | ast.AsyncFunctionDef | ast.Match):
            yield node, f"{type(node).__name__} is not supported"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in _BLIND:
                yield node, f"{node.func.id}() can reach any name"
            elif node.func.id in _BY_TEXT and not isinstance(node.args[1], ast.Constant | ast.Name):
                yield node, f"{node.func.id}() with a computed name"
