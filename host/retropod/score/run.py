"""Score of the engine, on MicroPython, over a folder of labelled recordings."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from retropod import recording, sources
from retropod.errors import DamagedData, OperationFailed, RetropodError, UsageError
from retropod.score import labels, timing
from retropod.score.figures import figures, person_in
from retropod.score.label_check import impossible, swings
from retropod.score.matching import DetectedStride, Matched, match
from retropod.virtual.board import CHIPS
from retropod.virtual.runtime import find_runtime
from retropod.virtual.source import Source
from retropod.wording import install_extra
from retrowire import codec

_STORED_AS = 416.7 / 400  # Recordings stored at 400 Hz count as a chip's nominal 416 Hz, which is 416.7 Hz.


@dataclass(frozen=True)
class Conditions:
    """Input of the engine: chip (a key of CHIPS), sample rate in Hz, use of the gyroscope, mount `given` or `none`."""

    chip: str = "lsm6dso32"
    rate_hz: float = 208.0
    gyroscope: bool = True
    mount: str = "given"

    @property
    def with_gyroscope(self) -> bool:
        """True if the engine receives angular rates: requested, and the chip has a gyroscope."""
        return self.gyroscope and CHIPS[self.chip].gyr_lsb_udps > 0


@dataclass(frozen=True)
class Prepared:
    """One recording: the counts for the engine, its marked events and swings, and the labels that it contradicts."""

    samples: Any
    events: list[timing.Marked]
    swings_s: list[float]
    refused: set[labels.Label]


def score(
    folder: Path, conditions: Conditions, *more: Path, as_replay: bool = False,
    how: recording.Interpretation | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return all figures of one or more folders, for JSON.

    `left_out` names the sets that are stored at a lower rate than requested. With `as_replay` they are scored too, and
    each recording is resampled by the virtual sensor. `failed` lists the recordings that cannot be scored, with the
    reason, and `doubts` the implausible ones. `how`: units, axes and rate that a user states for all recordings.

    Raises UsageError if no recording remains, and DamagedData for an invalid file of labels.
    """
    _need_scipy()
    labelled = labels.read(folder, *more)
    prepared: dict[str, Prepared] = {}
    failed: list[dict[str, str]] = []
    doubts: list[dict[str, str]] = []
    slow: set[str] = set()
    for name, path in labelled.paths.items():
        try:
            held = recording.load(path, how=how)
            doubts += [{"recording": name, "cause": one.cause, "hint": one.hint} for one in held.doubts]
            if as_replay or _fast_enough(held, conditions.rate_hz):
                prepared[name] = _prepared(labelled, name, held, _samples(name, held, conditions, as_replay))
            else:
                slow.add(labels.set_of(name))
        except RetropodError as error:
            failed.append({"recording": name, "cause": error.message, "hint": error.hint})
    if not prepared:
        raise _nothing(folder, conditions, failed)
    strides = _strides([one.samples for one in prepared.values()], conditions)
    found = dict(zip(prepared, strides, strict=True))
    matched = [_matched(labelled, name, prepared[name], found[name]) for name in prepared]
    return {
        "conditions": {**asdict(conditions), "gyroscope": conditions.with_gyroscope},
        "left_out": sorted(slow),
        "failed": failed,
        "doubts": doubts,
        **figures(matched),
        "timing": _timing(prepared, found),
        "strides": _rows(matched),
    }


def _need_scipy() -> None:
    try:
        import_module("scipy")
    except ImportError as error:
        raise OperationFailed("`retropod score` needs scipy", install_extra("score")) from error


def _nothing(folder: Path, conditions: Conditions, failed: list[dict[str, str]]) -> RetropodError:
    if failed:
        return DamagedData(f"no recording in {folder} can be scored: {failed[0]['cause']}", failed[0]["hint"])
    return UsageError(f"no recording in {folder} is stored at {conditions.rate_hz:g} Hz or more", "give a lower --rate")


def engine_strides(
    paths: Sequence[Path], conditions: Conditions, as_replay: bool = False
) -> list[list[DetectedStride]]:
    """Return the strides of each recording, from the engine on MicroPython, fed in driver-sized blocks.

    `as_replay`: resample as the virtual sensor does. Raises OperationFailed without a MicroPython runtime.
    """
    samples = [_samples(path.stem, recording.load(path, how=None), conditions, as_replay) for path in paths]
    return _strides(samples, conditions)


def _strides(samples: Sequence[Any], conditions: Conditions) -> list[list[DetectedStride]]:
    from retropod.score import engine_runner

    find_runtime()
    mount = codec.value("mount", conditions.mount)
    jobs = [engine_runner.EngineJob(one, scale(conditions), mount=mount) for one in samples]
    return [[_found(stride) for stride in strides] for strides in engine_runner.run(jobs, sources.firmware_dir())]


def scale(conditions: Conditions) -> Any:
    """Return the scales of the chip."""
    from retropod.score import engine_runner

    return engine_runner.ChipScale(*CHIPS[conditions.chip][1:])


def _samples(name: str, held: recording.Recording, conditions: Conditions, as_replay: bool) -> Any:
    from retropod.score import engine_runner

    if conditions.with_gyroscope and held.gyr is None:
        raise UsageError(f"{name} has no gyroscope", "add --no-gyro")
    if as_replay:
        return sensed(name, held, conditions)
    return engine_runner.counts_of(held, name, conditions.rate_hz, scale(conditions), conditions.with_gyroscope)


def sensed(name: str, held: recording.Recording, conditions: Conditions) -> Any:
    """Return a recording as counts at any rate, resampled as by the virtual sensor of `replay`."""
    from retropod.score import engine_runner

    source = Source(held.acc, held.gyr, held.rate_hz, held.acc_unit, held.gyr_unit)
    unit = scale(conditions)
    lsb = {"acc": unit.acc_lsb_ug * 1e-6, "gyr": unit.gyr_lsb_udps * 1e-6}
    elements = ["acc", "gyr"] if conditions.with_gyroscope else ["acc"]
    counts = [source.counts(one, conditions.rate_hz, lsb[one], unit.limit) for one in elements]
    return engine_runner.EngineSamples(name, conditions.rate_hz, np.hstack(counts).astype("<i2"))


def _prepared(labelled: labels.Set, name: str, held: recording.Recording, samples: Any) -> Prepared:
    claimed = [label for label in labelled.labels if label.recording == name]
    return Prepared(samples, timing.events(held), swings(held), impossible(claimed, held))


def _found(stride: dict[str, Any]) -> DetectedStride:
    return DetectedStride(
        stride["toe_off_s"], stride["contact_s"], stride["direction"], stride["confidence"],
        stride.get("length_m"), stride.get("contact_time_s"),
    )  # fmt: skip


def _fast_enough(held: recording.Recording, rate_hz: float) -> bool:
    """Return whether the recording is stored at `rate_hz` or more. 400 Hz counts as 416, 200 as 208, 100 as 104."""
    return held.rate_hz * _STORED_AS >= rate_hz * 0.99


def _matched(labelled: labels.Set, name: str, one: Prepared, found: Sequence[DetectedStride]) -> Matched:
    still = [(start, end) for recorded, start, end in labelled.still if recorded == name]
    claimed = [label for label in labelled.labels if label.recording == name]
    result = match(name, [label for label in claimed if label not in one.refused], found, still)
    result.refused = len(one.refused)
    result.swings_s = one.swings_s if result.extra else ()
    result.denied_s = [event.middle_s for event in one.events if event.refused]
    return result


def _timing(prepared: Mapping[str, Prepared], found: Mapping[str, Sequence[DetectedStride]]) -> list[dict[str, Any]]:
    by_set: dict[str, list[list[tuple[float, float] | None]]] = defaultdict(list)
    refused: dict[str, Counter[str]] = defaultdict(Counter)
    for name in found:
        marked = prepared[name].events
        kept = [one for one in marked if not one.refused]
        if kept:
            by_set[labels.set_of(name)].append(timing.errors(kept, found[name]))
        refused[labels.set_of(name)].update(one.refused for one in marked if one.refused)
    measured = [(name, timing.timing(recordings)) for name, recordings in by_set.items()]
    return [{"set": name, "refused": refused[name], **result} for name, result in measured if result is not None]


def _rows(matched: Sequence[Matched]) -> list[dict[str, Any]]:
    """Return every labelled stride with its answer, for the analysis of mistakes."""
    return [
        {"recording": one.recording, "person": person_in(one), "t0_s": label.t0_s, "label": label.label,
         "group": label.group, "called": found.direction if found else None,
         "confidence": found.confidence if found else None}
        for one in matched for label, found in one.pairs
    ]  # fmt: skip
