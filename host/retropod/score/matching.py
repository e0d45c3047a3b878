"""Matching of detected strides with labels: a stride belongs to the label that contains the middle of its swing."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from retropod.score.labels import Label


@dataclass(frozen=True, slots=True)
class DetectedStride:
    """A stride that the engine reported. Times in s of the recording, length in m, confidence 0 to 1."""

    toe_off_s: float
    contact_s: float
    direction: str
    confidence: float
    length_m: float | None = None
    contact_time_s: float | None = None

    @property
    def middle_s(self) -> float:
        """Middle of the swing, in s."""
        return (self.toe_off_s + self.contact_s) / 2


@dataclass(slots=True)
class Matched:
    """Result for one recording.

    `pairs`: each label with its stride, or None. `extra`: further strides within a label. `in_still`: strides in an
    interval without steps. `outside`: all other strides. `still_s`, `forward_s`: durations of the still intervals
    and of the forward labels. `refused`: number of labels that the gyroscope contradicts.
    `swings_s`: middles of the swings that the gyroscope shows. `denied_s`: middles of the marked swings that the
    recording contradicts. label_check.py gives `refused` and `swings_s`, timing.py gives `denied_s`.
    """

    recording: str
    pairs: list[tuple[Label, DetectedStride | None]] = field(default_factory=list)
    extra: list[tuple[Label, DetectedStride]] = field(default_factory=list)
    in_still: list[DetectedStride] = field(default_factory=list)
    outside: list[DetectedStride] = field(default_factory=list)
    still_s: float = 0.0
    forward_s: float = 0.0
    refused: int = 0
    swings_s: Sequence[float] = ()
    denied_s: Sequence[float] = ()

    def merged(self, label: Label) -> bool:
        """Return whether the gyroscope shows a swing for each stride found in the label."""
        swings = sum(label.t0_s <= middle_s < label.t1_s for middle_s in self.swings_s)
        return swings > sum(one is label for one, _ in self.extra)

    def denied(self, label: Label) -> bool:
        """Return whether the label rests on a marked swing that the recording contradicts."""
        return any(label.t0_s <= middle_s < label.t1_s for middle_s in self.denied_s)


def match(
    recording: str, labels: Sequence[Label], found: Sequence[DetectedStride], still: Sequence[tuple[float, float]]
) -> Matched:
    """Match the strides of one recording. The first stride in a label is its answer, further ones are extra.

    `still`: intervals without steps, in s.
    """
    result = Matched(recording)
    starts = [label.t0_s for label in labels]
    answers: dict[int, DetectedStride] = {}
    for stride in sorted(found, key=lambda one: one.middle_s):
        index = bisect_right(starts, stride.middle_s) - 1
        if index >= 0 and stride.middle_s < labels[index].t1_s:
            if answers.setdefault(index, stride) is not stride:
                result.extra.append((labels[index], stride))
        elif any(start <= stride.middle_s <= end for start, end in still):
            result.in_still.append(stride)
        else:
            result.outside.append(stride)
    result.pairs = [(label, answers.get(index)) for index, label in enumerate(labels)]
    result.still_s = sum(end - start for start, end in still)
    result.forward_s = sum(label.t1_s - label.t0_s for label in labels if label.direction == "forward")
    return result
