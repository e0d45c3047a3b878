"""A week of clocks that are off and drift, resets, sleep and a dead battery. `make bench` runs it at full length."""

import pytest

from week.life import simulate


@pytest.mark.parametrize("seed", range(1, 7))
def test_every_stride_lies_within_its_bound(seed: int) -> None:
    found = simulate(seed, scale=0.03)
    assert found.outside == []
    assert found.strides > 300 and found.resets >= 5 and found.runs >= 12
    assert len(found.errors) > 150 and found.median_error_s <= 0.005
    assert found.repaired


def test_a_week_without_its_clocks_error_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: a host that believes crystals to be perfect is caught."""
    monkeypatch.setattr("retropod.runs.walltime.PRIOR_PPM", 1.0)
    monkeypatch.setattr("retropod.runs.walltime.WANDER_PPM", 1.0)
    assert any(simulate(seed, scale=0.03).outside for seed in range(1, 4))
