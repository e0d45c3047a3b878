"""Running of people whom the development recordings do not hold, and the calibration on all sets together."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from bench.bench_counts import MODES, need_runtime
from bench.registry import Counts, Row, figures, recordings
from retropod.replay.replay import Setup
from retropod.score import labels
from retropod.score.calibration import Decided, calibration, mean_confidence, overconfident
from retropod.score.figures import DIRECTIONS, person_in
from retropod.score.matching import Matched, match
from retropod.score.run import Conditions, engine_strides, score

CONFIDENT = 0.9
RATE_HZ = 6667 / 32
_RATE = "resampled to 208.3 Hz as by `retropod replay --rate 208`"


@figures(*(f"running_{count}_{mode}" for mode in MODES for count in ("recall", "wrong")), gate=True)
def bench_running() -> Iterator[Row]:
    """The set holds labels of running and walking forward, and those of `merged`."""
    folder = recordings("running")
    need_runtime()
    for mode in MODES:
        recall, wrong = _rows(_matched(folder, mode))
        yield f"running_recall_{mode}", recall, "strides", f"set person gait: found/labelled, forward; {_RATE}"
        method = "the same: decided wrongly; set person: backward above 0.9, whatever the label/extra/while standing"
        yield f"running_wrong_{mode}", wrong, "strides", f"{method}; {_RATE}"


def merged(running: Path) -> set[labels.Label]:
    """Return the labels that merge two strides and half a turn: all that are backward in a set that goes forward."""
    return {label for label in labels.read(running).labels if label.direction == "backward"}


def _matched(folder: Path, mode: str) -> list[Matched]:
    own = labels.read(folder)
    found = engine_strides(list(own.paths.values()), conditions(mode), as_replay=True)
    return [
        match(
            name,
            [label for label in own.labels if label.recording == name],
            strides,
            [(start, end) for recording, start, end in own.still if recording == name],
        )
        for name, strides in zip(own.paths, found, strict=True)
    ]


def conditions(mode: str) -> Conditions:
    """Return the conditions of `replay --chip lsm6dso32 --rate 208`, with `--no-gyro` in accelerometer-only mode."""
    setup = Setup("lsm6dso32", gyroscope=mode == "imu")
    return Conditions(setup.board.chip, RATE_HZ, setup.gyroscope)


def _rows(matched: list[Matched]) -> tuple[Counts, Counts]:
    """Return recall and errors by row."""
    recall, wrong = defaultdict[str, Counter[int]](Counter), defaultdict[str, Counter[int]](Counter)
    for one in matched:
        who = f"{labels.set_of(one.recording)} {person_in(one)}"
        for label, found in one.pairs:
            if label.direction == "forward":
                row = f"{who} {label.gait}"
                recall[row].update({0: found is not None, 1: True})
                wrong[row].update({0: found is not None and found.direction not in ("forward", "unknown")})
        told = [found for _, found in [*one.pairs, *one.extra] if found is not None]
        backward = [found for found in [*told, *one.outside, *one.in_still] if found.direction == "backward"]
        confident = sum(found.confidence > CONFIDENT for found in backward)
        wrong[who].update({0: confident, 1: len(one.extra), 2: len(one.in_still)})
    return _counts(recall), _counts(wrong)


def _counts(rows: dict[str, Counter[int]]) -> Counts:
    return {name: [int(count[at]) for at in sorted(count)] for name, count in sorted(rows.items())}


@figures(*(f"calibration_{name}_{mode}" for mode in MODES for name in ("bins", "overconfident", "persons")))
def bench_calibration() -> Iterator[Row]:
    """Confidence against the share of right strides, all sets together, by confidence and by person."""
    folders = recordings("dev"), recordings("running")
    need_runtime()
    for mode in MODES:
        persons = _decided(folders, mode)
        bins = calibration(list(persons.values()))["bins"]
        method = "strides/persons/wrong/confidence/right/95 % interval of right by persons, the last four per mille"
        yield f"calibration_bins_{mode}", {_name(one): _bin(one) for one in bins}, "", f"{method}; {_RATE}"
        sure = [one for one in bins if one["from"] >= 0.95]
        judged = sum(one["ci95"] is not None for one in sure)
        method = f"of {judged} bins above 0.95 with two persons or more: interval below the confidence"
        yield f"calibration_overconfident_{mode}", sum(map(overconfident, sure)), "bins", method
        method = "decided/wrong/mean confidence/right, the last two per mille"
        yield f"calibration_persons_{mode}", {name: _person(persons[name]) for name in sorted(persons)}, "", method


@cache
def _decided(folders: tuple[Path, Path], mode: str) -> dict[str, list[Decided]]:
    """Return (confidence, right) of the decided strides of each person."""
    scored = score(folders[0], conditions(mode), *folders[1:], as_replay=True)
    left_out = {(one.recording, one.t0_s) for one in merged(folders[1])}
    persons = defaultdict[str, list[Decided]](list)
    for one in scored["strides"]:
        truth = one["label"].partition("_")[0]
        usable = truth in DIRECTIONS and (one["recording"], one["t0_s"]) not in left_out
        if one["called"] not in (None, "unknown") and usable:
            persons[one["person"]].append((one["confidence"], one["called"] == truth))
    return persons


def _person(strides: list[Decided]) -> list[int]:
    wrong = sum(not right for _, right in strides)
    shares = mean_confidence(strides) or 0.0, 1 - wrong / len(strides)
    return [len(strides), wrong, *(round(1000 * share) for share in shares)]


def _name(part: dict[str, Any]) -> str:
    return f"{part['from']:g}-{part['to']:g}"


def _bin(part: dict[str, Any]) -> list[int]:
    wrong = part["n"] - round(part["right"] * part["n"])
    shares = part["confidence"], part["right"], *(part["ci95"] or (0.0, 1.0))
    return [part["n"], part["persons"], wrong, *(round(1000 * share) for share in shares)]
