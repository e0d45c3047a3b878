"""What a bad sensor or a crooked mount costs the six-axis engine, on labelled recordings.

usage: RETROPOD_DATA=DIR python tests/bench/robustness.py [RATE_HZ]

Each row is the change against the clean run, per class and set: strides not found, called wrong, left unknown.
"""

import csv
import os
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from retropod import sources
from retropod.score import engine_runner
from retropod.score.engine_runner import Chip, Job

GIVEN = ("forward", "backward", "lateral")


def _turned(axis: int, degrees: float) -> Callable[[Job], Job]:
    """A pod that sits turned about a shoe axis, while the engine is told that it sits straight."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    i, j = [k for k in range(3) if k != axis]
    turn = np.eye(3)
    turn[i, i] = turn[j, j] = c
    turn[i, j], turn[j, i] = s, -s
    both = np.kron(np.eye(2), turn)
    return lambda job: _with(job, job.samples.counts @ both)


def _with(job: Job, counts: np.ndarray) -> Job:
    clipped = np.clip(np.rint(counts), -job.chip.limit, job.chip.limit).astype("<i2")
    return replace(job, samples=replace(job.samples, counts=clipped))


def _scaled(acc: float, gyr: float) -> Callable[[Job], Job]:
    return lambda job: _with(job, job.samples.counts * np.repeat([acc, gyr], 3))


def _biased(dps: float) -> Callable[[Job], Job]:
    return lambda job: _with(job, job.samples.counts + np.repeat([0.0, dps * 1e6 / job.chip.gyr_lsb_udps], 3))


def _narrow(job: Job) -> Job:
    """An accelerometer with a range of 8 g."""
    chip = Chip(acc_lsb_ug=244)
    return _with(replace(job, chip=chip), job.samples.counts * np.repeat([job.chip.acc_lsb_ug / 244, 1.0], 3))


def _gappy(lost_s: float) -> Callable[[Job], Job]:
    """Every ten seconds some samples are missing, and the engine is told."""

    def cut(job: Job) -> Job:
        lost = max(1, round(lost_s * job.samples.rate_hz))
        starts = range(round(10 * job.samples.rate_hz), len(job.samples.counts) - lost, round(10 * job.samples.rate_hz))
        gone = np.concatenate([np.arange(s, s + lost) for s in starts]) if starts else np.empty(0, int)
        kept = [(s - i * lost, lost) for i, s in enumerate(starts)]
        return replace(_with(job, np.delete(job.samples.counts, gone, axis=0)), gaps=kept, block=1)

    return cut


CASES: dict[str, Callable[[Job], Job]] = {
    "gyroscope bias 3 dps": _biased(3.0),
    "gyroscope bias 10 dps": _biased(10.0),
    "accelerometer clipped at 8 g": _narrow,
    "mount pitched by +30 degrees": _turned(1, 30.0),
    "mount pitched by -30 degrees": _turned(1, -30.0),
    "mount yawed by +10 degrees": _turned(2, 10.0),
    "mount yawed by -10 degrees": _turned(2, -10.0),
    "mount yawed by +20 degrees": _turned(2, 20.0),
    "mount yawed by -20 degrees": _turned(2, -20.0),
    "mount rolled by 20 degrees": _turned(0, 20.0),
    "accelerometer 5 % high": _scaled(1.05, 1.0),
    "accelerometer 5 % low": _scaled(0.95, 1.0),
    "gyroscope 5 % high": _scaled(1.0, 1.05),
    "gyroscope 5 % low": _scaled(1.0, 0.95),
    "50 ms lost every 10 s": _gappy(0.05),
}


def labels(folder: Path) -> dict[str, list[tuple[float, float, str, str]]]:
    """Recording -> (t0, t1, class, class/gait) of strides with a direction."""
    out: dict[str, list[tuple[float, float, str, str]]] = {}
    with (folder / "strides.csv").open() as file:
        for row in csv.DictReader(file):
            kind = row["label"].split("_")[0]
            group = f"{row['recording'].split('_')[0]} {kind} {row['gait']}"
            out.setdefault(row["recording"], []).append((float(row["t0_s"]), float(row["t1_s"]), kind, group))
    return out


def tally(folder: Path, jobs: list[Job]) -> Counter[tuple[str, str]]:
    """(class, outcome) -> strides; outcomes are right, wrong, unknown, missed, extra."""
    truth, count = labels(folder), Counter[tuple[str, str]]()
    for job, strides in zip(jobs, engine_runner.run(jobs, sources.firmware_dir()), strict=True):
        middles = [((s["toe_off_s"] + s["contact_s"]) / 2, s["direction"]) for s in strides]
        for t0, t1, kind, group in truth.get(job.samples.name, []):
            said = [direction for t, direction in middles if t0 <= t < t1]
            if kind in GIVEN:
                count[group, _outcome(kind, said)] += 1
            count[group, "extra"] += max(0, len(said) - 1)
    return count


def _outcome(kind: str, said: list[str]) -> str:
    if not said:
        return "missed"
    if said[0] == "unknown":
        return "unknown"
    return "right" if said[0] == kind else "wrong"


def main() -> int:
    """Prints the table."""
    folder = Path(os.environ["RETROPOD_DATA"])
    rate_hz = float(sys.argv[1]) if len(sys.argv) > 1 else 208.0
    clean = [Job(engine_runner.counts(path, rate_hz, Chip())) for path in sorted(folder.glob("*.npz"))]
    base = tally(folder, clean)
    groups = sorted({group for group, outcome in base if outcome == "right" and base[group, outcome] >= 50})
    print(f"{rate_hz:g} Hz: strides lost / wrong / unknown against a clean run\n")
    print("| | " + " | ".join(groups) + " |")
    print("|---" * (1 + len(groups)) + "|")
    print("| clean, of all | " + " | ".join(_cells(base, Counter(), groups)) + " |")
    for name, change in CASES.items():
        found = tally(folder, [change(job) for job in clean])
        print(f"| {name} | " + " | ".join(_cells(found, base, groups)) + " |")
    return 0


def _cells(found: Counter[tuple[str, str]], base: Counter[tuple[str, str]], groups: list[str]) -> list[str]:
    cells = []
    for group in groups:
        differences = [found[group, o] - base[group, o] for o in ("missed", "wrong", "unknown")]
        cells.append(" / ".join(f"{d:+d}" if base else str(d) for d in differences))
    return cells


if __name__ == "__main__":
    sys.exit(main())
