"""A recording as input of the virtual sensor, converted to the chip's rate, mount, sensitivity and range.

The steps are in physical order: resample (zero-phase windowed-sinc low-pass at 0.45 of the lower of
both rates), turn from the shoe frame into the chip's (`mount`), add bias and noise, clip, scale to counts, saturate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retropod.virtual.resample import resample

GRAVITY = 9.80665
_RAD_PER_DEG = np.pi / 180
_REST_S = 0.2  # length of the recording's ends that give the standing pose
_FULL = 32767
_FIFO_S = 1.3  # capacity of the largest FIFO of the known chips at 208 Hz, and the time to read it
_LOOKS_S = 0.05

Floats = NDArray[np.float64]


class Movement(Protocol):
    """A recording of the gait model: acc (N,3) m/s^2 and gyr (N,3) rad/s or None in the shoe frame, at fs Hz."""

    acc: NDArray[np.float64]
    gyr: NDArray[np.float64] | None
    fs: float


@dataclass(frozen=True)
class Imperfections:
    """Differences of the sensor on this shoe from an ideal sensor.

    `mount` (3,3): shoe = mount @ chip, as the pod's setting. Biases in m/s^2 and rad/s in the chip frame; noise as
    standard deviation per sample of the output; clip levels in m/s^2 and rad/s (None: the chip's own range).
    """

    mount: Floats = field(default_factory=lambda: np.eye(3))
    acc_bias: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gyr_bias: tuple[float, float, float] = (0.0, 0.0, 0.0)
    acc_noise: float = 0.0
    gyr_noise: float = 0.0
    acc_clip: float | None = None
    gyr_clip: float | None = None
    seed: int = 0


class Source:
    """Samples of one recording. `acc` (N,3) m/s^2 and `gyr` (N,3) rad/s or None, shoe frame, at `rate_hz`.

    `gaps_s`: from when to when the sensor's FIFO loses all samples.
    """

    def __init__(
        self,
        acc: NDArray[Any],
        gyr: NDArray[Any] | None,
        rate_hz: float,
        acc_unit: float = 1.0,
        gyr_unit: float = 1.0,
        imperfections: Imperfections | None = None,
        gaps_s: Sequence[tuple[float, float]] = (),
    ) -> None:
        self._acc = acc
        self._gyr = gyr
        self._unit = {"acc": acc_unit, "gyr": gyr_unit}
        self._wrong = imperfections or Imperfections()
        self.rate_hz = rate_hz
        self.gaps_s = tuple(gaps_s)
        self.duration_s = len(acc) / rate_hz

    @classmethod
    def from_movement(cls, movement: Movement, imperfections: Imperfections | None = None) -> "Source":
        """Return the source of a recording of the gait model."""
        return cls(movement.acc, movement.gyr, movement.fs, imperfections=imperfections)

    def losses(self) -> list[dict[str, Any]]:
        """Return the gaps as faults of the virtual chip: the FIFO is not read until it has overwritten their samples.

        That takes the time in which a FIFO fills, so closer gaps are joined. A read of the FIFO is up to two intervals
        late, so the pod loses slightly more than the recording.
        """
        joined: list[list[float]] = []
        for begin, end in self.gaps_s:
            if joined and begin < joined[-1][1] + _FIFO_S:
                joined[-1][1] = end
            else:
                joined.append([begin, end])
        return [{"kind": "overrun", "at_s": begin, "lost_s": end - begin + _LOOKS_S} for begin, end in joined]

    @property
    def has_gyro(self) -> bool:
        """True if the recording has angular rates."""
        return self._gyr is not None

    def counts(self, element: str, rate_hz: float, lsb: float, full: int = _FULL) -> NDArray[np.int16]:
        """(N,3) counts of "acc" (`lsb` in g) or "gyr" (`lsb` in dps) at `rate_hz`. Zeros without a gyroscope.

        `full`: the largest count that the chip has.
        """
        raw = self._acc if element == "acc" else self._gyr
        if raw is None:
            return np.zeros((round(self.duration_s * rate_hz), 3), np.int16)
        physical = resample(raw.astype(np.float64) * self._unit[element], self.rate_hz, rate_hz)
        counts = self._quantise(element, physical @ np.asarray(self._wrong.mount, dtype=float), lsb)
        return np.clip(counts, -full - 1, full)

    def rest(self, element: str, lsb: float) -> NDArray[np.int16]:
        """(2,3) counts of standing still before and after the recording: gravity as at its ends, no rotation."""
        poses = np.zeros((2, 3))
        if element == "acc":
            few = max(1, round(_REST_S * self.rate_hz))
            ends = np.stack([self._acc[:few].astype(float).mean(axis=0), self._acc[-few:].astype(float).mean(axis=0)])
            length = np.linalg.norm(ends, axis=1, keepdims=True)
            upright = np.array([0.0, 0.0, GRAVITY])
            poses = np.where(length > 0, ends / np.where(length > 0, length, 1.0) * GRAVITY, upright)
            poses = poses @ np.asarray(self._wrong.mount, dtype=float)
        return self._quantise(element, poses, lsb, noise=False)

    def _quantise(self, element: str, values: Floats, lsb: float, noise: bool = True) -> NDArray[np.int16]:
        wrong = self._wrong
        acc = element == "acc"
        values = values + np.asarray(wrong.acc_bias if acc else wrong.gyr_bias)
        sigma = wrong.acc_noise if acc else wrong.gyr_noise
        if sigma and noise:
            values = values + np.random.default_rng([wrong.seed, int(acc)]).normal(0.0, sigma, values.shape)
        clip = wrong.acc_clip if acc else wrong.gyr_clip
        if clip is not None:
            values = np.clip(values, -clip, clip)
        unit = lsb * (GRAVITY if acc else _RAD_PER_DEG)
        return np.clip(np.rint(values / unit), -_FULL - 1, _FULL).astype(np.int16)
