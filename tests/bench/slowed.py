"""Strides of people, computed at a slower or quicker pace or a smaller size.

Acceleration is taken apart into gravity, which stays, and motion, which scales: the same path at 1/s of the speed has
motion / s**2. The gyroscope propagates the direction of gravity, which is corrected while the foot stands, forward and
backward in time. The mean of both is used. The foot's pitch can be reduced too, because slow walkers pitch less. This
replaces people of whom there are few recordings, and proves nothing about them.
"""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from retropod.score.engine_runner import G

Rows = NDArray[np.float64]
_SPAN_S = 0.06
_AROUND_S = 1.2  # one instant of stance lies in it
_GAIN_STILL, _GAIN_RESTLESS = 6.0, 1.0  # per second, of the correction towards the measured gravity


def gravity(acc: Rows, gyr: Rows, fs: float) -> Rows:
    """Unit vectors (N,3) of up in sensor axes, from m/s^2 and rad/s."""
    span = np.ones(max(3, int(_SPAN_S * fs))) / max(3, int(_SPAN_S * fs))
    unrest = (gyr**2).sum(1) / 1.5**2 + ((np.linalg.norm(acc, axis=1) - G) / 3) ** 2
    unrest = np.convolve(unrest, span, "same")
    smooth = np.stack([np.convolve(axis, span, "same") for axis in acc.T], 1)
    from scipy.ndimage import minimum_filter1d

    least = minimum_filter1d(unrest, int(_AROUND_S * fs))
    gain = np.where(unrest <= 2 * least + 1e-4, np.where(least < 1.0, _GAIN_STILL, _GAIN_RESTLESS), 0.0) / fs
    ahead = _carried(smooth, gyr / fs, gain)
    back = _carried(smooth[::-1], -gyr[::-1] / fs, gain[::-1])[::-1]
    both = ahead + back
    return both / np.linalg.norm(both, axis=1)[:, None]


def _carried(smooth: Rows, turns: Rows, gain: Rows) -> Rows:
    """Up, carried by `turns` (rad a sample) and drawn to the measured acceleration by `gain`."""
    ux, uy, uz = smooth[min(20, len(smooth) - 1)] / np.linalg.norm(smooth[min(20, len(smooth) - 1)])
    out = np.empty_like(smooth)
    for i, (wx, wy, wz) in enumerate(turns.tolist()):
        k = gain[i]
        ax, ay, az = smooth[i]
        size = math.sqrt(ax * ax + ay * ay + az * az) or 1.0
        # a vector that is fixed in space turns against the sensor
        ux, uy, uz = (
            ux + uy * wz - uz * wy + k * (ax / size - ux),
            uy + uz * wx - ux * wz + k * (ay / size - uy),
            uz + ux * wy - uy * wx + k * (az / size - uz),
        )
        size = math.sqrt(ux * ux + uy * uy + uz * uz) or 1.0
        ux, uy, uz = ux / size, uy / size, uz / size
        out[i] = ux, uy, uz
    return out


def changed(acc: Rows, up: Rows, slower: float, smaller: float, flatter: float) -> Rows:
    """Acceleration of the same stride `slower` times as long, its path times `smaller`, its tilt times `flatter`."""
    tilt = np.arccos(np.clip(up[:, 2], -1, 1))[:, None]
    axis = np.cross(up, [0.0, 0.0, 1.0])
    axis /= np.maximum(np.linalg.norm(axis, axis=1)[:, None], 1e-9)
    angle = (1 - flatter) * tilt
    return _turned(acc - G * up, axis, angle) * smaller / slower**2 + G * _turned(up, axis, angle)


def _turned(rows: Rows, axis: Rows, angle: Rows) -> Rows:
    along = (axis * rows).sum(1)[:, None]
    return rows * np.cos(angle) + np.cross(axis, rows) * np.sin(angle) + axis * along * (1 - np.cos(angle))


def at_rate(rows: Rows, fs: float, rate_hz: float) -> Rows:
    """Resampled, band-limited."""
    ratio = Fraction(round(rate_hz * 10), round(fs * 10)).limit_denominator(400)
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(rows, ratio.numerator, ratio.denominator, axis=0, padtype="edge"))
