"""Stances of runners without a gyroscope: strides by person, with constants searched on the other people.

usage: PYTHONPATH=tests RETROPOD_DATA=DIR:DIR python -m bench.tuning_running

The constants of the rule for a foot that shakes in stance are moved by a quarter to a half in both directions, all at
random. For each person, the draw that is best for all others is tried on that person. The first row of figures is in
sample: the constants were chosen with all these recordings in view. The draw is the same every time. The constants of
the repository are never written.
"""

import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from bench import registry
from retropod import recording, sources
from retropod.score import engine_runner, labels
from retropod.score.engine_runner import ChipScale, EngineJob, EngineSamples
from retropod.score.matching import DetectedStride, match
from retropod.virtual.resample import resample

RATE_HZ = 208.0
SEARCHED = {
    "accel_constants.py": ("TOP_MIN",),
    "_kernel_accel.py": ("_FADE", "_NEAR", "_DROP", "_HARD", "_DEEPER", "_PASSED"),
}
DRAWS = 40
REACH = 0.5  # octaves
COST = {"missed": 2.0, "wrong": 4.0, "unknown": 1.0, "extra": 1.0}
RUNS = ("run", "jog")
Factors = dict[str, float]
Tally = dict[str, Counter[str]]


def person(name: str) -> str:
    """Return the person of a recording: uci is numbered by day, the others by person."""
    return name[:14] if name.startswith("uci") else re.split(r"[-_]\d", name)[0]


def jobs(folder: Path) -> list[EngineJob]:
    """Return the recordings of a folder as a chip at RATE_HZ measures them."""
    chip, result = ChipScale(), list[EngineJob]()
    for path in sorted(folder.glob("*.npz")):
        held = recording.load(path)
        acc = resample(held.acc_mps2, held.rate_hz, RATE_HZ) / (chip.acc_lsb_ug * 1e-6 * engine_runner.G)
        counts = np.clip(np.rint(acc), -chip.limit, chip.limit).astype("<i2")
        result.append(EngineJob(EngineSamples(path.stem, RATE_HZ, counts), chip))
    return result


def tally(folder: Path, asked: list[EngineJob], factors: Factors) -> Tally:
    """Return missed, wrong, unknown and extra strides by person, of runners under `run` and of all under `all`."""
    held = labels.read(folder)
    with tempfile.TemporaryDirectory() as place:
        firmware = Path(shutil.copytree(sources.firmware_dir(), Path(place) / "firmware"))
        for file, names in SEARCHED.items():
            path = firmware / "pod" / "gait" / file
            path.write_text(_changed(path.read_text(encoding="utf-8"), names, factors), encoding="utf-8")
        found = engine_runner.run(asked, firmware)
    result: Tally = {}
    for job, strides in zip(asked, found, strict=True):
        name = job.samples.name
        said = [DetectedStride(s["toe_off_s"], s["contact_s"], s["direction"], s["confidence"]) for s in strides]
        matched = match(name, [one for one in held.labels if one.recording == name], said, [])
        everything = result.setdefault(f"all {person(name)}", Counter())
        everything["extra"] += len(matched.extra)
        for label, answer in matched.pairs:
            if label.direction in ("forward", "backward", "lateral") and label.direction != _MERGED.get(folder.name):
                outcome = _outcome(label.direction, answer)
                everything[outcome] += 1
                if label.gait in RUNS:
                    result.setdefault(f"run {person(name)}", Counter()).update([outcome, "n"])
    return result


_MERGED = {"foot-imu-running": "backward"}  # the one label so joins two strides and a half turn


def _changed(text: str, names: tuple[str, ...], factors: Factors) -> str:
    for name in names:
        pattern = rf"^({name} = )(const\()?([0-9.]+)"
        factor = factors.get(name, 1.0)
        text, found = re.subn(pattern, lambda m, f=factor: _times(m, f), text, flags=re.M)
        if found != 1:
            raise ValueError(f"no constant {name}")
    return text


def _times(found: re.Match[str], factor: float) -> str:
    value = float(found[3]) * factor
    return f"{found[1]}{found[2] or ''}{round(value) if found[2] else f'{value:.4g}'}"


def _outcome(truth: str, answer: DetectedStride | None) -> str:
    if answer is None:
        return "missed"
    if answer.direction == "unknown":
        return "unknown"
    return "right" if answer.direction == truth else "wrong"


def cost(counted: Tally, without: str) -> float:
    """Return the cost of all people but one."""
    people = [count for name, count in counted.items() if name.startswith("all ") and name != f"all {without}"]
    return sum(weight * count[name] for count in people for name, weight in COST.items())


def main() -> int:
    """Print one row per runner: strides missed, wrong and unknown, in sample and with that person left out."""
    folders = [registry.recordings("dev"), registry.recordings("running")]
    asked = [jobs(folder) for folder in folders]
    chance = random.Random(1)
    names = [name for group in SEARCHED.values() for name in group]
    draws: list[Factors] = [{}] + [{name: 2 ** chance.uniform(-REACH, REACH) for name in names} for _ in range(DRAWS)]
    tallies: list[Tally] = []
    for factors in draws:
        both = [tally(folder, some, factors) for folder, some in zip(folders, asked, strict=True)]
        tallies.append(
            {name: sum((one.get(name, Counter()) for one in both), Counter()) for one in both for name in one}
        )
    print("| runner | strides | in sample: missed / wrong / unknown | left out |\n|---|---|---|---|")
    for name in sorted(tallies[0]):
        who = name.removeprefix("run ")
        if who != name:
            best = min(tallies[1:], key=lambda one, who=who: cost(one, who))[name]
            rows = [" / ".join(str(one[key]) for key in COST if key != "extra") for one in (tallies[0][name], best)]
            print(f"| {who} | {tallies[0][name]['n']} | {rows[0]} | {rows[1]} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
