"""Figures that do not depend on the machine never get worse. Change the baseline in a commit that gives the reason."""

from itertools import zip_longest
from typing import Any

import pytest

from bench import registry

pytestmark = pytest.mark.gate

GATED = list(registry.benches(gate_only=True))


def worse(value: registry.Value, kept: dict[str, Any]) -> list[str]:
    """Return the rows of `value` that are worse than the stored ones by more than the margin; "" if it has no rows.

    A missing and a new row are worse too: a count of nothing would pass. `better` is `lower`, `higher` or `same`.
    """
    was, now = _rows(kept["value"]), _rows(value)
    return [row for row in sorted({*was, *now}) if _worse(was.get(row, []), now.get(row, []), kept)]


def _rows(value: registry.Value) -> dict[str, list[float]]:
    return {row: [*counts] for row, counts in value.items()} if isinstance(value, dict) else {"": [value]}


def _worse(was: list[float], now: list[float], kept: dict[str, Any]) -> bool:
    margin = kept.get("margin", 0)
    for old, new in zip_longest(was, now):
        if old is None or new is None:
            return True
        rise = {"lower": new - old, "higher": old - new, "same": abs(new - old)}[kept["better"]]
        if rise > margin:
            return True
    return False


@pytest.mark.parametrize("bench", GATED, ids=lambda bench: bench.__name__)
def test_no_figure_got_worse(bench: registry.Bench) -> None:
    baseline = registry.baseline()
    results = list(registry.measure(bench))
    for result in results:
        assert result.name in baseline, f"{result.name} is gated and has no baseline; measured: {result}"
    missing = [result for result in results if result.value is None]
    complaints = [
        f"{result.name} {row}: {_rows(result.value).get(row)} {result.unit}, was {_rows(kept['value']).get(row)}"
        for result in results
        for kept in [baseline[result.name]]
        if result.value is not None
        for row in worse(result.value, kept)
    ]
    assert not complaints, "\n".join(complaints)
    if missing:
        pytest.skip("; ".join(f"{result.name}: {result.method}" for result in missing))


def test_every_kept_figure_is_still_measured() -> None:
    measured = {name for bench in GATED for name in registry.names_of(bench)}
    assert set(registry.baseline()) <= measured


def test_comparison_can_fail() -> None:
    assert worse(3, {"value": 2, "better": "lower"})
    assert worse(1, {"value": 2, "better": "higher"})
    assert worse(3, {"value": 2, "better": "same"})
    assert not worse(2, {"value": 2, "better": "lower"})


def test_each_row_is_compared() -> None:
    kept = {"value": {"a": [2, 0], "b": [1, 1]}, "better": "lower"}
    assert not worse({"a": [1, 0], "b": [1, 1]}, kept)
    assert worse({"a": [2, 1], "b": [0, 0]}, kept) == ["a"]
    assert worse({"a": [2, 0]}, kept) == ["b"]
    assert worse({"a": [2, 0], "b": [1]}, kept) == ["b"]
    assert worse({"a": [2, 0], "b": [1, 1], "c": [0, 0]}, kept) == ["c"]
    assert not worse({"a": [3, 1], "b": [2, 2]}, {**kept, "margin": 1})
    assert worse({"a": [4, 0], "b": [1, 1]}, {**kept, "margin": 1}) == ["a"]
