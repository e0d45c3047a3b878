"""Constants of the engine, searched again without one person and tried on that person.

The search starts at the values of the repository and moves one constant a round by a quarter, to the lowest cost on the
other persons. Each person counts the same. The repository's values were chosen with most of these persons in view, so
the start favours them: the difference of the two columns is the least that a new person costs, not the most.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path

from bench import tuning_imu
from bench.bench_running import conditions, merged
from bench.tuning_imu import COST, STEPS, Factors, constants, outcome
from retropod import recording, sources
from retropod.build import folded
from retropod.score import engine_runner, labels
from retropod.score.figures import DIRECTIONS, person_in
from retropod.score.matching import DetectedStride, Matched, match
from retropod.score.run import scale, sensed

ROUNDS = 2
ACCEL = (
    "WINDOW_S", "STILL_G", "TH_BASE", "TH_KNEE", "TH_MIN", "SLOPE_UP", "SLOPE_DOWN", "SWING_FLOOR", "LATE", "RISE",
    "AREA_WALK", "AREA_RUN", "RUN_MEAN", "AREA_LEAVE", "STANCE_LOW", "STANCE_LOW_SLOPE", "ADAPT_GAIN", "ADAPT_SHARE",
    "SWING_MIN_S", "REFRACTORY", "VIGOROUS", "LIVELY", "MARGIN_S",
)  # fmt: skip
SEARCHED = {"imu": ("constants.py", tuning_imu.SEARCHED), "accel": ("accel_constants.py", ACCEL)}
OUTCOMES = ("missed", "wrong", "unknown", "extra")
Tally = Mapping[str, Counter[str]]  # by person: n, the outcomes of the labelled strides, and extra


class Trial:
    """Recordings of all persons, and the results of the constants that were tried on them."""

    def __init__(self, mode: str, dev: Path, running: Path) -> None:
        self._own = labels.read(dev, running)
        self._ignored = merged(running)
        self._file, self.names = SEARCHED[mode]
        given = conditions(mode)
        self._jobs = [
            engine_runner.EngineJob(sensed(name, recording.load(path), given), scale(given))
            for name, path in self._own.paths.items()
        ]
        self.tally = cache(self._tally)

    def _tally(self, changes: frozenset[tuple[str, float]]) -> Tally:
        with tempfile.TemporaryDirectory() as place:
            firmware = Path(shutil.copytree(sources.firmware_dir(), Path(place) / "firmware"))
            (firmware / "pod" / "gait" / self._file).write_text(constants(dict(changes), self._file), encoding="utf-8")
            found = engine_runner.run(self._jobs, firmware)
            if changes:  # The cache would hold hundreds of versions for three days.
                shutil.rmtree(folded.folders(firmware).firmware.parent, ignore_errors=True)
        result: dict[str, Counter[str]] = {}
        for job, strides in zip(self._jobs, found, strict=True):
            matched = self._matched(job.samples.name, strides)
            result.setdefault(person_in(matched), Counter()).update(outcomes(matched, self._ignored))
        return result

    def _matched(self, name: str, strides: Iterable[dict[str, float]]) -> Matched:
        told = [DetectedStride(s["toe_off_s"], s["contact_s"], str(s["direction"]), s["confidence"]) for s in strides]
        still = [(start, end) for recorded, start, end in self._own.still if recorded == name]
        return match(name, [label for label in self._own.labels if label.recording == name], told, still)


def outcomes(matched: Matched, ignored: Collection[labels.Label] = ()) -> Counter[str]:
    """Count the strides of a recording, without the ignored labels.

    A stride while standing is four extra ones, as in `tuning_imu`.
    """
    count = Counter(
        outcome(label.direction, answer)
        for label, answer in matched.pairs
        if label.direction in DIRECTIONS and label not in ignored
    )
    return count + Counter(n=count.total(), extra=len(matched.extra) + 4 * len(matched.in_still))


def cost(tally: Tally, left_out: str = "") -> float:
    """Return the mean cost of a stride over the persons, without the one that is left out."""
    costs = [
        sum(weight * count[name] for name, weight in COST.items()) / count["n"]
        for person, count in tally.items()
        if person != left_out and count["n"]
    ]
    return sum(costs) / len(costs)


def search(trial: Trial, left_out: str = "") -> Factors:
    """Return the factors with the lowest cost on the other persons. {}: no change lowers it."""
    best: Factors = {}
    least = cost(trial.tally(frozenset()), left_out)
    for _ in range(ROUNDS):
        start = best
        for name in trial.names:
            for step in STEPS:
                tried = {**start, name: start.get(name, 1.0) * step}
                now = cost(trial.tally(frozenset(tried.items())), left_out)
                if now < least:
                    best, least = tried, now
        if best is start:
            break
    return best
