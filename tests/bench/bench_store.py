"""Speed of the local store of runs."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import season
from bench.registry import Row, figures

_WEARERS, _RUNS, _STRIDES = 3, 200, 1_000_000


@figures("store_rows_per_s", "store_list_s")
def bench_store() -> Iterator[Row]:
    """A season: `rebuild` without index and clock logs, then the comparison of all files that precedes every list."""
    with tempfile.TemporaryDirectory() as folder:
        store = season.make(Path(folder), _WEARERS, _RUNS, _STRIDES)
        began = time.perf_counter()
        runs = store.index.rebuild()
        rebuilt_s = time.perf_counter() - began
        began = time.perf_counter()
        store.index.runs()
        listed_s = time.perf_counter() - began
    found = sum(sum(one.strides.values()) for one in runs)
    what = f"{len(runs)} runs of {_WEARERS} wearers, {found:,} strides"
    yield "store_rows_per_s", found / rebuilt_s, "strides/s", f"rebuild of the index, {what}"
    yield "store_list_s", listed_s, "s", f"index up to date, compared with the files and read, {what}"
