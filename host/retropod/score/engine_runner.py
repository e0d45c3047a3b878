"""Recordings through the pod's engine on MicroPython, from folded sources and in blocks as from a driver."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retropod import recording
from retropod.build import folded

G = 9.80665
IDENTITY = (16384, 0, 0, 0, 16384, 0, 0, 0, 16384)
MOUNT_GIVEN = 1
SLOTS = [
    "number",
    "open",
    "close",
    "toe_off",
    "contact",
    "prev_contact",
    "emit",
    "direction",
    "confidence",
    "length_mm",
    "lateral_mm",
    "rise_mm",
    "yaw_cdeg",
    "peak_mg",
    "loading_gps",
    "pitch_cdeg",
    "strike",
    "strike_conf",
    "flags",
]
DIRECTIONS = ("unknown", "forward", "backward", "lateral", "lateral")
NONE = -(2**29)


@dataclass(frozen=True)
class ChipScale:
    """Scales of a sensor and its range in counts."""

    acc_lsb_ug: int = 976
    gyr_lsb_udps: int = 70000
    limit: int = 32767


@dataclass(frozen=True)
class EngineSamples:
    """Counts of one recording: int16 (N, 6) or (N, 3), at `rate_hz`."""

    name: str
    rate_hz: float
    counts: NDArray[np.int16]


@dataclass
class EngineJob:
    """Input of one run: samples, chip, mount, samples per block, and (at, lost) of each gap in samples."""

    samples: EngineSamples
    chip: ChipScale = field(default_factory=ChipScale)
    block: int = 16
    matrix: Sequence[int] = IDENTITY
    mount: int = MOUNT_GIVEN
    gaps: Sequence[tuple[int, int]] = ()


def physical(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, float]:
    """Read a recording: acc (N, 3) in m/s^2, gyr (N, 3) in rad/s or None, fs in Hz."""
    held = recording.load(path, how=None)
    return held.acc_mps2, held.gyr_rad_s, held.rate_hz


def resampled(x: NDArray[np.float64], fs: float, rate_hz: float) -> tuple[NDArray[np.float64], float]:
    """Reduce the rate by band-limited rational resampling (scipy resample_poly, Kaiser 5.0, cut at the lower Nyquist).

    A recording within 5 % of the rate, or slower, keeps its rate.
    """
    if rate_hz >= fs * 0.95:
        return x, fs
    ratio = Fraction(round(rate_hz * 10), round(fs * 10))
    from scipy.signal import resample_poly  # takes 0.7 s to import

    return np.asarray(resample_poly(x, ratio.numerator, ratio.denominator, axis=0)), fs * float(ratio)


def counts(path: Path, rate_hz: float, chip: ChipScale, gyroscope: bool = True) -> EngineSamples:
    """Return the recording in a file as counts of the chip at its rate nearest to `rate_hz`."""
    return counts_of(recording.load(path, how=None), path.stem, rate_hz, chip, gyroscope)


def counts_of(
    held: recording.Recording, name: str, rate_hz: float, chip: ChipScale, gyroscope: bool = True
) -> EngineSamples:
    """Return a recording as counts of the chip at its rate nearest to `rate_hz`."""
    acc, gyr, fs = held.acc_mps2, held.gyr_rad_s, held.rate_hz
    columns = [resampled(acc, fs, rate_hz)[0] / (chip.acc_lsb_ug * 1e-6 * G)]
    if gyroscope:
        if gyr is None:
            raise ValueError(f"{name}: no gyroscope")
        columns.append(np.degrees(resampled(gyr, fs, rate_hz)[0]) / (chip.gyr_lsb_udps * 1e-6))
    rate = resampled(acc[:2], fs, rate_hz)[1]
    clipped = np.clip(np.rint(np.hstack(columns)), -chip.limit, chip.limit).astype("<i2")
    return EngineSamples(name, rate, clipped)


def micropython() -> str:
    """Return the MicroPython unix runtime next to this interpreter or on PATH. Raises FileNotFoundError without one."""
    neighbour = Path(sys.executable).with_name("micropython")
    found = str(neighbour) if neighbour.exists() else shutil.which("micropython")
    if not found:
        raise FileNotFoundError("micropython")
    return found


def _command() -> list[str]:
    """Return the command of the runtime: CPython, which is slower, where MicroPython is not installed."""
    try:
        return [micropython(), "-X", "heapsize=8M"]
    except FileNotFoundError:
        return [sys.executable, str(Path(__file__).with_name("onpod") / "on_cpython.py")]


def run(jobs: Sequence[EngineJob], firmware: Path, wrap: Sequence[str] = ()) -> list[list[dict[str, Any]]]:
    """Return the strides of every job, in order. `firmware` contains pod/; `wrap` precedes the runtime (callgrind)."""
    script = Path(__file__).with_name("onpod") / "run_engine.py"
    with TemporaryDirectory() as folder:
        lines: list[str] = []
        for i, job in enumerate(jobs):
            job.samples.counts.tofile(f"{folder}/{i}.bin")
            lines.append(json.dumps(_description(job, f"{folder}/{i}")))
        path = folded.folders(firmware).search_path
        environment = dict(os.environ, MICROPYPATH=path, PYTHONPATH=path)
        done = subprocess.run(
            [*wrap, *_command(), str(script)],
            input="\n".join(lines), capture_output=True, text=True, env=environment,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return [_strides(Path(f"{folder}/{i}.out"), job.samples.rate_hz) for i, job in enumerate(jobs)]


def _description(job: EngineJob, stem: str) -> dict[str, Any]:
    six = job.samples.counts.shape[1] == 6
    return {
        "samples": stem + ".bin", "strides": stem + ".out", "rate_mhz": round(job.samples.rate_hz * 1000),
        "acc_lsb_ug": job.chip.acc_lsb_ug, "gyr_lsb_udps": job.chip.gyr_lsb_udps if six else 0,
        "matrix": list(job.matrix), "mount": job.mount, "block": job.block, "gaps": [list(g) for g in job.gaps],
    }  # fmt: skip


def _strides(path: Path, rate_hz: float) -> list[dict[str, Any]]:
    return [in_units(json.loads(line), rate_hz) for line in path.read_text().splitlines()]


def in_units(record: Sequence[int], rate_hz: float) -> dict[str, Any]:
    """Return a stride record with times in seconds of the recording and lengths in m."""
    s = dict(zip(SLOTS, record, strict=True))
    out: dict[str, Any] = {
        "toe_off_s": s["toe_off"] / rate_hz, "contact_s": s["contact"] / rate_hz,
        "direction": DIRECTIONS[s["direction"]], "confidence": s["confidence"] / 1000,
        "open_s": s["open"] / rate_hz, "close_s": s["close"] / rate_hz, "emit_s": s["emit"] / rate_hz,
        "yaw_deg": s["yaw_cdeg"] / 100, "flags": s["flags"], "peak_g": s["peak_mg"] / 1000,
    }  # fmt: skip
    if s["direction"] > 2:
        out["side"] = "left" if s["direction"] == 3 else "right"
    if s["prev_contact"] >= 0:
        out["contact_time_s"] = (s["toe_off"] - s["prev_contact"]) / rate_hz
    if s["length_mm"] != NONE:
        out["length_m"] = float(np.hypot(s["length_mm"], s["lateral_mm"])) / 1000
    out["slots"] = s
    return out


def write(strides: Sequence[dict[str, Any]], path: Path) -> None:
    """Write one JSON object per stride and line."""
    path.write_text("".join(json.dumps(s) + "\n" for s in strides))
