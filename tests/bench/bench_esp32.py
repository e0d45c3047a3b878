"""Waiting times and losses of an ESP32, on a virtual pod with the costs of the chip."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.registry import NotMeasured, Row, figures
from retropod.errors import OperationFailed
from retropod.virtual.runtime import find_runtime
from soak import recordings, roundtrips
from soak.verdict import median, p99

_TRIPS_S = 30.0
_BUSY_S = 60.0
_BOARD = "xtensawin"


def _need_runtime() -> None:
    try:
        find_runtime()
    except OperationFailed as error:
        raise NotMeasured(error.message) from error


@figures("esp32_start_s", "esp32_request_ms_median", "esp32_request_ms_p99", "esp32_info_s")
def bench_round_trips() -> Iterator[Row]:
    _need_runtime()
    with tempfile.TemporaryDirectory() as folder:
        times = roundtrips.measure(Path(folder), _TRIPS_S, runs=0)
    yield (
        "esp32_start_s",
        median(times.start_s),
        "s",
        "reset to first answer, the pod's time; cost model, no runs",
    )
    method = f"{len(times.trips_ms)} requests with one answer at 115,200, walking, raw recording on; cost model"
    yield "esp32_request_ms_median", median(times.trips_ms), "ms", method
    yield "esp32_request_ms_p99", p99(times.trips_ms), "ms", method
    yield (
        "esp32_info_s",
        median(times.info_s),
        "s",
        "`retropod info` without the start of Python; cost model",
    )


@figures("esp32_samples_lost")
def bench_samples_lost() -> Iterator[Row]:
    _need_runtime()
    with tempfile.TemporaryDirectory() as folder:
        account = recordings.busy(Path(folder), _BUSY_S, "lsm6dso32", 416, raw=True)
    queries = ", ".join(" ".join(query) for query in recordings.QUERIES)
    method = f"of {account.taken:,}, raw recording while a host repeats {queries}; chip, status and run; cost model"
    yield "esp32_samples_lost", account.lost, "samples", method


@figures("esp32_heap_free_kb")
def bench_heap() -> Iterator[Row]:
    from tools import heap

    try:
        least = min(heap.pieces(), key=lambda piece: piece.free)
    except OperationFailed as error:
        raise NotMeasured(error.message) from error
    yield "esp32_heap_free_kb", least.free / 1000, "kB", f"least of a pod's day: {least.when}; count of the memory gate"


@figures("esp32_files")
def bench_files() -> Iterator[Row]:
    from retropod.build import image

    try:
        app = image.build(_BOARD)
    except OperationFailed as error:
        raise NotMeasured(error.message) from error
    yield "esp32_files", len(app.files) + 1, "files", "in a slot, the manifest included"
