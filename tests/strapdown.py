"""Strapdown integration between two known stances, for tests."""

import numpy as np

from docs.reference_engine import attitudes as integrated
from docs.reference_engine import levelled, rotations, tilt_of
from retropod.virtual.gaitmodel.foot import GRAVITY_M_S2


def _level_ahead(acc: np.ndarray) -> np.ndarray:
    """Return the attitude (3,3) of a foot at rest, in the level frame whose first axis is below the toe axis."""
    attitude = levelled(acc)
    heading = np.arctan2(attitude[1, 0], attitude[0, 0])
    return rotations(np.array([[0.0, 0.0, -heading]]))[0] @ attitude


def attitudes(acc: np.ndarray, gyr: np.ndarray, fs: float, first: int, last: int) -> np.ndarray:
    """(N,3,3) from the sensor's frame to the level one of the first sample; level at both ends, the tilt between shared
    out evenly over time."""
    around = max(1, round(0.03 * fs))
    start = _level_ahead(acc[max(0, first - around) : first + around + 1].mean(0))
    found = integrated(start, gyr[first : last + 1], fs)
    tilt = tilt_of(found[-1] @ acc[last - around : last + around + 1].mean(0))
    return rotations(tilt * np.linspace(0.0, 1.0, len(found))[:, None]) @ found


def displacement(
    acc: np.ndarray, gyr: np.ndarray, fs: float, first: int, last: int, ends: np.ndarray | None = None
) -> np.ndarray:
    """(ahead, left, up) in metres in the level frame half-way between the headings of both ends.

    `ends` (2,3): velocity there in m/s, in the level frame of the first; zero when not given.
    """
    ends = np.zeros((2, 3)) if ends is None else ends
    attitude = integrated(_level_ahead(acc[max(0, first - 6) : first + 7].mean(0)), gyr[first : last + 1], fs)
    force = np.einsum("nij,nj->ni", attitude, acc[first : last + 1]) - [0.0, 0.0, GRAVITY_M_S2]
    velocity = np.zeros_like(force)
    velocity[1:] = np.cumsum(0.5 * (force[1:] + force[:-1]) / fs, axis=0)
    part = np.linspace(0.0, 1.0, len(velocity))[:, None]
    velocity += ends[0] + part * (ends[1] - ends[0] - velocity[-1])
    ahead, left, up = (0.5 * (velocity[1:] + velocity[:-1]) / fs).sum(0)
    half = 0.5 * np.arctan2(attitude[-1][1, 0], attitude[-1][0, 0])
    return np.array([np.cos(half) * ahead + np.sin(half) * left, np.cos(half) * left - np.sin(half) * ahead, up])
