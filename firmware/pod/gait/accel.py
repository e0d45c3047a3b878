"""Accelerometer-only mode: strides from three axes."""

from array import array
from math import log

import micropython

from pod.gait import accel_constants as c
from pod.gait import accel_state as A
from pod.gait import stride as S
from pod.gait._accel_judge import bridge, impact, record, weigh
from pod.gait._accel_swing import events, level, moments
from pod.gait._accel_touch import touch
from pod.gait._accel_trust import trust
from pod.gait._kernel_accel import sense
from pod.gait.shared_state import ZERO

_NEVER = 1 << 29
_RING = 512
_LONGEST = 470  # averaged samples of the longest stride that fits the ring with its margins


def _octaves(x):
    return int(256 * x + (0.5 if x >= 0 else -0.5))


class Accel:
    """Strides from three axes. Scores are in 1/256 octave, times in averaged samples; see accel_state.py for the rest.

    toeaxis.py reads `state` and `ring` to compute the moments and the evidence of the latest stride along another axis.
    Change it together with _stride().
    """

    def __init__(self, rate_mhz, acc_lsb_ug, queue):
        self._queue = queue
        self._decim = decim = max(1, int(rate_mhz / c.CORE_RATE_MHZ + 0.5))
        rate = rate_mhz / 1000 / decim
        self._raw_rate = rate_mhz // 1000
        self.ring = array("h", bytes(_RING * 6))
        self._scratch = bytearray(_RING * 4)
        self._kept = bytearray(_RING // decim * decim * 6)
        self.state = array("i", bytes(4 * A.LENGTH))
        self._often = (self.state, self.ring, self._kept, queue)  # one attribute look-up per block instead of four
        self._set_scale(acc_lsb_ug)
        self._set_thresholds(rate)
        self._set_stance(rate)
        self._set_swing(rate, 2 * acc_lsb_ug)
        self._set_weights(rate)
        self.set_mount((16384, 0, 0, 0, 16384, 0, 0, 0, 16384), S.MOUNT_NONE)

    def _set_scale(self, acc_lsb_ug):
        st = self.state
        for i in range(3):
            st[A.STILL_REF + i] = st[A.STILL_SUM + i] = ZERO
        st[A.DECIM] = st[A.PHASE] = self._decim
        unit = acc_lsb_ug * 1024 / 1e6 / self._decim
        shift = 14
        while unit * (1 << shift) * self._decim * 32768 > 1e9:  # The sum over three axes is up to 1.74 times as large.
            shift -= 1
        self._scale = int(unit * (1 << shift) + 0.5)
        st[A.SHIFT] = shift
        st[A.KEPT_END] = len(self._kept) // 2
        st[A.CLIP_L] = limit = min(32700, int(c.RANGE_G * 1e6 / acc_lsb_ug)) if acc_lsb_ug > 2000 else 32700
        st[A.CLIP_M] = min(int(limit * acc_lsb_ug * c.CLIP_NEAR / 1e6 * 512), 7000) ** 2

    def _set_thresholds(self, rate):
        """Set the thresholds. Scores are logarithms of the sum of squares in a window, 1 g = 512."""
        st = self.state
        st[A.WIN_N] = n = max(4, min(15, int(rate * c.WINDOW_S + 0.5)))
        one = log(n) / log(2) + 18  # score of 1 g^2 in octaves
        st[A.LAG] = n // 2
        st[A.FLOOR] = int(c.FLOOR_G2 * n * 262144)
        st[A.STILL_MAX] = int(c.STILL_G * 1024)
        st[A.TH_BASE] = _octaves(c.TH_BASE + one)
        st[A.TH_KNEE] = _octaves(c.TH_KNEE + one)
        st[A.TH_MIN] = _octaves(c.TH_MIN + one)
        st[A.SLOPE_UP] = _octaves(c.SLOPE_UP)
        st[A.SLOPE_DOWN] = _octaves(c.SLOPE_DOWN)
        st[A.SWING_FLOOR] = _octaves(c.SWING_FLOOR + one)
        st[A.RUN_MEAN] = _octaves(c.RUN_MEAN + one)
        st[A.TOP_MIN] = _octaves(c.TOP_MIN + one)
        st[A.MEAN] = _octaves(one)
        st[A.VIGOROUS] = _octaves(c.VIGOROUS + one)
        st[A.RUNS] = _octaves(c.STRIKE_RUNS + one)
        st[A.LIVELY] = _octaves(c.LIVELY + one)
        st[A.SLOW_MEAN] = _octaves(c.SLOW_MEAN + one)
        st[A.PRIOR] = A.PRIOR_N * st[A.MEAN]
        st[A.OFFSET] = st[A.ADAPTED] = ZERO
        st[A.STANCE_LOW] = _octaves(c.STANCE_LOW + one)
        st[A.STANCE_KNEE] = _octaves(1 + one)
        st[A.STANCE_SLOPE] = _octaves(c.STANCE_LOW_SLOPE)
        st[A.ADAPT_GAIN] = _octaves(c.ADAPT_GAIN)
        st[A.ADAPT_SHARE] = _octaves(c.ADAPT_SHARE)

    def _set_stance(self, rate):
        st = self.state
        st[A.AREA_WALK] = int(128 * c.AREA_WALK * rate)
        st[A.AREA_RUN] = int(128 * c.AREA_RUN * rate)
        st[A.LEAVE_AREA] = st[A.AREA_LEAVE] = int(128 * c.AREA_LEAVE * rate)
        st[A.RISE] = _octaves(c.RISE)
        st[A.LATE] = _octaves(c.LATE)
        st[A.REFRACTORY] = _octaves(c.REFRACTORY)
        st[A.DEFAULT_PERIOD] = int(c.PERIOD_S * rate)
        st[A.LENGTH_MIN] = int(c.STRIDE_MIN_S * rate)
        st[A.LENGTH_MAX] = min(int(c.STRIDE_MAX_S * rate), _LONGEST)
        st[A.SWING_MIN] = int(c.SWING_MIN_S * rate)
        st[A.LATEST] = int(c.LATEST_S * rate)
        st[A.SWING] = 1
        st[A.LATE_K] = _NEVER
        st[A.PERIOD] = st[A.DEFAULT_PERIOD]
        st[A.FIRST] = 1

    def _set_swing(self, rate, half_ug):
        st = self.state
        st[A.RATE] = int(rate + 0.5)
        st[A.MARGIN] = int(c.MARGIN_S * rate + 0.5)
        st[A.HALF_UG] = half_ug
        st[A.RAW_RATE] = self._raw_rate
        st[A.LANDING] = c.LANDING_UG // half_ug
        st[A.TRAVEL_MIN] = c.TRAVEL_MIN
        st[A.BRIEF] = int(c.BRIEF_S * rate)
        st[A.LONG] = int(c.LONG_S * rate)
        st[A.SURE_MOST] = c.SURE_MOST
        st[A.SURE_LEAST] = c.UNKNOWN_BELOW
        st[A.SURE_BACKWARD] = c.UNKNOWN_BELOW_BACKWARD

    def _set_weights(self, rate):
        st = self.state
        for i, weight in enumerate(c.WEIGHTS_ASIDE):
            st[A.WEIGHTS + i] = weight + ZERO
        for i, weight in enumerate(c.UNITS):
            st[A.UNITS + i] = weight + ZERO
        st[A.STAY] = c.STAY
        for i in range(3):
            st[A.BEFORE + i] = A.EVEN
        st[A.FORGET_N] = int(c.FORGET_S * rate)

    def set_mount(self, matrix, state):
        """Set the mount. `matrix`: Q14, shoe = M * chip. On a change, drop the current stride."""
        st = self.state
        for i in range(9):
            entry = ZERO + (matrix[i] * self._scale + 8192 >> 14)
            if st[A.MATRIX + i] != entry:
                st[A.MATRIX + i] = entry
                st[A.OPEN] = st[A.CLOSED] = st[A.STILL_REF] = 0
                st[A.LATE_K] = _NEVER
                st[A.GRAV] = st[A.GRAV + 1] = ZERO
                st[A.GRAV + 2] = ZERO + 1024  # until the first stance shows the orientation of the shoe
        known = state == S.MOUNT_GIVEN or state == S.MOUNT_VERIFIED
        st[A.UNVERIFIED] = 0 if known else S.FLAG_MOUNT_UNVERIFIED

    def index(self):
        """Return the number of samples so far, including lost ones."""
        return self.state[A.RAW]

    @micropython.native
    def feed(self, buf, offset, count):
        """Take int16 counts of three axes. Return the number of strides in the queue."""
        st, ring, kept, queue = self._often
        if sense(st, buf, offset >> 1, count, ring, kept):
            self._stride()
            while sense(st, buf, st[A.POS], st[A.COUNT], ring, kept):
                self._stride()
        return queue.waiting

    def gap(self, lost):
        """Skip `lost` samples. A stride with a gap has a flag and no direction."""
        st = self.state
        bridge(st, self.ring, self._kept, lost)
        if lost // self._decim > st[A.LENGTH_MAX]:
            st[A.OPEN] = 0
            st[A.LATE_K] = _NEVER

    @micropython.native
    def _stride(self):
        st = self.state
        queue = self._queue
        level(st, self.ring)
        events(st, self.ring, self._scratch)
        moments(st, self.ring)
        if impact(st, self._kept):
            weigh(st)
            trust(st)
            touch(st, self._scratch)
            record(st, queue.slot())
            queue.push()
