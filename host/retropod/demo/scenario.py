"""Scenario of the demo and its truth, from the gait model."""

from typing import Any

from retropod.demo.truth import RealStride
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.source import Imperfections, Source

_MODEL_HZ = 833.0
# Typical sensor: noise densities of the LSM6DSO32 data sheet over a bandwidth of 200 Hz, bias within its limits.
_SENSOR = Imperfections(acc_noise=0.024, gyr_noise=0.0011, gyr_bias=(0.008, -0.005, 0.006))


def demo(seed: int) -> tuple[Source, list[RealStride]]:
    """Return the source for a virtual pod and its true strides."""
    recording = scenario("demo", _MODEL_HZ, seed)
    return Source.from_movement(recording, _SENSOR), [_real(stride) for stride in recording.strides]


def _real(stride: Any) -> RealStride:
    length = (stride.length_m**2 + stride.lateral_m**2) ** 0.5
    return RealStride(stride.t0_s, stride.t1_s, stride.label, stride.gait, length, stride.contact_time_s)
