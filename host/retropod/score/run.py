"""Score of the engine, on MicroPython, over a folder of labelled recordings."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retropod import recording, sources
from retropod.errors import OperationFailed, UsageError
from retropod.score import labels, timing
from retropod.score.figures import figures
from retropod.score.label_check import impossible, swings
from retropod.score.matching import DetectedStride, Matched, match
from retropod.virtual.board import CHIPS
from retropod.virtual.runtime import find_runtime
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


def score(folder: Path, conditions: Conditions) -> dict[str, Any]:
    """Return all figures of a folder, for JSON.

    `left_out` names the sets that are stored at a lower rate than requested. Raises UsageError if no recording remains,
    and DamagedData for an invalid recording.
    """
    labelled = labels.read(folder)
    names = [name for name in labelled.names if _fast_enough(folder / f"{name}.npz", conditions.rate_hz)]
    if not names:
        raise UsageError(
            f"no recording in {folder} is stored at {conditions.rate_hz:g} Hz or more", "give a lower --rate"
        )
    strides = engine_strides([folder / f"{name}.npz" for name in names], conditions)
    found = dict(zip(names, strides, strict=True))
    matched = [_matched(labelled, name, found[name]) for name in names]
    left_out = sorted({labels.set_of(name) for name in set(labelled.names) - set(names)})
    return {
        "conditions": {**asdict(conditions), "gyroscope": conditions.with_gyroscope},
        "left_out": left_out,
        **figures(matched),
        "timing": _timing(labelled, found),
        "strides": _rows(matched),
    }


def engine_strides(paths: Sequence[Path], conditions: Conditions) -> list[list[DetectedStride]]:
    """Return the strides of each recording, from the engine on MicroPython, fed in driver-sized blocks.

    Raises OperationFailed without scipy or without a MicroPython runtime.
    """
    try:
        from retropod.score import engine_runner
    except ImportError as error:
        package = str(error.name).partition(".")[0]
        raise OperationFailed(f"`retropod score` needs {package}", "pip install 'retropod[score]'") from error
    chip = engine_runner.ChipScale(*CHIPS[conditions.chip][1:])
    mount = codec.value("mount", conditions.mount)
    jobs = [engine_runner.EngineJob(_samples(path, conditions, chip), chip, mount=mount) for path in paths]
    find_runtime()
    return [[_found(stride) for stride in strides] for strides in engine_runner.run(jobs, sources.firmware_dir())]


def _samples(path: Path, conditions: Conditions, chip: Any) -> Any:
    from retropod.score import engine_runner

    if conditions.with_gyroscope and recording.load(path).gyr is None:
        raise UsageError(f"{path} has no gyroscope", "add --no-gyro")
    return engine_runner.counts(path, conditions.rate_hz, chip, conditions.with_gyroscope)


def _found(stride: dict[str, Any]) -> DetectedStride:
    return DetectedStride(
        stride["toe_off_s"], stride["contact_s"], stride["direction"], stride["confidence"],
        stride.get("length_m"), stride.get("contact_time_s"),
    )  # fmt: skip


def _fast_enough(path: Path, rate_hz: float) -> bool:
    """Return whether the recording is stored at `rate_hz` or more. 400 Hz counts as 416, 200 as 208, 100 as 104."""
    return recording.load(path).rate_hz * _STORED_AS >= rate_hz * 0.99


def _matched(labelled: labels.Set, name: str, found: Sequence[DetectedStride]) -> Matched:
    still = [(start, end) for recording, start, end in labelled.still if recording == name]
    path = labelled.folder / f"{name}.npz"
    claimed = [label for label in labelled.labels if label.recording == name]
    refused = impossible(claimed, path)
    result = match(name, [label for label in claimed if label not in refused], found, still)
    result.refused = len(refused)
    result.swings_s = swings(path) if result.extra else ()
    result.denied_s = [one.middle_s for one in timing.events(path) if one.refused]
    return result


def _timing(labelled: labels.Set, found: Mapping[str, Sequence[DetectedStride]]) -> list[dict[str, Any]]:
    by_set: dict[str, list[list[tuple[float, float] | None]]] = defaultdict(list)
    refused: dict[str, Counter[str]] = defaultdict(Counter)
    for name in found:
        marked = timing.events(labelled.folder / f"{name}.npz")
        kept = [one for one in marked if not one.refused]
        if kept:
            by_set[labels.set_of(name)].append(timing.errors(kept, found[name]))
        refused[labels.set_of(name)].update(one.refused for one in marked if one.refused)
    measured = [(name, timing.timing(recordings)) for name, recordings in by_set.items()]
    return [{"set": name, "refused": refused[name], **result} for name, result in measured if result is not None]


def _rows(matched: Sequence[Matched]) -> list[dict[str, Any]]:
    """Return every labelled stride with its answer, for the analysis of mistakes."""
    return [
        {"recording": one.recording, "t0_s": label.t0_s, "label": label.label, "group": label.group,
         "called": found.direction if found else None, "confidence": found.confidence if found else None}
        for one in matched for label, found in one.pairs
    ]  # fmt: skip
