"""Accelerometer only: what a stance after a swing means, and which way the stride went that it closes."""

from array import array
from math import log

import micropython

from pod.gait import _accel_judge as jd
from pod.gait import _accel_swing as sw
from pod.gait import _kernel_accel as kn
from pod.gait import accel_constants as c
from pod.gait import stride as S
from pod.gait._accel_judge import bridge, impact, record, weigh
from pod.gait._accel_swing import events, level, moments
from pod.gait._accel_touch import touch
from pod.gait._kernel_accel import sense

_B = 1 << 29
_NEVER = 1 << 29
_RING = 512
_LONGEST = 470  # averaged samples of a stride that the ring holds with its margins


def _octaves(x):
    return int(256 * x + (0.5 if x >= 0 else -0.5))


class Accel:
    """Scores in 1/256 octave, times in averaged samples; the kernels name the units of the rest.

    `state` and `ring` are open to paces.py, which takes the moments and the evidence of a stride that has just closed
    once more, along another axis: what changes in _stride() changes there.
    """

    def __init__(self, rate_mhz, acc_lsb_ug, queue):
        self._queue = queue
        self._decim = decim = max(1, int(rate_mhz / c.CORE_RATE_MHZ + 0.5))
        rate = rate_mhz / 1000 / decim
        self._raw_rate = rate_mhz // 1000
        self.ring = array("h", bytes(_RING * 6))
        self._scratch = bytearray(_RING * 4)
        self._kept = bytearray(_RING // decim * decim * 6)
        self.state = array("i", bytes(4 * jd.SWING_LENGTH))
        self._often = (self.state, self.ring, self._kept, queue)  # one look-up instead of four
        self._set_scale(acc_lsb_ug)
        self._set_thresholds(rate)
        self._set_stance(rate)
        self._set_swing(rate, 2 * acc_lsb_ug)
        self._set_weights(rate)
        self.set_mount((16384, 0, 0, 0, 16384, 0, 0, 0, 16384), S.MOUNT_NONE)

    def _set_scale(self, acc_lsb_ug):
        st = self.state
        for i in range(3):
            st[kn.STILL_REF + i] = st[kn.STILL_SUM + i] = _B
        st[kn.DECIM] = st[kn.PHASE] = self._decim
        unit = acc_lsb_ug * 1024 / 1e6 / self._decim
        shift = 14
        while unit * (1 << shift) * self._decim * 32768 > 1e9:  # all three axes together come to 1.74 times that
            shift -= 1
        self._scale = int(unit * (1 << shift) + 0.5)
        st[kn.SHIFT] = shift
        st[kn.KEPT_END] = len(self._kept) // 2
        st[kn.CLIP_L] = limit = min(32700, int(c.RANGE_G * 1e6 / acc_lsb_ug)) if acc_lsb_ug > 2000 else 32700
        st[kn.CLIP_M] = min(int(limit * acc_lsb_ug * c.CLIP_NEAR / 1e6 * 512), 7000) ** 2

    def _set_thresholds(self, rate):
        """Scores are logarithms of a window's sum of squares, 1 g = 512."""
        st = self.state
        st[kn.WIN_N] = n = max(4, min(15, int(rate * c.WINDOW_S + 0.5)))
        one = log(n) / log(2) + 18  # score of 1 g^2
        st[kn.LAG] = n // 2
        st[kn.FLOOR] = int(c.FLOOR_G2 * n * 262144)
        st[kn.STILL_MAX] = int(c.STILL_G * 1024)
        st[kn.TH_BASE] = _octaves(c.TH_BASE + one)
        st[kn.TH_KNEE] = _octaves(c.TH_KNEE + one)
        st[kn.TH_MIN] = _octaves(c.TH_MIN + one)
        st[kn.SLOPE_UP] = _octaves(c.SLOPE_UP)
        st[kn.SLOPE_DOWN] = _octaves(c.SLOPE_DOWN)
        st[kn.SWING_FLOOR] = _octaves(c.SWING_FLOOR + one)
        st[kn.RUN_MEAN] = _octaves(c.RUN_MEAN + one)
        st[kn.MEAN] = _octaves(one)
        st[jd.VIGOROUS] = _octaves(c.VIGOROUS + one)
        st[jd.RUNS] = _octaves(c.STRIKE_RUNS + one)
        st[jd.LIVELY] = _octaves(c.LIVELY + one)
        st[jd.SLOW_MEAN] = _octaves(c.SLOW_MEAN + one)
        st[kn.PRIOR] = kn.PRIOR_N * st[kn.MEAN]
        st[kn.OFFSET] = st[kn.ADAPTED] = _B
        st[kn.STANCE_LOW] = _octaves(c.STANCE_LOW + one)
        st[kn.STANCE_KNEE] = _octaves(1 + one)
        st[kn.STANCE_SLOPE] = _octaves(c.STANCE_LOW_SLOPE)
        st[kn.ADAPT_GAIN] = _octaves(c.ADAPT_GAIN)
        st[kn.ADAPT_SHARE] = _octaves(c.ADAPT_SHARE)

    def _set_stance(self, rate):
        st = self.state
        st[kn.AREA_WALK] = int(128 * c.AREA_WALK * rate)
        st[kn.AREA_RUN] = int(128 * c.AREA_RUN * rate)
        st[kn.AREA_LEAVE] = int(128 * c.AREA_LEAVE * rate)
        st[kn.RISE] = _octaves(c.RISE)
        st[kn.LATE] = _octaves(c.LATE)
        st[kn.REFRACTORY] = _octaves(c.REFRACTORY)
        st[kn.DEFAULT_PERIOD] = int(c.PERIOD_S * rate)
        st[kn.LENGTH_MIN] = int(c.STRIDE_MIN_S * rate)
        st[kn.LENGTH_MAX] = min(int(c.STRIDE_MAX_S * rate), _LONGEST)
        st[kn.SWING_MIN] = int(c.SWING_MIN_S * rate)
        st[kn.LATEST] = int(c.LATEST_S * rate)
        st[kn.SWING] = 1
        st[kn.LATE_K] = _NEVER
        st[kn.PERIOD] = st[kn.DEFAULT_PERIOD]
        st[kn.FIRST] = 1

    def _set_swing(self, rate, half_ug):
        st = self.state
        st[sw.RATE] = int(rate + 0.5)
        st[sw.MARGIN] = int(c.MARGIN_S * rate + 0.5)
        st[jd.HALF_UG] = half_ug
        st[jd.RAW_RATE] = self._raw_rate
        st[jd.LANDING] = c.LANDING_UG // half_ug
        st[jd.WAY_MIN] = c.WAY_MIN
        st[jd.BRIEF] = int(c.BRIEF_S * rate)
        st[jd.LONG] = int(c.LONG_S * rate)
        st[jd.SURE_MOST] = c.SURE_MOST
        st[jd.SURE_LEAST] = c.UNKNOWN_BELOW
        st[jd.SURE_BACKWARD] = c.UNKNOWN_BELOW_BACKWARD

    def _set_weights(self, rate):
        st = self.state
        for i, weight in enumerate(c.WEIGHTS_ASIDE):
            st[jd.WEIGHTS + i] = weight + _B
        for i, weight in enumerate(c.UNITS):
            st[jd.UNITS + i] = weight + _B
        st[jd.STAY] = c.STAY
        for i in range(3):
            st[jd.BEFORE + i] = jd.EVEN
        st[jd.FORGET_N] = int(c.FORGET_S * rate)

    def set_mount(self, matrix, state):
        """matrix: Q14, shoe = M * chip. A stride seen half through another one is none."""
        st = self.state
        for i in range(9):
            entry = _B + (matrix[i] * self._scale + 8192 >> 14)
            if st[kn.MATRIX + i] != entry:
                st[kn.MATRIX + i] = entry
                st[kn.OPEN] = st[kn.STILL_REF] = 0
                st[kn.LATE_K] = _NEVER
                st[kn.GRAV] = st[kn.GRAV + 1] = _B
                st[kn.GRAV + 2] = _B + 1024  # until a stance shows how the shoe lies in it
        known = state == S.MOUNT_GIVEN or state == S.MOUNT_VERIFIED
        st[jd.UNVERIFIED] = 0 if known else S.FLAG_MOUNT_UNVERIFIED

    def index(self):
        """Samples so far, lost ones included."""
        return self.state[kn.RAW]

    @micropython.native
    def feed(self, buf, offset, count):
        """int16 counts, three axes."""
        st, ring, kept, queue = self._often
        if sense(st, buf, offset >> 1, count, ring, kept):
            self._stride()
            while sense(st, buf, st[0], st[1], ring, kept):  # POS, COUNT
                self._stride()
        return queue.waiting

    def gap(self, lost):
        """A stride over a gap is flagged and stays undecided."""
        st = self.state
        bridge(st, self.ring, self._kept, lost)
        if lost // self._decim > st[kn.LENGTH_MAX]:
            st[kn.OPEN] = 0
            st[kn.LATE_K] = _NEVER

    @micropython.native
    def _stride(self):
        st = self.state
        queue = self._queue
        level(st, self.ring)
        events(st, self.ring, self._scratch)
        moments(st, self.ring)
        if impact(st, self._kept):
            weigh(st)
            touch(st, self._scratch)
            record(st, queue.slot())
            queue.push()
