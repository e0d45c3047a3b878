"""Comparison of the pod's strides with the true strides of the scenario."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from retropod.insight.directions import in_words
from retropod.insight.stride import Stride
from retropod.score.intervals import median
from retropod.score.labels import Label
from retropod.score.matching import DetectedStride, Matched, match


@dataclass(frozen=True, slots=True)
class RealStride:
    """A true stride of the scenario. Times in s of the recording. `contact_time_s`: None after standing."""

    t0_s: float
    t1_s: float
    label: str
    gait: str
    length_m: float
    contact_time_s: float | None


@dataclass(frozen=True, slots=True)
class KindCounts:
    """Counts for one kind of stride: real and found ones, and right, unknown and wrong directions of the found ones."""

    kind: str
    real: int
    found: int
    right: int
    unknown: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Comparison over all kinds of strides.

    `extra`: strides without a true stride. `contact_error_s`, `length_error_m`: median absolute errors. `contact_s`,
    `length_m`: medians of the truth.
    """

    rows: list[KindCounts]
    extra: int
    contact_error_s: float | None
    contact_s: float | None
    length_error_m: float | None
    length_m: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the object for `--json`."""
        return asdict(self)


def compare(truth: Sequence[RealStride], strides: Sequence[Stride], rate_hz: float) -> Comparison:
    """Match strides with the truth by the middle of their swing. Sample 0 is the beginning of the scenario."""
    labels = [Label("demo", one.t0_s, one.t1_s, one.label, one.gait, "model", one.length_m, None) for one in truth]
    found = [one for one in (_found(stride, rate_hz) for stride in strides) if one is not None]
    matched = match("demo", labels, found, [])
    hits = [(one, answer) for one, (_, answer) in zip(truth, matched.pairs, strict=True) if answer is not None]
    contacts = [(answer.contact_time_s, one.contact_time_s) for one, answer in hits]
    lengths = [(answer.length_m, abs(one.length_m)) for one, answer in hits]
    return Comparison(
        _rows(matched), len(matched.extra) + len(matched.outside),
        _error(contacts), median([one.contact_time_s for one in truth if one.contact_time_s is not None]),
        _error(lengths), median([abs(one.length_m) for one in truth]),
    )  # fmt: skip


def _rows(matched: Matched) -> list[KindCounts]:
    kinds = dict.fromkeys(_kind(label) for label, _ in matched.pairs)
    return [_row(kind, [pair for pair in matched.pairs if _kind(pair[0]) == kind]) for kind in kinds]


def _row(kind: str, pairs: list[tuple[Label, DetectedStride | None]]) -> KindCounts:
    answers = [(label.direction, found.direction) for label, found in pairs if found is not None]
    unknown = sum(called == "unknown" for _, called in answers)
    # A turn on the spot has no direction of its own: forward and lateral count as right, backward as wrong.
    right = sum(called == real or (real == "turn" and called in ("forward", "lateral")) for real, called in answers)
    return KindCounts(kind, len(pairs), len(answers), right, unknown, len(answers) - right - unknown)


def _kind(label: Label) -> str:
    if label.label == "turn":
        return "turning"
    if label.direction == "lateral":
        return in_words(label.label)
    gait = label.gait.removeprefix("backward-").removeprefix("backward_")
    return f"{label.label}, {gait}"


def _found(stride: Stride, rate_hz: float) -> DetectedStride | None:
    if stride.toe_off_s is None or stride.contact_s is None:
        return None
    opened = stride.sample / rate_hz
    confidence = stride.confidence or 0.0
    return DetectedStride(opened + stride.toe_off_s, opened + stride.contact_s, stride.direction, confidence,
                 stride.length_m, stride.contact_time_s)  # fmt: skip


def _error(pairs: Sequence[tuple[float | None, float | None]]) -> float | None:
    return median([abs(measured - real) for measured, real in pairs if measured is not None and real is not None])


def save(truth: Sequence[RealStride], path: Path) -> None:
    """Write the true strides as CSV."""
    with path.open("w", encoding="ascii", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(RealStride)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(one) for one in truth)


def load(path: Path) -> list[RealStride]:
    """Read the true strides that `save` wrote."""
    with path.open(encoding="ascii", newline="") as file:
        return [
            RealStride(float(row["t0_s"]), float(row["t1_s"]), row["label"], row["gait"], float(row["length_m"]),
                  float(row["contact_time_s"]) if row["contact_time_s"] else None)
            for row in csv.DictReader(file)
        ]  # fmt: skip
