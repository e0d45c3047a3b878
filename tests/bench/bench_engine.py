"""What a sample costs in the stride engine, counted in instructions: repeatable on a noisy machine."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.registry import HERE, NotMeasured, Row, figures
from retropod import sources
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.runtime import find_runtime

RATE_HZ = 416.667
COUNT = 20_000
GRAVITY_M_S2 = 9.80665
MILLI_G = 0.976  # LSM6DSO32 at +-32 g
MILLI_DPS = 70.0
_METHOD = "callgrind, unix runtime, PYTHONHASHSEED=0, (count at 2N - at N) / N, N = {n} model samples in blocks of 32"


@figures("engine_instructions_per_sample", "engine_instructions_per_sample_walk", "engine_instructions_per_sample_run")
def bench_engine_six_axes() -> Iterator[Row]:
    walk, run = _cost("walk", 6), _cost("run", 6)
    yield "engine_instructions_per_sample", max(walk, run), "instructions", _method("the dearer of walking and running")
    yield "engine_instructions_per_sample_walk", walk, "instructions", _method("walking")
    yield "engine_instructions_per_sample_run", run, "instructions", _method("running")


@figures("engine_instructions_per_sample_accel")
def bench_engine_three_axes() -> Iterator[Row]:
    dearer = max(_cost("walk", 3), _cost("run", 3))
    yield "engine_instructions_per_sample_accel", dearer, "instructions", _method("the dearer of walking and running")


def _method(which: str) -> str:
    return _METHOD.format(n=f"{COUNT:,}") + f", {which}"


def _cost(gait: str, axes: int) -> float:
    if not shutil.which("valgrind"):
        raise NotMeasured("no valgrind")
    with tempfile.TemporaryDirectory() as folder:
        samples = Path(folder) / "samples.bin"
        samples.write_bytes(_counts(gait, axes).tobytes())
        once, twice = (_instructions(samples, axes, count) for count in (COUNT, 2 * COUNT))
    return (twice - once) / COUNT


def _counts(gait: str, axes: int) -> "np.ndarray[tuple[int, int], np.dtype[np.int16]]":
    recording = scenario(gait, RATE_HZ, 1, duration_s=2.2 * COUNT / RATE_HZ)
    assert recording.gyr is not None and len(recording.acc) >= 2 * COUNT
    acc = recording.acc / (GRAVITY_M_S2 * MILLI_G * 1e-3)
    gyr = np.degrees(recording.gyr) / (MILLI_DPS * 1e-3)
    both = np.hstack([acc, gyr])[: 2 * COUNT, :axes]
    return np.clip(np.rint(both), -32768, 32767).astype("<i2")


def _instructions(samples: Path, axes: int, count: int) -> int:
    path = os.pathsep.join(("", str(sources.firmware_dir()), str(sources.wire_dir()), ".frozen")).lstrip(os.pathsep)
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(find_runtime())]
    command += [str(HERE / "onpod" / "engine_load.py"), str(samples), str(count), str(axes)]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONHASHSEED": "0", "MICROPYPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line and not line.startswith("==")]
        raise NotMeasured(f"the engine failed: {said[-1] if said else done.returncode}")
    if int(done.stdout) < count / RATE_HZ / 2:
        raise NotMeasured(f"the engine found only {done.stdout.strip()} strides in {count} samples")
    counted = re.search(r"Collected : (\d+)", done.stderr)
    assert counted, done.stderr
    return int(counted.group(1))
