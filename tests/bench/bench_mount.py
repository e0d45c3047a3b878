"""The mount check on pods turned at random: how far off the axis of travel it ends, and whether ever the wrong way."""

import csv
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import slowed
from bench.registry import HERE, Row, figures, recordings
from retropod import sources
from retropod.build import folded
from retropod.score.engine_runner import (
    DIRECTIONS,
    ChipScale,
    EngineJob,
    EngineSamples,
    G,
    counts,
    physical,
    resampled,
    run,
)
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.runtime import find_runtime
from strapdown import displacement

Array = NDArray[np.float64]
ROTATIONS = 50
RATE_HZ = 208.0
PASSED = 3
REST_S = 2.0
STRAIGHT_DEG = 30.0
FIRST_STRIDES = 5  # ten steps
MODEL_WALKS = 10
SPOTS_M = ((0.06, 0.0, 0.0), (-0.08, 0.0, 0.02), (0.0, -0.04, -0.01))  # off where the sensor was: toe, heel, side
SLOWED = (1.15, 0.85, 0.9)  # slower, path smaller, pitch smaller: who strolls
_NAMES = ("axis_error_deg_median", "axis_error_deg_p95", "wrong_sign", "refused", "checks")


@dataclass(frozen=True)
class Walk:
    """Counts in the shoe frame, and the horizontal direction of travel in it (radians, left of the toe axis)."""

    path: Path
    samples: EngineSamples
    travel: float
    straight: bool = True  # no stride of it turns by more than 30 degrees


@figures(*(f"mount_{name}" for name in _NAMES))
def bench_mount() -> Iterator[Row]:
    yield from _figures("mount_", _recorded())


@figures(*(f"mount_{name}_accel" for name in _NAMES))
def bench_mount_accel() -> Iterator[Row]:
    yield from _figures("mount_", _recorded(), "_accel")


@figures(*(f"mount_straight_{name}_accel" for name in _NAMES))
def bench_mount_straight_accel() -> Iterator[Row]:
    yield from _figures("mount_straight_", [walk for walk in _recorded() if walk.straight], "_accel", ROTATIONS // 10)


@figures(*(f"mount_{how}_{what}_accel" for how in ("learned", "given") for what in ("wrong", "unknown")))
def bench_mount_learned_accel() -> Iterator[Row]:
    """Directions by an accelerometer of all strides of these recordings, with the mount that it found itself."""
    walks = _recorded()
    found = _checks([(walk, np.eye(3)) for walk in walks], 3)
    passed = [(walk, matrix) for walk, matrix in zip(walks, found, strict=True) if matrix is not None]
    for how in ("learned", "given"):
        said = list(_said([(walk, matrix if how == "learned" else np.eye(3)) for walk, matrix in passed]))
        wrong = sum(called not in (label, "unknown") for label, called in said)
        method = f"labelled strides of {len(passed)} recordings whose walk passed the check, {RATE_HZ:g} Hz"
        yield f"mount_{how}_wrong_accel", wrong, f"of {len(said)}", method
        yield f"mount_{how}_unknown_accel", sum(c == "unknown" for _, c in said), f"of {len(said)}", method


@figures(*(f"mount_slowed_{name}_accel" for name in _NAMES))
def bench_mount_slowed_accel() -> Iterator[Row]:
    yield from _figures("mount_slowed_", [_slowed(walk) for walk in _recorded()], "_accel", ROTATIONS // 10)


@figures(*(f"mount_shifted_{name}_accel" for name in _NAMES))
def bench_mount_shifted_accel() -> Iterator[Row]:
    walks = [_shifted(walk, spot) for walk in _recorded() for spot in SPOTS_M]
    yield from _figures("mount_shifted_", walks, "_accel", ROTATIONS // 25)


@figures(*(f"mount_model_{name}" for name in _NAMES))
def bench_mount_model() -> Iterator[Row]:
    yield from _figures("mount_model_", [_modelled(seed) for seed in range(MODEL_WALKS)])


@figures(*(f"mount_model_{name}_accel" for name in _NAMES), gate=True)
def bench_mount_model_accel() -> Iterator[Row]:
    walks = [_modelled(seed) for seed in range(MODEL_WALKS)]
    yield from _figures("mount_model_", walks, "_accel", ROTATIONS // 10)


def _figures(prefix: str, walks: list[Walk], suffix: str = "", rotations: int = ROTATIONS) -> Iterator[Row]:
    """`suffix` "_accel": the pods have no gyroscope."""
    rng = np.random.default_rng(20)
    pairs = [(walk, _rotation(rng)) for _ in range(rotations) for walk in walks]
    results = _checks(pairs, 3 if suffix else 6)
    errors = np.array([_error(pair, matrix) for pair, matrix in zip(pairs, results, strict=True) if matrix is not None])
    method = f"{len(walks)} walks, {rotations} seeded rotations each, {RATE_HZ:g} Hz, LSM6DSO32 counts"
    yield f"{prefix}axis_error_deg_median{suffix}", round(float(np.median(errors)), 1), "deg", method
    yield f"{prefix}axis_error_deg_p95{suffix}", round(float(np.percentile(errors, 95)), 1), "deg", method
    yield f"{prefix}wrong_sign{suffix}", int((errors > 90).sum()), f"of {len(errors)}", method
    yield f"{prefix}refused{suffix}", len(pairs) - len(errors), "checks", "said `failed`, or the recording ended first"
    yield f"{prefix}checks{suffix}", len(pairs), "checks", method


def _said(mounted: list[tuple[Walk, Array]]) -> Iterator[tuple[str, str]]:
    """Yield (label, direction) of every stride that was found and has a direction."""
    jobs = [
        EngineJob(
            EngineSamples(walk.samples.name, walk.samples.rate_hz, walk.samples.counts[:, :3]), matrix=_q14(matrix)
        )
        for walk, matrix in mounted
    ]
    for (walk, _), strides in zip(mounted, run(jobs, sources.firmware_dir()), strict=True):
        held = [row for row in _rows(walk.path.parent / "strides.csv") if row["recording"] == walk.path.stem]
        for stride in strides:
            middle = (stride["toe_off_s"] + stride["contact_s"]) / 2
            for row in held:
                label = row["label"].split("_")[0]
                if label in DIRECTIONS and float(row["t0_s"]) <= middle < float(row["t1_s"]):
                    yield label, stride["direction"]


def _q14(matrix: Array) -> list[int]:
    return [round(16384 * float(value)) for value in matrix.ravel()]


def _rows(path: Path) -> list[dict[str, str]]:
    """Rows of a table of labels, in the order of time."""
    with path.open(newline="") as file:
        return sorted(csv.DictReader(file), key=lambda row: float(row["t0_s"]))


def _recorded() -> list[Walk]:
    """The development recordings that begin with two seconds of rest and ten forward steps."""
    folder = recordings()
    strides, still = (_rows(folder / name) for name in ("strides.csv", "still.csv"))
    found: list[Walk] = []
    for path in sorted(folder.glob("*.npz")):
        first = [row for row in strides if row["recording"] == path.stem][:FIRST_STRIDES]
        begin_s = [float(row["t0_s"]) for row in first]
        rested = any(
            float(row["t1_s"]) - float(row["t0_s"]) >= REST_S
            for row in still
            if row["recording"] == path.stem and float(row["t1_s"]) < begin_s[0] + 2.0
        )
        if rested and all(row["label"] == "forward" for row in first):
            ends_s = [float(row["t1_s"]) for row in first]
            straight = _most_turned_deg(path, begin_s, ends_s) <= STRAIGHT_DEG
            found.append(Walk(path, counts(path, RATE_HZ, ChipScale()), _travel(path, begin_s, ends_s), straight))
    return found


def _slowed(walk: Walk) -> Walk:
    """The same walk as who strolls would have gone it: acceleration only."""
    acc, gyr, fs = physical(walk.path)
    assert gyr is not None
    (acc, own), (gyr, _) = resampled(acc, fs, 200.0), resampled(gyr, fs, 200.0)
    acc = slowed.at_rate(slowed.changed(acc, slowed.gravity(acc, gyr, own), *SLOWED), own / SLOWED[0], RATE_HZ)
    return Walk(walk.path, _felt(walk, acc, RATE_HZ), walk.travel)


def _travel(path: Path, opens: list[float], closes: list[float]) -> float:
    acc, gyr, fs = physical(path)
    assert gyr is not None
    total = np.zeros(3)
    for t0, t1 in zip(opens, closes, strict=True):
        total += displacement(acc, gyr, fs, int(t0 * fs), int(t1 * fs))
    return float(np.arctan2(total[1], total[0]))


def _shifted(walk: Walk, spot: tuple[float, float, float]) -> Walk:
    """The same walk felt at another spot of a stiff shoe: acceleration only."""
    acc, gyr, fs = physical(walk.path)
    assert gyr is not None
    there = np.array(spot)
    acc = acc + np.cross(np.gradient(gyr, 1 / fs, axis=0), there) + np.cross(gyr, np.cross(gyr, there))
    return Walk(walk.path, _felt(walk, *resampled(acc, fs, RATE_HZ)), walk.travel)


def _felt(walk: Walk, acc: Array, rate_hz: float) -> EngineSamples:
    rows = np.clip(np.rint(acc / (ChipScale().acc_lsb_ug * 1e-6 * G)), -32767, 32767).astype("<i2")
    return EngineSamples(walk.samples.name, rate_hz, rows)


def _most_turned_deg(path: Path, opens: list[float], closes: list[float]) -> float:
    """Of these strides, about the vertical as it lies at their beginning."""
    acc, gyr, fs = physical(path)
    assert gyr is not None
    most = 0.0
    for t0, t1 in zip(opens, closes, strict=True):
        first, last = int(t0 * fs), int(t1 * fs)
        up = acc[max(0, first - 6) : first + 7].mean(0)
        most = max(most, abs(float((gyr[first:last] @ up).sum()) / fs / float(np.linalg.norm(up))))
    return float(np.degrees(most))


def _modelled(seed: int) -> Walk:
    recording = scenario("walk", RATE_HZ, seed, duration_s=20.0)
    assert recording.gyr is not None
    both = np.hstack([recording.acc / (9.80665 * 976e-6), np.degrees(recording.gyr) / 70e-3])
    return Walk(
        Path(), EngineSamples(f"model {seed}", RATE_HZ, np.clip(np.rint(both), -32767, 32767).astype("<i2")), 0.0
    )


def _rotation(rng: np.random.Generator) -> Array:
    """A rotation drawn evenly from all: a unit quaternion of four normal deviates."""
    w, x, y, z = (q := rng.normal(size=4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def _checks(pairs: list[tuple[Walk, Array]], axes: int) -> list[Array | None]:
    """The matrix that the check found for every pod, None where it found none. `axes`: 3 without a gyroscope."""
    with tempfile.TemporaryDirectory() as folder:
        lines: list[str] = []
        for i, (walk, turn) in enumerate(pairs):
            turned = np.hstack([walk.samples.counts[:, k : k + 3] @ turn.T for k in range(0, axes, 3)])
            path = Path(folder) / f"{i}.bin"
            np.clip(np.rint(turned), -32767, 32767).astype("<i2").tofile(path)
            job = {"samples": str(path), "rate_mhz": round(walk.samples.rate_hz * 1000)}
            lines.append(json.dumps({**job, "acc_lsb_ug": 976, "gyr_lsb_udps": 70000 if axes == 6 else 0}))
        done = subprocess.run(
            [str(find_runtime()), "-X", "heapsize=8M", str(HERE / "onpod" / "run_mount.py")],
            input="\n".join(lines),
            env={**os.environ, "MICROPYPATH": folded.folders().search_path},
            capture_output=True,
            text=True,
            check=True,
        )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [np.reshape(f["matrix"], (3, 3)) / 16384 if f["phase"] == PASSED else None for f in found]


def _error(pair: tuple[Walk, Array], matrix: Array) -> float:
    """Degrees between the toe axis that was found and the direction of travel, both in the recording's frame."""
    walk, turn = pair
    toe, up = turn.T @ matrix[0], turn.T @ matrix[2]
    ahead = np.array([1.0, 0.0, 0.0]) - up * up[0]
    ahead /= np.linalg.norm(ahead)
    travel = np.cos(walk.travel) * ahead + np.sin(walk.travel) * np.cross(up, ahead)
    return float(np.degrees(np.arccos(np.clip(toe @ travel, -1.0, 1.0))))
