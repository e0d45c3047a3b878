"""Dead-code elimination: constants that have become numbers, and code that only the host needs."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

from retropod.build import source_edits
from retropod.build.shrink.program import Module, Program
from retropod.build.shrink.scopes import bound_by
from retropod.build.shrink.walk import walk

# Modules that are reached by an import only, so every use of a name is visible.
_BY_IMPORT = "retrowire."
_SPECIAL = re.compile(r"__\w+__$")
# The protocol of a block device: MicroPython calls these methods of any class.
_PROTOCOL = {"readblocks", "writeblocks", "ioctl"}
# Calls without a side effect.
_HARMLESS = {"const", "tuple", "bytearray", "bytes", "len", "sum", "array", "range"}


def pruned(program: Program) -> dict[str, str]:
    """Return the sources by path without unused definitions, assignments and imports of modules and classes."""
    while True:
        texts = _Pruner(program).texts()
        if texts == program.texts():
            return {path: text for path, text in texts.items() if path not in _table_modules(program)}
        program = program.changed(texts)


def _table_modules(program: Program) -> set[str]:
    """Return the paths of modules that only define numbers and that no import and no text names."""
    named = program.texts_as_names | program.asked_for
    for module in program.modules.values():
        named.update(_imports(module))
    return {
        module.path
        for module in program.modules.values()
        if not module.path.endswith("__init__.py")
        and not named & {module.name, module.name.rpartition(".")[2]}
        and all(_defines_numbers(node) for node in module.tree.body)
    }


def _imports(module: Module) -> Iterator[str]:
    """Yield the dotted name of each module that an import may load."""
    for alias, node, _ in module.scopes.imports:
        if isinstance(node, ast.ImportFrom):
            yield from (node.module or "", f"{node.module}.{alias.name}")
        else:
            yield alias.name


def _defines_numbers(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return _is_harmless(node.value)
    return isinstance(node, ast.ImportFrom) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


class _Pruner:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._wanted = program.texts_as_names | program.asked_for | _PROTOCOL
        self._attributes: Counter[str] = Counter()  # of objects that are not known to be a module of the app
        self._asked: Counter[tuple[str, str]] = Counter()  # of each module
        for module in program.modules.values():
            for node, scope in module.scopes.attributes:
                known = program.aliased(module, node.value.id, scope) if isinstance(node.value, ast.Name) else []
                self._asked.update((one.name, node.attr) for one in known)
                self._attributes.update(() if known else (node.attr,))
        self._names = {name: module.reads for name, module in program.modules.items()}
        self._imported = {
            (node.module or "", alias.name)
            for module in program.modules.values()
            for alias, node, _ in module.scopes.imports
            if isinstance(node, ast.ImportFrom)
        }

    def texts(self) -> dict[str, str]:
        return {module.path: self._pruned(module) for module in self._program.modules.values()}

    def _pruned(self, module: Module) -> str:
        changes: dict[source_edits.Span, str] = {}
        self._prune_block(module, module.tree.body, changes)
        return source_edits.applied(module.text, changes)

    def _prune_block(self, module: Module, block: list[ast.stmt], changes: dict[source_edits.Span, str]) -> None:
        """Prune the statements of a module, a class or a top-level `try`."""
        gone = 0
        for node in block:
            if isinstance(node, ast.Import | ast.ImportFrom):
                gone += self._prune_import(module, node, changes)
            elif self._is_unused(module, node):
                changes[_whole(node)] = ""
                gone += 1
            elif isinstance(node, ast.Try) or (isinstance(node, ast.ClassDef) and not self._is_protocol(node)):
                self._prune_block(module, node.body, changes)
        if gone == len(block) and block is not module.tree.body:
            first = _whole(block[0])
            changes[first] = "pass"

    def _is_protocol(self, node: ast.ClassDef) -> bool:
        """Return True if MicroPython itself may call methods of the class by name."""
        names = [ast.unparse(base).rpartition(".")[2] for base in node.bases]
        return any(not self._is_defined(name) and not name.endswith(("Error", "Exception")) for name in names)

    def _is_defined(self, name: str) -> bool:
        return any(name in module.scopes.classes for module in self._program.modules.values())

    def _is_unused(self, module: Module, node: ast.stmt) -> bool:
        """Return True for a definition, or an assignment without side effect, whose names occur only in itself."""
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
            if any(isinstance(mark, ast.Attribute) and mark.attr == "setter" for mark in node.decorator_list):
                return False
        elif isinstance(node, ast.Assign) and _is_harmless(node.value):
            names = [target.id for target in assigned(node) if isinstance(target, ast.Name)]
            if len(names) != len(assigned(node)):
                return False
        else:
            return False
        if any(_SPECIAL.match(name) for name in names):
            return False
        reaches = [self._reaches(module, name) for name in names]
        if min(reaches) < 0 or not any(reaches):
            return not any(reaches)
        inside = Counter(_read(node))
        return reaches == [inside[name] for name in names]

    def _reaches(self, module: Module, name: str) -> int:
        """Count the uses of a name of this module or of a class in it; -1 if they cannot be counted."""
        if name in self._wanted or (module.name, name) in self._imported or name in module.scopes.declared_global:
            return -1
        return self._names[module.name][name] + self._attributes[name] + self._asked[module.name, name]

    def _prune_import(
        self, module: Module, node: ast.Import | ast.ImportFrom, changes: dict[source_edits.Span, str]
    ) -> bool:
        """Remove unused names from an import. Return True if all were unused."""
        kept = [alias for alias in node.names if self._is_wanted(module, alias)]
        if len(kept) == len(node.names):
            return False
        if not kept:
            changes[source_edits.span(node)] = ""
            return True
        words = ", ".join(map(ast.unparse, kept))
        source = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
        changes[source_edits.span(node)] = f"{source}import {words}"
        return False

    def _is_wanted(self, module: Module, alias: ast.alias) -> bool:
        name = bound_by(alias)
        if module.name.startswith(_BY_IMPORT):
            asked = (module.name, name)
            return self._names[module.name][name] > 0 or asked in self._imported or asked in self._asked
        return self._reaches(module, name) != 0


def assigned(node: ast.Assign) -> list[ast.expr]:
    """Return the targets of an assignment of one value or of a tuple."""
    target = node.targets[0]
    return target.elts if len(node.targets) == 1 and isinstance(target, ast.Tuple) else node.targets


def _whole(node: ast.stmt) -> source_edits.Span:
    """Return the position of a statement with its decorators."""
    here = source_edits.span(node)
    marks = getattr(node, "decorator_list", [])
    if marks:
        first = source_edits.span(marks[0])
        return here._replace(row=first.row, column=first.column - 1)
    return here


def _read(tree: ast.AST) -> Iterator[str]:
    """Yield every variable that is read, and every attribute."""
    for node in walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _is_harmless(node: ast.expr) -> bool:
    for part in walk(node):
        if isinstance(part, ast.Call) and not (isinstance(part.func, ast.Name) and part.func.id in _HARMLESS):
            return False
        if isinstance(part, ast.Attribute | ast.Subscript | ast.Await | ast.Yield | ast.NamedExpr):
            return False
    return True
