"""Load of sampling: the share of the ESP32's time that driver and engine take, and how long a FIFO lasts."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.registry import HERE, NotMeasured, Row, figures
from retropod.build import folded
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.runtime import find_runtime

# Of an ESP32 running MicroPython v1.26.1, measured on an emulated one at its own instruction counter
INSTRUCTIONS_S = 125e6
TRANSACTION_S = 147e-6
BITS_A_BYTE = 9
STALL_S = 0.100  # 4 kB to littlefs: the longest that the recorder keeps the loop busy
BUS_HZ = 400_000
DRAIN_S = 0.020
ADDRESSING = 3  # bytes: address, register, address again
DRAINS = 1500
GRAVITY = 9.80665

# chip: setting, true rate, FIFO samples, bytes of a sample in the FIFO, bytes of its level, samples of a transaction,
# g per count, degrees per second per count
CHIPS = {
    "lsm6dso32": (416, 416.687, 256, 14, 2, 32, 0.976e-3, 70e-3),
    "mpu6050": (500, 500.0, 85, 12, 2, 32, 1 / 2048, 1 / 16.4),
    "adxl345": (200, 200.0, 32, 6, 1, 1, 1 / 256, 0.0),
}
_PARTS = ("bus", "transactions", "code", "total")


@figures(*(f"sampling_{part}_percent_{chip}" for chip in CHIPS for part in _PARTS))
def bench_share() -> Iterator[Row]:
    for chip, (setting, rate_hz, _, width, level, burst, *_) in CHIPS.items():
        samples = DRAIN_S * rate_hz
        bursts = -(-samples // burst)
        bytes_ = ADDRESSING + level + bursts * ADDRESSING + samples * width
        bus = bytes_ * BITS_A_BYTE / BUS_HZ / DRAIN_S
        overhead = (1 + bursts) * TRANSACTION_S / DRAIN_S
        counted = _instructions_per_sample(chip, setting, round(samples))
        code = counted * rate_hz / INSTRUCTIONS_S
        what = f"{chip} at {rate_hz:g} Hz, a drain every {DRAIN_S * 1000:g} ms"
        yield (
            f"sampling_bus_percent_{chip}", 100 * bus, "%",
            f"{what}: {bytes_:.0f} bytes x {BITS_A_BYTE} bits / {BUS_HZ // 1000} kHz / {DRAIN_S * 1000:g} ms",
        )  # fmt: skip
        yield (
            f"sampling_transactions_percent_{chip}", 100 * overhead, "%",
            f"{1 + bursts:.0f} transactions a drain x {TRANSACTION_S * 1e6:g} us / {DRAIN_S * 1000:g} ms",
        )  # fmt: skip
        yield (
            f"sampling_code_percent_{chip}", 100 * code, "%",
            f"{counted:.0f} instructions a sample in driver, sampler and engine (callgrind, model run, {DRAINS} "
            f"drains, bus transactions deducted) x {rate_hz:g} Hz / {INSTRUCTIONS_S / 1e6:g} M/s",
        )  # fmt: skip
        yield f"sampling_total_percent_{chip}", 100 * (bus + overhead + code), "%", "the three together"


@figures("recorder_stall_s", *(f"fifo_s_{chip}" for chip in CHIPS))
def bench_fifo() -> Iterator[Row]:
    yield "recorder_stall_s", STALL_S, "s", "4 kB to littlefs on an emulated ESP32: what every FIFO must outlast"
    for chip, (_, rate_hz, samples, *_) in CHIPS.items():
        yield f"fifo_s_{chip}", samples / rate_hz, "s", f"{samples} samples / {rate_hz:g} Hz"


def _instructions_per_sample(chip: str, setting: int, samples: int) -> float:
    if not shutil.which("valgrind"):
        raise NotMeasured("no valgrind")
    with tempfile.TemporaryDirectory() as folder:
        fifo = Path(folder) / "fifo.bin"
        fifo.write_bytes(_fifo(chip, 2 * DRAINS * samples))
        counts = {
            (work, times): _counted(chip, setting, fifo, times * DRAINS, samples, work)
            for work in (0, 1)
            for times in (1, 2)
        }
    work, bus = counts[1, 2] - counts[1, 1], counts[0, 2] - counts[0, 1]
    return (work - bus) / (DRAINS * samples)


def _counted(chip: str, setting: int, fifo: Path, drains: int, samples: int, work: int) -> int:
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(find_runtime())]
    command += [str(HERE / "onpod" / "drain_load.py"), chip, str(setting), str(fifo)]
    done = subprocess.run(
        [*command, str(drains), str(samples), str(work)],
        env={**os.environ, "PYTHONHASHSEED": "0", "MICROPYPATH": folded.folders().search_path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotMeasured(f"the sampler failed: {done.stdout[-300:]}")
    strides, taken, lost = map(int, done.stdout.split())
    if work and (taken != drains * samples or lost or strides < drains * DRAIN_S / 2):
        raise NotMeasured(f"the sampler took {taken} samples, lost {lost}, found {strides} strides")
    counted = re.search(r"Collected : (\d+)", done.stderr)
    assert counted, done.stderr
    return int(counted.group(1))


def _fifo(chip: str, count: int) -> bytes:
    """Return the bytes of the chip's FIFO for the model's run."""
    _, rate_hz, *_, acc_g, gyr_dps = CHIPS[chip]
    recording = scenario("run", rate_hz, 1, duration_s=1.1 * count / rate_hz)
    assert recording.gyr is not None
    acc = _to_counts(recording.acc / GRAVITY / acc_g, count, 4095 if chip == "adxl345" else 32767)
    if chip == "adxl345":
        return acc.astype("<i2").tobytes()
    gyr = _to_counts(np.degrees(recording.gyr) / gyr_dps, count, 32767)
    if chip == "mpu6050":
        return np.hstack([acc, gyr]).astype(">i2").tobytes()
    words = np.zeros((count, 2, 7), np.uint8)
    for place, (tag, values) in enumerate(((1, gyr), (2, acc))):
        head = tag << 3 | (np.arange(count) & 3) << 1
        words[:, place, 0] = head | [bin(one).count("1") & 1 for one in head]
        words[:, place, 1:] = values.astype("<i2").view(np.uint8).reshape(count, 6)
    return words.tobytes()


def _to_counts(values: NDArray[np.float64], count: int, limit: int) -> NDArray[np.int16]:
    return np.clip(np.rint(values[:count]), -limit - 1, limit).astype(np.int16)
