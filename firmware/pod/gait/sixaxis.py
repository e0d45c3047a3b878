"""Accelerometer and gyroscope: what a candidate stance means and what the stride that it closes was."""

from array import array

import micropython
from micropython import const

from pod.gait import _describe as ds
from pod.gait import _events as ev
from pod.gait import _kernel as kn
from pod.gait import _strapdown as sp
from pod.gait import constants as c
from pod.gait import stride as S
from pod.gait._describe import describe, kind
from pod.gait._events import contact, impact, middle, toe_off
from pod.gait._kernel import bridge, sense
from pod.gait._strapdown import close, integrate, level

_B = const(536870912)
# const() is put in place only within its own file, and each look-up of another module's name costs the pod two map
# searches: the slots used per stride are repeated here, and a test holds them equal.
_KN_RAW = const(2)
_KN_K = const(3)
_KN_BIAS = const(32)
_KN_CUR = const(47)
_KN_CUR_LS = const(48)
_KN_TOP = const(49)
_KN_REST_N = const(53)
_KN_REST_NEED = const(54)
_KN_REST_SUM = const(55)
_KN_CAND_K = const(65)
_KN_CAND_LS = const(66)
_KN_CLIP_A = const(67)
_KN_CLIP_G = const(68)
_KN_EVENT_OPEN = const(1)
_KN_EVENT_CANDIDATE = const(2)
_KN_EVENT_REST = const(3)
_SP_NEXT = const(0)
_SP_START = const(1)
_SP_VEL = const(6)
_SP_HALF_W = const(14)
_SP_PEAK_V_K = const(18)
_SP_TILT = const(21)
_SP_V_OF = const(22)
_SP_V_PEAK = const(23)
_SP_V_OPEN = const(28)
_SP_V_HALF = const(31)
_E_START = const(0)
_E_END = const(1)
_E_MID = const(2)
_E_SIGN = const(3)
_E_RAW = const(11)
_E_OFFSET = const(19)
_D_TILT_OPEN = const(14)
_D_FLAGS = const(20)
_D_CLIP_A = const(21)
_D_CLIP_G = const(22)
_D_GAP = const(23)
_D_NUMBER = const(24)
_D_PREV = const(25)
_D_RAW = const(34)
_D_OFFSET = const(35)
_S_CONTACT = const(4)
_CARRY = const(100)  # samples: a stance lasts no longer when the foot is restless


def _matrix_into(state, slot, shift_slot, matrix, lsb_to_units, decim):
    """Mount, scale and the mean of `decim` samples in one matrix, as fine as their sums leave room for in 32 bits."""
    lsb_to_units /= decim
    shift = 14
    while lsb_to_units * decim * (1 << shift) > 16500:
        shift -= 1
    while lsb_to_units * decim * (1 << shift) < 8192:
        shift += 1
    for i in range(9):
        state[slot + i] = _B + int(round(matrix[i] * lsb_to_units * (1 << shift) / 16384))
    state[shift_slot] = shift


class SixAxis:
    """Strides from six axes. Arguments as the Engine's; feed() puts finished strides into the queue."""

    def __init__(self, rate_mhz, acc_lsb_ug, gyr_lsb_udps, queue):
        self._queue = queue
        self._acc = acc_lsb_ug * 1024 / 1e6
        self._gyr = gyr_lsb_udps / 1e6 * 3.14159265 / 180 * 819.2
        self._decim = decim = max(1, int(rate_mhz / c.RING_RATE_MHZ + 0.5))
        rate = rate_mhz / 1000 / decim
        self._ring = bytearray((sp.RING_MASK + 1) * 12)
        self._mag = array("i", bytes(4 * (512 if rate_mhz < 500000 else 1024)))  # 0.6 s of raw samples or more
        self._st = st = array("i", bytes(4 * kn.SENSE_LENGTH))
        self._sp = array("i", bytes(4 * sp.STRAP_LENGTH))
        self._sp2 = array("i", bytes(4 * sp.STRAP_LENGTH))
        self._ds = d = array("i", bytes(4 * ds.DESCRIBE_LENGTH))
        self._ev = array("i", bytes(4 * ev.EVENTS_LENGTH))
        self._often = (st, self._ring, self._mag, queue)  # one look-up instead of four
        from pod.gait import sixaxis_setup as setup  # the sampler forgets it, once there is an engine

        window = setup.fill_sense(st, rate, decim, self._gyr, len(self._mag) - 1)
        for s in (self._sp, self._sp2):
            setup.fill_strapdown(s, rate, window)
        setup.fill_events(self._ev, rate, decim, len(self._mag) - 1)
        setup.fill_describe(d, rate, decim, rate_mhz, acc_lsb_ug)
        self._lag = window // 2
        self._alt = 0  # 1 + index of the last candidate refused, a second opening of the stride under way
        self._alt_ls = 0
        self._reopen, self._shallow, self._t_min, self._t_max = setup.limits(rate)
        self._still, self._blow = setup.scores(window)
        self._bias_known = False
        self._turned = 0  # what begins before it, begins in another mount
        self.set_mount((16384, 0, 0, 0, 16384, 0, 0, 0, 16384), S.MOUNT_NONE)

    def set_mount(self, matrix, state):
        """matrix: Q14, shoe = M * chip. A stride seen half through another one is none."""
        st = self._st
        before = st[kn.MATRIX_G : kn.MATRIX_G + 9]
        _matrix_into(st, kn.MATRIX_A, kn.SHIFT_A, matrix, self._acc, self._decim)
        _matrix_into(st, kn.MATRIX_G, kn.SHIFT_G, matrix, self._gyr, self._decim)
        if st[kn.MATRIX_G : kn.MATRIX_G + 9] != before:
            self._turn(before)
        d = self._ds
        d[ds.D_AXIS] = _B
        d[ds.D_AXIS_N] = 0
        d[_D_FLAGS] |= S.FLAG_MOUNT_UNVERIFIED
        if state == S.MOUNT_GIVEN or state == S.MOUNT_VERIFIED:
            d[_D_FLAGS] ^= S.FLAG_MOUNT_UNVERIFIED

    def _turn(self, before):
        """The bias was learned in the shoe frame of the mount before: back to the chip with it, then to the new one."""
        st = self._st
        one = self._gyr / self._decim * (1 << st[kn.SHIFT_G])
        chip = [sum((before[3 * j + i] - _B) * (st[_KN_BIAS + j] - _B) for j in range(3)) / one for i in range(3)]
        for i in range(3):
            row = kn.MATRIX_G + 3 * i
            st[_KN_BIAS + i] = _B + int(round(sum((st[row + j] - _B) * chip[j] for j in range(3)) / one))
        bridge(st, self._ring, self._mag, 0)  # what rest and minimum were under way is over
        self._alt = st[_KN_CUR] = self._ds[_D_PREV] = 0
        self._ds[_D_GAP] = self._turned = st[_KN_K] + self._sp[_SP_HALF_W]  # what lies before cannot level a stride

    def index(self):
        return self._st[_KN_RAW]

    @micropython.native
    def feed(self, buf, offset, count):
        st, ring, mag, queue = self._often
        pos = offset >> 1
        left = sense(st, buf, ring, mag, pos, count)
        while left:
            pos += (count - (left >> 3)) * 6
            count = left >> 3
            event = left & 7
            if event == _KN_EVENT_CANDIDATE:
                self._candidate()
            elif event == _KN_EVENT_OPEN:
                self._restart(st[_KN_CAND_K], st[_KN_CAND_LS])
            elif event == _KN_EVENT_REST:
                self._rest()
            left = sense(st, buf, ring, mag, pos, count)
        return queue.waiting

    def gap(self, lost):
        st = self._st
        d = self._ds
        bridge(st, self._ring, self._mag, lost)
        d[_D_OFFSET] += lost % self._decim
        self._ev[_E_OFFSET] = d[_D_OFFSET]
        d[_D_GAP] = st[_KN_K]
        self._alt = 0
        if lost // self._decim > self._t_max:
            st[_KN_CUR] = 0
            d[_D_PREV] = 0

    def _open(self, k, score):
        st = self._st
        st[_KN_CUR] = k + 1
        st[_KN_CUR_LS] = score
        st[_KN_TOP] = score
        self._alt = 0

    def _rest(self):
        st = self._st
        st[_KN_REST_N] = 0
        for i in range(3):
            mean = (st[_KN_REST_SUM + i] - _B) // st[_KN_REST_NEED]
            if self._bias_known:
                mean = (mean + 2) // 4
            st[_KN_BIAS + i] += mean
        self._bias_known = True
        self._ds[_D_FLAGS] &= ~S.FLAG_BIAS_UNKNOWN
        self._ds[_D_TILT_OPEN] = c.TILT_OPEN_MRAD

    @micropython.native
    def _candidate(self):
        """A stance after a swing closes the stride, or it is a quiet instant of the swing, or the opening was one."""
        st = self._st
        k = st[_KN_CAND_K]
        score = st[_KN_CAND_LS]
        ls = st[_KN_CUR_LS]
        cur = st[_KN_CUR] - 1
        if k - cur > self._t_max:
            self._restart(k, score)
        elif k - cur < self._t_min:
            if score < ls:
                self._open(k, score)
        elif self._closes(self._sp, cur, ls, k, score, c.CLOSE_SHARE, c.CLOSE_TILT_MRAD) or self._alike(score):
            self._stride(self._sp)
            self._open(k, score)
        elif score < ls - self._reopen:
            self._restart(k, score)
        else:
            self._second_opinion(k, score)

    def _second_opinion(self, k, score):
        """The stride does not close here. Had it been opened at the candidate refused before?"""
        alt = self._alt
        s = self._sp2
        if alt and self._t_min <= k - alt + 1 <= self._t_max:
            if self._closes(s, alt - 1, self._alt_ls, k, score, c.ALT_SHARE, c.ALT_TILT_MRAD) and self._lands(s, score):
                self._ds[_D_PREV] = 0
                self._stride(s)
                self._sp2 = self._sp
                self._sp = s
                self._open(k, score)
                return
        if not alt or k - alt + 1 > self._t_max or score < self._alt_ls:
            self._alt = k + 1
            self._alt_ls = score
            for i in range(_SP_NEXT, _SP_VEL):  # it may open with the attitude carried so far
                s[i] = self._sp[i]

    def _lands(self, s, score):
        """Two quiet instants with no way between them are two pauses of one slow swing, unless they are as still as a
        stance, or there was a blow: whoever jumps on the spot lands with one."""
        st = self._st
        return kind(s, self._ds) != 0 or score <= st[_KN_CUR_LS] + self._shallow or st[_KN_TOP] > self._blow

    def _alike(self, score):
        """A candidate as still as the opening is a stance even if the sums do not close: the swing has no such instant.
        What is left open makes the stride unknown."""
        if score > self._st[_KN_CUR_LS] + self._reopen:
            return False
        s = self._sp
        return s[_SP_TILT] < c.ALIKE_TILT_MRAD and s[_SP_V_HALF] * 1000 < s[_SP_V_PEAK] * c.ALIKE_SHARE

    def _restart(self, k, score):
        self._open(k, score)
        self._ds[_D_PREV] = 0

    @micropython.native
    def _closes(self, s, opened, opened_score, k, score, share, tilt):
        """Integrates from the stance `opened` to the candidate: is the foot at rest and level again?"""
        ring = self._ring
        start = opened - self._lag
        if start < s[_SP_HALF_W]:  # the first stance may begin before the samples do
            start = s[_SP_HALF_W]
        end = k - self._lag
        if s[_SP_START] != start or s[_SP_NEXT] > end:
            seen = 0
            if opened_score > self._still and 0 <= start - s[_SP_NEXT] < _CARRY and self._ds[_D_GAP] <= s[_SP_START]:
                integrate(s, ring, start)  # a restless stance shows gravity badly: the attitude so far is carried on
                seen = opened_score
            level(s, ring, start, seen)
        integrate(s, ring, end)
        shallow = score > opened_score + self._shallow
        close(s, ring, opened_score if shallow else score)
        peak = s[_SP_V_OF]
        if shallow:  # of all that may have gone wrong, only a steady drift is granted to a restless instant
            # ... and it must have got somewhere: a slow swing pauses too
            return s[_SP_TILT] < tilt and s[_SP_V_HALF] * 1000 < peak * c.SHALLOW_SHARE and kind(s, self._ds) != 0
        if s[_SP_TILT] < tilt:
            return s[_SP_V_OPEN] * 1000 < peak * share
        return s[_SP_TILT] < c.DRIFT_TILT_MRAD and s[_SP_V_HALF] * 1000 < peak * c.DRIFT_SHARE

    @micropython.native
    def _stride(self, s):
        """Describes the stride that closes where `s` has been integrated to, unless the foot stayed where it was."""
        d = self._ds
        kind_ = kind(s, d)
        if kind_ == 0 or s[_SP_START] < self._turned:
            return
        st = self._st
        e = self._ev
        e[_E_START] = s[_SP_START]
        e[_E_END] = s[_SP_NEXT]
        e[_E_MID] = s[_SP_PEAK_V_K]
        e[_E_RAW] = d[_D_RAW] = st[_KN_RAW]
        e[_E_SIGN] = (kind_ & 2) and 1 + (kind_ >> 2 & 1)
        ring = self._ring
        middle(e, ring, kind_ & 8)
        contact(e, ring)
        toe_off(e, ring)
        impact(e, self._mag)
        d[_D_CLIP_A] = st[_KN_CLIP_A]
        d[_D_CLIP_G] = st[_KN_CLIP_G]
        out = self._queue.slot()
        describe(out, e, s, d, kind_)
        d[_D_NUMBER] += 1
        d[_D_PREV] = out[_S_CONTACT] + 1
        self._queue.push()
