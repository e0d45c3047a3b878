"""How long a flash lasts: bytes of runs as a pod stores them, of a running person, with and without raw samples."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from bench.registry import NotMeasured, Row, figures
from retropod.errors import OperationFailed
from retropod.replay.replay import LEASE, Setup, held_pod
from retropod.runs import reader
from retropod.runs.download import download
from retropod.runs.store import Store
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.runtime import find_runtime
from retropod.virtual.source import Source
from retrowire import runfile

_RATE_HZ = 416.6875
_MINUTES = 10.0
_FLASH = 2 << 20
_HEAD = 7 + runfile.BLOCK_AROUND  # of a message of raw samples, in a block of its own


@figures("flash_bytes_per_min", "flash_hours_strides", "flash_bytes_per_min_raw", "flash_hours_raw")
def bench_flash() -> Iterator[Row]:
    try:
        find_runtime()
    except OperationFailed as error:
        raise NotMeasured(error.message) from error
    plain, strides = _strides_per_min()
    how = f"{_MINUTES:g} min of the model's run, {strides:.0f} strides of one foot a minute, stored by a virtual pod"
    yield "flash_bytes_per_min", plain, "B/min", f"strides and events; {how}"
    yield "flash_hours_strides", _FLASH / plain / 60, "h", "of running in 2 MB that are free for runs"
    raw = plain + 60 * _RATE_HZ * _raw_bytes()
    yield "flash_bytes_per_min_raw", raw, "B/min", "and raw samples at 416 Hz, as people in motion made them"
    yield "flash_hours_raw", _FLASH / raw / 60, "h", "with raw samples"


def _strides_per_min() -> tuple[float, float]:
    recording = scenario("run", _RATE_HZ, 1, duration_s=_MINUTES * 60)
    source = Source(recording.acc, recording.gyr, _RATE_HZ)
    with tempfile.TemporaryDirectory() as folder, held_pod(source, Setup(), "max") as (virtual, pod):
        run = pod.record("start", "strides")
        with pod.stream("events", **LEASE):
            virtual.go()
            virtual.wait_source_end(600.0)
            pod.record("stop")
        done = download(pod, Store(Path(folder)), run)
        stored = reader.read(done.path)
    minutes = (stored.strides[-1].end_s - (stored.strides[0].uptime_s or 0.0)) / 60
    return done.size / minutes, len(stored.strides) / minutes


def _raw_bytes() -> float:
    """Of a sample with its share of heads, over all development recordings."""
    packer = _raw_bench()
    size = samples = 0
    for recording in packer.recorded():
        packed, taken, messages = packer.packed(recording)
        size += packed + messages * _HEAD
        samples += taken
    return size / samples


def _raw_bench() -> ModuleType:
    """Return the benchmark of the compression, whose samples are packed here too."""
    from bench.registry import HERE, load

    return sys.modules.get("retropod_bench_raw") or load(HERE / "bench_raw.py")
