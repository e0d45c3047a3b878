"""Strides missed, wrong, unknown and invented: whole numbers that `make check` holds against tests/baseline.json."""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from bench.registry import Counts, NotMeasured, Row, figures, recordings
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
MODES = ("imu", "accel")
DEV_RATES_HZ = (104, 208, 416)  # rates that a set of the development recordings is stored for


@figures(*(f"model_{count}_{mode}" for mode in MODES for count in _COUNTS), gate=True)
def bench_model_counts() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        save_set(Path(folder), [scenario(name, MODEL_HZ, 1) for name in SCENARIOS])
        yield from _counted("model", Path(folder), f"{len(SCENARIOS)} scenarios of the gait model")


@figures(*(f"heldout_{count}_{mode}" for mode in MODES for count in _COUNTS))
def bench_heldout_counts() -> Iterator[Row]:
    """Reported and not gated: a figure that a change is held against would be tuned for."""
    with tempfile.TemporaryDirectory() as folder:
        save_set(Path(folder), [one.recording(MODEL_HZ) for one in HELD_OUT])
        what = f"{len(HELD_OUT)} model scenarios never used in tuning: no evidence about people"
        yield from _counted("heldout", Path(folder), what)


@figures(*(f"dev_{count}_{mode}" for mode in MODES for count in _COUNTS), gate=True)
def bench_recorded_counts() -> Iterator[Row]:
    yield from _counted("dev", recordings("dev"), "development recordings")


@figures(*(f"dev_rows_{rate_hz}_{mode}" for rate_hz in DEV_RATES_HZ for mode in MODES), gate=True)
def bench_recorded_rows() -> Iterator[Row]:
    """Counts of each row of `retropod score`: the totals hide a change that helps one gait and harms another."""
    folder = recordings("dev")
    need_runtime()
    method = "set label/gait: missed/wrong/unknown; set: extra/while standing"
    for rate_hz in DEV_RATES_HZ:
        for mode in MODES:
            yield f"dev_rows_{rate_hz}_{mode}", _rows(_scored(folder, float(rate_hz), mode)), "strides", method


def _counted(prefix: str, folder: Path, what: str) -> Iterator[Row]:
    need_runtime()
    for mode in MODES:
        found = _scored(folder, RATE_HZ, mode)
        strides = sum(group["n"] for group in found["groups"])
        method = f"of {strides} strides, {what}, {RATE_HZ:g} Hz, mount given"
        for count, value in zip(_COUNTS, _counts(found), strict=True):
            yield f"{prefix}_{count}_{mode}", value, "strides", method


def need_runtime() -> None:
    """Raise NotMeasured without the MicroPython runtime."""
    try:
        find_runtime()
    except OperationFailed as error:
        raise NotMeasured(error.message) from error


@cache
def _scored(folder: Path, rate_hz: float, mode: str) -> dict[str, Any]:
    return score(folder, Conditions(rate_hz=rate_hz, gyroscope=mode == "imu"))


def _counts(found: dict[str, Any]) -> tuple[int, int, int, int]:
    """Return the counts named in _COUNTS. Wrong and unknown count labels with a direction only."""
    groups = [_group(group) for group in found["groups"]]
    missed, wrong, unknown = (sum(column) for column in zip(*groups, strict=True))
    return missed, wrong, unknown, sum(sum(_set(one)) for one in found["sets"])


def _rows(found: dict[str, Any]) -> Counts:
    groups = {f"{group['set']} {group['group']}": _group(group) for group in found["groups"]}
    return dict(sorted({**groups, **{one["set"]: _set(one) for one in found["sets"]}}.items()))


def _group(group: dict[str, Any]) -> list[int]:
    """Return the numbers of strides missed, wrong and unknown."""
    right = group["right"]
    decided = [0, 0] if right is None else [right["of"] - right["hits"], group["unknown"]["hits"]]
    return [group["recall"]["of"] - group["recall"]["hits"], *decided]


def _set(one: dict[str, Any]) -> list[int]:
    """Return the numbers of extra strides in labels and of strides while standing."""
    return [one["extra"], one["still_strides_per_hour"]["count"]]
