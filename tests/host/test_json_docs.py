"""docs/json: a schema for each command, and the rules that all of them follow."""

import json
import re
from typing import Any

import click
import pytest

import jsondocs
from retropod.cli.commands import cli
from retropod.cli.settings_doc import SETTINGS

SCHEMAS = {path.name.removesuffix(".schema.json"): json.loads(path.read_text("utf-8"))
           for path in sorted(jsondocs.FOLDER.glob("*.schema.json"))}  # fmt: skip
# Suffix of a key: words that its description must contain.
UNITS = {"_s": r"\bs\b|seconds", "_m": r"\bm\b|metres", "_mps": r"m/s|metres per second", "_hz": r"\bHz\b|hertz",
         "_g": r"\bg\b", "_dps": r"degrees per second", "_deg": r"degrees", "_v": r"\bV\b", "_bytes": r"bytes",
         "_ppm": r"ppm"}  # fmt: skip
_SCALED = re.compile(r"_(ms|us|ns|mv|kb|mb|mhz|khz|ug|udps|mdps|mm|cm|km|min|minutes|kmh)$")


def complaints(name: str, schema: Any) -> list[str]:
    """Return the places of a schema that break a rule."""
    found = [f"{name}: an object allows unknown keys" for one in jsondocs.objects(schema)
             if one.get("additionalProperties") is not False]  # fmt: skip
    for path, one in jsondocs.properties(schema):
        text = str(one.get("description", ""))
        if not text.endswith("."):
            found.append(f"{name}{path} has no description")
        suffix = path[path.rfind("_") :].split(".")[0] if "_" in path.rpartition(".")[2] else ""
        if suffix in UNITS and not path.endswith("_per_s") and not re.search(UNITS[suffix], text):
            found.append(f"{name}{path} does not name its unit: {text}")
        if _SCALED.search(path) and name != "config":  # settings have the names and units of the pod
            found.append(f"{name}{path} is not in an SI unit")
    return found


def test_each_command_has_a_schema() -> None:
    commands = set(cli.list_commands(click.Context(cli)))
    assert commands == set(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_follows_the_rules(name: str) -> None:
    assert jsondocs.validator(name) is not None
    assert SCHEMAS[name]["$schema"].endswith("2020-12/schema")
    assert complaints(name, SCHEMAS[name]) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"description": "An a."}}},
        {"properties": {"a": {}}, "additionalProperties": False},
        {"oneOf": [{"properties": {"a_s": {"description": "A time."}}, "additionalProperties": False}]},
        {"properties": {"a_ms": {"description": "A time, in ms."}}, "additionalProperties": False},
        {"properties": {"a": {"description": "An a.", "items": {"properties": {}}}}, "additionalProperties": False},
    ],
)
def test_a_broken_rule_is_found(schema: Any) -> None:
    assert complaints("x", schema)


def test_the_settings_are_those_of_the_pod() -> None:
    described = {name: one["description"] for name, one in SCHEMAS["config"]["properties"].items()
                 if name not in ("pins", "undone")}  # fmt: skip
    meant = {name.rstrip("*"): text[0].upper() + text[1:] + "." for name, text in SETTINGS.items()}
    assert described == meant


@pytest.mark.parametrize(
    "line", ['{"run":1,"erased":true,"file":null,"x":1}', '{"run":1}', '{"run":"1","erased":true,"file":null}']
)
def test_a_line_that_contradicts_its_schema_is_found(line: str) -> None:
    assert jsondocs.faults("erase", line)
    assert jsondocs.faults("erase", '{"run":1,"erased":true,"file":null}') == []


def test_nan_is_not_json() -> None:
    with pytest.raises(ValueError, match="NaN"):
        jsondocs.faults("erase", '{"run":NaN}')


def test_the_shared_definitions_follow_the_rules() -> None:
    shared = json.loads((jsondocs.FOLDER / jsondocs.SHARED).read_text("utf-8"))
    assert complaints("metrics", list(shared["$defs"].values())) == []
    assert complaints("metrics", {"properties": {"peak_g": {"description": "Peak."}}, "additionalProperties": False})
