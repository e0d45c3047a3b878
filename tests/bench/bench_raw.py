"""Costs of raw samples: bytes against zlib, xz and FLAC on the same samples, instructions on the pod, time here."""

import lzma
import os
import re
import shutil
import subprocess
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.registry import HERE, NotMeasured, Row, figures, recordings
from retropod.build import folded
from retropod.client.messages import RawMessage
from retropod.client.wire import decode
from retropod.runs import samples
from retropod.score.engine_runner import ChipScale, counts
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.runtime import find_runtime
from retrowire import schema

Counts = NDArray[np.int16]
RATE_HZ = 416.0
# Data sheet of the LSM6DSO32, high-performance mode: noise density times the root of half the rate, in counts.
_ACC_NOISE = 160e-6 * np.sqrt(RATE_HZ / 2) / 976e-6
_GYR_NOISE = 3.8e-3 * np.sqrt(RATE_HZ / 2) / 70e-3
_HOUR = 1_500_000
_FEW = 6  # every sixth recording goes through callgrind


@figures("raw_bytes_per_sample", "raw_bytes_zlib", "raw_bytes_xz", "raw_bytes_flac", "raw_vs_flac_ratio")
def bench_bytes() -> Iterator[Row]:
    recordings = recorded()
    total = sum(len(recording) for recording in recordings)
    ours = sum(packed(recording)[0] for recording in recordings) / total
    method = f"{len(recordings)} development recordings at {RATE_HZ:g} Hz, {total:,} samples of six axes"
    yield "raw_bytes_per_sample", ours, "bytes", method + ", LSM6DSO32 counts with data-sheet noise; as counts: 12"
    yield "raw_bytes_zlib", sum(len(zlib.compress(r.tobytes(), 9)) for r in recordings) / total, "bytes", "zlib -9"
    yield "raw_bytes_xz", sum(len(lzma.compress(r.tobytes(), preset=9)) for r in recordings) / total, "bytes", "xz -9"
    flac = sum(_flac(recording) for recording in recordings) / total
    yield "raw_bytes_flac", flac, "bytes", "flac -8, six channels of 16 bits"
    yield "raw_vs_flac_ratio", ours / flac, "", "raw_bytes_per_sample / raw_bytes_flac"


@figures("raw_instructions_per_sample", "raw_packer_instructions_per_sample")
def bench_instructions() -> Iterator[Row]:
    if not shutil.which("valgrind"):
        raise NotMeasured("no valgrind")
    recordings = recorded()[::_FEW]
    samples = sum(len(recording) for recording in recordings)
    method = f"callgrind, unix runtime, {len(recordings)} development recordings, {samples:,} samples of six axes; "
    kernel = sum(_counted("rice_load.py", r, "rice") - _counted("rice_load.py", r, "nothing") for r in recordings)
    told = "the kernel less one that does nothing"
    yield "raw_instructions_per_sample", kernel / samples, "instructions", method + told
    packer = sum(_counted("raw_load.py", r, "2") - _counted("raw_load.py", r, "1") for r in recordings)
    told = "two passes less one: reading 8 samples from a file, gathering and messages included"
    yield "raw_packer_instructions_per_sample", packer / samples, "instructions", method + told


@figures("raw_decode_s_per_hour")
def bench_decode() -> Iterator[Row]:
    """One minute of the model's run, packed by the pod's kernel, decoded as often as an hour has minutes."""
    messages = _messages(_model("run", 60.0))
    many = messages * (1 + _HOUR // sum(message.count for message in messages))
    started = time.perf_counter()
    decoded = len(samples.decode(many).index)
    seconds = (time.perf_counter() - started) * _HOUR / decoded
    yield "raw_decode_s_per_hour", seconds, "s", f"{_HOUR:,} six-axis samples, numpy"


def recorded() -> list[Counts]:
    folder = recordings()
    rng = np.random.default_rng(1)
    noise = np.array([_ACC_NOISE] * 3 + [_GYR_NOISE] * 3)
    found = []
    for path in sorted(folder.glob("*.npz")):
        recording = counts(path, RATE_HZ, ChipScale())
        if recording.rate_hz > RATE_HZ * 0.9:
            noisy = recording.counts + rng.normal(0.0, 1.0, recording.counts.shape) * noise
            found.append(np.clip(np.rint(noisy), -32767, 32767).astype("<i2"))
    return found


def _model(gait: str, duration_s: float) -> Counts:
    recording = scenario(gait, RATE_HZ, 1, duration_s=duration_s)
    assert recording.gyr is not None
    both = np.hstack([recording.acc / (9.80665 * 976e-6), np.degrees(recording.gyr) / 70e-3])
    noise = np.array([_ACC_NOISE] * 3 + [_GYR_NOISE] * 3)
    noisy = both + np.random.default_rng(1).normal(0.0, 1.0, both.shape) * noise
    return np.clip(np.rint(noisy), -32767, 32767).astype("<i2")


def _run(script: Path, content: bytes, arguments: list[str], wrap: list[str]) -> subprocess.CompletedProcess[str]:
    search = folded.folders().search_path
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "counts.bin"
        path.write_bytes(content)
        return subprocess.run(
            [*wrap, str(find_runtime()), "-X", "heapsize=256K", str(script), str(path), *arguments],
            env={**os.environ, "PYTHONHASHSEED": "0", "MICROPYPATH": search},
            capture_output=True,
            text=True,
            check=True,
        )


def packed(recording: Counts) -> tuple[int, int, int]:
    """Pack the samples on the pod. Return bytes without the heads of messages, samples, messages."""
    done = _run(HERE / "onpod" / "raw_load.py", recording.tobytes(), ["6", "1"], [])
    size, samples, messages = map(int, done.stdout.split())
    assert samples == len(recording)
    return size, samples, messages


def _counted(script: str, recording: Counts, last: str) -> int:
    """Instructions of a whole process."""
    wrap = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    done = _run(HERE / "onpod" / script, recording.tobytes(), ["6", last], wrap)
    counted = re.search(r"Collected : (\d+)", done.stderr)
    assert counted, done.stderr
    return int(counted.group(1))


def _messages(recording: Counts) -> list[RawMessage]:
    script = HERE.parent / "host" / "onpod" / "run_rawpacker.py"
    done = _run(script, recording.tobytes(), ["6", "16"], [])
    return [decode(schema.RAW, bytes.fromhex(line)) for line in done.stdout.split()]


def _flac(recording: Counts) -> int:
    if not shutil.which("flac"):
        raise NotMeasured("no flac")
    command = (
        "flac -8 -s -c --force-raw-format --endian=little --sign=signed --channels=6 --bps=16 --sample-rate=48000 -"
    )
    return len(subprocess.run(command.split(), input=recording.tobytes(), capture_output=True, check=True).stdout)
