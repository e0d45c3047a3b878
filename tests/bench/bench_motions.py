"""False alarms in motions that are not gait, and wrong directions on stairs and escalators (tests/bench/motions)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from bench.motions import LENGTH_S, MOTIONS, samples
from bench.motions.pose import Walked
from bench.registry import Counts, NotMeasured, Row, figures
from retropod import sources
from retropod.errors import OperationFailed
from retropod.score.engine_runner import EngineJob, EngineSamples, run
from retropod.virtual.runtime import find_runtime

CONFIDENT = 0.9
GATE_SEEDS = 3
SEEDS = 30  # of a minute: counts per half an hour
_AXES = {"imu": 6, "accel": 3}


@figures(*(f"motions_false_{mode}" for mode in _AXES), gate=True)
def bench_motions_gate() -> Iterator[Row]:
    method = f"confident strides that no step explains; in gait, strides in a wrong direction; {GATE_SEEDS} seeds"
    for mode in _AXES:
        yield (
            f"motions_false_{mode}",
            {name: row[:1] for name, row in _rows(GATE_SEEDS, mode).items()},
            "strides",
            method,
        )


@figures(*(f"motions_per_30_min_{mode}" for mode in _AXES))
def bench_motions() -> Iterator[Row]:
    method = f"as motions_false/decided/all strides, {SEEDS} seeds of {LENGTH_S:g} s"
    for mode in _AXES:
        yield f"motions_per_30_min_{mode}", _rows(SEEDS, mode), "strides", method


def _rows(seeds: int, mode: str) -> Counts:
    try:
        find_runtime()
    except OperationFailed as error:
        raise NotMeasured(error.message) from error
    made = [_made(index, seed) for index in range(len(MOTIONS)) for seed in range(seeds)]
    axes = _AXES[mode]
    jobs = [EngineJob(replace(one, counts=np.ascontiguousarray(one.counts[:, :axes]))) for one, _ in made]
    found = iter(zip(run(jobs, sources.firmware_dir()), (walked for _, walked in made), strict=True))
    return {motion.name: _row([next(found) for _ in range(seeds)], motion.gait) for motion in MOTIONS}


def _row(found: Sequence[tuple[list[dict[str, Any]], Sequence[Walked]]], gait: bool) -> list[int]:
    """Return the numbers of false, decided and all strides."""
    strides = [(one, walked) for recording, walked in found for one in recording]
    false = sum(false_alarm(one, walked, gait) for one, walked in strides)
    return [false, sum(one["direction"] != "unknown" for one, _ in strides), len(strides)]


@cache
def _made(index: int, seed: int) -> tuple[EngineSamples, Sequence[Walked]]:
    pose = MOTIONS[index].pose(seed)
    return samples(pose, seed), pose.walked


def false_alarm(stride: dict[str, Any], walked: Sequence[Walked], gait: bool) -> bool:
    """Return whether a stride has a direction that its foot has not: a confident one, or in gait any.

    The middle of its swing lies in a step of that direction otherwise.
    """
    middle_s = 0.5 * (stride["toe_off_s"] + stride["contact_s"])
    if stride["direction"] == "unknown" or (stride["confidence"] < CONFIDENT and not gait):
        return False
    return not any(start <= middle_s <= end and way == stride["direction"] for start, end, way in walked)
