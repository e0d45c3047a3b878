"""Six-axis mode: strides from an accelerometer and a gyroscope.

Read docs/reference_engine.py first, which shows the same algorithm in floating point: `Segmentation` for this module.
"""

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
from pod.gait._strapdown import close, integrate, level, turning
from pod.gait.shared_state import RING_MASK, ZERO

_CARRY = const(100)  # samples: longest stance of a moving foot


def _matrix_into(state, slot, shift_slot, matrix, lsb_to_units, decim):
    """Combine mount, scale and the mean of `decim` samples in one matrix, with the finest scale that fits 32 bits."""
    lsb_to_units /= decim
    shift = 14
    while lsb_to_units * decim * (1 << shift) > 16500:
        shift -= 1
    while lsb_to_units * decim * (1 << shift) < 8192:
        shift += 1
    for i in range(9):
        state[slot + i] = ZERO + int(round(matrix[i] * lsb_to_units * (1 << shift) / 16384))
    state[shift_slot] = shift


class SixAxis:
    """Strides from six axes. Arguments as for Engine. feed() puts finished strides into the queue."""

    def __init__(self, rate_mhz, acc_lsb_ug, gyr_lsb_udps, queue):
        self._queue = queue
        self._acc = acc_lsb_ug * 1024 / 1e6
        self._gyr = gyr_lsb_udps / 1e6 * 3.14159265 / 180 * 819.2
        self._decim = decim = max(1, int(rate_mhz / c.RING_RATE_MHZ + 0.5))
        rate = rate_mhz / 1000 / decim
        self._ring = bytearray((RING_MASK + 1) * 12)
        self._mag = array("i", bytes(4 * (512 if rate_mhz < 500000 else 1024)))  # 0.6 s of raw samples or more
        self._st = st = array("i", bytes(4 * kn.LENGTH))
        self._sp = array("i", bytes(4 * sp.LENGTH))
        self._sp2 = array("i", bytes(4 * sp.LENGTH))
        self._ds = d = array("i", bytes(4 * ds.LENGTH))
        self._ev = array("i", bytes(4 * ev.LENGTH))
        self._often = (st, self._ring, self._mag, queue)  # one attribute look-up per block instead of four
        from pod.gait import sixaxis_setup as setup  # The sampler unloads it after it has built the engine.

        window = setup.fill_sense(st, rate, decim, self._gyr, len(self._mag) - 1)
        for s in (self._sp, self._sp2):
            setup.fill_strapdown(s, rate, window)
        setup.fill_events(self._ev, rate, decim, len(self._mag) - 1)
        setup.fill_describe(d, rate, decim, rate_mhz, acc_lsb_ug)
        setup.fill_limits(d, rate, window)
        self._lag = window // 2
        self._alt = 0  # 1 + index of the last rejected candidate: second opening of the current stride
        self._alt_ls = 0
        self._bias_known = False
        self._turned = 0  # index before which strides began with another mount
        self.set_mount((16384, 0, 0, 0, 16384, 0, 0, 0, 16384), S.MOUNT_NONE)

    def set_mount(self, matrix, state):
        """Set the mount. `matrix`: Q14, shoe = M * chip. On a change, drop the current stride."""
        st = self._st
        before = st[kn.MATRIX_G : kn.MATRIX_G + 9]
        _matrix_into(st, kn.MATRIX_A, kn.SHIFT_A, matrix, self._acc, self._decim)
        _matrix_into(st, kn.MATRIX_G, kn.SHIFT_G, matrix, self._gyr, self._decim)
        if st[kn.MATRIX_G : kn.MATRIX_G + 9] != before:
            self._rotate_bias(before)
        d = self._ds
        d[ds.AXIS] = ZERO
        d[ds.AXIS_N] = 0
        d[ds.FLAGS] |= S.FLAG_MOUNT_UNVERIFIED
        if state == S.MOUNT_GIVEN or state == S.MOUNT_VERIFIED:
            d[ds.FLAGS] ^= S.FLAG_MOUNT_UNVERIFIED

    def _rotate_bias(self, before):
        """Rotate the bias from the shoe frame of the previous mount to that of the new one."""
        st = self._st
        one = self._gyr / self._decim * (1 << st[kn.SHIFT_G])
        chip = [sum((before[3 * j + i] - ZERO) * (st[kn.BIAS + j] - ZERO) for j in range(3)) / one for i in range(3)]
        for i in range(3):
            row = kn.MATRIX_G + 3 * i
            st[kn.BIAS + i] = ZERO + int(round(sum((st[row + j] - ZERO) * chip[j] for j in range(3)) / one))
        bridge(st, self._ring, self._mag, 0)  # discard the current rest and minimum
        self._alt = st[kn.CUR] = self._ds[ds.PREV] = 0
        self._ds[ds.GAP] = self._turned = st[kn.K] + self._sp[sp.HALF_W]  # earlier samples cannot level a stride

    def index(self):
        return self._st[kn.RAW]

    @micropython.native
    def feed(self, buf, offset, count):
        st, ring, mag, queue = self._often
        pos = offset >> 1
        left = sense(st, buf, ring, mag, pos, count)
        while left:
            pos += (count - (left >> 3)) * 6
            count = left >> 3
            event = left & 7
            if event == kn.EVENT_CANDIDATE:
                self._candidate()
            elif event == kn.EVENT_OPEN:
                self._restart(st[kn.CAND_K], st[kn.CAND_LS])
            elif event == kn.EVENT_REST:
                self._rest()
            left = sense(st, buf, ring, mag, pos, count)
        return queue.waiting

    def gap(self, lost):
        st = self._st
        d = self._ds
        bridge(st, self._ring, self._mag, lost)
        d[ds.OFFSET] += lost % self._decim
        self._ev[ev.OFFSET] = d[ds.OFFSET]
        d[ds.GAP] = st[kn.K]
        self._alt = 0
        if lost // self._decim > d[ds.T_MAX]:
            st[kn.CUR] = 0
            d[ds.PREV] = 0

    def _open(self, k, score):
        st = self._st
        st[kn.CUR] = k + 1
        st[kn.CUR_LS] = score
        st[kn.TOP] = score
        self._alt = 0

    def _rest(self):
        st = self._st
        count = st[kn.REST_N]  # above REST_NEED if a candidate came with the last sample
        st[kn.REST_N] = 0
        for i in range(3):
            mean = (st[kn.REST_SUM + i] - ZERO) // count
            if self._bias_known:
                mean = (mean + 2) // 4
            st[kn.BIAS + i] += mean
        self._bias_known = True
        self._ds[ds.FLAGS] &= ~S.FLAG_BIAS_UNKNOWN
        self._ds[ds.TILT_OPEN] = c.TILT_OPEN_MRAD

    @micropython.native
    def _candidate(self):
        """Decide if a candidate closes the stride, is in the swing, or shows that the opening was in the swing."""
        st = self._st
        k = st[kn.CAND_K]
        score = st[kn.CAND_LS]
        ls = st[kn.CUR_LS]
        cur = st[kn.CUR] - 1
        d = self._ds
        if k - cur > d[ds.T_MAX]:
            self._restart(k, score)
            return
        s = self._sp
        swings = turning(s, self._ring, max(cur - self._lag, s[sp.HALF_W]), k - self._lag)
        if swings > 1:
            pass
        elif swings:
            self._restart(k, score)
        elif k - cur < d[ds.T_MIN]:
            if score < ls:
                self._open(k, score)
        elif self._closes(s, cur, ls, k, score, c.CLOSE_SHARE, c.CLOSE_TILT_MRAD) or self._alike(score):
            self._stride(s, max(ls, score))
            self._open(k, score)
        elif score < ls - d[ds.REOPEN]:
            self._restart(k, score)
        else:
            self._second_opinion(k, score)

    def _second_opinion(self, k, score):
        """Try the last rejected candidate as the opening, because the stride does not close from its own opening."""
        alt = self._alt
        s = self._sp2
        d = self._ds
        if alt and d[ds.T_MIN] <= k - alt + 1 <= d[ds.T_MAX]:
            if self._closes(s, alt - 1, self._alt_ls, k, score, c.ALT_SHARE, c.ALT_TILT_MRAD) and self._lands(s, score):
                d[ds.PREV] = 0
                turning(s, self._ring, s[sp.START], s[sp.NEXT])
                self._stride(s, max(self._alt_ls, score))
                self._sp2 = self._sp
                self._sp = s
                self._open(k, score)
                return
        if not alt or k - alt + 1 > d[ds.T_MAX] or score < self._alt_ls:
            self._alt = k + 1
            self._alt_ls = score
            for i in range(sp.NEXT, sp.VEL):  # It may open with the attitude integrated so far.
                s[i] = self._sp[i]

    def _lands(self, s, score):
        """Return True if a stride can land at this candidate.

        Two quiet instants without displacement are pauses of one slow swing. Exceptions are instants as still as a
        stance, and an impact between them, as in a jump on the spot.
        """
        st = self._st
        d = self._ds
        return kind(s, d) != 0 or score <= st[kn.CUR_LS] + d[ds.SHALLOW] or st[kn.TOP] > d[ds.IMPACT_MIN]

    def _alike(self, score):
        """Return True if the candidate is as still as the opening, which no instant of a swing is.

        It is a stance even if the sums do not close. The residuals make the direction unknown. Clipped impacts break
        the velocity of a restless running foot. There the tilt decides.
        """
        st = self._st
        opened = st[kn.CUR_LS]
        d = self._ds
        if score > opened + d[ds.REOPEN]:
            return False
        s = self._sp
        share = c.ALIKE_SHARE
        if min(score, opened) > st[kn.SWING_MIN] and s[sp.TURN] >= d[ds.FAST]:
            if s[sp.TILT] < c.RESTLESS_TILT_MRAD:
                share = c.RESTLESS_SHARE
        return s[sp.TILT] < c.ALIKE_TILT_MRAD and s[sp.V_HALF] * 1000 < s[sp.V_PEAK] * share

    def _restart(self, k, score):
        self._open(k, score)
        self._ds[ds.PREV] = 0

    @micropython.native
    def _closes(self, s, opened, opened_score, k, score, share, tilt):
        """Integrate from the stance `opened` to the candidate. Return True if the foot is at rest and level there."""
        ring = self._ring
        start = opened - self._lag
        if start < s[sp.HALF_W]:  # The first stance may begin before the samples.
            start = s[sp.HALF_W]
        end = k - self._lag
        if s[sp.START] != start or s[sp.NEXT] > end:
            seen = 0
            if opened_score > s[sp.STILL] and 0 <= start - s[sp.NEXT] < _CARRY and self._ds[ds.GAP] <= s[sp.START]:
                # The acceleration of a moving stance is a poor gravity, so continue with the attitude so far.
                integrate(s, ring, start)
                seen = opened_score
            level(s, ring, start, seen)
        integrate(s, ring, end)
        shallow = score > opened_score + self._ds[ds.SHALLOW]
        close(s, ring, opened_score if shallow else score)
        peak = s[sp.V_OF]
        if shallow:
            # A restless instant may only have the error of a steady drift. It needs a displacement, because a slow
            # swing has pauses too.
            return s[sp.TILT] < tilt and s[sp.V_HALF] * 1000 < peak * c.SHALLOW_SHARE and kind(s, self._ds) != 0
        if s[sp.TILT] < tilt:
            return s[sp.V_OPEN] * 1000 < peak * share
        return s[sp.TILT] < c.DRIFT_TILT_MRAD and s[sp.V_HALF] * 1000 < peak * c.DRIFT_SHARE

    @micropython.native
    def _stride(self, s, restless):
        """Queue the stride that closes at NEXT of `s`, unless the foot stayed in its place or made no swing.

        `restless`: the higher score of its two stances.
        """
        d = self._ds
        kind_ = kind(s, d)
        st = self._st
        ring = self._ring
        if kind_ == 0 or s[sp.TURN] < d[ds.SWING] or s[sp.START] < self._turned:
            return
        d[ds.RESTLESS] = restless - st[kn.SWING_MIN] + ZERO
        e = self._ev
        e[ev.START] = s[sp.START]
        e[ev.END] = s[sp.NEXT]
        e[ev.MID] = s[sp.PEAK_V_K]
        e[ev.RAW] = d[ds.RAW] = st[kn.RAW]
        e[ev.SIGN] = (kind_ & 2) and 1 + (kind_ >> 2 & 1)
        middle(e, ring, kind_ & 8)
        contact(e, ring)
        toe_off(e, ring)
        impact(e, self._mag)
        d[ds.CLIP_A] = st[kn.CLIP_A]
        d[ds.CLIP_G] = st[kn.CLIP_G]
        out = self._queue.slot()
        describe(out, e, s, d, kind_)
        d[ds.NUMBER] += 1
        d[ds.PREV] = out[S.CONTACT] + 1
        self._queue.push()
