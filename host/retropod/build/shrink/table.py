"""Smaller schema for the pod: plans of the codec as bytes, and only the rows and enumerations that the app looks up.

The rows are those of the messages that a run file describes.
"""

import ast
from collections.abc import Callable, Iterator, Sequence

from retropod.build import source_edits
from retropod.build.shrink.fold import Known
from retropod.build.shrink.program import Module, Program
from retropod.errors import OperationFailed
from retrowire import codec, runfile, schema

_SCHEMA = "retrowire.schema"
_CODEC = "retrowire.codec"
_ROWS = "retrowire.rows"
_DESCRIBED = {schema.RUN_HEADER, *runfile.MESSAGE.values()}
_TABLES = {"ENUMS": ("value", "name", "enum"), "FLAGS": ("flag", "flags")}


def slimmed(program: Program) -> dict[str, str]:
    """Return the sources by path with a smaller schema. Raises OperationFailed if the app uses a removed entry."""
    module = program.modules.get(_SCHEMA)
    if module is None or _CODEC not in program.modules:
        return program.texts()
    _refuse_names(program)
    changes: dict[source_edits.Span, str] = {}
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name == "MESSAGES" and isinstance(node.value, ast.Tuple):
                changes |= _taken_out(node.value, node.value.elts, _is_described)
            elif name in _TABLES and isinstance(node.value, ast.Dict):
                asked_for = _asked_for(program, _TABLES[name])
                changes |= _taken_out(node.value, node.value.keys, lambda key, wanted=asked_for: _text(key) in wanted)
    return program.texts() | {module.path: source_edits.applied(module.text, changes)}


def planned(program: Program) -> dict[str, str]:
    """Return the sources by path with the codec's plans as bytes, so that the pod does not compute them."""
    module = program.modules.get(_CODEC)
    if module is None:
        return program.texts()
    changes = {
        source_edits.span(node.value): repr(codec.PLANS)
        for node in module.tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PLANS"
    }
    return program.texts() | {module.path: source_edits.applied(module.text, changes)}


def _is_described(row: ast.expr | None) -> bool:
    return isinstance(row, ast.Tuple) and ast.literal_eval(row.elts[0]) in _DESCRIBED


def _text(key: ast.expr | None) -> object:
    return key.value if isinstance(key, ast.Constant) else None


def _taken_out(
    table: ast.expr, entries: Sequence[ast.expr | None], is_kept: Callable[[ast.expr | None], bool]
) -> dict[source_edits.Span, str]:
    """Return the changes that remove unused entries, each up to the start of the next one."""
    changes: dict[source_edits.Span, str] = {}
    end = source_edits.span(table)
    ends = [source_edits.span(entry)[:2] for entry in entries[1:] if entry] + [(end.end_row, end.end_column - 1)]
    for entry, (row, column) in zip(entries, ends, strict=True):
        if entry and not is_kept(entry):
            changes[source_edits.span(entry)._replace(end_row=row, end_column=column)] = ""
    return changes


def _asked_for(program: Program, functions: tuple[str, ...]) -> set[str]:
    """Return the tables that the app looks up. Raises OperationFailed if a call does not name its table."""
    found: set[str] = set()
    for module, call, name in _calls(program):
        if name in functions:
            table = call.args[0]
            if not isinstance(table, ast.Constant) or not isinstance(table.value, str):
                raise OperationFailed(
                    f"{module.path}, line {call.lineno}: the enumeration is not a literal", "name it in the call"
                )
            found.add(table.value)
    return found


def _refuse_names(program: Program) -> None:
    known = Known(program)
    for module, call, name in _calls(program):
        where = f"{module.path}, line {call.lineno}"
        if name == "fields" and known.worth(call.args[0], module, module.scopes.module) not in _DESCRIBED:
            raise OperationFailed(f"{where}: the pod does not know this message's fields by name", "count with size()")
        if name in ("messages", "fingerprint"):
            raise OperationFailed(f"{where}: the pod does not know all fields by name", "let the host do it")


def _calls(program: Program) -> Iterator[tuple[Module, ast.Call, str]]:
    """Yield the app's calls of codec and rows, without those inside these two modules."""
    for module in program.modules.values():
        for call, scope in module.scopes.calls if module.name not in (_CODEC, _ROWS) else ():
            if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
                continue
            if [one.name for one in program.aliased(module, call.func.value.id, scope)] in ([_CODEC], [_ROWS]):
                yield module, call, call.func.attr
