"""Errors of a real sensor: noise, bias, scale, range, quantisation, misaligned mount, oscillator error.

Defaults are typical values of the LSM6DSO family (DS12140, mechanical characteristics): accelerometer noise 110
ug/sqrt(Hz) at +-16 g, rate noise 3.8 mdps/sqrt(Hz), zero-g level +-20 mg, zero-rate level +-1 dps, sensitivity
tolerance +-1 %. The noise at +-32 g is an assumption, because no figure was available: twice the one at +-16 g, since
the step of a count doubles too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .foot import GRAVITY_M_S2
from .motion import Array
from .recording import ModelRecording, TrueStride

_DPS = np.pi / 180.0


@dataclass(frozen=True)
class SensorErrors:
    """Errors of one sensor. Biases and scales are standard deviations: the seed gives each axis its own value."""

    acc_noise_ug_rthz: float = 220.0
    gyr_noise_mdps_rthz: float = 3.8
    acc_bias_mg: float = 20.0
    gyr_bias_dps: float = 1.0
    acc_scale: float = 0.01
    gyr_scale: float = 0.01
    gyr_drift_dps_per_min: float = 0.05
    acc_range_g: float = 32.0
    gyr_range_dps: float = 2293.0
    """end of the nominal 2000 dps range: 32767 counts of 70 mdps"""
    acc_lsb_mg: float = 0.976
    gyr_lsb_mdps: float = 70.0
    oscillator_error: float = 0.0
    """relative excess of the true sample rate over the nominal one"""

    @classmethod
    def none(cls) -> SensorErrors:
        """Return the errors of an ideal sensor: only range and quantisation."""
        return cls(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def mount_matrix(roll_deg: float = 0.0, pitch_deg: float = 0.0, yaw_deg: float = 0.0) -> Array:
    """Return the rotation (3, 3) from chip to shoe axes, for a chip rotated by yaw, then pitch, then roll."""
    cr, cp, cy = (np.cos(angle * _DPS) for angle in (roll_deg, pitch_deg, yaw_deg))
    sr, sp, sy = (np.sin(angle * _DPS) for angle in (roll_deg, pitch_deg, yaw_deg))
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cr, -sr], [0.0, sr, cr]])
    about_y = np.array([[cp, 0.0, sp], [0.0, 1.0, 0.0], [-sp, 0.0, cp]])
    about_z = np.array([[cy, -sy, 0.0], [sy, cy, 0.0], [0.0, 0.0, 1.0]])
    return about_z @ about_y @ about_x


def imperfect(recording: ModelRecording, seed: int, errors: SensorErrors | None = None,
              mount: npt.ArrayLike | None = None) -> ModelRecording:  # fmt: skip
    """Return the recording as a real sensor reports it, in CHIP axes if `mount` (3, 3; shoe = mount @ chip) is given.

    `recording.fs` is the true rate of the sensor. With an oscillator error, the result states the nominal rate, and the
    truth is scaled to the times that this rate gives.
    """
    errors = errors or SensorErrors()
    rng = np.random.default_rng(seed)
    matrix = np.eye(3) if mount is None else np.asarray(mount, dtype=float)
    acc = _reported(
        recording.acc @ matrix, rng, recording.fs,
        noise=1e-6 * errors.acc_noise_ug_rthz * GRAVITY_M_S2, bias=1e-3 * errors.acc_bias_mg * GRAVITY_M_S2,
        drift_per_s=0.0, scale=errors.acc_scale, limit=errors.acc_range_g * GRAVITY_M_S2,
        step=1e-3 * errors.acc_lsb_mg * GRAVITY_M_S2,
    )  # fmt: skip
    gyr = None
    if recording.gyr is not None:
        gyr = _reported(
            recording.gyr @ matrix, rng, recording.fs,
            noise=1e-3 * errors.gyr_noise_mdps_rthz * _DPS, bias=errors.gyr_bias_dps * _DPS,
            drift_per_s=errors.gyr_drift_dps_per_min * _DPS / 60.0, scale=errors.gyr_scale,
            limit=errors.gyr_range_dps * _DPS, step=1e-3 * errors.gyr_lsb_mdps * _DPS,
        )  # fmt: skip
    return _by_nominal_clock(replace(recording, acc=acc, gyr=gyr), 1.0 + errors.oscillator_error)


def _reported(true: Array, rng: np.random.Generator, fs: float, *, noise: float, bias: float, drift_per_s: float,
              scale: float, limit: float, step: float) -> Array:  # fmt: skip
    """Apply gain, bias, drift, white noise over half the sample rate, range and quantisation to a triad (N, 3)."""
    out = true * (1.0 + scale * rng.standard_normal(3)) + bias * rng.standard_normal(3)
    out = out + drift_per_s * rng.standard_normal(3) * (np.arange(len(true)) / fs)[:, None]
    out = out + noise * np.sqrt(0.5 * fs) * rng.standard_normal(true.shape)
    out = np.clip(out, -limit, limit)
    return np.round(out / step) * step if step > 0.0 else out


def _by_nominal_clock(recording: ModelRecording, ratio: float) -> ModelRecording:
    if ratio == 1.0:
        return recording
    return replace(
        recording,
        fs=recording.fs / ratio,
        strides=[_later(stride, ratio) for stride in recording.strides],
        still=[(start * ratio, end * ratio) for start, end in recording.still],
    )


def _later(stride: TrueStride, ratio: float) -> TrueStride:
    contact = None if stride.contact_time_s is None else stride.contact_time_s * ratio
    return replace(
        stride, t0_s=stride.t0_s * ratio, t1_s=stride.t1_s * ratio, toe_off_s=stride.toe_off_s * ratio,
        contact_s=stride.contact_s * ratio, contact_time_s=contact,
    )  # fmt: skip
