"""Motions in which a foot goes round, slides or swings without a stance: rides, machines, a dangling leg."""

from __future__ import annotations

import numpy as np

from retropod.virtual.gaitmodel.motion import Array, tremor

from .pose import HEIGHT_M, Pose, about, add_bump, column, cycle, effort, pose, vibration

_ROAD_HZ = (1.0, 40.0)


def cycling(
    t: Array, rng: np.random.Generator, *, crank_m: float, rpm: float, ankling_rad: float, ankling_phase: float,
    road_m: float, flat_pedal: float, axle_m: float, toe_down_rad: float, coasts: float,
) -> Pose:  # fmt: skip
    """Return pedalling on a bicycle, which moves at constant speed.

    `flat_pedal`: above 0.5 the shoe moves on the pedal, otherwise it is clipped in and the heel floats. `axle_m`: from
    the pedal's axle back to the sensor. `coasts`: number of times that the crank stops.
    """
    ride = effort(t, rng)
    angle = cycle(t, rpm / 60.0, effort(t, rng, round(coasts)) * ride, rng)
    road = ride * vibration(t, rng, road_m, *_ROAD_HZ)
    pedal = column(crank_m * np.sin(angle) + 0.3 * road, 0.0, crank_m * np.cos(angle) + road)
    second = rng.uniform(0.0, 0.2) * np.sin(2.0 * angle + rng.uniform(0.0, 2.0 * np.pi))
    pitch = ankling_rad * (np.sin(angle + ankling_phase) + second) - toe_down_rad
    yaw, roll = 0.03 * np.sin(angle + 1.0), rng.uniform(0.0, 0.05) * np.sin(angle)
    if flat_pedal > 0.5:
        yaw = yaw + 0.05 * ride * tremor(t, rng, 0.2, 2.0)
        pedal = pedal + column(0.002 * ride * tremor(t, rng, 0.3, 4.0), 0.001 * ride * tremor(t, rng, 0.3, 4.0), 0.0)
    return pose(pedal, (-axle_m, 0.0, HEIGHT_M), pitch, yaw, roll)


def cross_trainer(
    t: Array, rng: np.random.Generator, *, way: int, rpm: float, length_m: float, height_m: float, pitch_rad: float,
    pitch_phase: float, ball_m: float,
) -> Pose:  # fmt: skip
    """Return a pedal on an ellipse of `length_m` by `height_m`; `way` 1 forward, -1 backward. The foot stays on it."""
    angle = way * cycle(t, rpm / 60.0, effort(t, rng, pauses=1), rng)
    pedal = column(0.5 * length_m * np.sin(angle), 0.0, 0.5 * height_m * np.cos(angle))
    return pose(pedal, (-ball_m, 0.0, HEIGHT_M), pitch_rad * np.sin(angle + pitch_phase))


def rowing(
    t: Array, rng: np.random.Generator, *, per_min: float, board_rad: float, heel_rad: float, surge_m: float,
    hum_m: float,
) -> Pose:  # fmt: skip
    """Return a foot in a strap on an inclined board. The heel lifts at the catch; boat or machine surges."""
    working = effort(t, rng, pauses=1)
    angle = cycle(t, per_min / 60.0, working, rng)
    lifted = heel_rad * (0.5 * (1.0 - np.cos(angle))) ** 2
    hum = working * vibration(t, rng, hum_m, 5.0, 40.0)
    ball = column(surge_m * np.sin(angle) + hum, 0.0, hum)
    return pose(ball, (-0.06, 0.0, HEIGHT_M), board_rad - lifted)


def scooter(
    t: Array, rng: np.random.Generator, *, push_s: float, speed_mps: float, surge_mps: float, joint_m: float,
    joint_mm: float, deck_m: float, pitch_rad: float,
) -> Pose:  # fmt: skip
    """Return the foot that stands on a kick scooter: surges by the pushes, pavement joints, vibration of the deck.

    `joint_m`: distance between joints. `joint_mm`: their height. `deck_m`: rms of the vibration.
    """
    ride = effort(t, rng, pauses=1)
    angle = 2.0 * np.pi * t / push_s + 0.3 * tremor(t, rng, 0.05, 0.3)
    speed = ride * (speed_mps + surge_mps * np.sin(angle))
    ahead = np.cumsum(speed) * (t[1] - t[0])
    up = ride * vibration(t, rng, deck_m, 4.0, 60.0)
    for metres in np.arange(joint_m, ahead[-1], joint_m):
        at = int(np.searchsorted(ahead, metres))
        add_bump(up, t, t[at], 0.04 / max(speed[at], 0.5), 1e-3 * joint_mm * ride[at])
    pitch = ride * (pitch_rad * np.sin(angle + 0.5) + 0.003 * tremor(t, rng, 1.0, 8.0))
    return pose(column(ahead, 0.003 * ride * np.sin(0.5 * angle), up), (0.0, 0.0, HEIGHT_M), pitch)


def dangling_leg(
    t: Array, rng: np.random.Generator, *, hz: float, swing_rad: float, shank_m: float, ankle_rad: float
) -> Pose:
    """Return a foot that swings about the knee of a sitting person."""
    active = effort(t, rng, pauses=2)
    angle = 2.0 * np.pi * hz * t + tremor(t, rng, 0.05, 0.2)
    knee = active * swing_rad * np.sin(angle)
    none = np.zeros_like(t)
    ankle = about(column(none, 0.0, 0.0), (0.0, 0.0, -shank_m), none, knee, none)
    pitch = knee + active * ankle_rad * np.sin(angle + rng.uniform(0.0, 2.0 * np.pi))
    return pose(ankle, (0.08, 0.0, -0.02), pitch, 0.1 * active * tremor(t, rng, 0.2, 1.0))
