"""Errors of the six-axis engine for unseen subjects: other shoes, toe axes, fastenings, sensors and mounts.

usage: PYTHONPATH=tests RETROPOD_DATA=DIR python -m bench.robustness [RATE_HZ] [WORD...]

Each row is the change against the clean run, per class and set: strides not found / called wrong / left unknown /
extra; `.` where nothing changed. Last, strides found while standing. With words, only cases whose names hold one.
"""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from bench import motion_changes as by
from bench import registry
from bench.motion_changes import Change, Motion
from retropod import sources
from retropod.score import engine_runner, labels
from retropod.score.engine_runner import ChipScale, EngineJob
from retropod.score.matching import DetectedStride, match

GIVEN = ("forward", "backward", "lateral")
OUTCOMES = ("missed", "wrong", "unknown", "extra")
Tally = Counter[tuple[str, str]]


def _same(one: EngineJob) -> EngineJob:
    return one


def _narrow(one: EngineJob) -> EngineJob:
    """An accelerometer with a range of 8 g."""
    wide = one.samples.counts * np.repeat([one.chip.acc_lsb_ug / 244, 1.0], 3)
    counts = np.clip(np.rint(wide), -one.chip.limit, one.chip.limit).astype("<i2")
    return replace(one, chip=ChipScale(acc_lsb_ug=244), samples=replace(one.samples, counts=counts))


def _gappy(lost_s: float) -> Callable[[EngineJob], EngineJob]:
    """Drop some samples every ten seconds, and report the gap to the engine."""

    def cut(one: EngineJob) -> EngineJob:
        rate, n = one.samples.rate_hz, len(one.samples.counts)
        lost = max(1, round(lost_s * rate))
        starts = range(round(10 * rate), n - lost, round(10 * rate))
        gone = np.concatenate([np.arange(s, s + lost) for s in starts]) if starts else np.empty(0, int)
        kept = [(s - i * lost, lost) for i, s in enumerate(starts)]
        counts = np.delete(one.samples.counts, gone, axis=0)
        return replace(one, samples=replace(one.samples, counts=counts), gaps=kept, block=1)

    return cut


@dataclass(frozen=True)
class Case:
    """Change of the motion, and then of the chip's samples."""

    change: Change = by.nothing
    then: Callable[[EngineJob], EngineJob] = _same


SLOW, SLOWER = by.pace(1.15, 0.85, 0.9), by.pace(1.3, 0.75, 0.8)
QUICK, QUICKER = by.pace(0.87), by.pace(0.75)
MISALIGNED = by.turned(8.0, 15.0, 8.0)
MISALIGNED_TOO = by.turned(-8.0, -15.0, -8.0)
POOR = by.off(1.03, 0.97, 1.0)
POOR_TOO = by.off(0.97, 1.03, -1.0)
HIGH, LOW = by.spot(0.03, 0.03, 0.03), by.spot(-0.06, -0.03, -0.02)
CASES: dict[str, Case] = {
    "gyroscope bias 3 dps": Case(by.off(bias_dps=3.0)),
    "gyroscope bias 10 dps": Case(by.off(bias_dps=10.0)),
    "accelerometer clipped at 8 g": Case(then=_narrow),
    "mount pitched by +30 degrees": Case(by.turned(pitch_deg=30.0)),
    "mount pitched by -30 degrees": Case(by.turned(pitch_deg=-30.0)),
    "mount yawed by +10 degrees": Case(by.turned(yaw_deg=10.0)),
    "mount yawed by -10 degrees": Case(by.turned(yaw_deg=-10.0)),
    "mount yawed by +20 degrees": Case(by.turned(yaw_deg=20.0)),
    "mount yawed by -20 degrees": Case(by.turned(yaw_deg=-20.0)),
    "mount rolled by 20 degrees": Case(by.turned(roll_deg=20.0)),
    "accelerometer 5 % high": Case(by.off(acc=1.05)),
    "accelerometer 5 % low": Case(by.off(acc=0.95)),
    "gyroscope 5 % high": Case(by.off(gyr=1.05)),
    "gyroscope 5 % low": Case(by.off(gyr=0.95)),
    "50 ms lost every 10 s": Case(then=_gappy(0.05)),
    **{name: Case(change) for name, change in by.SPOTS.items()},
    "pace slower by 1.15, path 0.85, tilt 0.9": Case(SLOW),
    "pace slower by 1.3, path 0.75, tilt 0.8": Case(SLOWER),
    "pace slower by 2, path 0.6, tilt 0.7": Case(by.pace(2.0, 0.6, 0.7)),
    "pace quicker by 1.15": Case(QUICK),
    "pace quicker by 1.33": Case(QUICKER),
    "noise ten times the data sheet's": Case(by.noisy(10.0)),
    "loose by a third, ringing at 15 Hz": Case(by.loose(15.0, 0.33)),
    "loose by a third, ringing at 25 Hz": Case(by.loose(25.0, 0.33)),
    "dangling, ringing at 15 Hz": Case(by.loose(15.0)),
    "dangling, ringing at 25 Hz": Case(by.loose(25.0)),
    "clock 3 % fast": Case(by.clocked(error=0.03, jitter=0.03)),
    "clock 3 % slow": Case(by.clocked(error=-0.03, jitter=0.03)),
    "all: slow, high spot, misaligned, poor part": Case(by.chain((HIGH, SLOW, MISALIGNED, POOR))),
    "all: slow, low spot, misaligned, poor part": Case(by.chain((LOW, SLOW, MISALIGNED_TOO, POOR_TOO))),
    "all: slower, high spot, misaligned, poor part": Case(by.chain((HIGH, SLOWER, MISALIGNED_TOO, POOR_TOO))),
    "all: slower, low spot, misaligned, poor part": Case(by.chain((LOW, SLOWER, MISALIGNED, POOR))),
    "all: quick, high spot, misaligned, poor part": Case(by.chain((HIGH, QUICK, MISALIGNED, POOR))),
    "all: quick, low spot, misaligned, poor part": Case(by.chain((LOW, QUICK, MISALIGNED_TOO, POOR_TOO))),
    "all: quicker, high spot, misaligned, poor part": Case(by.chain((HIGH, QUICKER, MISALIGNED_TOO, POOR_TOO))),
    "all: quicker, low spot, misaligned, poor part": Case(by.chain((LOW, QUICKER, MISALIGNED, POOR))),
}


@cache
def held(folder: Path) -> labels.Set:
    """The folder's labels."""
    return labels.read(folder)


def tally(folder: Path, case: Case, rate_hz: float, firmware: Path | None = None) -> Tally:
    """(class, outcome) -> strides; outcomes are right, wrong, unknown, missed, extra; and ("standing", "extra")."""
    own = held(folder)
    recorded = [by.motion(folder / f"{name}.npz") for name in own.names]
    changed = [case.change(one) for one in recorded]
    jobs = [case.then(by.job(new, rate_hz, old.fs)) for old, new in zip(recorded, changed, strict=True)]
    count = Tally()
    for one, strides in zip(changed, engine_runner.run(jobs, firmware or sources.firmware_dir()), strict=True):
        _count(own, one, [_found(stride, one.stretch) for stride in strides], count)
    return count


def _found(stride: dict[str, float], stretch: float) -> DetectedStride:
    times = stride["toe_off_s"] / stretch, stride["contact_s"] / stretch
    return DetectedStride(*times, str(stride["direction"]), stride["confidence"])


def _count(own: labels.Set, one: Motion, found: Sequence[DetectedStride], count: Tally) -> None:
    still = [(start, end) for name, start, end in own.still if name == one.name]
    matched = match(one.name, [label for label in own.labels if label.recording == one.name], found, still)
    for label, answer in matched.pairs:
        if label.direction in GIVEN:
            count[_group(label), _outcome(label.direction, answer)] += 1
    for label, _ in matched.extra:
        count[_group(label), "extra"] += 1
    count["standing", "extra"] += len(matched.in_still)


def _group(label: labels.Label) -> str:
    return f"{labels.set_of(label.recording)} {label.direction} {label.gait}"


def _outcome(truth: str, answer: DetectedStride | None) -> str:
    if answer is None:
        return "missed"
    if answer.direction == "unknown":
        return "unknown"
    return "right" if answer.direction == truth else "wrong"


def main() -> int:
    """Prints the table."""
    folder = registry.recordings()
    rate_hz = float(sys.argv[1]) if len(sys.argv) > 1 else 208.0
    wanted = [name for name in CASES if not sys.argv[2:] or any(word in name for word in sys.argv[2:])]
    base = tally(folder, Case(), rate_hz)
    groups = sorted({group for group, outcome in base if outcome == "right" and base[group, outcome] >= 50})
    print(f"{rate_hz:g} Hz: strides lost / wrong / unknown / extra against a clean run\n")
    print("| | " + " | ".join([*groups, "all", "standing"]) + " |")
    print("|---" * (3 + len(groups)) + "|")
    print(_row("clean, of all", base, Tally(), groups))
    for name in wanted:
        print(_row(name, tally(folder, CASES[name], rate_hz), base, groups), flush=True)
    return 0


def _row(name: str, found: Tally, base: Tally, groups: Sequence[str]) -> str:
    changes = [[found[group, o] - base[group, o] for o in OUTCOMES] for group in groups]
    changes.append([sum(column) for column in zip(*changes, strict=True)])
    cells = [" / ".join(f"{d:+d}" if base else str(d) for d in cell) if any(cell) else "." for cell in changes]
    return f"| {name} | " + " | ".join([*cells, str(found["standing", "extra"])]) + " |"


if __name__ == "__main__":
    sys.exit(main())
