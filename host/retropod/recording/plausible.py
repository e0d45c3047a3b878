"""Signs of a recording in other units, axes or at another rate than stated.

The limits come from 102 recordings of walking and running feet and the scenarios of the gait model. There the quietest
windows measure 0.93 to 1.04 g within 27 degrees of the shoe's z axis, and the fastest rotation is 35 rad/s.
"""

from collections.abc import Iterator
from itertools import permutations
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retropod.recording.units import ACC_UNITS, G_M_S2

Floats = NDArray[np.float64]

_SLOWEST_HZ = 90.0  # the slowest labelled recordings have 100 Hz
_WINDOW_S = 0.1
_QUIET_SHARE = 0.05  # of the windows: the quietest ones
_LEAST_WINDOWS = 20
_REST_G = (0.85, 1.15)
_UPRIGHT = 0.7  # least cosine between gravity at rest and the z axis
_NEAR = 0.15  # relative error of gravity in another unit
_NO_GRAVITY_G = 0.3
_MOST_ACC_G = 200.0  # range of the strongest sensors for impacts
_MOST_RAD_S = 70.0  # 4000 deg/s, the range of the fastest gyroscopes
_MOVES_G, _TURNS_RAD_S = 2.5, 0.8  # a foot that has such peaks of acceleration turns faster than this
_EXTREME = 99.9  # percentile: single samples may be faulty
# Changes of the rotation that are tried: its size, and then the order and the sign of its axes.
_FACTORS = (1.0, 0.25, 0.5, 2.0, 4.0)
_ORDERS = tuple((sign, order) for order in permutations(range(3)) for sign in (1, -1))[1:]
_CHANGES = np.array([*(factor * np.eye(3) for factor in _FACTORS), *(sign * np.eye(3)[list(o)] for sign, o in _ORDERS)])
# A change fits better if the error without it is at least `_WRONG_MPS2`, and its own error is at most this share of it
# and at most `_FITS_MPS2`. Of the ten orders one fits by chance more often.
_BETTER, _BETTER_ORDER, _WRONG_MPS2, _FITS_MPS2 = 0.45, 0.2, 0.6, 2.0
_FEW = len(_FACTORS) + 1  # the factors, and the opposite rotation
_SWINGS, _LEAST_SWINGS = 12, 4
_SWING_S = (0.25, 4.0)
_TURNING_RAD_S = 1.0
_REST_SHARE = 0.25  # of the rate of a swing: below it the foot rests
_STEP_HZ = 100.0  # rate of the integration

_ORDER = "arrange the columns of acc and gyr as the axes to the toe, left and up"


class Doubt(NamedTuple):
    """A reason why a recording may be wrong, and its remedy.

    `certain`: no shoe can produce such data. `kind`: the statement that is wrong. `option`: the remedy as an option of
    a command, or an empty text.
    """

    kind: Literal["acc_unit", "gyr_unit", "axes", "rate", "fit"]
    cause: str
    hint: str
    certain: bool = False
    option: str = ""

    def with_option(self) -> "Doubt":
        """Return the doubt for a command that has the options: its hint names the option first."""
        return self._replace(hint=f"{self.option}, or {self.hint}") if self.option else self


def doubts(acc: Floats, gyr: Floats | None, rate_hz: float) -> list[Doubt]:
    """Return the doubts about a recording: `acc` (N,3) in m/s^2 and `gyr` (N,3) in rad/s in the shoe frame."""
    found = [*_rate(rate_hz), *_acceleration(acc, rate_hz)]
    if gyr is not None:
        found += _rotation(acc, gyr)
        if not any(one.kind in ("acc_unit", "gyr_unit") for one in found):
            found += _fit(acc, gyr, rate_hz)
    return found


def _rate(rate_hz: float) -> Iterator[Doubt]:
    if rate_hz < _SLOWEST_HZ:
        yield Doubt("rate", f"fs is {rate_hz:g} Hz; strides and directions are measured from 100 Hz",
                    "record at 100 Hz or more, or correct fs", option="state the true rate with --fs")  # fmt: skip


# -- acceleration --------------------------------------------------------------------------------------------------


def _acceleration(acc: Floats, rate_hz: float) -> Iterator[Doubt]:
    size = np.linalg.norm(acc, axis=1)
    rest = _rest(acc, rate_hz)
    if rest is None:
        if np.percentile(size, _EXTREME) > _MOST_ACC_G * G_M_S2:
            yield _of_counts(float(np.median(size)))
        return
    rest_mps2 = float(np.linalg.norm(rest))
    if not _REST_G[0] <= rest_mps2 / G_M_S2 <= _REST_G[1]:
        yield _of_gravity(rest_mps2)
    elif rest[2] < _UPRIGHT * rest_mps2:
        axis = int(np.argmax(np.abs(rest)))
        name = ("" if rest[axis] > 0 else "-") + "xyz"[axis]
        yield Doubt("axes", f"gravity at rest is along {name}, not along z (up): the axes are not those of the shoe",
                    _ORDER, option="state the axes that point there, for example --axes x,-z,y")  # fmt: skip


def _rest(acc: Floats, rate_hz: float) -> Floats | None:
    """Return the median acceleration (3,) of the quietest windows, in m/s^2. None for a short recording."""
    length = max(3, round(_WINDOW_S * rate_hz))
    count = len(acc) // length
    if count < _LEAST_WINDOWS:
        return None
    windows = acc[: count * length].reshape(count, length, 3)
    spread = np.linalg.norm(windows.std(axis=1), axis=1)
    quietest = np.argsort(spread)[: max(3, round(_QUIET_SHARE * count))]
    means = windows[quietest].mean(axis=1)
    size = float(np.median(np.linalg.norm(means, axis=1)))
    direction = np.median(means, axis=0)
    return direction * (size / max(float(np.linalg.norm(direction)), 1e-9))


def _of_gravity(rest_mps2: float) -> Doubt:
    cause = f"the acceleration at rest is {rest_mps2:.4g} m/s^2 instead of 9.81"
    for unit, factor in ACC_UNITS.items():
        if unit != "m/s2" and abs(rest_mps2 * factor / G_M_S2 - 1) < _NEAR:
            return Doubt("acc_unit", f"{cause}: it looks like {unit}",
                         f"multiply acc by {factor:.5g}", True, f"add --acc-unit {unit}")  # fmt: skip
    if rest_mps2 < _NO_GRAVITY_G * G_M_S2:
        return Doubt("acc_unit", f"{cause}: it looks as if gravity was removed",
                     "record the acceleration with gravity (the raw sensor value)", True)  # fmt: skip
    if rest_mps2 > 10 * G_M_S2:
        return _of_counts(rest_mps2)
    return Doubt("acc_unit", f"{cause}: the scale is wrong, or the foot never rests",
                 "check acc_lsb and the range of the sensor")  # fmt: skip


def _of_counts(rest: float) -> Doubt:
    return Doubt("acc_unit", f"the acceleration at rest is {rest:.4g} instead of 9.81 m/s^2: it looks like counts",
                 "add acc_lsb, the m/s^2 of one count (and gyr_lsb, the rad/s of one count)", True)  # fmt: skip


# -- rotation ------------------------------------------------------------------------------------------------------


def _rotation(acc: Floats, gyr: Floats) -> Iterator[Doubt]:
    fastest = float(np.percentile(np.linalg.norm(gyr, axis=1), _EXTREME))
    if fastest > _MOST_RAD_S:
        yield _of_rate(fastest)
    elif fastest < _TURNS_RAD_S and np.percentile(np.linalg.norm(acc, axis=1), _EXTREME) > _MOVES_G * G_M_S2:
        yield Doubt("gyr_unit", f"the rotation reaches only {fastest:.2g} rad/s, although the foot moves",
                    "check the unit of gyr (rad/s) and gyr_lsb", option="add --no-gyro")  # fmt: skip


def _of_rate(fastest: float) -> Doubt:
    cause = f"the rotation reaches {fastest:.4g} rad/s"
    if fastest < _MOST_RAD_S * 180 / np.pi:
        return Doubt(
            "gyr_unit", f"{cause}: it looks like deg/s", "multiply gyr by 0.017453", True, "add --gyr-unit deg/s"
        )
    return Doubt("gyr_unit", f"{cause}: it looks like counts or mdeg/s",
                 "add gyr_lsb, the rad/s of one count", True, "add --gyr-unit mdeg/s")  # fmt: skip


# -- both ----------------------------------------------------------------------------------------------------------


def _fit(acc: Floats, gyr: Floats, rate_hz: float) -> Iterator[Doubt]:
    """Compare both sensors: over a swing, the acceleration without gravity must have no effect.

    The foot rests before and after it. If the rotation is too large or too small, from a wrong rate or scale, gravity
    is subtracted in a wrong direction. If two axes of both sensors are exchanged, the opposite rotation fits.
    """
    errors = _errors(acc, gyr, rate_hz)
    if errors is None:
        return
    best = int(np.argmin(errors))
    share = _BETTER if best < _FEW else _BETTER_ORDER
    if errors[0] < _WRONG_MPS2 or errors[best] > min(share * errors[0], _FITS_MPS2):
        return
    if best < len(_FACTORS):
        factor = _FACTORS[best]
        yield Doubt("fit", f"acc and gyr fit if the foot turns {factor:g} times as far: fs or the scale of gyr is off",
                    "check fs and the range of the gyroscope", option=f"try --fs {rate_hz / factor:g}")  # fmt: skip
        return
    sign, order = _ORDERS[best - len(_FACTORS)]
    axes = ",".join(("" if sign > 0 else "-") + "xyz"[axis] for axis in order)
    yield Doubt("axes", f"acc fits gyr only if the axes of gyr are {axes}: axes are exchanged, or gyr has a wrong sign",
                _ORDER, option="state the axes that point there, for example --axes y,x,z")  # fmt: skip


def _errors(acc: Floats, gyr: Floats, rate_hz: float) -> Floats | None:
    """Return the median error (m/s^2) of the mean acceleration over a swing for each change. None without swings."""
    step = max(1, round(rate_hz / _STEP_HZ))
    count = len(acc) // step
    acc, gyr = (one[: count * step].reshape(count, step, 3).mean(axis=1) for one in (acc, gyr))
    rate_hz /= step
    swings = _swings(acc, gyr, rate_hz)
    if len(swings) < _LEAST_SWINGS:
        return None
    swings = [swings[at] for at in np.unique(np.linspace(0, len(swings) - 1, _SWINGS).astype(int))]
    length = max(end - begin for begin, end in swings)
    rest = np.array([_mean_of_window(acc, begin, rate_hz) for begin, _ in swings])
    forces, turns = np.zeros((2, len(swings), length, 3))
    for at, (begin, end) in enumerate(swings):
        forces[at, : end - begin], turns[at, : end - begin] = acc[begin:end], gyr[begin:end] / rate_hz
    summed = _summed(forces, turns)
    lengths = np.array([end - begin for begin, end in swings])[:, None, None]
    gravity = rest * (G_M_S2 / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-9))
    return np.median(np.linalg.norm(summed / lengths - gravity[:, None], axis=2), axis=0)


def _swings(acc: Floats, gyr: Floats, rate_hz: float) -> list[tuple[int, int]]:
    """Return [begin, end) of the movements between two rests, in samples."""
    length = max(2, round(_WINDOW_S * rate_hz))
    count = len(acc) // length
    windows = acc[: count * length].reshape(count, length, 3)
    turning = np.linalg.norm(gyr[: count * length].reshape(count, length, 3), axis=2).mean(axis=1)
    fast = float(np.percentile(turning, 80)) if count else 0.0
    if fast < _TURNING_RAD_S:
        return []
    unrest = np.linalg.norm(windows.std(axis=1), axis=1) + turning
    resting = np.concatenate([[False], turning < _REST_SHARE * fast, [False]])
    rests = np.flatnonzero(np.diff(resting)).reshape(-1, 2)
    quiet = [begin + int(np.argmin(unrest[begin:end])) for begin, end in rests]
    found: list[tuple[int, int]] = []
    for at in range(len(rests) - 1):
        begin, end = quiet[at] * length + length // 2, quiet[at + 1] * length + length // 2
        moved = turning[rests[at][1] : rests[at + 1][0]].max(initial=0.0) > fast
        if moved and _SWING_S[0] * rate_hz < end - begin < _SWING_S[1] * rate_hz:
            found.append((begin, end))
    return found


def _mean_of_window(acc: Floats, middle: int, rate_hz: float) -> Floats:
    half = max(1, round(_WINDOW_S * rate_hz / 2))
    return acc[max(0, middle - half) : middle + half].mean(axis=0)


def _summed(forces: Floats, turns: Floats) -> Floats:
    """Return the sums (S,F,3) of the accelerations (S,N,3), turned into the first pose, for each change of `turns`."""
    total = np.zeros((len(forces), len(_CHANGES), 3))
    pose = np.broadcast_to(np.eye(3), (*total.shape, 3)).copy()
    for at in range(forces.shape[1]):
        total += np.einsum("sfij,sj->sfi", pose, forces[:, at])
        pose = pose @ _rotations(np.einsum("fij,sj->sfi", _CHANGES, turns[:, at]))
    return total


def _rotations(vectors: Floats) -> Floats:
    """Return the rotation matrices (...,3,3) of rotation vectors (...,3), in rad (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*x.shape, 3, 3)
    return np.eye(3) + np.sinc(angle / np.pi) * cross + 0.5 * np.sinc(angle / (2 * np.pi)) ** 2 * cross @ cross
