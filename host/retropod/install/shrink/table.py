"""The schema as the pod needs it: codes without names, but for the messages that a run file describes; and of the
enumerations only those that are looked up while the app runs.
"""

import ast
from collections.abc import Iterator

from retropod.errors import OperationFailed
from retropod.install import edits
from retropod.install.shrink.fold import Known
from retropod.install.shrink.program import Module, Program
from retrowire import codec, runfile, schema

_SCHEMA = "retrowire.schema"
_CODEC = "retrowire.codec"
_DESCRIBED = {schema.RUN_HEADER, *runfile.MESSAGE.values()}
_TABLES = {"ENUMS": ("value", "name", "enum"), "FLAGS": ("flag", "flags")}


def slimmed(program: Program) -> dict[str, str]:
    """Sources by path, that of the schema with less in it. Raises OperationFailed when the app asks for what went."""
    module = program.modules.get(_SCHEMA)
    if module is None or _CODEC not in program.modules:
        return program.texts()
    _refuse_names(program)
    changes: dict[edits.Span, str] = {}
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name == "MESSAGES" and isinstance(node.value, ast.Tuple):
                changes |= _rows(node.value)
            elif name in _TABLES and isinstance(node.value, ast.Dict):
                changes |= _entries(node.value, _asked_for(program, _TABLES[name]))
    return program.texts() | {module.path: edits.applied(module.text, changes)}


def _rows(table: ast.Tuple) -> dict[edits.Span, str]:
    """Names out of the rows of messages, but for those that a run file describes."""
    changes: dict[edits.Span, str] = {}
    for row in table.elts:
        assert isinstance(row, ast.Tuple)
        identifier, _, _, _, fields = map(ast.literal_eval, row.elts)
        if identifier in _DESCRIBED:
            continue
        codes = [(code, unit, since) for _, code, unit, _, since in codec.parse_fields(fields)]
        words = [f":{code}{':u' if unit else ''}{f'@{since}' if since else ''}" for code, unit, since in codes]
        changes[edits.span(row.elts[1])] = '""'
        changes[edits.span(row.elts[4])] = repr(" ".join(words))
    return changes


def _entries(table: ast.Dict, asked_for: set[str]) -> dict[edits.Span, str]:
    """Rows out that nobody looks up, each up to where the next one begins."""
    changes: dict[edits.Span, str] = {}
    end = edits.span(table)
    ends = [edits.span(key)[:2] for key in table.keys[1:] if key] + [(end.end_row, end.end_column - 1)]
    for key, (row, column) in zip(table.keys, ends, strict=True):
        if isinstance(key, ast.Constant) and key.value not in asked_for:
            changes[edits.span(key)._replace(end_row=row, end_column=column)] = ""
    return changes


def _asked_for(program: Program, functions: tuple[str, ...]) -> set[str]:
    """The tables that a call of the app looks into. Raises OperationFailed when that is not written down."""
    found: set[str] = set()
    for module, call, name in _calls(program):
        if name in functions:
            table = call.args[0]
            if not isinstance(table, ast.Constant) or not isinstance(table.value, str):
                raise OperationFailed(f"{module.path}, line {call.lineno}: which enumeration?", "name it in the call")
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
    """What the app calls of the codec, the codec itself aside."""
    for module in program.modules.values():
        for call, scope in module.scopes.calls if module.name != _CODEC else ():
            if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
                continue
            if [one.name for one in program.aliased(module, call.func.value.id, scope)] == [_CODEC]:
                yield module, call, call.func.attr
