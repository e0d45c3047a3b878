"""Instructions of the stride engine per sample: repeatable on a noisy machine."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.registry import HERE, NotMeasured, Row, figures
from retropod.build import folded
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.runtime import find_runtime

RATE_HZ = 416.667
COUNT = 20_000
BLOCK = 32  # a burst of the driver
DRAIN_MS = 20  # interval of the FIFO drain: its blocks are smaller than a burst
GRAVITY_M_S2 = 9.80665
MILLI_G = 0.976  # LSM6DSO32 at +-32 g
MILLI_DPS = 70.0


@figures("engine_instructions_per_sample", "engine_instructions_per_sample_walk", "engine_instructions_per_sample_run")
def bench_engine_six_axes() -> Iterator[Row]:
    walk, run = _cost("walk", 6), _cost("run", 6)
    yield "engine_instructions_per_sample", max(walk, run), "instructions", _method("the dearer of walking and running")
    yield "engine_instructions_per_sample_walk", walk, "instructions", _method("walking")
    yield "engine_instructions_per_sample_run", run, "instructions", _method("running")


@figures("engine_instructions_per_sample_drained", "engine_instructions_per_sample_208hz")
def bench_engine_six_axes_otherwise() -> Iterator[Row]:
    drained = _drained()
    yield (
        "engine_instructions_per_sample_drained", _cost("run", 6, drained), "instructions",
        _method("running", drained),
    )  # fmt: skip
    yield (
        "engine_instructions_per_sample_208hz", _cost("run", 6, rate_hz=RATE_HZ / 2), "instructions",
        _method("running at 208 Hz"),
    )  # fmt: skip


@figures("engine_instructions_per_sample_accel", "engine_instructions_per_sample_accel_drained")
def bench_engine_three_axes() -> Iterator[Row]:
    dearer = max(_cost("walk", 3), _cost("run", 3))
    yield "engine_instructions_per_sample_accel", dearer, "instructions", _method("the dearer of walking and running")
    drained = _drained()
    yield (
        "engine_instructions_per_sample_accel_drained", _cost("run", 3, drained), "instructions",
        _method("running", drained),
    )  # fmt: skip


def _drained() -> int:
    """Samples in a block of the sampler's at 416 Hz."""
    return int(DRAIN_MS * RATE_HZ / 1000)


def _method(which: str, block: int = BLOCK) -> str:
    counted = f"(count at 2N - at N) / N, N = {COUNT:,} model samples in blocks of {block}"
    return f"callgrind, unix runtime, PYTHONHASHSEED=0, {counted}, {which}"


def _cost(gait: str, axes: int, block: int = BLOCK, rate_hz: float = RATE_HZ) -> float:
    if not shutil.which("valgrind"):
        raise NotMeasured("no valgrind")
    with tempfile.TemporaryDirectory() as folder:
        samples = Path(folder) / "samples.bin"
        samples.write_bytes(_counts(gait, axes, rate_hz).tobytes())
        once, twice = (_instructions(samples, axes, count, block, rate_hz) for count in (COUNT, 2 * COUNT))
    return (twice - once) / COUNT


def _counts(gait: str, axes: int, rate_hz: float) -> "np.ndarray[tuple[int, int], np.dtype[np.int16]]":
    recording = scenario(gait, rate_hz, 1, duration_s=2.2 * COUNT / rate_hz)
    assert recording.gyr is not None and len(recording.acc) >= 2 * COUNT
    acc = recording.acc / (GRAVITY_M_S2 * MILLI_G * 1e-3)
    gyr = np.degrees(recording.gyr) / (MILLI_DPS * 1e-3)
    both = np.hstack([acc, gyr])[: 2 * COUNT, :axes]
    return np.clip(np.rint(both), -32768, 32767).astype("<i2")


def _instructions(samples: Path, axes: int, count: int, block: int, rate_hz: float) -> int:
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(find_runtime())]
    command += [str(HERE / "onpod" / "engine_load.py"), str(samples)]
    command += [str(number) for number in (count, axes, block, round(rate_hz * 1000))]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONHASHSEED": "0", "MICROPYPATH": folded.folders().search_path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line and not line.startswith("==")]
        raise NotMeasured(f"the engine failed: {said[-1] if said else done.returncode}")
    if int(done.stdout) < count / rate_hz / 2:
        raise NotMeasured(f"the engine found only {done.stdout.strip()} strides in {count} samples")
    counted = re.search(r"Collected : (\d+)", done.stderr)
    assert counted, done.stderr
    return int(counted.group(1))
