"""Facts about wearers, in the file `wearers.toml` of the store. The user edits it; `docs/store.md` describes it."""

import math
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from retropod import durable
from retropod.errors import UsageError
from retropod.inputs import MIB, read_bytes
from retropod.runs.locked import locked

NAME = "wearers.toml"
_HINT = "correct the file; docs/store.md describes it"
_LIMITS = {"mass_kg": (2.0, 400.0), "height_m": (0.3, 2.8), "birth_year": (1900.0, 2100.0)}


class WearerFacts(NamedTuple):
    """Facts about a wearer. None: not stated."""

    mass_kg: float | None = None
    height_m: float | None = None
    birth_year: int | None = None


def read(root: Path) -> dict[str, WearerFacts]:
    """Return the facts about each wearer by name, as in the setting `wearer` of a pod.

    Raises UsageError, which names the entry, if the file is invalid, and OperationFailed if it cannot be read.
    """
    path = root / NAME
    if not path.exists():
        return {}
    try:
        content: dict[str, Any] = tomllib.loads(read_bytes(path, MIB, _HINT, empty=True).decode())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}", _HINT) from error
    return {name: _wearer(path, name, values) for name, values in content.items()}


def _wearer(path: Path, name: str, values: Any) -> WearerFacts:
    if not isinstance(values, dict):
        raise UsageError(f"{path}: {name} is not a table", _HINT)
    for key, value in values.items():
        low, high = _LIMITS.get(key, (math.nan, math.nan))
        number = isinstance(value, int if key == "birth_year" else int | float) and not isinstance(value, bool)
        if key not in _LIMITS or not number or not low <= value <= high:
            raise UsageError(f"{path}: {key} = {value} of {name} is invalid", _hint_of(key))
    return WearerFacts(**values)


def _hint_of(key: str) -> str:
    if key not in _LIMITS:
        return f"the keys are {', '.join(_LIMITS)}"
    low, high = _LIMITS[key]
    return f"give a {'whole ' if key == 'birth_year' else ''}number from {low:g} to {high:g}"


def remove(root: Path, name: str) -> bool:
    """Remove the entry of a wearer from the file. Return False if it has none.

    Raises the errors of `read`, and UsageError if the entry cannot be separated from the others.
    """
    with locked(root):
        known = read(root)
        if name not in known:
            return False
        path = root / NAME
        for text in _without_each_table(path.read_text("utf-8")):
            if _tables(text) == {one: table for one, table in _tables(path.read_text("utf-8")).items() if one != name}:
                durable.replace(path, text.encode())
                return True
    raise UsageError(f"the entry of {name} in {path} has an unusual form", f"remove it from {path} with an editor")


def _without_each_table(text: str) -> list[str]:
    """Return the text without its first table, without its second one, and so on. A table begins with `[`."""
    lines = text.splitlines(keepends=True)
    begins = [*(at for at, line in enumerate(lines) if line.startswith("[")), len(lines)]
    return ["".join(lines[:at] + lines[end:]) for at, end in pairwise(begins)]


def _tables(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError:
        return {}
