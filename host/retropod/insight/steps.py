"""Steps of two feet: strides with wall times, and the times between contacts and toe-offs of both feet."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from retropod.insight.caveats import reasons_of
from retropod.insight.stride import Stride, rounded


class TimedStride(NamedTuple):
    """A stride, the wall time of its opening mid-stance (s since 1970), and the error bound of that time, in s."""

    stride: Stride
    time_s: float
    error_s: float

    @property
    def end_s(self) -> float:
        """Wall time of the closing mid-stance, in s since 1970."""
        return self.time_s + (self.stride.period_s or 0.0)

    @property
    def toe_off_s(self) -> float | None:
        """Wall time of the toe-off, in s since 1970."""
        return None if self.stride.toe_off_s is None else self.time_s + self.stride.toe_off_s

    @property
    def touched_s(self) -> float | None:
        """Wall time of the initial contact after that toe-off, in s since 1970."""
        unreliable = self.stride.contact_s is None or reasons_of(self.stride.flags, "contact_time_s")
        return None if unreliable else self.time_s + (self.stride.contact_s or 0.0)


class Step(NamedTuple):
    """Times between a stride and the strides of the other foot, in s. None: unknown.

    `time_s`: from the previous contact of the other foot to the contact of this stride. `gap_s`: from the toe-off of
    this stride to the nearest contact of the other foot, positive in flight, negative in double support. `error_s`:
    bound of the error of both, by the clocks of the two pods.
    """

    time_s: float | None = None
    gap_s: float | None = None
    error_s: float | None = None

    @property
    def flight_known(self) -> bool:
        """Return whether the clocks are exact enough to distinguish flight from double support."""
        return self.gap_s is not None and abs(self.gap_s) > (self.error_s or 0.0)

    def as_json(self) -> dict[str, float | None]:
        """Return the object for `--json`. Flight and double support are null if the clocks cannot distinguish them."""
        gap_s = self.gap_s if self.flight_known else None
        values = {
            "time_s": self.time_s,
            "aerial_after_s": gap_s if gap_s is not None and gap_s > 0 else None,
            "support_before_s": -gap_s if gap_s is not None and gap_s < 0 else None,
            "clock_error_s": self.error_s,
        }
        return {name: rounded(value) for name, value in values.items()}


def step_of(one: TimedStride, others: Sequence[TimedStride]) -> Step:
    """Return the step that ends with the contact of a stride. `others`: recent strides of the other foot, in order."""
    cycle_s = one.stride.cycle_s
    if not others or cycle_s is None:
        return Step()
    error_s = one.error_s + others[-1].error_s
    gaps_s = gaps([one], others)
    return Step(_since_other(one, others, cycle_s), gaps_s[0] if gaps_s else None, error_s)


def _since_other(one: TimedStride, others: Sequence[TimedStride], cycle_s: float) -> float | None:
    """Return the time since the other foot's last contact, None if that contact is more than a cycle ago."""
    touched_s = one.touched_s
    if touched_s is None:
        return None
    earlier = [at_s for other in others if (at_s := other.touched_s) is not None and at_s < touched_s]
    since_s = touched_s - max(earlier, default=float("-inf"))
    return since_s if since_s < cycle_s else None


def step_times(first: Sequence[TimedStride], second: Sequence[TimedStride]) -> tuple[list[float], list[float]]:
    """Return the times in s from contacts of `first` to the next contact, of `second`, and from `second` to `first`.

    A step counts only if both feet alternate and the stride that ends it has a stride time.
    """
    contacts = sorted(
        (at_s, foot, one.stride.cycle_s)
        for foot, strides in enumerate((first, second))
        for one in strides
        if (at_s := one.touched_s) is not None and one.stride.cycle_s is not None
    )
    found: tuple[list[float], list[float]] = ([], [])
    for (before_s, from_foot, _), (at_s, foot, cycle_s) in pairwise(contacts):
        if from_foot != foot and at_s - before_s < cycle_s:
            found[from_foot].append(at_s - before_s)
    return found


def gaps(first: Sequence[TimedStride], second: Sequence[TimedStride]) -> list[float]:
    """Return the times in s from each toe-off to the nearest contact of the other foot, negative if it came before."""
    landings = sorted(at_s for one in second if (at_s := one.touched_s) is not None)
    found: list[float] = []
    for one in first:
        toe_off_s, cycle_s = one.toe_off_s, one.stride.cycle_s
        if toe_off_s is None or cycle_s is None or one.stride.contact_time_s is None:
            continue
        at = bisect_left(landings, toe_off_s)
        gaps_s = [landed_s - toe_off_s for landed_s in landings[max(at - 1, 0) : at + 1]]
        found += [gap_s for gap_s in [min(gaps_s, key=abs, default=cycle_s)] if abs(gap_s) < cycle_s / 2]
    return found


def neighbours(first: Sequence[TimedStride], second: Sequence[TimedStride]) -> list[tuple[Stride, Stride]]:
    """Return each stride of `second` with the last stride of `first` before it, if less than a cycle earlier."""
    starts_s = [one.time_s for one in first]
    found: list[tuple[Stride, Stride]] = []
    for other in second:
        at = bisect_left(starts_s, other.time_s) - 1
        if at >= 0 and other.time_s - starts_s[at] < (other.stride.cycle_s or 0.0):
            found.append((first[at].stride, other.stride))
    return found
