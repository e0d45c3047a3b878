"""Strides missed, wrong, unknown and invented: whole numbers that `make check` holds against tests/baseline.json."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.registry import NotMeasured, Row, figures, recordings
from retropod.errors import OperationFailed
from retropod.score.run import Conditions, score
from retropod.virtual.gaitmodel import save_set, scenario
from retropod.virtual.gaitmodel.heldout import HELD_OUT
from retropod.virtual.runtime import find_runtime

RATE_HZ = 208.0
MODEL_HZ = 416.0
SCENARIOS = (
    "walk", "jog", "run", "backward-walk", "backward-jog", "backward-run", "sideways", "curve", "turn", "stairs",
    "mixed", "hill-intervals", "disturbances", "standing",
)  # fmt: skip
_COUNTS = ("strides_missed", "direction_wrong", "direction_unknown", "strides_invented")
_MODES = ("imu", "accel")


@figures(*(f"model_{count}_{mode}" for mode in _MODES for count in _COUNTS), gate=True)
def bench_model_counts() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        save_set(Path(folder), [scenario(name, MODEL_HZ, 1) for name in SCENARIOS])
        yield from _counted("model", Path(folder), f"{len(SCENARIOS)} scenarios of the gait model")


@figures(*(f"heldout_{count}_{mode}" for mode in _MODES for count in _COUNTS))
def bench_heldout_counts() -> Iterator[Row]:
    """Reported and not gated: a figure that a change is held against would be tuned for."""
    with tempfile.TemporaryDirectory() as folder:
        save_set(Path(folder), [one.recording(MODEL_HZ) for one in HELD_OUT])
        what = f"{len(HELD_OUT)} model scenarios never used in tuning: no evidence about people"
        yield from _counted("heldout", Path(folder), what)


@figures(*(f"dev_{count}_{mode}" for mode in _MODES for count in _COUNTS), gate=True)
def bench_recorded_counts() -> Iterator[Row]:
    yield from _counted("dev", recordings("dev"), "development recordings")


def _counted(prefix: str, folder: Path, what: str) -> Iterator[Row]:
    try:
        find_runtime()
    except OperationFailed as error:
        raise NotMeasured(error.message) from error
    for mode in _MODES:
        found = score(folder, Conditions(rate_hz=RATE_HZ, gyroscope=mode == "imu"))
        strides = sum(group["n"] for group in found["groups"])
        method = f"of {strides} strides, {what}, {RATE_HZ:g} Hz, mount given"
        for count, value in zip(_COUNTS, _counts(found), strict=True):
            yield f"{prefix}_{count}_{mode}", value, "strides", method


def _counts(found: dict[str, Any]) -> tuple[int, int, int, int]:
    """As in _COUNTS. Wrong and unknown are counted where a stride has one of the directions that are told."""
    groups = found["groups"]
    told = [group for group in groups if group["right"] is not None]
    missed = sum(group["recall"]["of"] - group["recall"]["hits"] for group in groups)
    wrong = sum(group["right"]["of"] - group["right"]["hits"] for group in told)
    unknown = sum(group["unknown"]["hits"] for group in told)
    invented = sum(one["extra"] + one["still_strides_per_hour"]["count"] for one in found["sets"])
    return missed, wrong, unknown, invented
