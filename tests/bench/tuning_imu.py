"""Search the six-axis constants on one person and try them on another.

usage: PYTHONPATH=tests RETROPOD_DATA=DIR python -m bench.tuning_imu PERSON PERSON...  how their recordings' names begin

Every constant that was chosen with recordings in view is moved over half to twice its value: first all at once and at
random, then one at a time from the best, judged by one person's strides alone. What comes out is tried on the others.
The draw is the same every time. The constants of the repository are never written.
"""

import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bench import registry
from retropod import sources
from retropod.score import engine_runner, labels
from retropod.score.engine_runner import ChipScale, EngineJob
from retropod.score.matching import DetectedStride, match

RATE_HZ = 208.0
SEARCHED = (
    "WINDOW_S", "CONFIRM_S", "LEAK_DECADES_PER_S", "STANCE_MAX", "SAME", "CLOSE_SHARE", "CLOSE_TILT_MRAD",
    "DRIFT_SHARE", "DRIFT_TILT_MRAD", "SHALLOW", "SHALLOW_SHARE", "REOPEN", "ALIKE_SHARE", "ALT_SHARE",
    "ERROR_MM", "ERROR_HEADING", "ERROR_TILT", "ERROR_SPEED", "ERROR_TURN",
)  # fmt: skip
DRAWS = 24
STEPS = (0.75, 1.33)
COST = {"missed": 2.0, "wrong": 4.0, "unknown": 1.0, "extra": 1.0}
Factors = dict[str, float]
Tally = dict[str, Counter[str]]


def constants(factors: Factors, file: str = "constants.py") -> str:
    """Return a file of the engine's constants with some values multiplied. Whole numbers stay whole."""
    text = (sources.firmware_dir() / "pod" / "gait" / file).read_text(encoding="utf-8")
    for name, factor in factors.items():
        text, found = re.subn(
            rf"^({name} = )(-?[0-9.]+)(?![0-9.e])", lambda m, f=factor: m[1] + _times(m[2], f), text, flags=re.M
        )
        if found != 1:
            raise ValueError(f"no constant {name}")
    return text


def _times(number: str, factor: float) -> str:
    return f"{float(number) * factor:.4g}" if "." in number else str(round(int(number) * factor))


def tally(folder: Path, jobs: list[EngineJob], factors: Factors) -> Tally:
    """Class -> n, missed, wrong, unknown; and under "" the extra strides and those while standing."""
    held = labels.read(folder)
    with tempfile.TemporaryDirectory() as place:
        firmware = Path(shutil.copytree(sources.firmware_dir(), Path(place) / "firmware"))
        (firmware / "pod" / "gait" / "constants.py").write_text(constants(factors), encoding="utf-8")
        found = engine_runner.run(jobs, firmware)
    result: Tally = {"": Counter()}
    for job, strides in zip(jobs, found, strict=True):
        name = job.samples.name
        said = [DetectedStride(s["toe_off_s"], s["contact_s"], s["direction"], s["confidence"]) for s in strides]
        still = [(start, end) for recording, start, end in held.still if recording == name]
        matched = match(name, [one for one in held.labels if one.recording == name], said, still)
        result[""]["extra"] += len(matched.extra) + 4 * len(matched.in_still)
        for label, answer in matched.pairs:
            if label.direction in ("forward", "backward", "lateral"):
                count = result.setdefault(label.group, Counter())
                count["n"] += 1
                count[outcome(label.direction, answer)] += 1
    return result


def outcome(truth: str, answer: DetectedStride | None) -> str:
    """Return missed, unknown, right or wrong."""
    if answer is None:
        return "missed"
    if answer.direction == "unknown":
        return "unknown"
    return "right" if answer.direction == truth else "wrong"


def cost(counted: Tally) -> float:
    """Return the cost that the search minimises."""
    return sum(weight * count[name] for count in counted.values() for name, weight in COST.items())


def search(folder: Path, jobs: list[EngineJob]) -> tuple[Factors, float]:
    """The best factors found for these jobs, and their cost."""
    chance = random.Random(1)
    drawn = [{name: 2 ** chance.uniform(-1, 1) for name in SEARCHED} for _ in range(DRAWS)]
    best = min(drawn, key=lambda factors: cost(tally(folder, jobs, factors)))
    least = cost(tally(folder, jobs, best))
    for name in SEARCHED:
        for step in STEPS:
            tried = {**best, name: min(2.0, max(0.5, best[name] * step))}
            now = cost(tally(folder, jobs, tried))
            if now < least:
                best, least = tried, now
    return best, least


def table(counted: Tally) -> Iterable[str]:
    """A line a class: of n strides, found, right of decided, unknown."""
    for group, count in sorted(counted.items()):
        if group:
            found = count["n"] - count["missed"]
            decided = found - count["unknown"]
            right = f"{decided - count['wrong']} of {decided} right, {count['unknown']} unknown"
            yield f"  {group:24s} {found} of {count['n']} found, {right}"
    yield f"  extra strides {counted['']['extra']}"


def main() -> int:
    """Prints, for every person, what tuning on that one gives on the others."""
    folder = registry.recordings()
    jobs = {
        person: [
            EngineJob(engine_runner.counts(path, RATE_HZ, ChipScale()))
            for path in sorted(folder.glob(f"{person}*.npz"))
        ]
        for person in sys.argv[1:]
    }
    for person, own in jobs.items():
        factors, least = search(folder, own)
        moved = ", ".join(f"{name} {factor:.2f}" for name, factor in factors.items())
        print(f"tuned on {person} (cost {least:g}): {moved}")
        for other, theirs in jobs.items():
            if other != person:
                print(f" tried on {other}:", *table(tally(folder, theirs, factors)), sep="\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
