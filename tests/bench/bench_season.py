"""Times of a season in the store: every figure reads the same runs. The method states the processor time as well."""

import os
import resource
import statistics
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import season
from bench.registry import NotMeasured, Row, figures
from retropod.runs.store import Store

_WEARERS, _RUNS, _STRIDES, _REPEATS = 3, 200, 1_000_000, 3
_WEEKS = "400"  # more than since the season
_SIZE = f"{_RUNS} runs of {_WEARERS} wearers, {_STRIDES:,} strides"
_RETROPOD = Path(sysconfig.get_path("scripts")) / "retropod"


@figures("store_rows_per_s", "store_list_s", "export_rows_per_s", "show_s", "report_s", "history_s")
def bench_season() -> Iterator[Row]:
    """Rebuild the index, list, export all strides, and run the commands of a reader."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        store = season.fill(Store(folder / "store"), _RUNS, _STRIDES // _RUNS)
        yield _rate("store_rows_per_s", store.index.rebuild, "rebuild of the index")
        listed_s, method = _median(store.index.runs)
        yield "store_list_s", listed_s, "s", f"index up to date, compared with the files and read, {_SIZE}; {method}"
        yield _rate("export_rows_per_s", lambda: _exported(store, folder), "one Parquet file, with wall times")
        os.environ["RETROPOD_RUNS"] = str(store.root)
        run = str(store.all()[0].path)
        yield _command("show_s", f"a run of {_STRIDES // _RUNS:,} strides", "show", run)
        yield _command("report_s", "of such a run", "report", run, "--output", str(folder / "report.html"))
        if subprocess.run([_RETROPOD, "history", "--help"], capture_output=True, check=False).returncode:
            raise NotMeasured("the command `history` is missing")
        yield _command("history_s", f"{_SIZE}, index up to date", "history", "--weeks", _WEEKS)


def _rate(name: str, action: Callable[[], object], what: str) -> Row:
    taken_s, method = _median(action)
    return name, _STRIDES / taken_s, "strides/s", f"{what}, {_SIZE}; {method}"


def _command(name: str, what: str, *words: str) -> Row:
    command = [str(_RETROPOD), *words]
    taken_s, method = _median(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))
    return name, taken_s, "s", f"{what}; {method}"


def _median(action: Callable[[], object]) -> tuple[float, str]:
    """Return the median time, in s, and its text with the processor time of this process and its children."""
    walls, used = [], []
    for _ in range(_REPEATS):
        began, busy = time.perf_counter(), _used_s()
        action()
        walls.append(time.perf_counter() - began)
        used.append(_used_s() - busy)
    return statistics.median(walls), f"median of {_REPEATS}, processor time {statistics.median(used):.2f} s"


def _used_s() -> float:
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in found)


def _exported(store: Store, folder: Path) -> None:
    """Export the strides of all runs, as `export --since` does."""
    from retropod.export import choice, job

    export = job.begin("parquet", folder / "strides.parquet", ["strides"], force=True)
    for name, path in choice.stored(store):
        export.add(choice.load(store, name, path))
    (written,) = export.finish()
    export.close()
    assert written.rows == _STRIDES, written
