"""A sample of `make torture`: downloads over a bad cable, with a frozen pod or a slow link, give the right bytes."""

import random
import time
from collections import Counter
from dataclasses import replace

from torture.downloads import CUTS, RESULTS, Trouble, bench, draw, torture
from torture.line import Faults, Latency, Rates

TROUBLES = [replace(draw(seed), latency_s=0.0) for seed in range(2001, 2009)]
SLOW = Trouble("", freeze_s=0.5, latency_s=0.4)
FROZEN = Trouble("", freeze_s=4.0, latency_s=0.0)


def test_downloads_over_a_bad_cable(tmp_path, micropython):
    assert {trouble.cut for trouble in TROUBLES} == set(CUTS)
    with bench(tmp_path) as one:
        outcomes = [torture(one, seed, trouble) for seed, trouble in enumerate([*TROUBLES, SLOW, FROZEN])]
    results = Counter(outcome.result for outcome in outcomes)
    assert results["by itself"] >= len(outcomes) - 2, outcomes
    assert sum(results[good] for good in RESULTS[:3]) == len(outcomes), outcomes


def test_latency_keeps_the_order_of_bytes():
    came = []
    way = Latency(came.append)
    now = time.monotonic()
    for due_s, data in ((now - 1, b"ab"), (now - 1, b"cd"), (now + 60, b"ef"), (now - 1, b"gh")):
        way.put(due_s, data)
    way.step()
    assert came == [b"ab", b"cd"] and way.waiting


def test_the_cable_is_as_bad_as_it_says():
    faults = Faults(random.Random(7), Rates().byte)
    data = random.Random(8).randbytes(1_000_000)
    came = b"".join(faults.spoil(data[at : at + 997]) for at in range(0, len(data), 997))
    assert 900 < sum(faults.count.values()) < 1100
    assert min(faults.count.values()) > 250
    assert len(came) - len(data) == faults.count["doubled"] - faults.count["lost"]
