"""Inlined constants: a known number needs no name, no look-up and no memory on the pod.

MicroPython inlines a constant only within its file, and drops its name only if it begins with an underscore.
"""

import ast
import operator
from collections.abc import Callable
from typing import Any

from retropod.build import source_edits
from retropod.build.shrink.program import Module, Program
from retropod.build.shrink.scopes import Scope
from retropod.errors import OperationFailed
from retrowire import codec

_SMALL = range(-(2**30), 2**30)  # integers that need no memory on the pod
_OPERATIONS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}
# Functions of retrowire.codec whose result depends only on the arguments and the schema.
_PURE: dict[str, Callable[..., int]] = {
    "value": codec.value,
    "flag": codec.flag,
    "mask": codec.mask,
    "none": codec.none,
    "size": codec.size,
    "width": codec.width,
    "count": codec.count,
    "place": codec.place,
    "fingerprint": codec.fingerprint,
}


def folded(program: Program) -> dict[str, str]:
    """Return the sources by path with integers in place of constants and of calls with constant results."""
    known = Known(program)
    return {module.path: _folded(module, known) for module in program.modules.values()}


class Known:
    """Known integers of a program. None means unknown or not an integer."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._values: dict[tuple[str, str], int | None] = {}

    def number(self, module: Module, name: str) -> int | None:
        """Return the integer of a name that a module sets once, at its top level."""
        key = module.name, name
        if key not in self._values:
            self._values[key] = None  # during the look-up: a number that depends on itself is unknown
            self._values[key] = self._look_up(module, name)
        return self._values[key]

    def _look_up(self, module: Module, name: str) -> int | None:
        scope = module.scopes.module
        is_changed = name in self._program.set_from_outside or name in module.scopes.declared_global
        if scope.bound.get(name) != 1 or is_changed:
            return None
        for alias, node, where in module.scopes.imports:
            if where is scope and (alias.asname or alias.name) == name and isinstance(node, ast.ImportFrom):
                source = self._program.modules.get(node.module or "")
                return self.number(source, alias.name) if source else None
        for node in module.tree.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                for target, value in _pairs(node.targets[0], node.value):
                    if isinstance(target, ast.Name) and target.id == name:
                        return self.worth(value, module, scope)
        return None

    def worth(self, node: ast.expr, module: Module, scope: Scope) -> int | None:
        """Return the integer of an expression."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, int) else None
        if isinstance(node, ast.UnaryOp | ast.BinOp):
            return self._computed(node, module, scope)
        if isinstance(node, ast.Name):
            home = scope.owner(node.id)
            return self.number(module, node.id) if home is module.scopes.module else None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found = {self.number(one, node.attr) for one in self._program.aliased(module, node.value.id, scope)}
            return found.pop() if len(found) == 1 else None
        if isinstance(node, ast.Call) and not node.keywords:
            return self._called(node, module, scope)
        return None

    def _computed(self, node: ast.UnaryOp | ast.BinOp, module: Module, scope: Scope) -> int | None:
        parts = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
        numbers = [self.worth(part, module, scope) for part in parts]
        operation = _OPERATIONS.get(type(node.op))
        if operation is None or None in numbers:
            return None
        return operation(*numbers)

    def _called(self, node: ast.Call, module: Module, scope: Scope) -> int | None:
        if isinstance(node.func, ast.Name) and node.func.id == "const" and len(node.args) == 1:
            return self.worth(node.args[0], module, scope)
        if not isinstance(node.func, ast.Attribute) or not isinstance(node.func.value, ast.Name):
            return None
        modules = self._program.aliased(module, node.func.value.id, scope)
        pure = _PURE.get(node.func.attr)
        if pure is None or [one.name for one in modules] != ["retrowire.codec"]:
            return None
        values = [one.value if isinstance(one, ast.Constant) else self.worth(one, module, scope) for one in node.args]
        if None in values:
            return None
        try:
            return pure(*values)
        except (KeyError, ValueError) as error:
            where = f"{module.path}, line {node.lineno}"
            raise OperationFailed(f"{where}: {error}", "the schema has no such name") from error


def _folded(module: Module, known: Known) -> str:
    changes: dict[source_edits.Span, str] = {}
    scopes = module.scopes
    calls = [(node, scope) for node, scope in scopes.calls if not _is_const(node)]
    for node, scope in [*calls, *scopes.attributes, *scopes.names]:
        if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            continue
        number = known.worth(node, module, scope)
        here = source_edits.span(node)
        if number is None or any(_holds(other, here) for other in changes):
            continue
        if number in _SMALL or isinstance(node, ast.Call):
            changes[here] = repr(number) if number >= 0 else f"({number!r})"
    return source_edits.applied(module.text, changes)


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Return each name with its value in `a = 1`, `a, b = 1, 2` and `a, b = range(2)`."""
    if not isinstance(target, ast.Tuple):
        return [(target, value)]
    if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts):
        return list(zip(target.elts, value.elts, strict=True))
    if isinstance(value, ast.Call) and ast.unparse(value) == f"range({len(target.elts)})":
        return [(name, ast.Constant(number)) for number, name in enumerate(target.elts)]
    return []


def _is_const(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "const"


def _holds(outer: source_edits.Span, inner: source_edits.Span) -> bool:
    return outer[:2] <= inner[:2] and inner[2:] <= outer[2:]
