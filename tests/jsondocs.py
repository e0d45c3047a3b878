"""Schemas of `--json` in docs/json, and a check of the output of a command against them."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

FOLDER = Path(__file__).parents[1] / "docs" / "json"
SHARED = "metrics.json"


@cache
def validator(command: str) -> Draft202012Validator | None:
    """Return the validator of the lines of a command, None if there is no schema."""
    path = FOLDER / f"{command}.schema.json"
    if not path.exists():
        return None
    schema = json.loads(path.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, registry=_shared())


def _shared() -> Registry:
    """Return the definitions that several schemas refer to."""
    contents = json.loads((FOLDER / SHARED).read_text("utf-8"))
    return Registry().with_resource(SHARED, Resource.from_contents(contents, DRAFT202012))


def faults(command: str, output: str) -> list[str]:
    """Return what in the lines of a command contradicts its schema or is not JSON."""
    checker = validator(command)
    found: list[str] = []
    for line in output.splitlines():
        value = json.loads(line, parse_constant=_refuse)
        for error in checker.iter_errors(value) if checker else ():
            found += [f"{one.json_path}: {one.message}" for one in (error.context or [error])] + [line]
    return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def check(arguments: Sequence[str], output: str, commands: Sequence[str]) -> None:
    """Check the output of a command line with --json. `commands`: all names of commands."""
    if "--json" in arguments:
        command = next(word for word in arguments if word in commands)
        assert faults(command, output) == []


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the path and the schema of each property, at any depth."""
    if isinstance(schema, list):
        for one in schema:
            yield from properties(one, path)
    elif isinstance(schema, dict):
        for name, one in schema.get("properties", {}).items():
            yield f"{path}.{name}", one
            yield from properties(one, f"{path}.{name}")
        for key in ("items", "oneOf", "anyOf", "$defs", "prefixItems"):
            inner = schema.get(key)
            yield from properties(list(inner.values()) if key == "$defs" and inner else inner, path)


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield each schema of an object, at any depth."""
    if isinstance(schema, list):
        for one in schema:
            yield from objects(one)
    elif isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for one in schema.values():
            yield from objects(one)
