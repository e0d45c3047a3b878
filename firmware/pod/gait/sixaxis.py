"""Accelerometer and gyroscope: what a candidate stance means and what the stride that it closes was."""

from array import array

from pod.gait import _events as ev
from pod.gait import _kernel as kn
from pod.gait import _strapdown as sp
from pod.gait import constants as c
from pod.gait import stride as S

_B = 1 << 29


def _log_score(decades, window):
    """A stillness threshold, given in decades, in the kernel's 1/4096 octave over a window sum."""
    from math import log

    return int(4096 * log(10**decades * c.SCORE_ONE * window) / log(2))


def _matrix_into(state, slot, shift_slot, matrix, lsb_to_units):
    """Mount and scale in one matrix, its largest entry 14 bits."""
    shift = 14
    while lsb_to_units * (1 << shift) > 16384:
        shift -= 1
    while lsb_to_units * (1 << shift) < 8192:
        shift += 1
    for i in range(9):
        state[slot + i] = _B + int(round(matrix[i] * lsb_to_units * (1 << shift) / 16384))
    state[shift_slot] = shift


class SixAxis:
    def __init__(self, rate_mhz, acc_lsb_ug, gyr_lsb_udps):
        self._rate_mhz = rate_mhz
        self._acc = acc_lsb_ug * 1024 / 1e6
        self._gyr = gyr_lsb_udps / 1e6 * 3.14159265 / 180 * 819.2
        self._acc_lsb_ug = acc_lsb_ug
        self.sample_size = 12
        self._decim = decim = max(1, int(rate_mhz / c.RING_RATE_MHZ + 0.5))
        rate = rate_mhz / 1000 / decim
        self._ring = bytearray(512 * 12)
        self._mag = array("i", bytes(4 * 512))
        self._st = st = array("i", bytes(4 * kn.SENSE_LENGTH))
        self._sp = array("i", bytes(4 * sp.STRAP_LENGTH))
        self._sp2 = array("i", bytes(4 * sp.STRAP_LENGTH))
        self._ev = array("i", bytes(4 * ev.EVENTS_LENGTH))
        for i in range(6):
            st[kn.SUM + i] = _B
        for i in range(3):
            st[kn.BIAS + i] = _B
        st[kn.DECIM] = decim
        st[kn.WIN_N] = window = max(4, int(rate * c.WINDOW_S + 0.5))
        st[kn.LEAK] = int(4096 * 3.3219 * c.LEAK_DECADES_PER_S / rate + 0.5)
        st[kn.LOW_FLOOR] = _log_score(c.LOW_FLOOR, window)
        st[kn.LOW] = st[kn.HIGH] = _log_score(0, window)
        st[kn.STANCE_MAX] = _log_score(c.STANCE_MAX, window)
        st[kn.SWING_MIN] = _log_score(c.SWING_MIN, window)
        st[kn.REST_LS] = _log_score(c.REST, window)
        st[kn.SAME] = int(4096 * 3.3219 * c.SAME)
        st[kn.REST_NEED] = int(rate * c.REST_S)
        st[kn.CONFIRM] = max(3, int(rate * c.CONFIRM_S + 0.5))
        st[kn.PEND] = 1 << 29
        limit = 32700
        st[kn.CLIP_L] = limit
        st[kn.CLIP_M] = (limit >> 1) ** 2
        st[kn.MAG_MASK] = 511
        self._lag = window // 2
        self._alt = 0  # 1 + index of the last candidate refused, a second opening of the stride under way
        self._alt_ls = 0
        self._reopen = int(4096 * 3.3219 * c.REOPEN)
        for s in (self._sp, self._sp2):
            self._set_up(s, rate)
        e = self._ev
        e[ev.E_DECIM] = decim
        e[ev.E_MAG_MASK] = 511
        e[ev.E_BEFORE] = int(rate * decim * c.PEAK_BEFORE_S) + 1
        e[ev.E_AFTER] = int(rate * decim * c.PEAK_AFTER_S) + 1
        e[ev.E_JERK_N] = max(1, int(rate * c.JERK_S + 0.5))
        e[ev.E_BACK] = int(rate * c.ONSET_BACK_S + 0.5)
        e[ev.E_ONSET] = int(256 * c.ONSET_SHARE)
        self._t_min = int(c.STRIDE_MIN_S * rate)
        self._t_max = min(int(c.STRIDE_MAX_S * rate), 490)
        self._rate = int(rate + 0.5)
        self._bias_known = False
        self._contact = -1
        self._gap_k = 0  # 1 + last index of a gap
        self._number = 0
        self._mount = S.MOUNT_GIVEN
        self.set_mount((16384, 0, 0, 0, 16384, 0, 0, 0, 16384), S.MOUNT_NONE)

    def _set_up(self, s, rate):
        half = 1 / 819.2 / rate / 2 * 2**14 * 4096
        shift = 0
        while half < 2048:
            half *= 2
            shift += 1
        s[sp.GYRO_K] = int(half + 0.5)
        s[sp.GYRO_S] = shift
        s[sp.HALF_W] = max(1, int(rate * c.LEVEL_S))
        s[sp.MMS_K] = int(9806.65 / 1024 / rate * 16384 + 0.5)
        s[sp.MM_K] = int(9806.65 / 1024 / rate / rate * 64 * 16384 + 0.5)

    def set_mount(self, matrix, state):
        _matrix_into(self._st, kn.MATRIX_A, kn.SHIFT_A, matrix, self._acc)
        _matrix_into(self._st, kn.MATRIX_G, kn.SHIFT_G, matrix, self._gyr)
        self._mount = state

    def index(self):
        return self._st[kn.RAW]

    def feed(self, buf, offset, count, queue):
        st = self._st
        st[kn.POS] = offset >> 1
        st[kn.COUNT] = count
        while kn.sense(st, buf, self._ring, self._mag) or st[kn.EVENT]:
            e = st[kn.EVENT]
            if e == kn.EVENT_CANDIDATE:
                self._candidate(queue)
            elif e == kn.EVENT_OPEN:
                self._open(st[kn.CAND_K], st[kn.CAND_LS])
                self._contact = -1
            elif e == kn.EVENT_REST:
                self._rest()

    def gap(self, lost):
        st = self._st
        self._gap_k = st[kn.K] + 1
        st[kn.RAW] += lost
        st[kn.K] += lost // self._decim

    def _open(self, k, score):
        st = self._st
        st[kn.CUR] = k + 1
        st[kn.CUR_LS] = score
        st[kn.TOP] = score
        self._alt = 0

    def _rest(self):
        st = self._st
        st[kn.REST_N] = 0
        for i in range(3):
            mean = (st[kn.REST_SUM + i] - _B) // st[kn.REST_NEED]
            if self._bias_known:
                mean = (mean + 2) // 4
            st[kn.BIAS + i] += mean
        self._bias_known = True

    def _candidate(self, queue):
        """A stance after a swing closes the stride, or it is a quiet instant of the swing, or the opening was one."""
        st = self._st
        k = st[kn.CAND_K]
        score = st[kn.CAND_LS]
        cur = st[kn.CUR] - 1
        if k - cur > self._t_max:
            self._restart(k, score)
        elif k - cur < self._t_min:
            if score < st[kn.CUR_LS]:
                self._open(k, score)
        elif self._closes(self._sp, cur, k, c.CLOSE_SHARE, c.CLOSE_TILT_MRAD) or self._alike(self._sp, score):
            self._stride(self._sp, queue)
            self._open(k, score)
        elif score < st[kn.CUR_LS] - self._reopen:
            self._restart(k, score)
        else:
            self._second_opinion(k, score, queue)

    def _second_opinion(self, k, score, queue):
        """The stride does not close here. Had it been opened at the candidate refused before?"""
        alt = self._alt
        if alt and self._t_min <= k - alt + 1 <= self._t_max:
            if self._closes(self._sp2, alt - 1, k, c.ALT_SHARE, c.ALT_TILT_MRAD):
                self._contact = -1
                self._stride(self._sp2, queue)
                self._open(k, score)
                return
        if not alt or k - alt + 1 > self._t_max or score < self._alt_ls:
            self._alt = k + 1
            self._alt_ls = score

    def _alike(self, s, score):
        """A candidate as still as the opening is a stance even if the sums do not close: the swing has no such instant.
        What is left open makes the stride unknown."""
        if score > self._st[kn.CUR_LS] + self._reopen:
            return False
        return s[sp.TILT] < c.ALIKE_TILT_MRAD and s[sp.V_HALF] * 1000 < s[sp.V_PEAK] * c.ALIKE_SHARE

    def _restart(self, k, score):
        self._open(k, score)
        self._contact = -1

    def _closes(self, s, opened, k, share, tilt):
        """Integrates from the stance `opened` to the candidate: is the foot at rest and level again?"""
        start = opened - self._lag
        end = k - self._lag
        if s[sp.START] != start or s[sp.NEXT] > end:
            sp.level(s, self._ring, start)
        sp.integrate(s, self._ring, end)
        sp.close(s, self._ring)
        if s[sp.TILT] < tilt:
            return s[sp.V_OPEN] * 1000 < s[sp.V_PEAK] * share
        return s[sp.TILT] < c.DRIFT_TILT_MRAD and s[sp.V_HALF] * 1000 < s[sp.V_PEAK] * c.DRIFT_SHARE

    def _stride(self, s, queue):
        dx = s[sp.DX] - _B
        dy = s[sp.DX + 1] - _B
        far = dx * dx + dy * dy >= c.STRIDE_MIN_MM * c.STRIDE_MIN_MM
        if not far and abs(s[sp.YAW] - _B) < c.PIVOT_CDEG:
            return
        length = sp.isqrt(dx * dx + dy * dy)
        along = abs(dx) * c.BORDER_SIN > abs(dy) * c.BORDER_COS
        e = self._ev
        e[ev.E_START] = s[sp.START]
        e[ev.E_END] = s[sp.NEXT]
        e[ev.E_MID] = s[sp.PEAK_V_K]
        e[ev.E_RAW] = self._st[kn.RAW]
        e[ev.E_SIGN] = 0 if not along else 2 if dx > 0 else 1
        ev.toe_off(e, self._ring)
        ev.contact(e, self._ring)
        ev.impact(e, self._mag)
        out = queue.slot()
        out[S.NUMBER] = self._number
        self._number += 1
        d = self._decim
        out[S.OPEN] = s[sp.START] * d
        out[S.CLOSE] = s[sp.NEXT] * d
        out[S.TOE_OFF] = e[ev.E_TOE_OFF] * d
        out[S.CONTACT] = e[ev.E_CONTACT] * d
        out[S.PREV_CONTACT] = self._contact
        self._contact = out[S.CONTACT]
        out[S.EMIT] = self._st[kn.RAW]
        out[S.LENGTH_MM] = dx
        out[S.LATERAL_MM] = dy
        out[S.RISE_MM] = s[sp.DX + 2] - _B
        yaw = s[sp.YAW] - _B
        out[S.YAW_CDEG] = yaw
        out[S.PEAK_MG] = sp.isqrt(e[ev.E_PEAK]) * 2 * self._acc_lsb_ug // 1000
        out[S.LOADING_GPS] = e[ev.E_RISE] * 2 * self._acc_lsb_ug // 1000 * (self._rate_mhz // 1000) // 1000
        pitch = (e[ev.E_PITCH] - _B) * 7 // self._rate
        out[S.PITCH_CDEG] = pitch
        pitch -= c.HEEL_CDEG
        out[S.STRIKE] = S.HEEL if pitch > 0 else S.NOT_HEEL
        out[S.STRIKE_CONF] = 500 + 420 * abs(pitch) // (abs(pitch) + c.HEEL_SOFT_CDEG)
        flags = 0
        if self._gap_k > s[sp.START]:
            flags |= S.FLAG_GAP
        if self._st[kn.CLIP_A] > s[sp.START]:
            flags |= S.FLAG_CLIPPED_ACC
            if self._st[kn.CLIP_A] >= e[ev.E_CONTACT]:
                flags |= S.FLAG_CLIPPED_PEAK
        if self._st[kn.CLIP_G] > s[sp.START]:
            flags |= S.FLAG_CLIPPED_GYR
        if self._mount != S.MOUNT_GIVEN and self._mount != S.MOUNT_VERIFIED:
            flags |= S.FLAG_MOUNT_UNVERIFIED
        if not self._bias_known:
            flags |= S.FLAG_BIAS_UNKNOWN
        if abs(yaw) > c.TURNING_CDEG:
            flags |= S.FLAG_TURNING
        if s[sp.V_OPEN] * 1000 > s[sp.V_PEAK] * c.CLOSE_SHARE or s[sp.TILT] > (c.TILT_OPEN_MRAD if self._bias_known else c.TILT_OPEN_UNBIASED_MRAD):
            flags |= S.FLAG_TILT_OPEN
        if out[S.PREV_CONTACT] < 0:
            flags |= S.FLAG_FIRST
        out[S.FLAGS] = flags
        confidence = self._confidence(s, dx, dy, length)
        backward_turn = along and dx < 0 and abs(yaw) > c.TURNING_CDEG
        if not far or backward_turn or flags & (S.FLAG_GAP | S.FLAG_MOUNT_UNVERIFIED):
            confidence = min(confidence, c.UNSURE)
        out[S.CONFIDENCE] = confidence
        if confidence < c.DECIDE or confidence == c.UNSURE:
            out[S.DIRECTION] = S.UNKNOWN
        elif along:
            out[S.DIRECTION] = S.FORWARD if dx > 0 else S.BACKWARD
        else:
            out[S.DIRECTION] = S.LATERAL_LEFT if dy > 0 else S.LATERAL_RIGHT
        queue.push()

    def _confidence(self, s, dx, dy, length):
        """Per mille: how far the displacement lies from the nearest border between two classes, against what may be
        wrong with it - the sums that do not close, the mount's yaw, the heading of a turning stride."""
        margin = abs(abs(dx) * c.BORDER_SIN - abs(dy) * c.BORDER_COS) // 1000
        n = s[sp.NEXT] - s[sp.START]
        rate = self._rate
        doubt = c.DOUBT_MM + length * c.DOUBT_HEADING // 1000
        doubt += n * n * s[sp.TILT] // (rate * rate) * c.DOUBT_TILT // 1000
        doubt += s[sp.V_OPEN] * n // rate * c.DOUBT_SPEED // 1000
        doubt += length * abs(s[sp.YAW] - _B) // 1146 * c.DOUBT_TURN // 10000
        step, part = divmod(margin * 1024 // doubt, 256)
        if step >= len(c.CONFIDENCE) - 1:
            return c.CONFIDENCE[-1]
        low = c.CONFIDENCE[step]
        return low + (c.CONFIDENCE[step + 1] - low) * part // 256
