"""FootMotion of a foot on one time grid, as the sum of smooth pieces.

A *segment* moves a channel by an amount: its speed rises smoothly, is constant, and falls smoothly. A short fall models
an impact, which stops the foot within milliseconds. A *ring* is a damped oscillation. All pieces are positions, not
accelerations: the double integral of the sensor's signals therefore always gives the true path.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CHANNELS = ("x", "y", "z", "pitch", "roll", "yaw", "shake", "sag", "aloft")
"""x, y: position on the ground, m. z: clearance of the lowest point of the sole, m. pitch (toe up), roll (left edge
up), yaw (left): rad. shake: amplitude of the tremor, m. sag: compression of shoe and tissue, m downward. aloft: 0 on
the ground, 1 in the air, where the foot does not rotate about heel or ball."""

_RING_ONSET_S = 0.003
# Length of a ring in time constants. The cut-off rest moves the sensor by less than a nanometre.
_RING_LENGTHS = 14


def smooth_step_area(u: Array) -> Array:
    """Return the integral from 0 to u of the quintic step u^3 (6 u^2 - 15 u + 10), for u clipped to 0..1.

    The step rises from 0 to 1 with zero first and second derivatives at both ends. The integral is 1/2 at u = 1.
    """
    u = np.clip(u, 0.0, 1.0)
    return u**4 * (u * (u - 3.0) + 2.5)


def segment(t: Array, start: float, end: float, rise: float, fall: float) -> Array:
    """Return a displacement from 0 to 1 between `start` and `end`. Times in s.

    The speed rises for `rise` s, is then constant, and falls during the last `fall` s. `rise + fall` is at most the
    duration. The function is three times continuously differentiable, so the acceleration has no step.
    """
    gained = rise * smooth_step_area((t - start) / rise)
    constant = np.clip(t - start - rise, 0.0, end - start - rise)
    lost = fall * smooth_step_area((t - end + fall) / fall)
    return (gained + constant - lost) / (end - start - 0.5 * (rise + fall))


@dataclass
class FootMotion:
    """Channels of one foot over a recording, filled piece by piece. `time` (N,): evenly spaced, in s."""

    time: Array
    channels: dict[str, Array] = field(default_factory=dict[str, Array])
    _steps: dict[str, Array] = field(default_factory=dict[str, Array])

    def __post_init__(self) -> None:
        """Set every channel to zero."""
        for name in CHANNELS:
            self.channels[name] = np.zeros_like(self.time)
            self._steps[name] = np.zeros(len(self.time) + 1)

    def _window(self, start: float, end: float) -> slice:
        first, last = np.searchsorted(self.time, (start, end))
        return slice(int(first), int(last))

    def add_segment(self, name: str, amount: float, start: float, end: float, rise: float, fall: float) -> None:
        """Move channel `name` by `amount` between `start` and `end` (s), permanently."""
        where = self._window(start, end)
        self.channels[name][where] += amount * segment(self.time[where], start, end, rise, fall)
        self._steps[name][where.stop] += amount

    def add_ring(self, name: str, amount: float, start: float, freq_hz: float, decay_s: float) -> None:
        """Add an oscillation of `amount` to channel `name` from `start` (s) on, with time constant `decay_s`."""
        where = self._window(start, start + _RING_LENGTHS * decay_s)
        u = self.time[where] - start
        onset = (1.0 - np.exp(-u / _RING_ONSET_S)) ** 3
        self.channels[name][where] += amount * onset * np.exp(-u / decay_s) * np.sin(2.0 * np.pi * freq_hz * u)

    def finished(self) -> dict[str, Array]:
        """Return all channels, with the lasting displacements of the segments."""
        return {name: self.channels[name] + np.cumsum(self._steps[name][:-1]) for name in CHANNELS}


def tremor(time: Array, rng: np.random.Generator, low_hz: float, high_hz: float, lines: int = 12) -> Array:
    """Return a random movement of unit standard deviation: a sum of `lines` sines between two frequencies."""
    freq = rng.uniform(low_hz, high_hz, lines)
    phase = rng.uniform(0.0, 2.0 * np.pi, lines)
    out = np.zeros_like(time)
    for f, p in zip(freq, phase, strict=True):
        out += np.sin(2.0 * np.pi * f * time + p)
    return out * np.sqrt(2.0 / lines)
