"""Smooth pieces of movement on one time grid: a foot's whole path is a sum of them.

A *lobe* takes a channel from one value to another: its speed rises smoothly, holds, and falls smoothly. A short fall
is an impact: the speed that the foot still had is gone within milliseconds. A *ring* is a damped oscillation. Both
are sums of position, never of acceleration, so that whatever is added, integrating the sensor's signals twice gives
the true path.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CHANNELS = ("x", "y", "z", "pitch", "roll", "yaw", "shake", "sag", "aloft")
"""x, y: metres over the ground; z: clearance of the lowest point of the sole, metres; pitch (toe up), roll (left side
up), yaw (left): radians; shake: how much the foot trembles, metres; sag: compression of shoe and tissue, metres down;
aloft: 0 on the ground, 1 in the air, where the foot no longer turns about heel or ball."""

_RING_ONSET_S = 0.003
# time constants after which a ring is cut: what is left there moves the sensor by less than a nanometre
_RING_LENGTHS = 14


def smooth_step(u: Array) -> Array:
    """0 to 1 over u = 0..1 with first and second derivative zero at both ends (quintic)."""
    u = np.clip(u, 0.0, 1.0)
    return u * u * u * (u * (6.0 * u - 15.0) + 10.0)


def smooth_step_area(u: Array) -> Array:
    """Integral of `smooth_step` from 0 to u, for u clipped to 0..1; it is 1/2 at 1."""
    u = np.clip(u, 0.0, 1.0)
    return u**4 * (u * (u - 3.0) + 2.5)


def lobe(t: Array, start: float, end: float, rise: float, fall: float) -> Array:
    """Displacement 0 to 1 from `start` to `end` (s): speed rises for `rise` s, holds, falls during the last `fall` s.

    Three times continuously differentiable, so acceleration has no step. `rise + fall` is at most the whole duration.
    """
    gained = rise * smooth_step_area((t - start) / rise)
    held = np.clip(t - start - rise, 0.0, end - start - rise)
    lost = fall * smooth_step_area((t - end + fall) / fall)
    return (gained + held - lost) / (end - start - 0.5 * (rise + fall))


@dataclass
class Motion:
    """The channels of one foot over a recording, filled piece by piece. `time` is in seconds, evenly spaced."""

    time: Array
    channels: dict[str, Array] = field(default_factory=dict[str, Array])
    _steps: dict[str, Array] = field(default_factory=dict[str, Array])

    def __post_init__(self) -> None:
        """Every channel starts at zero and stays there until something is added."""
        for name in CHANNELS:
            self.channels[name] = np.zeros_like(self.time)
            self._steps[name] = np.zeros(len(self.time) + 1)

    def _window(self, start: float, end: float) -> slice:
        first, last = np.searchsorted(self.time, (start, end))
        return slice(int(first), int(last))

    def add_lobe(self, name: str, amount: float, start: float, end: float, rise: float, fall: float) -> None:
        """Move channel `name` by `amount` between `start` and `end` (s) and leave it there."""
        where = self._window(start, end)
        self.channels[name][where] += amount * lobe(self.time[where], start, end, rise, fall)
        self._steps[name][where.stop] += amount

    def add_ring(self, name: str, amount: float, start: float, freq_hz: float, decay_s: float) -> None:
        """Shake channel `name` with `amount` at `freq_hz` from `start` on, dying away with `decay_s`."""
        where = self._window(start, start + _RING_LENGTHS * decay_s)
        u = self.time[where] - start
        onset = (1.0 - np.exp(-u / _RING_ONSET_S)) ** 3
        self.channels[name][where] += amount * onset * np.exp(-u / decay_s) * np.sin(2.0 * np.pi * freq_hz * u)

    def finished(self) -> dict[str, Array]:
        """All channels with what each lobe left behind."""
        return {name: self.channels[name] + np.cumsum(self._steps[name][:-1]) for name in CHANNELS}


def tremor(time: Array, rng: np.random.Generator, low_hz: float, high_hz: float, lines: int = 12) -> Array:
    """Random movement of unit standard deviation with its power between two frequencies: a sum of sines, so smooth."""
    freq = rng.uniform(low_hz, high_hz, lines)
    phase = rng.uniform(0.0, 2.0 * np.pi, lines)
    out = np.zeros_like(time)
    for f, p in zip(freq, phase, strict=True):
        out += np.sin(2.0 * np.pi * f * time + p)
    return out * np.sqrt(2.0 / lines)
