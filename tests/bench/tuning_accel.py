"""The accelerometer-only weights fitted, and tried on people that they were not fitted to.

usage: PYTHONPATH=tests RETROPOD_DATA=DIR python -m bench.tuning_accel [PERSON PERSON...]

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
import scipy
from numpy.typing import NDArray

from bench import motion_changes as by
from bench import registry, slowed, spots
from retropod import sources
from retropod.build import folded
from retropod.score import engine_runner, labels

FIRMWARE = Path(os.environ.get("RETROPOD_FIRMWARE") or sources.firmware_dir())
PEOPLE = 14  # characters of a recording's name that tell days apart; sets that number their people are cut at "-"
RATE_HZ = 104.0
MILLI_G_UG = 976
PLAIN = (1.0, 1.0, 1.0)
# (slower, path smaller, pitch smaller): who walks at a lower speed takes both longer and shorter strides
CHANGES = (
    PLAIN, (0.72, 1.0, 1.0), (0.85, 1.0, 1.0), (1.0, 0.8, 0.9), (1.15, 0.85, 0.9), (1.3, 0.75, 0.8), (1.5, 0.65, 0.7),
    (1.25, 1.0, 0.9), (1.4, 0.9, 0.8), (1.2, 1.1, 1.0),
)  # fmt: skip
HALF, HALF_WAVE = np.array([250.0, 1000.0, 60.0]), 3932.0  # _accel_judge's _HALF_*
PACE_FROM, PACE_BY = np.array([0.0, 1.2, 0.5]), np.array([384.0, 0.4, 0.2])  # mean score, stride (s), swing (s)
UNITS, MOMENTS = 4, 4
RIDGE, PLAIN_WEIGHT, STARTS = 1.5, 4.0, 3
SCALE, STAY, FORGET_S = 0.8, 0.85, 4.0
SURE = (0.85, 0.957, 0.85)  # forward, backward, sideways: evidence below it is unknown
DIRECTIONS = ("forward", "backward", "lateral")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stride:
    """Evidence of a stride: four moments ahead, three measures of the pace and 1; sizes aside (7); its ends (s);
    and its label, -1 if unknown."""

    person: str
    recording: str
    group: str
    truth: int
    ahead: Array
    aside: Array
    start_s: float
    end_s: float


def strides(folder: Path, change: tuple[float, float, float] | by.Change) -> list[Stride]:
    """Every stride that the engine finds in the changed recordings."""
    script = Path(__file__).with_name("onpod") / "accel_moments.py"
    paths, lines, stretch = sorted(folder.glob("*.npz")), [], 1.0
    with tempfile.TemporaryDirectory() as place:
        for i, path in enumerate(paths):
            rate_hz, stretch = _counts(path, change, f"{place}/{i}.bin")
            job = {"samples": f"{place}/{i}.bin", "strides": f"{place}/{i}.out", "rate_mhz": round(rate_hz * 1000)}
            lines.append(json.dumps({**job, "acc_lsb_ug": MILLI_G_UG, "matrix": engine_runner.IDENTITY, "mount": 1}))
        subprocess.run(
            [engine_runner.micropython(), "-X", "heapsize=8M", str(script)], input="\n".join(lines), text=True,
            check=True, env={**os.environ, "MICROPYPATH": folded.folders(FIRMWARE).search_path},
        )  # fmt: skip
        held = labels.read(folder).labels
        result: list[Stride] = []
        for i, path in enumerate(paths):
            own = [label for label in held if label.recording == path.stem]
            rows = [json.loads(line) for line in Path(f"{place}/{i}.out").read_text().splitlines()]
            result += [_stride(path.stem, own, row, stretch) for row in rows]
    return result


def _counts(path: Path, change: tuple[float, float, float] | by.Change, out: str) -> tuple[float, float]:
    """Writes the changed recording as counts; gives its rate, and how many times as long it is."""
    if callable(change):
        recorded = by.motion(path)
        changed = change(recorded)
        samples = by.job(changed, RATE_HZ, recorded.fs).samples
        samples.counts[:, :3].tofile(out)
        return samples.rate_hz, changed.stretch
    acc, gyr, fs = engine_runner.physical(path)
    if gyr is None:
        raise SystemExit(f"{path} has no gyroscope")
    (acc, own), (gyr, _) = engine_runner.resampled(acc, fs, 200.0), engine_runner.resampled(gyr, fs, 200.0)
    acc = slowed.changed(acc, slowed.gravity(acc, gyr, own), *change)
    acc = slowed.at_rate(acc, own / change[0], RATE_HZ)
    np.clip(np.rint(acc / (MILLI_G_UG * 1e-6 * engine_runner.G)), -32767, 32767).astype("<i2").tofile(out)
    return RATE_HZ, change[0]


def _stride(recording: str, held: Sequence[labels.Label], row: list[float], slower: float) -> Stride:
    *moments, wave, start, end, toe_off, contact, below, rate_mhz = row
    rate = rate_mhz / 1000
    middle = (toe_off + contact) / 2 / rate / slower
    at = bisect([label.t0_s for label in held], middle) - 1
    label = held[at] if at >= 0 and middle < held[at].t1_s else None
    truth = DIRECTIONS.index(label.direction) if label and label.direction in DIRECTIONS else -1
    x, y = np.array(moments[0::2]), np.array(moments[1::2])
    along, across = x / (abs(x) + HALF), abs(y) / (abs(y) + HALF)
    wave /= abs(wave) + HALF_WAVE
    pace = (np.array([below, (end - start) / rate, (contact - toe_off) / rate]) - PACE_FROM) / PACE_BY
    slope = (abs(y[1]) - abs(x[1])) / (abs(x[1]) + abs(y[1]) + 300)
    aside = np.array([*abs(along[:2]), *across, slope, 1.0])
    person = recording[:PEOPLE] if "-" not in recording else recording.partition("-")[0]
    group = label.group if label else ""
    return Stride(
        person, recording, group, truth, np.array([*along, wave, *np.clip(pace, -2, 3), 1.0]), aside, start / rate,
        end / rate,
    )  # fmt: skip


def fit(sets: Sequence[Sequence[Stride]]) -> Array:
    """Weights for the odds, kept small (ridge); the first set is the recordings as they are. Every person and class of
    a set counts as the square root of its strides."""
    known = [[one for one in members if one.truth >= 0] for members in sets]
    every = [one for members in known for one in members]
    ahead, aside = np.array([one.ahead for one in every]), np.array([one.aside for one in every])
    truth = np.array([one.truth for one in every])
    weight = np.concatenate([_weights(members) * (PLAIN_WEIGHT if i == 0 else 1) for i, members in enumerate(known)])
    weight *= 5 / len(sets) ** 0.5
    rows = np.arange(len(every))

    def loss(t: Array) -> tuple[float, Array]:
        units, out, sizes = _parts(t)
        there, mirrored = ahead @ units.T, (ahead * _MIRROR) @ units.T
        says = _soft(there) - _soft(mirrored)
        way, side = says @ out, aside @ sizes
        odds = np.stack([way, -way, side], 1)
        odds -= odds.max(1, keepdims=True)
        share = np.exp(odds)
        total = share.sum(1)
        slope = share / total[:, None]
        slope[rows, truth] -= 1
        slope *= weight[:, None]
        value = -(weight * (odds[rows, truth] - np.log(total))).sum() + RIDGE * (t @ t) / 2
        forward = slope[:, 0] - slope[:, 1]
        by = forward[:, None] * out
        turned = (by / (1 + abs(there)) ** 2).T @ ahead - (by / (1 + abs(mirrored)) ** 2).T @ (ahead * _MIRROR)
        return value, np.concatenate([turned.ravel(), says.T @ forward, aside.T @ slope[:, 2]]) + RIDGE * t

    size = UNITS * (ahead.shape[1] + 1)
    found = []
    for seed in range(STARTS):  # the units' errors have more than one valley
        start = np.concatenate([np.random.default_rng(seed).normal(0, 0.5, size), np.zeros(aside.shape[1])])
        found.append(scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 400}))
    return np.asarray(min(found, key=lambda one: one.fun).x)


_MIRROR = np.array([-1.0] * MOMENTS + [1.0] * 4)


def _parts(t: Array) -> tuple[Array, Array, Array]:
    """Weights of the units' inputs (units, 8), of the units, and of the sizes aside."""
    inputs = UNITS * len(_MIRROR)
    return t[:inputs].reshape(UNITS, -1), t[inputs : inputs + UNITS], t[inputs + UNITS :]


def _soft(x: Array) -> Array:
    return x / (1 + abs(x))


def evidence(one: Stride, t: Array) -> tuple[float, float]:
    """For forward (its negative for backward) and for sideways, in natural units of odds."""
    units, out, sizes = _parts(t)
    return float((_soft(units @ one.ahead) - _soft(units @ (one.ahead * _MIRROR))) @ out), float(one.aside @ sizes)


def in_counts(t: Array) -> tuple[list[list[int]], list[int]]:
    """UNITS and WEIGHTS_ASIDE of accel_constants.py."""
    units, out, sizes = _parts(t)
    octaves = 256 * SCALE / np.log(2)
    rows = np.rint(np.hstack([units * 256, out[:, None] * octaves])).astype(int)
    return rows.tolist(), np.rint(sizes * octaves).astype(int).tolist()


def _weights(members: Sequence[Stride]) -> Array:
    count = Counter((one.person, one.truth) for one in members)
    return np.array([count[one.person, one.truth] ** -0.5 for one in members])


def judge(members: Sequence[Stride], t: Array) -> list[tuple[Stride, int, float]]:
    """Return (stride, likeliest, its evidence), including the stride before, as the pod does."""
    result: list[tuple[Stride, int, float]] = []
    before, last, recording = np.full(3, 1 / 3), -1e9, ""
    for one in members:
        if one.recording != recording:
            before, last, recording = np.full(3, 1 / 3), -1e9, one.recording
        keep = max(0.0, 1 - max(0.0, one.start_s - last) / FORGET_S)
        last = one.end_s
        prior = keep * (before * STAY + (1 - before) * (1 - STAY) / 2) + (1 - keep) / 3
        way, side = (SCALE * value for value in evidence(one, t))
        odds = np.array([way, -way, side])
        before = prior * np.exp(odds - odds.max())
        before /= before.sum()
        result.append((one, int(before.argmax()), float(before.max())))
    return result


def summary(judged: Sequence[tuple[Stride, int, float]]) -> str:
    """Wrong and unknown by direction, forward called backward, and the reliability of the confidence."""
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
    folder = registry.recordings()
    sets = [strides(folder, change) for change in CHANGES]
    t = fit(sets)
    units, sizes = in_counts(t)
    print("UNITS = (", *(f"    {', '.join(map(str, row))}," for row in units), f")\nWEIGHTS_ASIDE = {sizes}", sep="\n")
    people = sorted({one.person for one in sets[0]})
    without = {person: fit([_of(members, lambda one, p=person: one != p) for members in sets]) for person in people}

    def left_out(members: Sequence[Stride]) -> list[tuple[Stride, int, float]]:
        return [row for p in people for row in judge(_of(members, lambda one, p=p: one == p), without[p])]

    for change, members in zip(CHANGES, sets, strict=True):
        print(f"left out in turn, {change}: {summary(left_out(members))}", flush=True)
    for kind in ("spot", "all"):
        cases = [case for name, case in spots.CASES.items() if name.startswith(kind)]
        judged = [row for case in cases for row in left_out(strides(folder, case))]
        print(f"left out in turn, {len(cases)} cases of {kind} (spots.py): {summary(judged)}", flush=True)
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
