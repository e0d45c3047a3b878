"""Synthesis of a recording from stages: movement and sensor signals on a fine grid, low-passed to the output rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from .foot import GRAVITY_M_S2, Foot, sense, sensor_path
from .motion import Array, FootMotion, tremor
from .pair import second_foot
from .recording import ModelRecording, TrueStride
from .session import SessionPlan, Stage, closing_stance, plan_session
from .stride import ModelStep

_FINE_HZ = 1600.0  # least rate of the fine grid: impacts last 8 ms
_PASS = 0.42  # corner frequency of the low-pass before decimation, relative to the output rate
_TAPS_EACH_SIDE = 5  # half length of the low-pass, in output samples
_SWAY_RAD = 0.002
_SWAY_M = 0.0002


def build(name: str, stages: Sequence[Stage], rate_hz: float, seed: int, slope: float = 0.0, spread: float = 0.05,
          foot: Foot | None = None, second_offset_s: float | None = None) -> ModelRecording:  # fmt: skip
    """Return a recording of the stages at `rate_hz`, without sensor errors (see `sensor.imperfect`).

    The same seed gives the same samples. `slope`: rise over run of the ground along the first heading. `spread`:
    relative standard deviation of the strides. `second_offset_s`: record the other foot, whose contact time is longer
    by this number (see `pair`).
    """
    rng = np.random.default_rng(seed)
    foot = foot or Foot()
    plan = plan_session(stages, rng, spread)
    if second_offset_s is not None:
        plan = second_foot(plan, second_offset_s)
    factor = max(1, math.ceil(_FINE_HZ / rate_hz))
    fine_hz = factor * rate_hz
    motion = FootMotion(np.arange(math.ceil(plan.now_s * rate_hz) * factor) / fine_hz)
    plan.add_to(motion)
    channels = _with_tremor(motion, rng)
    acc, gyr = sense(channels, foot, fine_hz, math.atan(slope))
    path = sensor_path(channels, foot)
    return ModelRecording(
        acc=decimated(acc, factor),
        gyr=decimated(gyr, factor),
        fs=rate_hz,
        strides=_truth(plan, path, channels["yaw"], unrest(acc, gyr, fine_hz), fine_hz, math.atan(slope)),
        still=_still(plan),
        name=name,
        path=path[::factor],
    )


def _with_tremor(motion: FootMotion, rng: np.random.Generator) -> dict[str, Array]:
    """Return the channels with the sway of a standing body and the tremor of a moving foot."""
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


def decimated(signal: Array, factor: int) -> Array:
    """Decimate by `factor` after a symmetric windowed-sinc low-pass, which has no delay."""
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


def _still(plan: SessionPlan) -> list[tuple[float, float]]:
    """Return the intervals without strides, 0.3 s away from the neighbouring ones. They include taps and shuffles."""
    margin = 0.3
    return [(start + margin, end - margin) for _, start, end in plan.fidgets if end - start > 3.0 * margin]


def _truth(plan: SessionPlan, path: Array, yaw: Array, unrest: Array, fs: float, slope_rad: float) -> list[TrueStride]:
    instants = _mid_stances(plan, unrest, fs)
    out: list[TrueStride] = []
    before: ModelStep | None = None
    for step, (first, last) in zip(plan.steps, instants, strict=True):
        follows = before is not None and math.isclose(before.end_s, step.start_s, abs_tol=1e-9)
        known = step.toe_off_s - before.landing_s if follows and before is not None else None
        out.append(_stride(step, path, yaw, first, last, fs, slope_rad, known))
        before = step
    return out


def _stride(step: ModelStep, path: Array, yaw: Array, first: int, last: int, fs: float, slope_rad: float,
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
    """Return the unrest (N,) of a sensor, averaged over 60 ms: 0 at rest, 1 at 1.5 rad/s or 3 m/s^2 off gravity."""
    force = np.linalg.norm(acc, axis=1) - GRAVITY_M_S2
    moment = np.sum(gyr**2, axis=1) / 1.5**2 + (force / 3.0) ** 2
    width = max(1, round(0.06 * fs))
    return np.asarray(np.convolve(moment, np.ones(width) / width, mode="same"), dtype=np.float64)


def _mid_stances(plan: SessionPlan, unrest: Array, fs: float) -> list[tuple[int, int]]:
    """Return the (opening, closing) sample of every stride: the minimum of unrest around the planned mid-stance."""
    closing = [_quietest(unrest, *closing_stance(step), fs) for step in plan.steps]
    opening = [round(step.start_s * fs) for step in plan.steps]
    for index, (a, b) in enumerate(pairwise(plan.steps)):
        if math.isclose(a.end_s, b.start_s, abs_tol=1e-9):
            opening[index + 1] = closing[index]
    return list(zip(opening, closing, strict=True))


def _quietest(unrest: Array, start_s: float, end_s: float, fs: float) -> int:
    first, last = round(start_s * fs), min(round(end_s * fs), len(unrest) - 1)
    return first + int(np.argmin(unrest[first : last + 1]))
