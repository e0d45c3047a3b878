"""Output of a command, checked against its schema."""

import json
from typing import Any

import jsondocs


def checked(command: str, output: str) -> list[dict[str, Any]]:
    """Return the objects of the lines of a command. Fails if one does not match the schema of the command."""
    assert jsondocs.validator(command) is not None
    faults = jsondocs.faults(command, output)
    assert not faults, faults
    return [json.loads(line) for line in output.splitlines()]
