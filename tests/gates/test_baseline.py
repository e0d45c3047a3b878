"""Figures that do not depend on the machine never get worse. Change the baseline in a commit that gives the reason."""

from pathlib import Path

import pytest

from bench import registry

pytestmark = pytest.mark.gate

GATED = list(registry.benches(gate_only=True))


def worse(value: float, kept: dict[str, float | str]) -> bool:
    """Return True if `value` is worse than the stored one. `better` is `lower`, `higher` or `same`."""
    was = float(kept["value"])
    return {"lower": value > was, "higher": value < was, "same": value != was}[str(kept["better"])]


@pytest.mark.parametrize("bench", GATED, ids=lambda bench: bench.__name__)
def test_no_figure_got_worse(bench: registry.Bench) -> None:
    baseline = registry.baseline()
    results = list(registry.measure(bench))
    for result in results:
        assert result.name in baseline, f"{result.name} is gated and has no baseline; measured: {result}"
    missing = [result for result in results if result.value is None]
    complaints = [
        f"{result.name}: {result.value} {result.unit}, was {baseline[result.name]['value']}"
        for result in results
        if result.value is not None and worse(result.value, baseline[result.name])
    ]
    assert not complaints, "\n".join(complaints)
    if missing:
        pytest.skip("; ".join(f"{result.name}: {result.method}" for result in missing))


def test_every_kept_figure_is_still_measured() -> None:
    measured = {name for bench in GATED for name in registry.names_of(bench)}
    assert set(registry.baseline()) <= measured


def test_comparison_can_fail(tmp_path: Path) -> None:
    assert worse(3, {"value": 2, "better": "lower"})
    assert worse(1, {"value": 2, "better": "higher"})
    assert worse(3, {"value": 2, "better": "same"})
    assert not worse(2, {"value": 2, "better": "lower"})
