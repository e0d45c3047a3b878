"""Check of JSON lines against the published schema of their command."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from conftest import ROOT


@cache
def _validator(command: str) -> Draft202012Validator:
    schema = json.loads((ROOT / "docs" / "json" / f"{command}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def checked(command: str, output: str) -> list[dict[str, Any]]:
    """Return the objects of the output lines of a command. Fails if one does not match the schema of the command."""
    lines = [json.loads(line, parse_constant=_no_constant) for line in output.splitlines()]
    for line in lines:
        # The branch with the type of the line gives a short message, and `oneOf` a long one.
        branches = _validator(command).schema["oneOf"]
        (branch,) = [one for one in branches if one["properties"]["type"]["const"] == line.get("type")]
        errors = [f"{list(error.path)}: {error.message}" for error in Draft202012Validator(branch).iter_errors(line)]
        assert not errors, errors
        assert _validator(command).is_valid(line)
    return lines


def undescribed(command: str) -> list[str]:
    """Return the paths of the keys without a description or that allow other keys."""
    found: list[str] = []

    def walk(node: Any, path: str) -> None:
        if isinstance(node, list):
            for at, one in enumerate(node):
                walk(one, f"{path}[{at}]")
        if not isinstance(node, dict):
            return
        if node.get("type") == "object" and node.get("additionalProperties") is not False:
            found.append(f"{path} allows other keys")
        for name, one in node.get("properties", {}).items():
            if not one.get("description") and path.rsplit("/", 1)[-1] not in ("count", "share", "distance_m"):
                found.append(f"{path}/{name} has no description")
            walk(one, f"{path}/{name}")
        for name in ("oneOf", "items"):
            walk(node.get(name), path)

    walk(_validator(command).schema, command)
    return found
