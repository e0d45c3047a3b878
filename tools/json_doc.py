"""Generates the page of all keys of `--json` for the documentation site from the schemas in docs/json."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.commands_doc import escaped

_FOLDER = Path(__file__).resolve().parents[1] / "docs" / "json"
_ENDING = ".schema.json"
_HEAD = """# Keys of `--json`

Generated from the JSON Schemas. [Output of --json](README.md) gives the rules that all commands follow. A key inside an
object is named after a dot, and `[]` marks the items of a list. An optional key may be missing.
"""


def document() -> str:
    """Return the text of the page."""
    parts = [_HEAD, _definitions()]
    for path in sorted(_FOLDER.glob(f"*{_ENDING}")):
        parts += _schema(path.name.removesuffix(_ENDING), json.loads(path.read_text("utf-8")))
    return "\n".join(parts)


def _definitions() -> str:
    shared = json.loads((_FOLDER / "metrics.json").read_text("utf-8"))["$defs"]
    return "\n".join(f"\n## Object {name}\n\n{one['description']}\n\n{_table(one)}" for name, one in shared.items())


def _schema(name: str, given: dict[str, Any]) -> Iterator[str]:
    schema = _inlined(given, given.get("$defs", {}))
    yield f"\n## {name}\n\n{escaped(schema['description'])} [Schema]({name}{_ENDING}).\n"
    for number, kind in enumerate(schema.get("oneOf", [schema]), start=1):
        if "oneOf" in schema:
            yield f"**Kind {number}.** {escaped(kind.get('description', ''))}\n"
        yield _table(kind)


def _inlined(value: Any, definitions: dict[str, Any]) -> Any:
    """Return a schema with its own definitions in place of references to them."""
    if isinstance(value, list):
        return [_inlined(one, definitions) for one in value]
    if not isinstance(value, dict):
        return value
    own = definitions.get(value.get("$ref", "").removeprefix("#/$defs/"), {})
    rest = {name: one for name, one in value.items() if not own or name != "$ref"}
    return {name: _inlined(one, definitions) for name, one in {**own, **rest}.items()}


def _table(schema: dict[str, Any]) -> str:
    rows = "".join(f"| `{key}` | {kind} | {meaning} |\n" for key, kind, meaning in _rows(schema, ""))
    return f"| key | type | meaning |\n|---|---|---|\n{rows}" if rows else ""


def _rows(schema: dict[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    for name, value in schema.get("properties", {}).items():
        optional = "" if name in schema.get("required", []) else "Optional. "
        yield path + name, _type(value), optional + escaped(value.get("description", ""))
        yield from _inside(value, path + name)


def _inside(value: dict[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    """Yield the rows of the objects in a value: of itself, of the items of a list, and of its alternatives."""
    yield from _rows(value, f"{path}.")
    for one in (value.get("items"), *value.get("anyOf", ()), *value.get("oneOf", ())):
        if isinstance(one, dict):
            yield from _inside(one, f"{path}[]" if one is value.get("items") else path)


def _type(value: dict[str, Any]) -> str:
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#object-{name})"
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return ", ".join(f"`{json.dumps(one)}`" for one in value["enum"])
    kinds = value.get("anyOf") or value.get("oneOf")
    if kinds:
        return " or ".join(map(_type, kinds))
    kind = value.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else kind
