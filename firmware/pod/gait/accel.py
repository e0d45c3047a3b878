"""Accelerometer only: what a stance after a swing means, and which way the stride went that it closes."""

from array import array
from math import log

from pod.gait import _accel_swing as sw
from pod.gait import _kernel_accel as kn
from pod.gait import accel_constants as c
from pod.gait import accel_direction as direction
from pod.gait import stride as S

_B = 1 << 29
_RING = 512
_LONGEST = 470  # averaged samples of a stride that the ring holds with its margins


def _log2(x):
    return log(x) / log(2)


def _octaves(x):
    return int(256 * x + (0.5 if x >= 0 else -0.5))


def isqrt(n):
    """Largest r with r * r <= n, for n < 2**30."""
    r = 0
    bit = 1 << 14
    while bit:
        if (r + bit) * (r + bit) <= n:
            r += bit
        bit >>= 1
    return r


class Accel:
    def __init__(self, rate_mhz, acc_lsb_ug):
        self._decim = decim = max(1, int(rate_mhz / c.CORE_RATE_MHZ + 0.5))
        self._rate = rate = rate_mhz / 1000 / decim
        self._raw_rate = rate_mhz // 1000
        self._acc_lsb_ug = acc_lsb_ug
        self._ring = bytearray(_RING * 6)
        self._scratch = bytearray(_RING * 2)
        self._mag = array("i", bytes(4 * 512))
        self._st = st = array("i", bytes(4 * kn.SENSE_LENGTH))
        self._sw = s = array("i", bytes(4 * sw.SWING_LENGTH))
        for i in range(3):
            st[kn.SUM + i] = st[kn.STILL_SUM + i] = st[kn.GRAV + i] = _B
        st[kn.GRAV + 2] = _B + 16384
        st[kn.DECIM] = s[sw.DECIM] = decim
        st[kn.MAG_MASK] = s[sw.MAG_MASK] = 511
        st[kn.CLIP_L] = 32700
        st[kn.CLIP_M] = (32700 >> 1) ** 2
        s[sw.LEVEL] = 1024
        s[sw.MARGIN] = int(c.MARGIN_S * rate + 0.5)
        self._set_thresholds(rate)
        self._t_min = int(c.STRIDE_MIN_S * rate)
        self._t_max = min(int(c.STRIDE_MAX_S * rate), _LONGEST)
        self._swing_min = int(c.SWING_MIN_S * rate)
        self._latest = int(c.LATEST_S * rate)
        self._lag = st[kn.WIN_N] // 2
        self._default_period = int(c.PERIOD_S * rate)
        self._offset = 0
        self._way = direction.Direction(rate)
        self._number = 0
        self._gap_k = 0  # 1 + last index of a gap
        self._contact = -1
        self._closed = -1  # last closing instant
        st[kn.PERIOD] = self._default_period
        st[kn.SWING] = 1
        self.set_mount((16384, 0, 0, 0, 16384, 0, 0, 0, 16384), S.MOUNT_NONE)

    def _set_thresholds(self, rate):
        """Scores are logarithms of a window's sum of squares, 1 g = 1024."""
        st = self._st
        st[kn.WIN_N] = n = max(4, min(10, int(rate * c.WINDOW_S + 0.5)))
        one = _log2(n) + 20  # score of 1 g^2
        self._one = _octaves(one)
        st[kn.FLOOR] = int(c.FLOOR_G2 * n * 1048576)
        st[kn.STILL_MAX] = int(c.STILL_G2 * 16 * 1048576)
        st[kn.REST_MAX] = int(c.REST_G2 * 16 * 1048576)
        st[kn.TH_BASE] = _octaves(c.TH_BASE + one)
        st[kn.TH_KNEE] = _octaves(c.TH_KNEE + one)
        st[kn.TH_MIN] = _octaves(c.TH_MIN + one)
        st[kn.SLOPE_UP] = _octaves(c.SLOPE_UP)
        st[kn.SLOPE_DOWN] = _octaves(c.SLOPE_DOWN)
        st[kn.SWING_FLOOR] = _octaves(c.SWING_FLOOR + one)
        st[kn.LATE] = _octaves(c.LATE)
        st[kn.RISE] = _octaves(c.RISE)
        st[kn.AREA_WALK] = int(256 * c.AREA_WALK * rate)
        st[kn.AREA_RUN] = int(256 * c.AREA_RUN * rate)
        st[kn.RUN_MEAN] = _octaves(c.RUN_MEAN + one)
        st[kn.AREA_LEAVE] = int(256 * c.AREA_LEAVE * rate)
        st[kn.MEAN] = st[kn.MEAN_BEFORE] = _octaves(one)
        st[kn.OFFSET] = _B
        self._adapt_gain = _octaves(c.ADAPT_GAIN)
        self._adapt_share = _octaves(c.ADAPT_SHARE)
        self._stance_low = _octaves(c.STANCE_LOW + one)
        self._stance_knee = _octaves(1 + one)
        self._stance_slope = _octaves(c.STANCE_LOW_SLOPE)
        self._refractory = _octaves(c.REFRACTORY)

    def set_mount(self, matrix, state):
        """Mount and scale become one matrix, its largest entry 14 bits."""
        unit = self._acc_lsb_ug * 1024 / 1e6
        shift = 14
        while unit * (1 << shift) > 16384:
            shift -= 1
        st = self._st
        for i in range(9):
            st[kn.MATRIX + i] = _B + int(round(matrix[i] * unit * (1 << shift) / 16384))
        st[kn.SHIFT] = shift
        self._mount = state

    def index(self):
        return self._st[kn.RAW]

    def feed(self, buf, offset, count, queue):
        st = self._st
        st[kn.POS] = offset >> 1
        st[kn.COUNT] = count
        while kn.sense(st, buf, self._ring, self._mag) or st[kn.EVENT]:
            if st[kn.EVENT] == kn.EVENT_STANCE:
                self._stance(queue)
            elif st[kn.EVENT] == kn.EVENT_LEFT:
                self._left()

    def gap(self, lost):
        """The ring keeps what it held; a stride over a gap is flagged and stays undecided."""
        st = self._st
        st[kn.RAW] += lost
        st[kn.K] += lost // self._decim
        self._gap_k = st[kn.K] + 1
        if lost > self._raw_rate:
            self._forget()

    def _forget(self):
        st = self._st
        st[kn.OPEN] = 0
        st[kn.PERIOD] = self._default_period
        self._contact = -1
        self._way.forget()

    def _left(self):
        """A stance ended: how still did it get, compared with the usual?"""
        st = self._st
        usual = self._stance_low
        above = st[kn.MEAN_BEFORE] - self._stance_knee
        if above > 0:
            usual += (above * self._stance_slope) >> 8
        less = max(-512, min(1024, st[kn.LOW] - usual))
        self._offset += ((less - self._offset) * self._adapt_gain) >> 8
        st[kn.OFFSET] = _B + ((self._offset * self._adapt_share) >> 8)

    def _stance(self, queue):
        """Enough evidence of a stance. Does it close a stride?"""
        st = self._st
        k = st[kn.K] - 1
        opened = st[kn.OPEN] - 1
        length = k - opened
        if opened < 0 or length > self._t_max:
            self._forget()
            self._settle(k)
        elif st[kn.CAND] - 1 - st[kn.LEAVE] < self._swing_min:  # a knock on a standing foot
            self._settle(k)
        elif length < self._t_min or length << 8 < self._refractory * st[kn.PERIOD]:
            st[kn.AREA] = 0  # a quiet instant of the swing
        else:
            close = max(st[kn.LOW_K], k - self._latest)
            self._stride(opened - self._lag, close - self._lag, queue)
            self._learn_period(close)
            self._settle(k)

    def _settle(self, k):
        st = self._st
        if st[kn.SWING_N] >= 8:
            st[kn.MEAN_BEFORE] = st[kn.MEAN]
        st[kn.SWING] = 0
        st[kn.AREA] = 0
        st[kn.QUIET_K] = k

    def _learn_period(self, close):
        st = self._st
        if self._closed >= 0 and close - self._closed < self._t_max:
            period = st[kn.PERIOD]
            change = close - self._closed - period
            if change > 0:  # rather a stride missed than a slower gait
                change = change // 5 if 2 * change < period else change // 10
            else:
                change = change // 2
            st[kn.PERIOD] = period + change
        self._closed = close

    def _stride(self, start, end, queue):
        s = self._sw
        s[sw.START] = start
        s[sw.END] = end
        s[sw.RAW] = self._st[kn.RAW]
        sw.gravity(s, self._ring)
        self._level()
        sw.events(s, self._ring, self._scratch)
        sw.moments(s, self._ring)
        sw.impact(s, self._mag)
        flags = self._flags(start)
        way, confidence = self._way.decide(s, self._st[kn.MEAN] - self._one, start, end, flags)
        self._record(queue.slot(), way, confidence, flags)
        queue.push()

    def _flags(self, start):
        flags = 0
        if self._gap_k > start:
            flags |= S.FLAG_GAP
        if self._st[kn.CLIP_K] > start:
            flags |= S.FLAG_CLIPPED_ACC
        if self._st[kn.CLIP_K] > self._sw[sw.CONTACT] - 2:
            flags |= S.FLAG_CLIPPED_PEAK
        if self._mount != S.MOUNT_GIVEN and self._mount != S.MOUNT_VERIFIED:
            flags |= S.FLAG_MOUNT_UNVERIFIED
        if self._contact < 0:
            flags |= S.FLAG_FIRST
        return flags

    def _record(self, out, way, confidence, flags):
        s = self._sw
        d = self._decim
        for i in range(S.LENGTH):
            out[i] = S.NONE
        out[S.NUMBER] = self._number
        self._number += 1
        out[S.OPEN] = s[sw.START] * d
        out[S.CLOSE] = s[sw.END] * d
        out[S.TOE_OFF] = s[sw.TOE_OFF] * d
        out[S.CONTACT] = s[sw.CONTACT] * d - (d >> 1)
        out[S.PREV_CONTACT] = self._contact
        self._contact = out[S.CONTACT]
        out[S.EMIT] = s[sw.RAW]
        out[S.DIRECTION] = way
        out[S.CONFIDENCE] = confidence
        out[S.PEAK_MG] = isqrt(s[sw.PEAK]) * 2 * self._acc_lsb_ug // 1000
        out[S.LOADING_GPS] = s[sw.RISE] * 2 * self._acc_lsb_ug // 1000 * self._raw_rate // 1000
        out[S.STRIKE], out[S.STRIKE_CONF] = 0, 0
        out[S.FLAGS] = flags

    def _level(self):
        """Level axes in the shoe frame from gravity at both stances: x the toe axis' level part, z up."""
        s = self._sw
        x = (s[sw.GRAVITY] - _B) >> 1
        y = (s[sw.GRAVITY + 1] - _B) >> 1
        z = (s[sw.GRAVITY + 2] - _B) >> 1
        length = isqrt(x * x + y * y + z * z) or 1
        if length < 3500 or length > 11000:  # stances that do not feel 1 g: keep the shoe's own axes
            x, y, z, length = 0, 0, 1, 1
            self._set_axes(0, 0, 16384)
            s[sw.LEVEL] = 1024
            return
        s[sw.LEVEL] = length // 7
        self._set_axes((x << 14) // length, (y << 14) // length, (z << 14) // length)

    def _set_axes(self, x, y, z):
        s = self._sw
        ax = 16384 - ((x * x) >> 14)
        ay = 0 - ((x * y) >> 14)
        az = 0 - ((x * z) >> 14)
        length = isqrt(ax * ax + ay * ay + az * az)
        if length < 4096:  # the toe axis points up: no mount, no level part
            ax, ay, az, length = 16384, 0, 0, 16384
        ax = (ax << 14) // length
        ay = (ay << 14) // length
        az = (az << 14) // length
        s[sw.AXES] = ax + _B
        s[sw.AXES + 1] = ay + _B
        s[sw.AXES + 2] = az + _B
        s[sw.AXES + 3] = ((y * az - z * ay) >> 14) + _B
        s[sw.AXES + 4] = ((z * ax - x * az) >> 14) + _B
        s[sw.AXES + 5] = ((x * ay - y * ax) >> 14) + _B
        s[sw.AXES + 6] = x + _B
        s[sw.AXES + 7] = y + _B
        s[sw.AXES + 8] = z + _B
