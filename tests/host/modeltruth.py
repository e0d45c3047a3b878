"""Truth about the bouts of a recording of the gait model."""

from dataclasses import dataclass
from itertools import groupby
from statistics import median

from retropod.virtual.gaitmodel import TrueStride


@dataclass(frozen=True)
class TrueBout:
    """Truth of one bout. The medians leave out the first and the last stride, which start and stop it."""

    direction: str
    strides: int
    start_s: float
    end_s: float
    distance_m: float
    values: dict[str, float]


def true_bouts(strides: list[TrueStride]) -> list[TrueBout]:
    return [_bout(direction, list(part)) for direction, part in groupby(strides, lambda one: one.label)]


def _bout(direction: str, part: list[TrueStride]) -> TrueBout:
    steady = part[1:-1]
    cycles = [one.contact_time_s + one.contact_s - one.toe_off_s for one in steady]
    aerials = [max(cycle / 2 - one.contact_time_s, 0.0) for one, cycle in zip(steady, cycles, strict=True)]
    values = {
        "aerial_time_s": median(aerials),
        "cadence_spm": median(120 / cycle for cycle in cycles),
        "contact_time_s": median(one.contact_time_s for one in steady),
        "speed_mps": median(one.length_m / cycle for one, cycle in zip(steady, cycles, strict=True)),
        "length_m": median(abs(one.length_m) for one in steady),
    }
    distance = sum((one.length_m**2 + one.lateral_m**2) ** 0.5 for one in part)
    return TrueBout(direction, len(part), part[0].t0_s, part[-1].t1_s, distance, values)
