"""Building blocks of self-made motions: the movement of a sensor on a shoe, envelopes, cycles and vibrations.

Angles in rad: pitch toe up, roll left edge up, yaw to the left. Shoe frame: x toe, y left, z up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retropod.virtual.gaitmodel.motion import Array, tremor

HEIGHT_M = 0.075  # sensor on the laces above the sole
REST_S = 2.0  # a motion starts and ends at rest for at least this time
_RAMP_S = 2.0


Walked = tuple[float, float, str]  # from s, to s: the foot truly moves in this direction


@dataclass(frozen=True)
class Pose:
    """Movement of the sensor: `path` (N, 3) in m (ahead, left, up), and the attitude of the shoe, (N,) each.

    `walked`: its true directions. Outside of them, it has none.
    """

    path: Array
    yaw: Array
    pitch: Array
    roll: Array
    walked: Sequence[Walked] = ()


def about(pivot: Array, lever_m: tuple[float, float, float], yaw: Array, pitch: Array, roll: Array) -> Array:
    """Return the path (N, 3) of a point that is `lever_m` (shoe frame) away from a pivot (N, 3) of the shoe."""
    toe, left, up = lever_m
    aside, lifted = left * np.cos(roll) - up * np.sin(roll), left * np.sin(roll) + up * np.cos(roll)
    ahead, rise = toe * np.cos(pitch) - lifted * np.sin(pitch), toe * np.sin(pitch) + lifted * np.cos(pitch)
    cos, sin = np.cos(yaw), np.sin(yaw)
    return pivot + np.stack([ahead * cos - aside * sin, ahead * sin + aside * cos, rise], axis=1)


def pose(pivot: Array, lever_m: tuple[float, float, float], pitch: Array, yaw: Array | None = None,
         roll: Array | None = None) -> Pose:  # fmt: skip
    """Return the pose of a shoe that is held at a pivot (N, 3); the sensor is `lever_m` away from it."""
    yaw = np.zeros_like(pitch) if yaw is None else yaw
    roll = np.zeros_like(pitch) if roll is None else roll
    return Pose(about(pivot, lever_m, yaw, pitch, roll), yaw, pitch, roll)


def column(x: Array | float, y: Array | float, z: Array | float) -> Array:
    """Return a path (N, 3) from its coordinates."""
    return np.stack(np.broadcast_arrays(x, y, z), axis=1).astype(float)


def rise(t: Array, start_s: float, length_s: float) -> Array:
    """Return a step from 0 to 1 that takes `length_s`, with zero first and second derivatives at both ends."""
    u = np.clip((t - start_s) / length_s, 0.0, 1.0)
    return u**3 * (u * (6.0 * u - 15.0) + 10.0)


def effort(t: Array, rng: np.random.Generator, pauses: int = 0) -> Array:
    """Return an envelope: 0 at rest at both ends, 1 in between, 0 in `pauses` pauses of 1 to 4 s."""
    out = rise(t, REST_S + rng.uniform(0.0, 2.0), _RAMP_S) - rise(t, t[-1] - REST_S - _RAMP_S, _RAMP_S)
    for start in _spread(t, rng, pauses):
        out = out * (1.0 - rise(t, start, 1.0) + rise(t, start + 1.0 + rng.uniform(1.0, 4.0), 1.0))
    return out


def _spread(t: Array, rng: np.random.Generator, count: int) -> Array:
    """Return `count` instants, one in each part of the middle of the recording."""
    edges = np.linspace(REST_S + 2 * _RAMP_S, t[-1] - REST_S - 5 * _RAMP_S, count + 1)
    return edges[:-1] + np.diff(edges) * rng.uniform(0.0, 0.7, count)


def instants(t: Array, rng: np.random.Generator, least_s: float, most_s: float, tail_s: float = 4.0) -> list[float]:
    """Return instants that are `least_s` to `most_s` apart, between the rests. The last one is `tail_s` before."""
    found = [REST_S + rng.uniform(0.5, 1.5)]
    while found[-1] < t[-1] - REST_S - tail_s - most_s:
        found.append(found[-1] + rng.uniform(least_s, most_s))
    return found


def cycle(t: Array, hz: float, envelope: Array, rng: np.random.Generator, wander: float = 0.03) -> Array:
    """Return the angle (N,) of a rotation at `hz`, slowed by `envelope`. Its rate varies by `wander` (std, share)."""
    rate = 2.0 * np.pi * hz * envelope * (1.0 + wander * tremor(t, rng, 0.05, 0.4))
    return integral(t, rate)


def integral(t: Array, rate: Array) -> Array:
    """Return the integral (N,) of a rate over time."""
    out = np.zeros_like(rate)
    out[1:] = np.cumsum(0.5 * (rate[1:] + rate[:-1])) * (t[1] - t[0])
    return out


def vibration(
    t: Array, rng: np.random.Generator, rms_m: float, low_hz: float, high_hz: float, lines: int = 32
) -> Array:
    """Return a vibration of `rms_m` whose displacement falls with frequency as the profile of a road does.

    Its power density falls with the square of frequency (ISO 8608), as a sum of sines at random frequencies.
    """
    hz = np.exp(rng.uniform(np.log(low_hz), np.log(high_hz), lines))
    amount = hz**-0.5
    amount *= rms_m * np.sqrt(2.0 / np.sum(amount**2))
    out = np.zeros_like(t)
    for one, frequency in zip(amount, hz, strict=True):
        out += one * np.sin(2.0 * np.pi * frequency * t + rng.uniform(0.0, 2.0 * np.pi))
    return out


def add_bump(out: Array, t: Array, at_s: float, width_s: float, height: float) -> None:
    """Add a bump of `height` around `at_s` to a signal (N,)."""
    first, last = np.searchsorted(t, (at_s - 5.0 * width_s, at_s + 5.0 * width_s))
    out[first:last] += height * np.exp(-(((t[first:last] - at_s) / width_s) ** 2))
