"""The accelerometer-only weights fitted, and tried on people that they were not fitted to.

usage: RETROPOD_DATA=DIR python tests/bench/tuning_accel.py [PERSON PERSON...]

Prints the weights fitted to everybody (accel_constants.py holds them), then what each person gets from weights fitted
without that one; with names of persons also what each of them gets from weights fitted to the other's strides alone.
A person is how the names of the recordings begin (see PEOPLE). Segmentation is the engine's, the same throughout.
"""

import json
import os
import subprocess
import sys
import tempfile
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench import slowed
from retropod import sources
from retropod.score import engine_runner, labels

PEOPLE = 14  # characters of a recording's name that tell days apart; sets that number their people are cut at "-"
RATE_HZ = 104.0
MILLI_G_UG = 976
PLAIN = (1.0, 1.0, 1.0)
# (slower, path smaller, pitch smaller): who walks at a lower speed takes both longer and shorter strides
CHANGES = (
    PLAIN, (0.72, 1.0, 1.0), (0.85, 1.0, 1.0), (1.0, 0.8, 0.9), (1.15, 0.85, 0.9), (1.3, 0.75, 0.8), (1.5, 0.65, 0.7),
    (1.25, 1.0, 0.9), (1.4, 0.9, 0.8), (1.2, 1.1, 1.0),
)  # fmt: skip
HALF = np.array([250.0, 1000.0, 60.0])  # _accel_judge's _HALF_*
SWING_S, SLOW_S, SLOW_MOST = 0.35, 0.3, 2.0
RIDGE, PLAIN_WEIGHT = 1.5, 4.0
SCALE, STAY, FORGET_S = 0.8, 0.85, 4.0
SURE = (0.8, 0.915, 0.8)  # forward, backward, sideways: evidence below it is unknown
DIRECTIONS = ("forward", "backward", "lateral")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stride:
    """What a stride is judged by: evidence ahead (5) and aside (7), its ends (s), and what it was, -1 nobody knows."""

    person: str
    recording: str
    group: str
    truth: int
    ahead: Array
    aside: Array
    start_s: float
    end_s: float


def strides(folder: Path, change: tuple[float, float, float]) -> list[Stride]:
    """Every stride that the engine finds in the changed recordings."""
    script = Path(__file__).with_name("onpod") / "accel_moments.py"
    paths, lines = sorted(folder.glob("*.npz")), []
    with tempfile.TemporaryDirectory() as place:
        for i, path in enumerate(paths):
            rate_hz = _counts(path, change, f"{place}/{i}.bin")
            job = {"samples": f"{place}/{i}.bin", "strides": f"{place}/{i}.out", "rate_mhz": round(rate_hz * 1000)}
            lines.append(json.dumps({**job, "acc_lsb_ug": MILLI_G_UG, "matrix": engine_runner.IDENTITY, "mount": 1}))
        subprocess.run(
            [engine_runner.micropython(), "-X", "heapsize=8M", str(script)], input="\n".join(lines), text=True,
            check=True, env={**os.environ, "MICROPYPATH": f"{sources.firmware_dir()}:.frozen"},
        )  # fmt: skip
        held = labels.read(folder).labels
        result: list[Stride] = []
        for i, path in enumerate(paths):
            own = [label for label in held if label.recording == path.stem]
            rows = [json.loads(line) for line in Path(f"{place}/{i}.out").read_text().splitlines()]
            result += [_stride(path.stem, own, row, change[0]) for row in rows]
    return result


def _counts(path: Path, change: tuple[float, float, float], out: str) -> float:
    """Writes the changed recording as counts; gives its rate."""
    acc, gyr, fs = engine_runner.physical(path)
    if gyr is None:
        raise SystemExit(f"{path} has no gyroscope")
    (acc, own), (gyr, _) = engine_runner.resampled(acc, fs, 200.0), engine_runner.resampled(gyr, fs, 200.0)
    acc = slowed.changed(acc, slowed.gravity(acc, gyr, own), *change)
    acc = slowed.at_rate(acc, own / change[0], RATE_HZ)
    np.clip(np.rint(acc / (MILLI_G_UG * 1e-6 * engine_runner.G)), -32767, 32767).astype("<i2").tofile(out)
    return RATE_HZ


def _stride(recording: str, held: Sequence[labels.Label], row: list[float], slower: float) -> Stride:
    *moments, start, end, toe_off, contact, rate_mhz = row
    rate = rate_mhz / 1000
    middle = (toe_off + contact) / 2 / rate / slower
    at = bisect([label.t0_s for label in held], middle) - 1
    label = held[at] if at >= 0 and middle < held[at].t1_s else None
    truth = DIRECTIONS.index(label.direction) if label and label.direction in DIRECTIONS else -1
    x, y = np.array(moments[0::2]), np.array(moments[1::2])
    along, across = x / (abs(x) + HALF), abs(y) / (abs(y) + HALF)
    slow = np.clip(((contact - toe_off) / rate - SWING_S) / SLOW_S, 0, SLOW_MOST)
    slope = (abs(y[1]) - abs(x[1])) / (abs(x[1]) + abs(y[1]) + 300)
    aside = np.array([*abs(along[:2]), *across, slope, 1.0])
    person = recording[:PEOPLE] if "-" not in recording else recording.partition("-")[0]
    group = label.group if label else ""
    return Stride(
        person, recording, group, truth, np.array([*along, along[0] * slow, along[2] * slow]), aside, start / rate,
        end / rate,
    )  # fmt: skip


def fit(sets: Sequence[Sequence[Stride]]) -> Array:
    """Ridge regression of the odds; the first set is the recordings as they are. Every person and class of a set
    counts as the square root of its strides."""
    known = [[one for one in members if one.truth >= 0] for members in sets]
    every = [one for members in known for one in members]
    ahead, aside = np.array([one.ahead for one in every]), np.array([one.aside for one in every])
    truth = np.array([one.truth for one in every])
    weight = np.concatenate([_weights(members) * (PLAIN_WEIGHT if i == 0 else 1) for i, members in enumerate(known)])
    weight *= 5 / len(sets) ** 0.5
    n, rows = ahead.shape[1], np.arange(len(every))

    def loss(t: Array) -> tuple[float, Array]:
        way, side = ahead @ t[:n], aside @ t[n:]
        odds = np.stack([way, -way, side], 1)
        odds -= odds.max(1, keepdims=True)
        share = np.exp(odds)
        total = share.sum(1)
        slope = share / total[:, None]
        slope[rows, truth] -= 1
        slope *= weight[:, None]
        value = -(weight * (odds[rows, truth] - np.log(total))).sum() + RIDGE * (t @ t) / 2
        return value, np.concatenate([ahead.T @ (slope[:, 0] - slope[:, 1]), aside.T @ slope[:, 2]]) + RIDGE * t

    start = np.zeros(n + aside.shape[1])
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x)


def _weights(members: Sequence[Stride]) -> Array:
    count = Counter((one.person, one.truth) for one in members)
    return np.array([count[one.person, one.truth] ** -0.5 for one in members])


def judge(members: Sequence[Stride], t: Array) -> list[tuple[Stride, int, float]]:
    """(stride, likeliest, its evidence), with what the stride before says, as the pod does."""
    result: list[tuple[Stride, int, float]] = []
    before, last, recording = np.full(3, 1 / 3), -1e9, ""
    for one in members:
        if one.recording != recording:
            before, last, recording = np.full(3, 1 / 3), -1e9, one.recording
        keep = max(0.0, 1 - max(0.0, one.start_s - last) / FORGET_S)
        last = one.end_s
        prior = keep * (before * STAY + (1 - before) * (1 - STAY) / 2) + (1 - keep) / 3
        way, side = SCALE * (one.ahead @ t[: len(one.ahead)]), SCALE * (one.aside @ t[len(one.ahead) :])
        odds = np.array([way, -way, side])
        before = prior * np.exp(odds - odds.max())
        before /= before.sum()
        result.append((one, int(before.argmax()), float(before.max())))
    return result


def summary(judged: Sequence[tuple[Stride, int, float]]) -> str:
    """Wrong and unknown by direction, forward called backward, and the reliability of what was said."""
    count, said = Counter[str](), []
    for one, best, sure in judged:
        if one.truth < 0:
            continue
        name = DIRECTIONS[one.truth]
        count[name] += 1
        if sure < SURE[best]:
            count[name, "unknown"] += 1
            continue
        said.append((min(1 - (1 - sure) / 3, 0.998), best == one.truth))
        count[name, "wrong"] += best != one.truth
        count["false backward"] += one.truth == 0 and best == 1
    parts = [
        f"{name} {count[name]}: {count[name, 'wrong']} wrong, {count[name, 'unknown']} unknown"
        for name in DIRECTIONS if count[name]
    ]  # fmt: skip
    confidence, right = np.array(said, float).mean(0) if said else (0.0, 0.0)
    reliability = f"said {confidence:.4f}, right {right:.4f}"
    return f"{'; '.join(parts)}; forward called backward {count['false backward']}; {reliability}"


def main() -> int:
    """Prints weights and tables."""
    folder = Path(os.environ["RETROPOD_DATA"])
    sets = [strides(folder, change) for change in CHANGES]
    t = fit(sets)
    whole = np.rint(t / np.log(2) * 256 * SCALE).astype(int).tolist()
    print(f"weights: ahead {whole[:3]}, slow {whole[3:5]}, aside {whole[5:]}")
    people = sorted({one.person for one in sets[0]})
    without = {person: fit([_of(members, lambda one, p=person: one != p) for members in sets]) for person in people}
    for change, members in zip(CHANGES, sets, strict=True):
        judged = [row for p in people for row in judge(_of(members, lambda one, p=p: one == p), without[p])]
        print(f"left out in turn, {change}: {summary(judged)}", flush=True)
    for person in sys.argv[1:]:
        own = fit([_of(members, lambda one, p=person: one == p) for members in sets])
        for other in sys.argv[1:]:
            if other != person:
                tried = judge(_of(sets[0], lambda one, p=other: one == p), own)
                print(f"fitted to {person} alone, {other}: {summary(tried)}")
    return 0


def _of(members: Sequence[Stride], wanted: Callable[[str], bool]) -> list[Stride]:
    return [one for one in members if wanted(one.person)]


if __name__ == "__main__":
    sys.exit(main())
