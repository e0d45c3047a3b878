"""`make torture`: many seeded downloads over a bad cable, and how they ended.

N: how many (1000); FIRST: the first seed (1). Ends with 1 when more than one in a hundred needed a retry, or any
failed, hung or was wrong.
"""

import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from torture.downloads import CUTS, Outcome, bench, torture
from torture.line import Rates

_WORKERS = 2
_MOST_RETRIES = 0.01


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _work(seeds: range) -> list[Outcome]:
    outcomes = []
    with tempfile.TemporaryDirectory() as folder, bench(Path(folder)) as one:
        for seed in seeds:
            outcomes.append(torture(one, seed))
            if outcomes[-1].result != "by itself":
                _say(f"  seed {seed}: {outcomes[-1].result} ({outcomes[-1].cut}) {outcomes[-1].error}")
    return outcomes


def main() -> int:
    """Run, print counts."""
    count, first = int(os.environ.get("N", "1000")), int(os.environ.get("FIRST", "1"))
    begun = time.monotonic()
    shares = [range(first + worker, first + count, _WORKERS) for worker in range(_WORKERS)]
    with multiprocessing.get_context("spawn").Pool(_WORKERS) as pool:
        outcomes = [outcome for share in pool.map(_work, shares, 1) for outcome in share]
    results = Counter(outcome.result for outcome in outcomes)
    seconds = sorted(outcome.seconds for outcome in outcomes)
    faults = Counter[str]()
    for outcome in outcomes:
        faults.update(outcome.faults)
    rates = Rates()
    _say(f"{count} downloads, seeds {first} to {first + count - 1}, {time.monotonic() - begun:.0f} s")
    _say(f"  faults a byte {rates.byte:.1%}: " + ", ".join(f"{number} {kind}" for kind, number in faults.items()))
    _say(f"  pieces held up {rates.delay:.0%} (to {rates.delay_s * 1000:.0f} ms), split {rates.split:.0%}")
    for cut in CUTS:
        ends = Counter(outcome.result for outcome in outcomes if outcome.cut == cut)
        _say(f"  {cut}: " + ", ".join(f"{number} {result}" for result, number in ends.most_common()))
    _say("  together: " + ", ".join(f"{number} {result}" for result, number in results.most_common()))
    _say(f"  seconds: median {statistics.median(seconds):.1f}, 99 % {seconds[int(len(seconds) * 0.99)]:.1f}, "
          f"longest {seconds[-1]:.1f}")  # fmt: skip
    bad = count - results["by itself"] - results["one retry"]
    return 1 if bad or results["one retry"] > _MOST_RETRIES * count else 0


if __name__ == "__main__":
    sys.exit(main())
