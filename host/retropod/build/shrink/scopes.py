"""Scopes of a source: the variable of a module, class or function that a name refers to."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from retropod.build.shrink.walk import children

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(eq=False)
class Scope:
    """A namespace of the source. `bound`: number of places that set each of its names."""

    kind: Literal["module", "class", "function"]
    parent: "Scope | None"
    label: str = ""
    bound: dict[str, int] = field(default_factory=dict)
    declared_global: set[str] = field(default_factory=set)

    def bind(self, name: str) -> None:
        """Note one more place that sets `name` here."""
        home = self.module() if name in self.declared_global else self
        home.bound[name] = home.bound.get(name, 0) + 1

    def module(self) -> "Scope":
        """Return the scope of the module."""
        return self if self.parent is None else self.parent.module()

    def owner(self, name: str) -> "Scope | None":
        """Return the scope that sets a name that is read here, or None for a built-in."""
        if name in self.declared_global:
            return self.module()
        if name in self.bound:
            return self
        above = self.parent
        while above is not None and above.kind == "class":
            above = above.parent
        return above.owner(name) if above is not None else None


class Scopes(ast.NodeVisitor):
    """Walk through one module that notes every name with its scope."""

    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope("module", None)
        self.names: list[tuple[ast.Name, Scope]] = []
        self.attributes: list[tuple[ast.Attribute, Scope]] = []
        self.parameters: list[tuple[ast.arg, Scope]] = []
        self.definitions: list[tuple[ast.FunctionDef | ast.ClassDef, Scope]] = []
        self.imports: list[tuple[ast.alias, ast.Import | ast.ImportFrom, Scope]] = []
        self.calls: list[tuple[ast.Call, Scope]] = []
        self.classes: dict[str, Scope] = {}
        self.declared_global: set[str] = set()  # by any function
        self.depths: dict[int, int] = {}  # by scope of a function: number of parameters of the enclosing functions
        self._scope = self.module
        for statement in tree.body:
            self.visit(statement)

    def generic_visit(self, node: ast.AST) -> None:
        """Visit the children."""
        for child in children(node):
            self.visit(child)

    # -- nodes that open a scope

    def _inside(self, scope: Scope, nodes: Iterable[ast.AST]) -> None:
        before, self._scope = self._scope, scope
        for node in nodes:
            self.visit(node)
        self._scope = before

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Visit bases and decorators in the enclosing scope, and the body in a new one."""
        self._scope.bind(node.name)
        self.definitions.append((node, self._scope))
        for around in [*node.decorator_list, *node.bases, *node.keywords]:
            self.visit(around)
        scope = Scope("class", self._scope, node.name)
        self.classes[node.name] = scope
        self._inside(scope, node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Visit decorators, defaults and annotations in the enclosing scope, and the body in a new one."""
        self._scope.bind(node.name)
        self.definitions.append((node, self._scope))
        for around in [*node.decorator_list, *([node.returns] if node.returns else [])]:
            self.visit(around)
        self._function(node, node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Visit a function without a name."""
        self._function(node, [node.body])

    def _function(self, node: ast.FunctionDef | ast.Lambda, body: Iterable[ast.AST]) -> None:
        rows = node.args
        parameters = [*rows.posonlyargs, *rows.args, *rows.kwonlyargs]
        parameters += [row for row in (rows.vararg, rows.kwarg) if row]
        for around in [*rows.defaults, *(default for default in rows.kw_defaults if default)]:
            self.visit(around)
        for parameter in parameters:
            if parameter.annotation:
                self.visit(parameter.annotation)
        scope = Scope("function", self._scope, getattr(node, "name", "lambda"))
        self.depths[id(scope)] = self._taken()
        for parameter in parameters:
            scope.bind(parameter.arg)
            self.parameters.append((parameter, scope))
        nodes = list(body)
        _bind_all(nodes, scope)
        self._inside(scope, nodes)

    def _taken(self) -> int:
        """Count the parameters of the enclosing functions."""
        count, scope = 0, self._scope
        while scope.parent is not None:
            count += sum(1 for _, home in self.parameters if home is scope)
            scope = scope.parent
        return count

    def _comprehension(self, node: _Comprehension) -> None:
        scope = Scope("function", self._scope, "comprehension")
        for generator in node.generators:
            for name in ast.walk(generator.target):
                if isinstance(name, ast.Name):
                    scope.bind(name.id)
        self._inside(scope, ast.iter_child_nodes(node))

    def visit_ListComp(self, node: ast.ListComp) -> None:
        """Visit in a new scope."""
        self._comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> None:
        """Visit in a new scope."""
        self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        """Visit in a new scope."""
        self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        """Visit in a new scope."""
        self._comprehension(node)

    # -- nodes with a name

    def visit_Name(self, node: ast.Name) -> None:
        """Note a variable that is read or set."""
        if self._scope.kind != "function" and not isinstance(node.ctx, ast.Load):
            self._scope.bind(node.id)
        self.names.append((node, self._scope))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Note an attribute."""
        self.attributes.append((node, self._scope))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Note a call."""
        self.calls.append((node, self._scope))
        self.generic_visit(node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if self._scope.kind != "function":
                self._scope.bind(bound_by(alias))
            self.imports.append((alias, node, self._scope))

    def visit_Import(self, node: ast.Import) -> None:
        """Note the name of each module."""
        self._import(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Note each imported name."""
        self._import(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """Note the name of `except ... as name`."""
        if node.name and self._scope.kind != "function":
            self._scope.bind(node.name)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        """Note global names of the module. The function's scope has them since it was opened."""
        self.declared_global.update(node.names)


def bound_by(alias: ast.alias) -> str:
    """Return the name that an import sets."""
    return alias.asname or alias.name.partition(".")[0]


def _bind_all(nodes: Iterable[ast.AST], scope: Scope) -> None:
    """Note the names that a function sets, before its body is visited, because a read may precede the assignment."""
    found = [node for top in nodes for node in _within(top)]
    for node in found:
        if isinstance(node, ast.Global | ast.Nonlocal):
            scope.declared_global.update(node.names)
    for node in found:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            scope.bind(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                scope.bind(bound_by(alias))
        elif isinstance(node, ast.ExceptHandler) and node.name:
            scope.bind(node.name)


def _within(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the node and the nodes below it, except those in another scope."""
    left = [node]
    while left:
        one = left.pop()
        yield one
        if not isinstance(one, _Function | ast.ClassDef | _Comprehension):
            left += reversed(children(one))
