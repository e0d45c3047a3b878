"""The speed of an export of a season."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import season
from bench.registry import Row, figures

_RUNS, _STRIDES, _REPEATS = 200, 5000, 3


@figures("export_rows_per_s")
def bench_export() -> Iterator[Row]:
    from retropod.export import choice, job
    from retropod.runs.store import Store

    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store")
        season.fill(store, _RUNS, _STRIDES)
        taken: list[float] = []
        rows = 0
        for number in range(_REPEATS):
            begin = time.perf_counter()
            export = job.begin("parquet", Path(folder) / str(number), ["strides"], force=False)
            for name, path in choice.stored(store):
                export.add(choice.load(store, name, path))
            (written,) = export.finish()
            export.close()
            taken.append(time.perf_counter() - begin)
            rows = written.rows or 0
        method = f"{_RUNS} stored runs with {rows:,} strides to one Parquet file, with wall times; median of {_REPEATS}"
        yield "export_rows_per_s", rows / statistics.median(taken), "strides/s", method
