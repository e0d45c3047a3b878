"""A doubted mount without a gyroscope: how often five strides clear it, of a pod that sits as before or was turned."""

import csv
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import slowed
from bench.registry import HERE, NotMeasured, Row, figures, recordings
from retropod.build import folded
from retropod.score.engine_runner import ChipScale, G, counts, physical, resampled
from retropod.virtual.runtime import find_runtime

Written = tuple[str, str, float]  # name of a recording, file of its counts, their rate in Hz
Labels = dict[str, list[tuple[float, float, str]]]
Change = tuple[float, float, float]
RATE_HZ = 208.0
PLAIN: Change = (1.0, 1.0, 1.0)
STROLLS: tuple[Change, ...] = (  # slower, path smaller, pitch flatter
    (1.15, 0.85, 0.9), (1.3, 0.75, 0.8), (1.3, 0.75, 1.0), (1.3, 0.75, 1.15), (1.5, 0.65, 1.0),
)  # fmt: skip
TURNS = {"right": 0.0, "turned_40": 40.0, "turned_minus_40": -40.0, "half_turn": 180.0}
_NAMES = (*(f"forward_{name}" for name in TURNS), "forward_half_turn_slowed", "backward_right")


@figures(*(f"mount_doubt_cleared_{name}_accel" for name in _NAMES))
def bench_clears() -> Iterator[Row]:
    folder = recordings()
    known = _labels(folder)
    with tempfile.TemporaryDirectory() as place:
        plain = _written(folder, PLAIN, Path(place) / "plain")
        for name, degrees in TURNS.items():
            tried = list(_tried(plain, known, degrees, 1.0))
            yield _row(f"forward_{name}", [cleared for way, cleared in tried if way == "forward"])
            if name == "right":
                backward = [cleared for way, cleared in tried if way == "backward"]
        slow: list[bool] = []
        for i, change in enumerate(STROLLS):
            strolled = _written(folder, change, Path(place) / str(i))
            slow += [cleared for way, cleared in _tried(strolled, known, 180.0, change[0]) if way == "forward"]
        yield _row("forward_half_turn_slowed", slow)
        yield _row("backward_right", backward)


def _row(name: str, cleared: list[bool]) -> Row:
    method = f"five strides in a row of one label, {RATE_HZ:g} Hz, matrix off by what the name says, in doubt"
    return f"mount_doubt_cleared_{name}_accel", sum(cleared), f"of {len(cleared)}", method


def _labels(folder: Path) -> Labels:
    held: Labels = {}
    with (folder / "strides.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            held.setdefault(row["recording"], []).append((float(row["t0_s"]), float(row["t1_s"]), row["label"]))
    return held


def _written(folder: Path, change: Change, place: Path) -> list[Written]:
    """Name, file of counts and rate of every recording, changed."""
    place.mkdir()
    written: list[Written] = []
    for path in sorted(folder.glob("*.npz")):
        if change == PLAIN:
            samples = counts(path, RATE_HZ, ChipScale(), gyroscope=False)
            rows, rate_hz = samples.counts, samples.rate_hz
        else:
            rows, rate_hz = _strolled(path, change), RATE_HZ
        rows.tofile(place / path.stem)
        written.append((path.stem, str(place / path.stem), rate_hz))
    return written


def _strolled(path: Path, change: Change) -> NDArray[np.int16]:
    acc, gyr, fs = physical(path)
    if gyr is None:
        raise NotMeasured(f"{path.name} has no gyroscope")
    (acc, own), (gyr, _) = resampled(acc, fs, 200.0), resampled(gyr, fs, 200.0)
    acc = slowed.at_rate(slowed.changed(acc, slowed.gravity(acc, gyr, own), *change), own / change[0], RATE_HZ)
    return np.clip(np.rint(acc / (ChipScale().acc_lsb_ug * 1e-6 * G)), -32767, 32767).astype("<i2")


def _tried(
    written: list[Written],
    known: Labels,
    degrees: float,
    slower: float,
) -> Iterator[tuple[str, bool]]:
    """(the one label that five strides lie in, whether they cleared the doubt)."""
    c, s = (round(16384 * f(np.radians(degrees))) for f in (np.cos, np.sin))
    jobs = [
        {
            "samples": path,
            "rate_mhz": round(rate_hz * 1000),
            "acc_lsb_ug": ChipScale().acc_lsb_ug,
            "matrix": [c, s, 0, -s, c, 0, 0, 0, 16384],
        }
        for _, path, rate_hz in written
    ]
    done = subprocess.run(
        [str(find_runtime()), "-X", "heapsize=8M", str(HERE / "onpod" / "run_clears.py")],
        input="\n".join(json.dumps(job) for job in jobs),
        env={**os.environ, "MICROPYPATH": folded.folders().search_path},
        capture_output=True,
        text=True,
        check=True,
    )
    for (name, _, rate_hz), line in zip(written, done.stdout.splitlines(), strict=True):
        for first, last, cleared in json.loads(line):
            t0, t1 = first / rate_hz / slower, last / rate_hz / slower
            inside = {label for begin, end, label in known.get(name, ()) if begin < t1 and t0 < end}
            if len(inside) == 1:
                yield inside.pop(), cleared
