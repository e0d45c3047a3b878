"""A sample of `make torture`: downloads over a bad cable, each cut once, end with the right bytes without help."""

import random
from collections import Counter

from torture.downloads import CUTS, bench, torture
from torture.line import Faults, Rates

SEEDS = range(2001, 2021)


def test_downloads_over_a_bad_cable(tmp_path, micropython):
    with bench(tmp_path) as one:
        outcomes = [torture(one, seed) for seed in SEEDS]
    assert {outcome.cut for outcome in outcomes} == set(CUTS)
    results = Counter(outcome.result for outcome in outcomes)
    assert results["by itself"] >= len(SEEDS) - 1, outcomes
    assert results["by itself"] + results["one retry"] == len(SEEDS), outcomes


def test_the_cable_is_as_bad_as_it_says():
    faults = Faults(random.Random(7), Rates().byte)
    data = random.Random(8).randbytes(1_000_000)
    came = b"".join(faults.spoil(data[at : at + 997]) for at in range(0, len(data), 997))
    assert 900 < sum(faults.count.values()) < 1100
    assert min(faults.count.values()) > 250
    assert len(came) - len(data) == faults.count["doubled"] - faults.count["lost"]
