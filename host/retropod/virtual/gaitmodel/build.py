"""From bouts to a recording: movement on a fine grid, what the sensor feels there, low-passed to the rate asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from .bouts import Bout, Plan, middle_of_stance, planned
from .foot import GRAVITY_M_S2, Foot, felt, sensor_path
from .motion import Array, Motion, tremor
from .recording import ModelRecording, TrueStride
from .stride import Step

_FINE_HZ = 1600.0  # at least: impacts last 8 ms
_PASS = 0.42  # of the output rate: corner of the low-pass before every k-th sample is kept
_TAPS_EACH_SIDE = 5  # output samples
_SWAY_RAD = 0.002
_SWAY_M = 0.0002


def build(name: str, bouts: Sequence[Bout], rate_hz: float, seed: int, slope: float = 0.0, spread: float = 0.05,
          foot: Foot | None = None) -> ModelRecording:  # fmt: skip
    """A recording of the bouts in order at `rate_hz`; the same seed gives the same samples.

    `slope` is rise over run of the ground along the first heading; `spread` how much strides differ (relative standard
    deviation). No sensor error is in it: see `sensor.imperfect`.
    """
    rng = np.random.default_rng(seed)
    foot = foot or Foot()
    plan = planned(bouts, rng, spread)
    factor = max(1, math.ceil(_FINE_HZ / rate_hz))
    fine_hz = factor * rate_hz
    motion = Motion(np.arange(math.ceil(plan.now_s * rate_hz) * factor) / fine_hz)
    plan.lay_into(motion)
    channels = _with_tremor(motion, rng)
    acc, gyr = felt(channels, foot, fine_hz, math.atan(slope))
    path = sensor_path(channels, foot)
    return ModelRecording(
        acc=_thinned(acc, factor),
        gyr=_thinned(gyr, factor),
        fs=rate_hz,
        strides=_truth(plan, path, channels["yaw"], unrest(acc, gyr, fine_hz), fine_hz, math.atan(slope)),
        still=_still(plan),
        name=name,
        path=path[::factor],
    )


def _with_tremor(motion: Motion, rng: np.random.Generator) -> dict[str, Array]:
    """Sway of a standing body, and the trembling of a foot under way."""
    channels = motion.finished()
    shake, time = channels["shake"], motion.time
    for name in ("x", "y", "z"):
        channels[name] = channels[name] + 0.35 * shake * tremor(time, rng, 6.0, 18.0)
    for name in ("pitch", "roll", "yaw"):
        trembling = 9.0 * shake * tremor(time, rng, 4.0, 12.0)
        channels[name] = channels[name] + trembling + _SWAY_RAD * tremor(time, rng, 0.15, 0.9)
    for name in ("x", "y"):
        channels[name] = channels[name] + _SWAY_M * tremor(time, rng, 0.15, 0.9)
    return channels


def _thinned(signal: Array, factor: int) -> Array:
    """Every `factor`-th sample after a symmetric windowed-sinc low-pass, so that no time is shifted."""
    if factor == 1:
        return signal
    half = _TAPS_EACH_SIDE * factor
    taps = np.sinc(2.0 * _PASS / factor * np.arange(-half, half + 1)) * np.blackman(2 * half + 1)
    taps /= taps.sum()
    padded = np.pad(signal, ((half, half), (0, 0)), mode="edge")
    out = np.empty((math.ceil(len(signal) / factor), 3))
    for axis in range(3):
        out[:, axis] = np.convolve(padded[:, axis], taps, mode="valid")[::factor]
    return out


def _still(plan: Plan) -> list[tuple[float, float]]:
    """Standing, well away from the strides around it. Taps and shuffles count: no stride is in them."""
    margin = 0.3
    return [(start + margin, end - margin) for _, start, end in plan.fidgets if end - start > 3.0 * margin]


def _truth(plan: Plan, path: Array, yaw: Array, unrest: Array, fs: float, slope_rad: float) -> list[TrueStride]:
    instants = _mid_stances(plan, unrest, fs)
    out: list[TrueStride] = []
    before: Step | None = None
    for step, (first, last) in zip(plan.steps, instants, strict=True):
        follows = before is not None and math.isclose(before.end_s, step.start_s, abs_tol=1e-9)
        known = step.toe_off_s - before.landing_s if follows and before is not None else None
        out.append(_stride(step, path, yaw, first, last, fs, slope_rad, known))
        before = step
    return out


def _stride(step: Step, path: Array, yaw: Array, first: int, last: int, fs: float, slope_rad: float,
            contact_time_s: float | None) -> TrueStride:  # fmt: skip
    moved = path[last] - path[first]
    level = moved[0] * math.cos(slope_rad) - moved[2] * math.sin(slope_rad)
    rise = moved[0] * math.sin(slope_rad) + moved[2] * math.cos(slope_rad)
    heading = 0.5 * (yaw[first] + yaw[last])
    return TrueStride(
        t0_s=first / fs,
        t1_s=last / fs,
        toe_off_s=step.toe_off_s,
        contact_s=step.landing_s,
        contact_time_s=contact_time_s,
        label=step.label,
        gait=step.gait,
        length_m=float(level * math.cos(heading) + moved[1] * math.sin(heading)),
        lateral_m=float(moved[1] * math.cos(heading) - level * math.sin(heading)),
        rise_m=float(rise),
        yaw_deg=math.degrees(float(yaw[last] - yaw[first])),
    )


def unrest(acc: Array, gyr: Array, fs: float) -> Array:
    """How far a sensor is from standing still, averaged over 60 ms: 1 at 1.5 rad/s, or 3 m/s^2 away from gravity."""
    force = np.linalg.norm(acc, axis=1) - GRAVITY_M_S2
    moment = np.sum(gyr**2, axis=1) / 1.5**2 + (force / 3.0) ** 2
    width = max(1, round(0.06 * fs))
    return np.asarray(np.convolve(moment, np.ones(width) / width, mode="same"), dtype=np.float64)


def _mid_stances(plan: Plan, unrest: Array, fs: float) -> list[tuple[int, int]]:
    """(opening, closing) sample of every stride: where the shoe is quietest around the planned mid-stance."""
    closing = [_quietest(unrest, *middle_of_stance(step), fs) for step in plan.steps]
    opening = [round(step.start_s * fs) for step in plan.steps]
    for index, (a, b) in enumerate(pairwise(plan.steps)):
        if math.isclose(a.end_s, b.start_s, abs_tol=1e-9):
            opening[index + 1] = closing[index]
    return list(zip(opening, closing, strict=True))


def _quietest(unrest: Array, start_s: float, end_s: float, fs: float) -> int:
    first, last = round(start_s * fs), min(round(end_s * fs), len(unrest) - 1)
    return first + int(np.argmin(unrest[first : last + 1]))
