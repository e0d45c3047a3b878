"""Properties of unseen subjects, computed from six-axis recordings: spot on the shoe, pace, fastening, part, clock.

Every function takes the size of a change and returns a change of a Motion. All of it is computed, so it replaces people
and shoes without recordings, and proves nothing about them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import scipy

from bench import slowed
from bench.slowed import Rows
from retropod.score import engine_runner
from retropod.score.engine_runner import ChipScale, EngineJob, EngineSamples, G

TURN_HZ = 40.0  # rotation of a rigid shoe; above it the sensor itself shakes, which a derivative amplifies
ACC_NOISE_UG_RTHZ, GYR_NOISE_MDPS_RTHZ = 220.0, 3.8  # LSM6DSO family at +-32 g: see retropod.virtual.gaitmodel.sensor


@dataclass(frozen=True)
class Motion:
    """A recording: acc m/s^2 and gyr rad/s (N,3) at fs Hz; a label at t s is now at t * `stretch`."""

    name: str
    acc: Rows
    gyr: Rows
    fs: float
    stretch: float = 1.0


Change = Callable[[Motion], Motion]


@cache
def motion(path: Path) -> Motion:
    """A recording as it is."""
    acc, gyr, fs = engine_runner.physical(path)
    if gyr is None:
        raise SystemExit(f"{path} has no gyroscope")
    return Motion(path.stem, acc, gyr, fs)


def job(one: Motion, rate_hz: float, stored_hz: float, chip: ChipScale | None = None) -> EngineJob:
    """As a chip reports it at `rate_hz`, or at the rate that the recording was stored with when that is lower."""
    chip = chip or ChipScale()
    rate = engine_runner.resampled(one.acc[:2], stored_hz, rate_hz)[1]
    acc, gyr = one.acc, one.gyr
    if abs(one.fs - rate) > 1e-6:
        acc, gyr = slowed.at_rate(acc, one.fs, rate), slowed.at_rate(gyr, one.fs, rate)
    both = np.hstack([acc / (chip.acc_lsb_ug * 1e-6 * G), np.degrees(gyr) / (chip.gyr_lsb_udps * 1e-6)])
    return EngineJob(EngineSamples(one.name, rate, np.clip(np.rint(both), -chip.limit, chip.limit).astype("<i2")), chip)


def nothing(one: Motion) -> Motion:
    """The recording as it is."""
    return one


def chain(changes: Sequence[Change]) -> Change:
    """One after the other."""

    def all_of(one: Motion) -> Motion:
        for change in changes:
            one = change(one)
        return one

    return all_of


def spot(x_m: float = 0.0, y_m: float = 0.0, z_m: float = 0.0) -> Change:
    """The sensor so far off its place, on a shoe that is rigid: a + alpha x r + omega x (omega x r)."""

    def moved(one: Motion) -> Motion:
        r = np.array([x_m, y_m, z_m])
        rate = one.gyr
        if 0.45 * one.fs > TURN_HZ:
            low_pass = scipy.signal.butter(2, TURN_HZ / (one.fs / 2), output="sos")
            rate = np.asarray(scipy.signal.sosfiltfilt(low_pass, one.gyr, axis=0))
        lever = np.cross(np.gradient(rate, 1 / one.fs, axis=0), r) + np.cross(rate, np.cross(rate, r))
        return replace(one, acc=one.acc + lever)

    return moved


SPOTS: dict[str, Change] = {  # where else on a shoe a pod is worn
    "spot 3 cm ahead": spot(x_m=0.03),
    "spot 3 cm behind": spot(x_m=-0.03),
    "spot 6 cm ahead": spot(x_m=0.06),
    "spot 6 cm behind": spot(x_m=-0.06),
    "spot 3 cm left": spot(y_m=0.03),
    "spot 3 cm right": spot(y_m=-0.03),
    "spot 3 cm up": spot(z_m=0.03),
    "spot 2 cm down": spot(z_m=-0.02),
}


def pace(slower: float, smaller: float = 1.0, flatter: float = 1.0) -> Change:
    """The same strides `slower` times as long, their path times `smaller`, the foot's tilt times `flatter`."""

    def paced(one: Motion) -> Motion:
        up = _up(one.name, one)
        acc = slowed.changed(one.acc, up, slower, smaller, flatter)
        fs = one.fs / slower
        return replace(one, acc=acc, gyr=_rates(one, up, slower, flatter), fs=fs, stretch=one.stretch * slower)

    return paced


_ups: dict[str, Rows] = {}


def _up(name: str, one: Motion) -> Rows:
    if name not in _ups:
        _ups[name] = slowed.gravity(one.acc, one.gyr, one.fs)
    return _ups[name]


def _rates(one: Motion, up: Rows, slower: float, flatter: float) -> Rows:
    """Angular rate of the foot whose tilt was scaled: turned like its acceleration, plus the turn of that turn."""
    axis = np.cross(up, [0.0, 0.0, 1.0])
    axis /= np.maximum(np.linalg.norm(axis, axis=1)[:, None], 1e-9)
    turn = scipy.spatial.transform.Rotation.from_rotvec(
        axis * ((1 - flatter) * np.arccos(np.clip(up[:, 2], -1, 1)))[:, None]
    )
    own = np.zeros_like(one.gyr)
    own[1:] = (turn[:-1] * turn[1:].inv()).as_rotvec() * one.fs
    return (turn.apply(one.gyr) + own) / slower


def turned(roll_deg: float = 0.0, pitch_deg: float = 0.0, yaw_deg: float = 0.0) -> Change:
    """Turn the pod about the axes of the shoe, while the engine assumes a straight mount."""

    def done(one: Motion) -> Motion:  # scipy loads its modules on demand, and the cases are made at import
        turn = scipy.spatial.transform.Rotation.from_euler("xyz", [roll_deg, pitch_deg, yaw_deg], degrees=True).inv()
        return replace(one, acc=turn.apply(one.acc), gyr=turn.apply(one.gyr))

    return done


def off(acc: float = 1.0, gyr: float = 1.0, bias_dps: float = 0.0) -> Change:
    """A part with wrong scales and a bias on every axis of its gyroscope."""
    return lambda one: replace(one, acc=one.acc * acc, gyr=one.gyr * gyr + np.radians(bias_dps))


def noisy(times: float) -> Change:
    """White noise so many times the data sheet's, over the band that the recording was stored with."""

    def shaken(one: Motion) -> Motion:
        random = np.random.default_rng(sum(one.name.encode()))
        acc = times * ACC_NOISE_UG_RTHZ * 1e-6 * G * np.sqrt(one.fs / 2)
        gyr = np.radians(times * GYR_NOISE_MDPS_RTHZ * 1e-3) * np.sqrt(one.fs / 2)
        shape = one.acc.shape
        return replace(one, acc=one.acc + random.normal(0, acc, shape), gyr=one.gyr + random.normal(0, gyr, shape))

    return shaken


def loose(hz: float, share: float = 1.0, damping: float = 0.15) -> Change:
    """A pod that swings and rocks on its strap: a damped spring between it and the shoe, excited by every impact, that
    gives for `share` of the motion."""

    def ringing(one: Motion) -> Motion:
        w = 2 * np.pi * hz
        b, a = scipy.signal.bilinear([2 * damping * w, w * w], [1, 2 * damping * w, w * w], one.fs)
        still = one.acc[:1] * 0 + one.acc[: int(one.fs / 4)].mean(0)
        acc = one.acc + share * (scipy.signal.lfilter(b, a, one.acc - still, axis=0) + still - one.acc)
        gyr = one.gyr + share * (scipy.signal.lfilter(b, a, one.gyr, axis=0) - one.gyr)
        rocked = scipy.spatial.transform.Rotation.from_rotvec(np.cumsum(gyr - one.gyr, axis=0) / one.fs)
        return replace(one, acc=rocked.inv().apply(acc), gyr=gyr)

    return ringing


def clocked(error: float = 0.0, jitter: float = 0.0) -> Change:
    """An oscillator that runs `error` (share) fast and samples up to `jitter` of a period early or late."""

    def read(one: Motion) -> Motion:
        n = np.arange(len(one.acc)) / one.fs
        at = n + np.random.default_rng(sum(one.name.encode())).uniform(-jitter, jitter, len(n)) / one.fs
        acc, gyr = (np.stack([np.interp(at, n, axis) for axis in rows.T], 1) for rows in (one.acc, one.gyr))
        return replace(one, acc=acc, gyr=gyr, fs=one.fs / (1 + error), stretch=one.stretch * (1 + error))

    return read
