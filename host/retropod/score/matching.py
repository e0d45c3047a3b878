"""Which found stride belongs to which labelled one: that in which the middle of its swing lies."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from retropod.score.labels import Label


@dataclass(frozen=True, slots=True)
class Found:
    """A stride as the engine reports it; times in seconds of the recording."""

    toe_off_s: float
    contact_s: float
    direction: str
    confidence: float
    length_m: float | None = None
    contact_time_s: float | None = None

    @property
    def middle_s(self) -> float:
        """Middle of the swing."""
        return (self.toe_off_s + self.contact_s) / 2


@dataclass(slots=True)
class Matched:
    """One recording: every label with its stride or None, and what is left over."""

    recording: str
    pairs: list[tuple[Label, Found | None]] = field(default_factory=list)
    extra: list[tuple[Label, Found]] = field(default_factory=list)
    in_still: list[Found] = field(default_factory=list)
    outside: list[Found] = field(default_factory=list)
    still_s: float = 0.0
    moving_s: float = 0.0
    forward_s: float = 0.0
    refused: int = 0  # labels left out because the recording denies them (refuse.py)
    swings_s: Sequence[float] = ()  # middles of the swings that the gyroscope shows (refuse.py)
    denied_s: Sequence[float] = ()  # middles of marked swings that the recording denies (timing.py)

    def merged(self, label: Label) -> bool:
        """Whether the gyroscope shows as many swings in the label as strides were found in it."""
        swings = sum(label.t0_s <= middle_s < label.t1_s for middle_s in self.swings_s)
        return swings > sum(one is label for one, _ in self.extra)

    def denied(self, label: Label) -> bool:
        """Whether the label stands on a mark that the recording denies."""
        return any(label.t0_s <= middle_s < label.t1_s for middle_s in self.denied_s)


def match(
    recording: str, labels: Sequence[Label], found: Sequence[Found], still: Sequence[tuple[float, float]]
) -> Matched:
    """Pair the strides of one recording. The first in a labelled stride is its answer, further ones are extra."""
    result = Matched(recording)
    starts = [label.t0_s for label in labels]
    answers: dict[int, Found] = {}
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
    result.moving_s = sum(label.t1_s - label.t0_s for label in labels)
    result.forward_s = sum(label.t1_s - label.t0_s for label in labels if label.direction == "forward")
    return result
