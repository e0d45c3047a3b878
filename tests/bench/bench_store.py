"""Speed of the local store of runs."""

import os
import statistics
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import season
from bench.registry import Row, figures

_WEARERS, _RUNS, _STRIDES = 3, 200, 1_000_000


@figures("store_rows_per_s", "store_list_s", "history_s")
def bench_store() -> Iterator[Row]:
    """A season: `rebuild` without index and clock logs, the comparison of all files before every list, `history`."""
    with tempfile.TemporaryDirectory() as folder:
        store = season.make(Path(folder), _WEARERS, _RUNS, _STRIDES)
        began = time.perf_counter()
        runs = store.index.rebuild()
        rebuilt_s = time.perf_counter() - began
        began = time.perf_counter()
        store.index.runs()
        listed_s = time.perf_counter() - began
        history_s = statistics.median(_history_s(store.root) for _ in range(3))
    found = sum(sum(one.strides.values()) for one in runs)
    what = f"{len(runs)} runs of {_WEARERS} wearers, {found:,} strides"
    yield "store_rows_per_s", found / rebuilt_s, "strides/s", f"rebuild of the index, {what}"
    yield "store_list_s", listed_s, "s", f"index up to date, compared with the files and read, {what}"
    yield "history_s", history_s, "s", f"the whole command, index up to date, median of 3, {what}"


def _history_s(root: Path) -> float:
    command = [str(Path(sysconfig.get_path("scripts")) / "retropod"), "history"]
    began = time.perf_counter()
    subprocess.run(command, env=os.environ | {"RETROPOD_RUNS": str(root)}, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began
