"""`make torture`: many seeded downloads over a bad cable, and their results.

N: downloads with a cut, a freeze below 1 s and a latency up to 1 s (1000); LONG: downloads with a freeze of 1 to 20 s
(100); FIRST: the first seed (1). Ends with 1 if one in a hundred of the former needed a retry, or if any download
failed, hung, was wrong or needed more than two retries.
"""

import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from torture.downloads import CUTS, RESULTS, Outcome, Trouble, bench, draw, draw_long_freeze, torture
from torture.line import Rates

_WORKERS = 4  # they mostly wait
_MOST_RETRIES = 0.01
_GOOD = RESULTS[:3]


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _work(draw_trouble: Callable[[int], Trouble], seeds: range) -> list[Outcome]:
    outcomes = []
    with tempfile.TemporaryDirectory() as folder, bench(Path(folder)) as one:
        for seed in seeds:
            outcome = torture(one, seed, draw_trouble(seed))
            outcomes.append(outcome)
            if outcome.result != RESULTS[0]:
                _print(f"  seed {seed}: {outcome.result} {outcome.trouble} {outcome.error}")
    return outcomes


def _download(count: int, first: int, draw_trouble: Callable[[int], Trouble]) -> list[Outcome]:
    shares = [range(first + worker, first + count, _WORKERS) for worker in range(_WORKERS)]
    with multiprocessing.get_context("spawn").Pool(_WORKERS) as pool:
        return [outcome for share in pool.map(partial(_work, draw_trouble), shares, 1) for outcome in share]


def _summarise(outcomes: list[Outcome]) -> Counter[str]:
    seconds = sorted(outcome.seconds for outcome in outcomes)
    faults = Counter[str]()
    for outcome in outcomes:
        faults.update(outcome.faults)
    _print("  faults: " + ", ".join(f"{number} bytes {kind}" for kind, number in faults.items()))
    for cut in (*CUTS, ""):
        ends = Counter(outcome.result for outcome in outcomes if outcome.trouble.cut == cut)
        if ends:
            _print(
                f"  {cut or 'not cut'}: " + ", ".join(f"{ends[result]} {result}" for result in RESULTS if ends[result])
            )
    slow = [outcome for outcome in outcomes if outcome.trouble.latency_s > 0.5]
    if slow:
        ends = Counter(outcome.result for outcome in slow)
        _print(f"  latency above 0.5 s: {len(slow)}, " + ", ".join(f"{n} {result}" for result, n in ends.items()))
    _print(f"  seconds: median {statistics.median(seconds):.1f}, 99 % {seconds[int(len(seconds) * 0.99)]:.1f}, "
           f"longest {seconds[-1]:.1f}")  # fmt: skip
    return Counter(outcome.result for outcome in outcomes)


def main() -> int:
    """Run all downloads and print the counts."""
    count, long, first = (int(os.environ.get(*pair)) for pair in (("N", "1000"), ("LONG", "100"), ("FIRST", "1")))
    rates = Rates()
    _print(f"a bad cable: {rates.byte:.1%} of bytes faulty, {rates.delay:.0%} of pieces wait up to "
           f"{rates.delay_s * 1000:.0f} ms, {rates.split:.0%} are split")  # fmt: skip
    bad = 0
    for title, number, draw_trouble in (
        ("one cut, one freeze below 1 s, latency up to 1 s", count, draw),
        ("one freeze of 1 to 20 s", long, draw_long_freeze),
    ):
        begun = time.monotonic()
        outcomes = _download(number, first, draw_trouble) if number else []
        if not outcomes:
            continue
        _print(f"{number} downloads with {title}, seeds from {first}, {time.monotonic() - begun:.0f} s")
        results = _summarise(outcomes)
        bad += number - sum(results[result] for result in _GOOD)
        if draw_trouble is draw and results[RESULTS[0]] < (1 - _MOST_RETRIES) * number:
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
