"""Motions of a foot on a floor that moves: car, train, lift, vibrating platform."""

from __future__ import annotations

import numpy as np

from retropod.virtual.gaitmodel.foot import GRAVITY_M_S2
from retropod.virtual.gaitmodel.motion import Array, tremor

from .pose import HEIGHT_M, REST_S, Pose, add_bump, column, effort, instants, pose, rise, vibration

_MOST_M_S2 = 10.0 * GRAVITY_M_S2  # largest acceleration of a platform


def car(
    t: Array, rng: np.random.Generator, *, speed_mps: float, accel_mps2: float, bend_radps: float, road_m: float,
    engine_hz: float, engine_m: float, bump_m: float, pedal_rad: float,
) -> Pose:  # fmt: skip
    """Return a foot on the floor of a car: stop and go, bends, road, engine, bumps and pedals."""
    speed, yaw = _drive(t, rng, speed_mps, accel_mps2, bend_radps)
    rolling = np.minimum(speed / 8.0, 1.5)
    up = rolling * vibration(t, rng, road_m, 1.0, 20.0) + engine_m * effort(t, rng) * np.sin(2 * np.pi * engine_hz * t)
    for at in instants(t, rng, 4.0, 12.0):
        add_bump(up, t, at, rng.uniform(0.05, 0.12), bump_m * rolling[np.searchsorted(t, at)])
    pitch, aside = np.zeros_like(t), np.zeros_like(t)
    for at in instants(t, rng, 2.0, 6.0):
        length, press = rng.uniform(0.25, 0.6), rise(t, at, 0.4)
        pitch = pitch - pedal_rad * (press - rise(t, at + 0.4 + length, 0.4))
        aside = aside + rng.uniform(0.0, 0.3) * (press - rise(t, at + 0.4 + length, 0.4))
    return pose(_driven(t, speed, yaw, up), (0.14, 0.0, HEIGHT_M), pitch, yaw + aside)


def train(
    t: Array, rng: np.random.Generator, *, speed_mps: float, accel_mps2: float, bend_radps: float, sway_m: float,
    bounce_m: float, roll_rad: float, joint_s: float, floor_m: float,
) -> Pose:  # fmt: skip
    """Return a foot on the floor of a train: slow starts and stops, sway, bounce, and rail joints every `joint_s`."""
    speed, yaw = _drive(t, rng, speed_mps, accel_mps2, bend_radps)
    rolling = np.minimum(speed / 10.0, 1.0)
    up = rolling * (bounce_m * tremor(t, rng, 1.0, 2.5) + vibration(t, rng, floor_m, 5.0, 50.0))
    for at in np.arange(6.0, t[-1] - 6.0, joint_s):
        for axle in (at, at + 0.12):
            add_bump(up, t, axle, 0.02, 1e-3 * rolling[np.searchsorted(t, axle)])
    aside = rolling * sway_m * tremor(t, rng, 0.5, 1.8)
    path = _driven(t, speed, yaw, up) + column(-np.sin(yaw) * aside, np.cos(yaw) * aside, 0.0)
    return pose(path, (0.0, 0.0, HEIGHT_M), np.zeros_like(t), yaw, rolling * roll_rad * tremor(t, rng, 0.5, 1.5))


def _drive(t: Array, rng: np.random.Generator, speed_mps: float, accel_mps2: float, bend: float) -> tuple[Array, Array]:
    """Return speed and yaw of a vehicle that starts and stops twice."""
    ramp = 1.875 * speed_mps / accel_mps2  # the peak of a quintic step's slope is 1.875 of its mean
    legs, half = np.zeros_like(t), 0.5 * (t[-1] - 2.0)
    ramp = min(ramp, 0.45 * half)
    for start in (REST_S, REST_S + half):
        legs = legs + rise(t, start, ramp) - rise(t, start + half - 3.0 - ramp, ramp)
    turning = bend * tremor(t, rng, 0.02, 0.15) * legs
    return speed_mps * legs, np.cumsum(turning) * (t[1] - t[0])


def _driven(t: Array, speed: Array, yaw: Array, up: Array) -> Array:
    dt = t[1] - t[0]
    return column(np.cumsum(speed * np.cos(yaw)) * dt, np.cumsum(speed * np.sin(yaw)) * dt, up)


def lift(t: Array, rng: np.random.Generator, *, speed_mps: float, accel_mps2: float, hum_m: float) -> Pose:
    """Return a foot on the floor of a lift that goes up and down."""
    ramp = 1.875 * speed_mps / accel_mps2
    speed = np.zeros_like(t)
    for at in np.arange(3.0, t[-1] - 3.0 * ramp - 6.0, 2.0 * ramp + 5.0):
        travel = rise(t, at, ramp) - rise(t, at + ramp + rng.uniform(0.5, 2.0), ramp)
        speed = speed + rng.choice([-1.0, 1.0]) * speed_mps * travel
    hum = np.abs(speed) / speed_mps * vibration(t, rng, hum_m, 8.0, 50.0)
    return pose(column(0.0, 0.3 * hum, np.cumsum(speed) * (t[1] - t[0]) + hum), (0.0, 0.0, HEIGHT_M), np.zeros_like(t))


def platform(
    t: Array, rng: np.random.Generator, *, hz: float, amount_m: float, tilting: float, weight_rad: float
) -> Pose:
    """Return a foot on a vibrating platform; `tilting` above 0.5: it tilts from side to side about its middle."""
    on = effort(t, rng, pauses=1)
    amount_m = min(amount_m, _MOST_M_S2 / (2.0 * np.pi * hz) ** 2)
    wave = on * amount_m * np.sin(2.0 * np.pi * hz * t)
    roll = wave / 0.2 if tilting > 0.5 else np.zeros_like(t)
    pitch = on * weight_rad * tremor(t, rng, 0.1, 0.6)
    return pose(column(0.0, 0.0, wave), (0.0, 0.0, HEIGHT_M), pitch, roll=roll)
