"""Self-made motions of a foot with known truth: most are not gait, so a stride that the pod reports is a false alarm.

Each motion is drawn by seed from ranges. The signals are physically consistent: they are computed from the movement of
the sensor, and have the noise, range and resolution of an LSM6DSO32. They share nothing with recordings.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import pi

import numpy as np

from retropod.score.engine_runner import ChipScale, EngineSamples, G
from retropod.virtual.gaitmodel import ModelRecording
from retropod.virtual.gaitmodel.build import decimated
from retropod.virtual.gaitmodel.foot import sense_path
from retropod.virtual.gaitmodel.sensor import imperfect

from . import cycles, floors, steps
from .pose import Pose

RATE_HZ = 208.0
LENGTH_S = 60.0
_FACTOR = 4
FINE_HZ = _FACTOR * RATE_HZ  # rate of the poses


@dataclass(frozen=True)
class Motion:
    """A kind of motion and the ranges of its parameters. `gait`: it consists of strides."""

    name: str
    make: Callable[..., Pose]
    ranges: dict[str, tuple[float, float]]
    gait: bool = False

    def pose(self, seed: int) -> Pose:
        """Return the motion of a seed, of LENGTH_S at FINE_HZ."""
        rng = np.random.default_rng([zlib.crc32(self.name.encode()), seed])
        drawn = {name: float(rng.uniform(*limits)) for name, limits in self.ranges.items()}
        return self.make(np.arange(round(LENGTH_S * FINE_HZ)) / FINE_HZ, rng, **drawn)


def samples(pose: Pose, seed: int) -> EngineSamples:
    """Return the motion as counts (N, 6) of an LSM6DSO32 at RATE_HZ."""
    acc, gyr = (decimated(one, _FACTOR) for one in sense_path(pose.path, pose.yaw, pose.pitch, pose.roll, FINE_HZ))
    sensed = imperfect(ModelRecording(acc, gyr, RATE_HZ), seed)
    assert sensed.gyr is not None
    part = ChipScale()
    counts = [sensed.acc / (1e-6 * part.acc_lsb_ug * G), np.degrees(sensed.gyr) / (1e-6 * part.gyr_lsb_udps)]
    return EngineSamples("motion", RATE_HZ, np.clip(np.rint(np.hstack(counts)), -part.limit, part.limit).astype("<i2"))


_TURN = (0.0, 2.0 * pi)
_RIDE = {
    "crank_m": (0.165, 0.175), "rpm": (40.0, 110.0), "ankling_rad": (0.0, 0.4), "ankling_phase": _TURN,
    "flat_pedal": (0.0, 1.0), "axle_m": (0.04, 0.1), "toe_down_rad": (-0.1, 0.35), "coasts": (0.0, 3.0),
}  # fmt: skip
_TRAINER = {
    "rpm": (35.0, 80.0), "length_m": (0.35, 0.55), "height_m": (0.08, 0.2), "pitch_rad": (0.0, 0.4),
    "pitch_phase": _TURN, "ball_m": (0.0, 0.1),
}  # fmt: skip
_STAIRS = {
    "period_s": (0.95, 1.5), "swing_share": (0.36, 0.44), "tread_m": (0.26, 0.32), "riser_m": (0.15, 0.19),
    "flight": (5.0, 10.0),
}  # fmt: skip
_ESCALATOR = {
    "speed_mps": (0.5, 0.75), "slope_rad": (0.48, 0.53), "walks": (-3.0, 7.0), "period_s": (1.0, 1.4),
    "hum_m": (0.0, 5e-5),
}  # fmt: skip

MOTIONS: tuple[Motion, ...] = (
    Motion("cycling_smooth", cycles.cycling, {**_RIDE, "road_m": (0.0, 0.0003)}),
    Motion("cycling_rough", cycles.cycling, {**_RIDE, "road_m": (0.0003, 0.002)}),
    Motion("cross_trainer_forward", partial(cycles.cross_trainer, way=1), _TRAINER),
    Motion("cross_trainer_backward", partial(cycles.cross_trainer, way=-1), _TRAINER),
    Motion("rowing", cycles.rowing, {
        "per_min": (16.0, 38.0), "board_rad": (0.6, 0.85), "heel_rad": (0.0, 0.5), "surge_m": (0.0, 0.2),
        "hum_m": (0.0, 1e-4),
    }),
    Motion("scooter_standing", cycles.scooter, {
        "push_s": (0.8, 2.0), "speed_mps": (1.5, 5.0), "surge_mps": (0.1, 0.6), "joint_m": (0.5, 4.0),
        "joint_mm": (0.0, 6.0), "deck_m": (0.0, 5e-4), "pitch_rad": (0.0, 0.04),
    }),
    Motion("dangling_leg", cycles.dangling_leg, {
        "hz": (0.5, 1.4), "swing_rad": (0.1, 0.7), "shank_m": (0.36, 0.46), "ankle_rad": (0.0, 0.2),
    }),
    Motion("skipping_rope", steps.hopping, {
        "every_s": (0.38, 0.62), "uneven": (0.0, 0.06), "flight_s": (0.12, 0.24), "down_rad": (0.3, 0.7),
        "flat_rad": (0.05, 0.25),
    }),
    Motion("jumping", steps.hopping, {
        "every_s": (1.0, 3.0), "uneven": (0.0, 0.3), "flight_s": (0.25, 0.6), "down_rad": (0.3, 0.9),
        "flat_rad": (0.0, 0.02),
    }),
    Motion("kneeling", steps.kneeling, {
        "every_s": (4.0, 9.0), "down_s": (0.6, 1.5), "knee_rad": (0.9, 1.5), "step_m": (0.0, 0.4),
        "hold_s": (0.5, 5.0),
    }),
    Motion("lunges", steps.lunges, {
        "every_s": (0.3, 1.5), "step_m": (0.5, 0.9), "swing_s": (0.5, 0.9), "hold_s": (0.2, 1.5),
        "rear_rad": (0.6, 1.1),
    }),
    Motion("car", floors.car, {
        "speed_mps": (8.0, 30.0), "accel_mps2": (1.0, 3.5), "bend_radps": (0.0, 0.3), "road_m": (3e-4, 4e-3),
        "engine_hz": (15.0, 60.0), "engine_m": (0.0, 3e-5), "bump_m": (0.0, 0.03), "pedal_rad": (0.0, 0.35),
    }),
    Motion("train", floors.train, {
        "speed_mps": (10.0, 40.0), "accel_mps2": (0.4, 1.3), "bend_radps": (0.0, 0.04), "sway_m": (0.002, 0.02),
        "bounce_m": (0.001, 0.004), "roll_rad": (0.0, 0.02), "joint_s": (0.4, 2.0), "floor_m": (0.0, 3e-5),
    }),
    Motion("lift", floors.lift, {"speed_mps": (0.6, 4.0), "accel_mps2": (0.6, 1.4), "hum_m": (0.0, 1e-4)}),
    Motion("vibrating_platform", floors.platform, {
        "hz": (10.0, 50.0), "amount_m": (5e-4, 4e-3), "tilting": (0.0, 1.0), "weight_rad": (0.0, 0.05),
    }),
    Motion("scooter_pushing", steps.pushing_foot, {
        "period_s": (0.8, 1.5), "speed_mps": (1.5, 4.0), "contact_s": (0.16, 0.32), "pushes": (2.0, 8.0),
    }, gait=True),
    Motion("stairs_up", partial(steps.stairs, way=1), _STAIRS, gait=True),
    Motion("stairs_down", partial(steps.stairs, way=-1), _STAIRS, gait=True),
    Motion("escalator_up", partial(steps.escalator, way=1), _ESCALATOR, gait=True),
    Motion("escalator_down", partial(steps.escalator, way=-1), _ESCALATOR, gait=True),
)  # fmt: skip
