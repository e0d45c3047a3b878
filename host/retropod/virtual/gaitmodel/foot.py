"""Signals of a sensor on the instep, computed from the movement of the foot.

The sole is rigid and rolls on the ground without slipping: on the heel if the toes point up, on the ball if they point
down. Therefore the sensor moves during stance too, as on a real shoe.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .motion import Array

GRAVITY_M_S2 = 9.80665
"""Standard gravity, 1 g of the recordings and of the pod."""

_PITCH_RANGE_RAD = (-2.6, 2.0)
_POLYNOMIAL_DEGREE = 60
_Polynomial = np.polynomial.Chebyshev


@dataclass(frozen=True)
class Foot:
    """Position of the sensor above the sole, in m. Defaults: an adult shoe, sensor on the laces."""

    heel_m: float = 0.14
    """from the sensor back to the rolling point of the heel"""
    ball_m: float = 0.06
    """from the sensor forward to the rolling point of the ball"""
    height_m: float = 0.075
    """sensor above the ground with the foot flat"""
    softness_m: float = 0.007
    """roundness of the sole on the ground: smooths the transition from heel to flat to ball"""
    aloft_m: float = 0.05
    """roundness in the air, where the foot rotates about its joints and not about heel or ball"""

    def _support(self, pitch: Array, softness_m: float) -> Array:
        """Return the height of the sensor above the lowest point of the sole, in m."""
        heel = self.height_m * np.cos(pitch) + self.heel_m * np.sin(pitch)
        ball = self.height_m * np.cos(pitch) - self.ball_m * np.sin(pitch)
        return softness_m * np.logaddexp(heel / softness_m, ball / softness_m)

    @cached_property
    def _polynomials(self) -> tuple[tuple[_Polynomial, _Polynomial], ...]:
        """Polynomials over pitch, on the ground and aloft: height, and distance rolled forward, in m.

        Without slip, the distance is the integral of the height.
        """
        pitch = np.linspace(*_PITCH_RANGE_RAD, 2000)
        softnesses = (self.softness_m, self.aloft_m)
        heights = [_Polynomial.fit(pitch, self._support(pitch, soft), _POLYNOMIAL_DEGREE) for soft in softnesses]
        flat = heights[0](0.0)
        return tuple((height - flat, -1.0 * height.integ(lbnd=0.0)) for height in heights)

    def rolled(self, pitch: Array, aloft: Array) -> tuple[Array, Array]:
        """Return the sensor's displacement (forward, up) from the flat foot, in m. `pitch` in rad, toe up positive."""
        (up, forward), (up_aloft, forward_aloft) = self._polynomials
        return (
            (1.0 - aloft) * forward(pitch) + aloft * forward_aloft(pitch),
            (1.0 - aloft) * up(pitch) + aloft * up_aloft(pitch),
        )


def sensor_path(channels: dict[str, Array], foot: Foot) -> Array:
    """Return the sensor position (N, 3) relative to the ground, in m, from the channels of a `FootMotion`."""
    forward, up = foot.rolled(channels["pitch"], channels["aloft"])
    cos, sin = np.cos(channels["yaw"]), np.sin(channels["yaw"])
    aside = -foot.height_m * np.sin(channels["roll"])
    drop = foot.height_m * (1.0 - np.cos(channels["roll"]))
    return np.stack(
        [
            channels["x"] + forward * cos - aside * sin,
            channels["y"] + forward * sin + aside * cos,
            channels["z"] + up - drop - channels["sag"],
        ],
        axis=1,
    )


def _second_difference(path: Array, dt: float) -> Array:
    out = np.zeros_like(path)
    out[1:-1] = (path[2:] - 2.0 * path[1:-1] + path[:-2]) / (dt * dt)
    return out


def sense(channels: dict[str, Array], foot: Foot, fs_hz: float, slope_rad: float) -> tuple[Array, Array]:
    """Return the signals of a foot that rolls on the ground: `sense_path` of its sensor."""
    path = sensor_path(channels, foot)
    return sense_path(path, channels["yaw"], channels["pitch"], channels["roll"], fs_hz, slope_rad)


def sense_path(path: Array, yaw: Array, pitch: Array, roll: Array, fs_hz: float,
               slope_rad: float = 0.0) -> tuple[Array, Array]:  # fmt: skip
    """Return specific force (m/s^2) and angular rate (rad/s), both (N, 3), in the shoe frame: x toe, y left, z up.

    `path`: position (N, 3) of the sensor, in m. Angles in rad; they apply in the order yaw, pitch, roll. `slope_rad`:
    slope of the ground along world x, uphill positive, modelled as a tilt of gravity.
    """
    gravity_up = GRAVITY_M_S2 * np.array([np.sin(slope_rad), 0.0, np.cos(slope_rad)])
    force = _second_difference(path, 1.0 / fs_hz) + gravity_up
    return _into_shoe(force, yaw, pitch, roll), _body_rate(yaw, pitch, roll, fs_hz)


def _into_shoe(v: Array, yaw: Array, pitch: Array, roll: Array) -> Array:
    """Rotate vectors (N, 3) from the ground frame into the shoe frame."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    ahead, left, up = v[:, 0] * cy + v[:, 1] * sy, v[:, 1] * cy - v[:, 0] * sy, v[:, 2]
    toe, lifted = ahead * cp + up * sp, up * cp - ahead * sp
    return np.stack([toe, left * cr + lifted * sr, lifted * cr - left * sr], axis=1)


def _body_rate(yaw: Array, pitch: Array, roll: Array, fs_hz: float) -> Array:
    """Return the angular rate (N, 3) in the shoe frame. Toe up is a negative rotation about the left axis."""
    yaw_rate, pitch_rate, roll_rate = (np.gradient(angle) * fs_hz for angle in (yaw, pitch, roll))
    cp, sp, cr, sr = np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    return np.stack(
        [roll_rate + yaw_rate * sp, -pitch_rate * cr + yaw_rate * cp * sr, pitch_rate * sr + yaw_rate * cp * cr], axis=1
    )
