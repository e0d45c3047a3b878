"""Reference of the six-axis engine in floating point: from samples to strides, in the terms of gait analysis.

Read this file before the kernels in `firmware/pod/gait/`, which compute the same in integers, sample by sample. Each
of them names its function here. `tests/firmware/gait/test_reference.py` compares both, so that a change of the
algorithm can be tried here first.

    Samples               means of raw samples (about 104 Hz), gyroscope without bias, stillness score
    limits                score of a stance and of a swing, which follow the wearer
    quiet_instants        local minima of the score: candidates for a mid-stance
    Segmentation          opens a stride at a stance, and closes it at a candidate after a swing
    opened, Strapdown     attitude from gravity in the stance, then strapdown integration over the swing
    Closing               zero-velocity update: residuals of the integration, displacement, rise and heading
    classified            direction and confidence
    initial_contact, toe_off      events of the swing

Frame: x toward the toe, y left, z up. Signals are in m/s^2 and rad/s, with one row per sample; a score is in decades.
Left out: gaps, a change of the mount, impact peak, loading rate, foot strike, and the mount check, which has its own
rest detector (rest.py) and toe axis (toeaxis.py).

>>> from docs import reference_engine
>>> with np.load("walk.npz") as file:
...     found = reference_engine.strides(file["acc"], file["gyr"], float(file["fs"]))
"""

import runpy
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
c = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "firmware/pod/gait/constants.py")))
G = 9.80665
ACC_UNIT, GYR_UNIT = G / 1024, 1 / 819.2  # of the pod, which rounds down: a bias of 0.04 degrees per second
STEADY_GYR, STEADY_ACC = 30 * GYR_UNIT, 40 * ACC_UNIT  # largest change of an axis in true rest: 2.1 dps and 39 mg
STANCE_SHARE, SWING_SHARE = 0.4, 0.6  # of the range between the envelopes of the score
CARRY = 100  # samples: longest stance of a moving foot over which the attitude is integrated
ROLL_SUM = 20.0  # rad/s: largest sum of the rates at both stances that counts as a roll over the ground
TURN_SHARE = 0.25  # of the fastest turn in the stride: a foot that turns faster is in its swing
TURN_STEP = 4  # the fastest turn is searched in every fourth sample
FULL = 32700 / 32768  # share of the range above which an axis is clipped


@dataclass
class Stride:
    """One stride from mid-stance to mid-stance. `contact_s`: the initial contact that ends the swing."""

    open_s: float
    close_s: float
    toe_off_s: float
    contact_s: float
    direction: str  # forward, backward, lateral_left, lateral_right or unknown
    confidence: float
    length_m: float  # along the toe axis, backward negative
    lateral_m: float  # left positive
    rise_m: float | None  # None: unknown
    yaw_deg: float  # change of heading, left positive
    flags: set[str]


def strides(acc: Array, gyr: Array, rate_hz: float, ranges: tuple[float, float] = (np.inf, np.inf)) -> list[Stride]:
    """Return the strides of a recording, (N, 3) each. `ranges`: full scale of both sensors."""
    return Segmentation(Samples(acc, gyr, rate_hz, ranges)).run()


# --- samples, bias and stillness -----------------------------------------------------------------------------------


class Samples:
    """Means of consecutive samples, gyroscope without bias, stillness score. Kernel: `sense`.

    `bias_known`: first sample at which the bias of the gyroscope is known.
    """

    def __init__(self, acc: Array, gyr: Array, rate_hz: float, ranges: tuple[float, float]) -> None:
        count = max(1, int(rate_hz * 1000 / c.RING_RATE_MHZ + 0.5))
        self.rate_hz = rate_hz / count
        self.window = max(4, int(self.rate_hz * c.WINDOW_S + 0.5))
        self.confirm = max(3, int(self.rate_hz * c.CONFIRM_S + 0.5))
        self.half = max(1, int(self.rate_hz * c.LEVEL_S))
        self.clipped_acc = _means(np.abs(acc).max(1) > FULL * ranges[0], count) > 0
        self.acc = np.floor(_means(acc, count) / ACC_UNIT) * ACC_UNIT
        self.gyr = np.floor(_means(gyr, count) / GYR_UNIT) * GYR_UNIT
        self.score = np.empty(len(self.acc))
        self.bias_known = len(self.acc)
        self._subtract_bias()
        self.clipped_gyr = np.linalg.norm(self.gyr, axis=1) > FULL * ranges[1]

    def _subtract_bias(self) -> None:
        """Subtract the bias and score the samples.

        The bias is the mean rate over half a second of true rest, in which both sensors stay near their first values.
        """
        needed = int(self.rate_hz * c.REST_S / 4) + 1
        motion, bias, rest = np.zeros(len(self.acc) + self.window), np.zeros(3), list[int]()
        for k in range(len(self.acc)):
            self.gyr[k] -= bias
            motion[k + self.window] = stillness(self.acc[k], self.gyr[k])
            self.score[k] = decades(motion[k + 1 : k + self.window + 1])
            if self.score[k] >= c.REST:
                rest = []
            elif k % 4 == 0:
                rest.append(k)
                turned, moved = np.abs(self.gyr[k] - self.gyr[rest[0]]), np.abs(self.acc[k] - self.acc[rest[0]])
                if turned.max() > STEADY_GYR or moved.max() > STEADY_ACC:
                    rest = []
            if len(rest) == needed:
                share = 0.25 if self.bias_known < k else 1
                bias = bias + share * self.gyr[rest].mean(0)
                self.bias_known, rest = min(self.bias_known, k), []

    def around(self, signal: Array, k: int) -> Array:
        """Return the mean of a signal over the levelling window around a sample."""
        return signal[k - self.half : k + self.half + 1].mean(0)


def _means(signal: Array, count: int) -> Array:
    n = len(signal) // count
    return signal[: n * count].reshape(n, count, *signal.shape[1:]).mean(1)


def stillness(acc: Array, gyr: Array) -> float:
    """Return the motion of the foot in one sample: 1 for a rate of 1.5 rad/s or an acceleration of 3 m/s^2.

    The pod truncates both terms to integers of 1/1475. So it finds another quietest instant in one stance of twelve.
    """
    excess = min((acc @ acc - G**2) / (2 * G), 8 * G)
    return gyr @ gyr / 1.5**2 + (excess / 3.04) ** 2


def decades(motion: Array) -> float:
    """Return the score of a window: log10 of its mean, linear between the powers of two of the kernel's sum."""
    fraction, octave = np.frexp(1 + c.SCORE_ONE * motion.sum())
    return (octave + 2 * fraction - 2) * np.log10(2) - np.log10(c.SCORE_ONE * len(motion))


def limits(score: Array, rate_hz: float) -> tuple[Array, Array]:
    """Return the score below which a sample may be a stance, and the one above which it is a swing. Kernel: `sense`.

    Both lie between two envelopes of the score, which leak toward each other. So they follow the wearer.
    """
    leak = np.arange(len(score) + 1) * c.LEAK_DECADES_PER_S / rate_hz
    score = np.concatenate([[0.0], score])
    high = (np.maximum.accumulate(score + leak) - leak)[1:]
    low = (np.minimum.accumulate(np.maximum(score, c.LOW_FLOOR) - leak) + leak)[1:]
    between = np.maximum(high - low, 0)
    return np.minimum(low + STANCE_SHARE * between, c.STANCE_MAX), np.maximum(low + SWING_SHARE * between, c.SWING_MIN)


def quiet_instants(score: Array, confirm: int) -> list[int]:
    """Return the samples that are the quietest of the `confirm` samples before and after them. Kernel: `sense`."""
    found: list[int] = []
    if len(score) > 2 * confirm:
        lowest = np.lib.stride_tricks.sliding_window_view(score, 2 * confirm + 1).min(1)
        for k in np.flatnonzero(score[confirm:-confirm] == lowest) + confirm:
            if not found or k - found[-1] >= confirm:
                found.append(int(k))
    return found


# --- strapdown integration with zero-velocity update ---------------------------------------------------------------


def rotations(phi: Array) -> Array:
    """Return the matrices (N, 3, 3) of rotation vectors (N, 3)."""
    angle = np.linalg.norm(phi, axis=1)[:, None, None]
    x, y, z = (phi / np.maximum(angle[:, 0], 1e-12)).T
    zero = np.zeros_like(x)
    k = np.stack([np.stack([zero, -z, y], 1), np.stack([z, zero, -x], 1), np.stack([-y, x, zero], 1)], 1)
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)


def tilt_of(force: Array) -> Array:
    """Return the rotation vector, about a level axis, that turns the direction of a force to the vertical."""
    level = float(np.hypot(force[0], force[1]))
    return np.array([force[1], -force[0], 0]) / max(level, 1e-12) * np.arctan2(level, force[2])


def levelled(acc: Array, attitude: Array | None = None, share: float = 1.0) -> Array:
    """Rotate an attitude until the acceleration of a stance points up, or by a share of that. Kernel: `level`."""
    attitude = np.eye(3) if attitude is None else attitude
    tilt = tilt_of(attitude @ acc)
    if share < 1:  # of the tangent of the half angle, as in a quaternion
        angle = max(float(np.linalg.norm(tilt)), 1e-12)
        tilt = tilt / angle * 2 * np.arctan(share * np.tan(angle / 2))
    return rotations(tilt[None])[0] @ attitude


def attitudes(first: Array, gyr: Array, rate_hz: float) -> Array:
    """Integrate the angular rate: rotations (N, 3, 3) from the shoe to the level frame. Kernel: `integrate`."""
    out = np.empty((len(gyr), 3, 3))
    out[0] = first
    for k, step in enumerate(rotations((gyr[:-1] + gyr[1:]) / 2 / rate_hz)):
        out[k + 1] = out[k] @ step
    return out


def turning(s: Samples, start: int, end: int) -> tuple[float, bool, bool]:
    """Return the fastest turn in rad/s between two samples, and whether the foot is in a swing at each of them.

    A standing foot turns slowly. The scale is the wearer's own swing, so it holds for shuffling and sprinting. The mean
    rate counts, because a rattling pod does not turn. Kernel: `turning`.
    """
    fastest = float(np.linalg.norm(s.gyr[start : end + 1 : TURN_STEP], axis=1).max())
    first, last = (bool(np.linalg.norm(s.around(s.gyr, k)) > TURN_SHARE * fastest) for k in (start, end))
    return fastest, first, last


def trust(score: float) -> float:
    """Return the share of gravity in the acceleration of a stance: a moving foot also accelerates."""
    return float(np.clip(1 - (score - c.STILL) * c.TRUST_PER_DECADE, c.TRUST_LEAST, 1))


class Strapdown:
    """Attitude, velocity and position from a stance at sample `start` to sample `end`. Kernel: `integrate`."""

    def __init__(self, s: Samples, start: int, end: int, first: Array) -> None:
        self.start, self.end = start, end
        self.attitude = attitudes(first, s.gyr[start : end + 1], s.rate_hz)
        force = np.einsum("nij,nj->ni", self.attitude, s.acc[start : end + 1]) - [0, 0, G]
        force[0] = 0
        self.velocity = np.cumsum(force, axis=0) / s.rate_hz
        self.position = np.cumsum(self.velocity, axis=0) / s.rate_hz


def opened(s: Samples, before: Strapdown | None, start: int, end: int, score: float) -> Strapdown:
    """Integrate from the stance at `start`. `before`: the previous integration. `score`: of this stance.

    The acceleration of a still foot is gravity and gives the attitude. A running foot is not still: keep the attitude
    that was integrated so far, and rotate it by a share of the difference. Kernel: `SixAxis._closes`.
    """
    if before and before.start == start and before.end <= end:
        return Strapdown(s, start, end, before.attitude[0])
    attitude, share = None, 1.0
    if before and score > c.STILL and 0 <= start - before.end < CARRY:
        attitude = attitudes(before.attitude[-1], s.gyr[before.end : start + 1], s.rate_hz)[-1]
        share = trust(score)
    return Strapdown(s, start, end, levelled(s.around(s.acc, start), attitude, share))


class Closing:
    """Zero-velocity update: the foot is still and level at both ends. Kernel: `close`.

    The tilt and the velocity that remain at the end are errors. They are spread linearly over the stride, which is the
    effect of a constant gyroscope error. `residual_mm_s` is the remaining speed without the part that the tilt
    explains, `steady_mm_s` without the part that a steady drift to that tilt explains. `score`: of the closing stance.
    """

    def __init__(self, s: Samples, path: Strapdown, score: float) -> None:
        self.path, self.duration_s = path, (path.end - path.start) / s.rate_hz
        level_speed = np.abs(path.velocity[:, :2]).max(1)
        self.fastest, self.peak_mm_s = path.start + int(level_speed.argmax()), 1000 * float(level_speed.max())
        force = path.attitude[-1] @ s.around(s.acc, path.end)
        self.tilt_mrad = 1000 * float(np.linalg.norm(tilt_of(force))) * trust(score)
        self._correct(s, trust(score) * np.array([force[1], -force[0]]) / np.linalg.norm(force))
        self.far = np.hypot(self.along_mm, self.left_mm) >= c.STRIDE_MIN_MM
        self.is_stride = self.far or abs(self.yaw_cdeg) >= c.PIVOT_CDEG  # far enough, or a turn on the spot

    def _correct(self, s: Samples, tilt: Array) -> None:
        """Spread the residual tilt, a rotation about x and y, and the velocity. Set residuals and displacement."""
        path, t, velocity = self.path, self.duration_s, self.path.velocity[-1]
        # Gravity leaks through the tilt into the velocity. Share of the leak: 1 after a wrong opening level, 1/2 with a
        # steady drift, 0 if only the closing acceleration is not gravity. Use the share that explains most velocity.
        leak = G * t * np.array([tilt[1], -tilt[0]])
        share = float(np.clip(-velocity[:2] @ leak / (leak @ leak), 0, 1)) if np.linalg.norm(leak) > 0.07 else 0.5
        self.residual_mm_s = 1000 * float(np.linalg.norm(velocity[:2] + share * leak))
        self.steady_mm_s = 1000 * float(np.linalg.norm(velocity[:2] + 0.5 * leak))
        x, y, z = path.position[-1] - velocity * (t / 2 + 1 / s.rate_hz)
        x, y, z = x + z * tilt[1] / 2, y - z * tilt[0] / 2, z + (y * tilt[0] - x * tilt[1]) / 2
        x, y = (x, y) - leak * t / 3 * share * (1 - share)
        toe = path.attitude[[0, -1], 0, 0] + 1j * path.attitude[[0, -1], 1, 0]  # toe axis at both ends, from above
        self.yaw_cdeg = 100 * float(np.degrees(np.angle(toe[1] / toe[0])))
        moved = 1000 * (x + 1j * y) * np.exp(-1j * np.angle((toe / np.abs(toe)).sum()))
        # The sensor is above the sole, so it moves while a foot on the ground rolls.
        most = ROLL_SUM / (4 * s.half + 2)
        roll, pitch, _ = np.clip((s.around(s.gyr, path.start) + s.around(s.gyr, path.end)) / 2, -most, most)
        moved += c.SENSOR_HEIGHT_MM * t * (pitch - 1j * roll)
        self.along_mm, self.left_mm, self.up_mm = float(moved.real), float(moved.imag), 1000 * float(z)

    def at_rest(self, share: float, tilt_mrad: float, shallow: bool) -> bool:
        """Return True if the residuals are small: the foot stands here. Kernel: `SixAxis._closes`."""
        peak = max(self.peak_mm_s, c.SLOW_MM_S) / 1000
        if shallow:  # A restless instant may be a pause of a slow swing, so it needs a displacement.
            return self.tilt_mrad < tilt_mrad and self.steady_mm_s < peak * c.SHALLOW_SHARE and self.is_stride
        if self.tilt_mrad < tilt_mrad:
            return self.residual_mm_s < peak * share
        return self.tilt_mrad < c.DRIFT_TILT_MRAD and self.steady_mm_s < peak * c.DRIFT_SHARE

    def tilt_is_open(self, bias_known: bool) -> bool:
        """Return True if the residuals are so large that lengths and angles are doubtful."""
        most = c.TILT_OPEN_MRAD if bias_known else c.TILT_OPEN_UNBIASED_MRAD
        return self.tilt_mrad > most or self.residual_mm_s * 1000 > self.peak_mm_s * c.CLOSE_SHARE


# --- segmentation --------------------------------------------------------------------------------------------------


class Stance(NamedTuple):
    """A candidate for a mid-stance: sample and score."""

    k: int
    score: float


@dataclass
class Segmentation:
    """Finds the stances that open and close strides. Kernels: `sense`, and `SixAxis` in sixaxis.py."""

    samples: Samples
    found: list[Stride] = field(default_factory=list)
    axis: float = 0.0  # angle of the wearer's travel axis to the toe axis, rad
    axis_count: int = 0
    opening: Stance | None = None
    second: Stance | None = None  # the last rejected candidate: another opening of the current stride
    path: Strapdown | None = None  # last integration from `opening`
    second_path: Strapdown | None = None
    contact: int | None = None  # previous initial contact
    top: float = 0.0  # highest score since `opening`
    now: int = 0  # sample at which the candidate is confirmed

    def run(self) -> list[Stride]:
        """Return the strides of all samples."""
        s = self.samples
        stance_below, swing_above = limits(s.score, s.rate_hz)
        for k in quiet_instants(s.score, s.confirm):
            here, self.now = Stance(k, float(s.score[k])), k + s.confirm
            if here.score > stance_below[k]:
                continue
            if self.opening is None:
                self._open(here)
                continue
            self.top = s.score[self.opening.k : self.now + 1].max()
            if self.top >= swing_above[k]:
                self._candidate(self.opening, here)
            elif here.score < max(self.opening.score + c.SAME, c.REST):
                self.opening = here  # a later, equally still instant of the same stance: less drift
        return self.found

    def _open(self, stance: Stance, continued: bool = True) -> None:
        self.opening, self.second = stance, None
        if not continued:
            self.contact = None

    def _fits(self, opening: Stance, here: Stance) -> int:
        """Return -1 if a stride between two stances is too short, 1 if it is too long, otherwise 0."""
        n, rate_hz = here.k - opening.k, self.samples.rate_hz
        return -1 if n < int(c.STRIDE_MIN_S * rate_hz) else int(n > min(int(c.STRIDE_MAX_S * rate_hz), 511 - 24))

    def _candidate(self, opening: Stance, here: Stance) -> None:
        """Decide if a candidate closes the stride, is in the swing, or shows that the opening was in the swing."""
        fits = self._fits(opening, here)
        if fits > 0:
            self._open(here, continued=False)
            return
        fastest, opened_in_swing, in_swing = turning(self.samples, self._sample(opening), self._sample(here))
        if in_swing:
            return
        if opened_in_swing:
            self._open(here, continued=False)
        elif fits < 0:
            if here.score < opening.score:
                self._open(here)
        else:
            self.path, closing = self._closing(self.path, opening, here)
            runs = fastest >= c.SWING_FAST
            shallow = here.score > opening.score + c.SHALLOW
            if closing.at_rest(c.CLOSE_SHARE, c.CLOSE_TILT_MRAD, shallow) or _alike(closing, opening, here, runs):
                self._stride(closing, max(opening.score, here.score))
                self._open(here)
            elif here.score < opening.score - c.REOPEN:
                self._open(here, continued=False)
            elif not self._second_opinion(opening, here):
                self._remember(here)

    def _second_opinion(self, opening: Stance, here: Stance) -> bool:
        """Try the last rejected candidate as the opening, because the stride does not close from its own opening."""
        second = self.second
        if second is None or self._fits(second, here) != 0:
            return False
        self.second_path, closing = self._closing(self.second_path, second, here)
        # Two quiet instants without displacement are pauses of one slow swing, unless still or after an impact.
        lands = closing.is_stride or here.score <= opening.score + c.SHALLOW or self.top > c.IMPACT_MIN
        shallow = here.score > second.score + c.SHALLOW
        if not lands or not closing.at_rest(c.ALT_SHARE, c.ALT_TILT_MRAD, shallow):
            return False
        self.path, self.second_path, self.contact = self.second_path, self.path, None
        self._stride(closing, max(second.score, here.score))
        self._open(here)
        return True

    def _remember(self, here: Stance) -> None:
        second = self.second
        if second is None or self._fits(second, here) > 0 or here.score < second.score:
            self.second, self.second_path = here, self.path

    def _sample(self, stance: Stance) -> int:
        """Return the middle of the window of a stance's score."""
        return max(stance.k - self.samples.window // 2, self.samples.half)

    def _closing(self, before: Strapdown | None, opening: Stance, here: Stance) -> tuple[Strapdown, Closing]:
        s = self.samples
        path = opened(s, before, self._sample(opening), self._sample(here), opening.score)
        return path, Closing(s, path, opening.score if here.score > opening.score + c.SHALLOW else here.score)

    def _stride(self, closing: Closing, restless: float) -> None:
        """Describe a closed stride, unless the foot stayed in its place or made no swing. Kernel: `describe`.

        `restless`: the higher score of its two stances.
        """
        s, path = self.samples, closing.path
        fastest, _, _ = turning(s, path.start, path.end)
        if not closing.is_stride or fastest < c.SWING_TURN:
            return
        is_gait = like_gait(fastest, restless, closing.tilt_mrad)
        mid = mid_swing(s, closing)
        way, _, _ = classified(closing, self.axis)
        contact = initial_contact(s, closing, mid, way)
        instants = (path.start, path.end, toe_off(s, closing, mid, contact, way), contact)
        flags = self._flags(closing, contact) | (set() if is_gait else {"not_gait"})
        if restless > c.SWING_MIN and 1000 * closing.duration_s > c.JOINED_MS:
            flags.add("joined")
        confidence, direction = self._direction(closing, flags)
        drift_mm = closing.residual_mm_s * closing.duration_s
        rise = None if "tilt_open" in flags or drift_mm > c.RISE_DRIFT_MM else closing.up_mm / 1000
        lengths = closing.along_mm / 1000, closing.left_mm / 1000, rise
        times = (k / s.rate_hz for k in instants)
        self.found.append(Stride(*times, direction, confidence, *lengths, closing.yaw_cdeg / 100, flags))
        self.contact = contact

    def _direction(self, closing: Closing, flags: set[str]) -> tuple[float, str]:
        """Return the confidence of the best class and the decided direction. Follow the travel axis."""
        way, confidence, slope = classified(closing, self.axis)
        turn = abs(closing.yaw_cdeg)
        turned = way == "backward" and bool(flags & {"turning", "tilt_open"})
        speed = np.hypot(closing.along_mm, closing.left_mm) / closing.duration_s
        impossible = way != "forward" and speed > c.FASTEST_MM_S
        sure = closing.far and not ("not_gait" in flags or turned or impossible)
        if not sure:
            confidence = min(confidence, c.UNSURE / 1000)
        if sure and confidence >= c.AXIS_SURE / 1000 and way in ("forward", "backward") and turn < c.AXIS_TURN_CDEG:
            self.axis_count = min(self.axis_count + 1, 8)
            most = c.AXIS_MAX_MRAD / 1000
            self.axis = float(np.clip(self.axis + slope / self.axis_count, -most, most))
        return confidence, way if sure and confidence >= c.DECIDE / 1000 else "unknown"

    def _flags(self, closing: Closing, contact: int) -> set[str]:
        s, start, bias_known = self.samples, closing.path.start, self.now >= self.samples.bias_known
        flags = {
            "first": self.contact is None,
            "bias_unknown": not bias_known,
            "turning": abs(closing.yaw_cdeg) > c.TURNING_CDEG,
            "tilt_open": closing.tilt_is_open(bias_known),
            "clipped_acc": s.clipped_acc[start : self.now + 1].any(),
            "clipped_peak": s.clipped_acc[contact : self.now + 1].any(),
            "clipped_gyr": s.clipped_gyr[start : self.now + 1].any(),
        }
        return {name for name, is_set in flags.items() if is_set}


def _alike(closing: Closing, opening: Stance, here: Stance, runs: bool) -> bool:
    """Return True if the foot is as still as at the opening, which no instant of a swing is: a stance all the same.

    Clipped impacts break the velocity of a restless running foot. There the tilt decides.
    """
    if here.score > opening.score + c.REOPEN:
        return False
    restless = runs and min(here.score, opening.score) > c.SWING_MIN and closing.tilt_mrad < c.RESTLESS_TILT_MRAD
    share = c.RESTLESS_SHARE if restless else c.ALIKE_SHARE
    return closing.tilt_mrad < c.ALIKE_TILT_MRAD and closing.steady_mm_s * 1000 < closing.peak_mm_s * share


# --- direction and events ------------------------------------------------------------------------------------------


def classified(closing: Closing, axis: float) -> tuple[str, float, float]:
    """Return the class of a displacement, its confidence, and its slope to the travel axis.

    Confidence is the logistic of a ratio: the distance from the border between two classes to the possible error of the
    displacement. Sources of error: tilt, residual speed, yaw of the mount, heading of a turn. Kernels: `kind`,
    `describe`.
    """
    moved = (closing.along_mm + 1j * closing.left_mm) * np.exp(-1j * axis)
    ahead, aside, length, t = abs(moved.real), abs(moved.imag), abs(moved), closing.duration_s
    straight = ahead * c.BORDER_SIN > aside * c.BORDER_COS
    if straight:
        way, margin = "forward" if moved.real > 0 else "backward", ahead * c.BORDER_SIN - aside * c.BORDER_COS
    else:
        way, margin = f"lateral_{'left' if moved.imag > 0 else 'right'}", aside * c.SIDE_COS - ahead * c.SIDE_SIN
    error = 1000 * c.ERROR_MM + length * c.ERROR_HEADING
    error += closing.tilt_mrad * t**2 * c.ERROR_TILT + closing.residual_mm_s * t * c.ERROR_SPEED
    error += length * abs(np.radians(closing.yaw_cdeg / 100)) / 2 * c.ERROR_TURN * (1 if straight else 2)
    confidence = np.interp(4 * max(margin, 0) / error, range(8), c.CONFIDENCE) / 1000
    return way, float(confidence), float(moved.imag / moved.real) if moved.real else 0.0


def like_gait(fastest: float, restless: float, tilt_mrad: float) -> bool:
    """Return False for pedals, machines and vehicles: their stances are too restless or askew for so slow a swing.

    `fastest`: fastest turn in rad/s. `restless`: higher score of both stances. Kernel: `describe`.
    """
    fraction, octave = np.frexp((fastest / c.SWING_TURN) ** 2)
    turn = (octave + 2 * fraction - 2) * np.log10(2)  # linear between powers of two, as in the kernel
    tilt = c.LIVELY_PER_MRAD / 4096 * np.log10(2) * tilt_mrad
    return fastest >= c.SWING_FAST or bool(2 * turn - restless - tilt > c.LIVELY)


def mid_swing(s: Samples, closing: Closing) -> int:
    """Return the fastest instant, or that of the rotation of a pivot, in the middle three fifths. Kernel: `middle`."""
    start, end = closing.path.start, closing.path.end
    mid = closing.fastest if closing.far else start + int(np.sum(s.gyr[start:end] ** 2, 1).argmax())
    return min(max(mid, start + (end - start) // 5), end - (end - start) // 5)


def initial_contact(s: Samples, closing: Closing, mid: int, way: str) -> int:
    """Return the onset of the first burst of jerk that ends the swing. Backward: of its change. Kernel: `contact`."""
    start, end, backward = closing.path.start, closing.path.end, way == "backward"
    # The forefoot of a backward stride lands softly and the heel follows.
    back_s, share = (c.SOFT_ONSET_BACK_S, c.SOFT_ONSET_SHARE) if backward else (c.ONSET_BACK_S, c.ONSET_SHARE)
    back = int(s.rate_hz * back_s + 0.5)
    if not backward:
        mid += int(s.rate_hz * c.SWING_LEAST_S) // 2
    if end - start < int(s.rate_hz * c.QUICK_S):
        back, share = (end - start) // 8, share * 5 / 3 if backward else share
    n = max(1, int(s.rate_hz * c.JERK_S + 0.5))
    change = s.acc[mid - n : end + 1] - s.acc[mid - 2 * n : end + 1 - n]
    jerk = np.linalg.norm(change[n:] - change[:-n] if backward else change[n:], axis=1)
    first = max(int(jerk.argmax()) - back, 0)
    return mid + first + int((jerk[first:] >= share * jerk.max()).argmax())


def toe_off(s: Samples, closing: Closing, mid: int, contact: int, way: str) -> int:
    """Return the instant at which the foot leaves the ground. Kernel: `toe_off`.

    It is five eighths of the way from the fastest roll off the ground to the end of that rotation, or the instant at
    which the rate has halved if that is earlier or the stride is backward. In backward running it is the fastest roll.
    The swing of a side-step is symmetric.
    """
    start, end, roll = closing.path.start, mid, s.gyr
    if way in ("forward", "backward"):
        roll = s.gyr * [0, 1 if way == "forward" else -1, 0]
        fastest = start + int(roll[start:end, 1].argmax())
    else:
        start = max(start, mid - (contact - mid) * 3 // 2)
        end = max(mid - (contact - mid) // 2, start + 1)
        fastest = start + int(np.sum(roll[start:end] ** 2, 1).argmax())
    rate = roll[fastest + 1 : mid + 1] @ roll[fastest] / (roll[fastest] @ roll[fastest])
    ended = int((rate <= 0).argmax()) + 1 if (rate <= 0).any() else mid - fastest
    off = fastest + ended * 5 // 8
    halved = np.flatnonzero(rate[:ended] < 0.5)
    if len(halved) and (fastest + 1 + halved[0] < off or way == "backward"):
        off = fastest + 1 + int(halved[0])
    if way == "backward" and (mid - fastest) * 8 > (closing.path.end - closing.path.start) * 3:  # a long swing: running
        off = fastest
    return min(off, contact - int(s.rate_hz * c.SWING_LEAST_S))
