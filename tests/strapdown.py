"""A plain strapdown for tests: attitude from the gyroscope, velocity known at both ends."""

import numpy as np

from retropod.virtual.gaitmodel.foot import GRAVITY_M_S2


def _turns(phi: np.ndarray) -> np.ndarray:
    angle = np.linalg.norm(phi, axis=1)[:, None, None]
    x, y, z = (phi / np.maximum(angle[:, 0], 1e-12)).T
    zero = np.zeros_like(x)
    k = np.stack([np.stack([zero, -z, y], 1), np.stack([z, zero, -x], 1), np.stack([-y, x, zero], 1)], 1)
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)


def _levelled(acc: np.ndarray) -> np.ndarray:
    up = acc / np.linalg.norm(acc)
    ahead = np.array([1.0, 0.0, 0.0]) - up * up[0]
    ahead /= np.linalg.norm(ahead)
    return np.stack([ahead, np.cross(up, ahead), up])


def attitudes(acc: np.ndarray, gyr: np.ndarray, fs: float, first: int, last: int) -> np.ndarray:
    """(N,3,3) from the sensor's frame to the level one of the first sample; level at both ends, the tilt between shared
    out evenly over time."""
    around = max(1, round(0.03 * fs))
    w = gyr[first : last + 1]
    found = np.empty((len(w), 3, 3))
    found[0] = _levelled(acc[max(0, first - around) : first + around + 1].mean(0))
    for k, step in enumerate(_turns(0.5 * (w[:-1] + w[1:]) / fs)):
        found[k + 1] = found[k] @ step
    up = found[-1] @ acc[last - around : last + around + 1].mean(0)
    axis = np.cross(up, [0.0, 0.0, 1.0])
    sine = float(np.linalg.norm(axis))
    tilt = axis / max(sine, 1e-12) * np.arctan2(sine, up[2])
    return _turns(tilt * np.linspace(0.0, 1.0, len(w))[:, None]) @ found


def displacement(
    acc: np.ndarray, gyr: np.ndarray, fs: float, first: int, last: int, ends: np.ndarray | None = None
) -> np.ndarray:
    """(ahead, left, up) in metres in the level frame half-way between the headings of both ends.

    `ends` (2,3): velocity there in m/s, in the level frame of the first; zero when not given.
    """
    ends = np.zeros((2, 3)) if ends is None else ends
    a, w = acc[first : last + 1], gyr[first : last + 1]
    attitude = np.empty((len(a), 3, 3))
    attitude[0] = _levelled(acc[max(0, first - 6) : first + 7].mean(0))
    steps = _turns(0.5 * (w[:-1] + w[1:]) / fs)
    for k, step in enumerate(steps):
        attitude[k + 1] = attitude[k] @ step
    force = np.einsum("nij,nj->ni", attitude, a) - [0.0, 0.0, GRAVITY_M_S2]
    velocity = np.zeros_like(force)
    velocity[1:] = np.cumsum(0.5 * (force[1:] + force[:-1]) / fs, axis=0)
    part = np.linspace(0.0, 1.0, len(velocity))[:, None]
    velocity += ends[0] + part * (ends[1] - ends[0] - velocity[-1])
    ahead, left, up = (0.5 * (velocity[1:] + velocity[:-1]) / fs).sum(0)
    half = 0.5 * np.arctan2(attitude[-1][1, 0], attitude[-1][0, 0])
    return np.array([np.cos(half) * ahead + np.sin(half) * left, np.cos(half) * left - np.sin(half) * ahead, up])
