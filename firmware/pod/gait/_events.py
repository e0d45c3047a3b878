"""Toe-off, contact, impact peak and pitch of a closed stride, searched in the rings.

Toe-off is five eighths of the way from the fastest roll of the foot off the ground to the end of that rotation, or the
instant at which the rate has halved if that is earlier (a running heel flicks on). In a backward stride it is the
instant at which the rate has halved, or the fastest roll if the stride is running. Contact is the onset of the first
burst of jerk that ends the swing. In a backward stride it is the onset of the change of that jerk: it shows the soft
landing of a forefoot, and not the tremor of a swing. Neither signal is smoothed, so neither event has a constant delay.

Reference: `mid_swing`, `initial_contact` and `toe_off` in docs/reference_engine.py, which leaves out impact and pitch.
"""

import micropython
from micropython import const

from pod.gait.shared_state import RING_MASK, ZERO

START = const(0)  # index of the opening stance
END = const(1)  # index of the closing stance
MID = const(2)  # index of the fastest instant of the swing
SIGN = const(3)  # foot rolls off over the toes: 2; over the heel: 1; unknown: 0
TOE_OFF = const(4)  # out
CONTACT = const(5)  # out
PITCH = const(6)  # B out: sum of the pitch rate from contact to the closing stance
PEAK = const(7)  # out: largest quarter square magnitude at the contact, counts
RISE = const(8)  # out: steepest rise of its root between two raw samples
DECIM = const(9)
MAG_MASK = const(10)
RAW = const(11)  # raw samples so far
BEFORE = const(12)  # raw samples before and after the contact in which the peak is searched
AFTER = const(13)
JERK_N = const(14)  # samples of the difference that gives the jerk
BACK = const(15)  # largest distance of the contact before the largest jerk
ONSET = const(16)  # share of the largest jerk that marks the onset, 1/256
SOFT_BACK = const(17)  # BACK and ONSET for a landing on the forefoot
SOFT_ONSET = const(18)
OFFSET = const(19)  # raw index = index * DECIM + OFFSET
QUICK = const(20)  # shorter strides are running: more vibration, and the largest jerk follows sooner
LEAST = const(21)  # smallest distance between toe-off and contact
LENGTH = const(22)



@micropython.viper
def middle(ev: ptr32, ring: ptr16, pivot: int):
    """Set MID between toe-off and contact: the fastest instant of the swing, or of the rotation of a pivot.

    Limit it to the middle three fifths of the stride, because velocity drift can move it to either end. Reference:
    `mid_swing`.
    """
    start = ev[START]
    end = ev[END]
    mid = ev[MID]
    if pivot != 0:
        best = -1
        k = start
        while k < end:
            r = (k & RING_MASK) * 6
            x = (ring[r + 3] - 32768) >> 1
            y = (ring[r + 4] - 32768) >> 1
            z = (ring[r + 5] - 32768) >> 1
            m = x * x + y * y + z * z
            if m > best:
                best = m
                mid = k
            k += 1
    k = (end - start) // 5
    if mid < start + k:
        mid = start + k
    if mid > end - k:
        mid = end - k
    ev[MID] = mid


@micropython.viper
def contact(ev: ptr32, ring: ptr16):
    """Set CONTACT and PITCH. Call middle() first. Reference: `initial_contact`."""
    end = ev[END]
    mid = ev[MID]
    n = ev[JERK_N]
    before = n
    back = ev[BACK]
    share = ev[ONSET]
    if ev[SIGN] == 1:  # The forefoot lands softly and the heel follows: search the onset in the change of the jerk.
        before += n
        back = ev[SOFT_BACK]
        share = ev[SOFT_ONSET]
    else:  # Backward, a forefoot may touch down immediately after MID.
        mid += ev[LEAST] >> 1
    if end - ev[START] < ev[QUICK]:
        back = (end - ev[START]) >> 3
        if ev[SIGN] == 1:
            share = share * 5 // 3
    best = -1
    at = mid
    k = mid
    scan = 0
    limit = 0
    while k <= end:
        r = (k & RING_MASK) * 6
        s = ((k - n) & RING_MASK) * 6
        q = ((k - before) & RING_MASK) * 6
        m = 0
        x = 3
        while x > 0:
            y = (ring[r] - ring[s] * 2 + ring[q]) >> 3
            m += y * y
            r += 1
            s += 1
            q += 1
            x -= 1
        if scan == 1:
            if m >= limit:
                break
        elif m > best:
            best = m
            at = k
        if k == end and scan == 0:  # second pass: search the onset, from `back` before the largest jerk
            scan = 1
            limit = ((best >> 6) * share >> 8) * share >> 2
            k = at - back
            if k < mid:
                k = mid
            end = at
            k -= 1
        k += 1
    ev[CONTACT] = k
    at = k
    m = 0
    end = ev[END]
    while k < end:
        m += ring[(k & RING_MASK) * 6 + 4] - 32768
        k += 1
    ev[PITCH] = m + ZERO


@micropython.viper
def toe_off(ev: ptr32, ring: ptr16):
    """Set TOE_OFF. Call contact() first.

    The swing of a side-step counts as symmetric: its toe-off is as far before MID as the contact after it, within a
    half of that distance. Toe-off of backward running is the fastest roll. In people, lift-off follows the fastest roll
    by 36 ms in backward strides of 1.2 s and more, by 21 ms in those of 0.6 to 0.95 s, and coincides with it in one jog
    of 0.69 s. Backward strides are running if MID is more than 3/8 of the stride after the fastest roll: 0.44 to 0.57
    (model), at most 0.35 in walking (model, people). Reference: `toe_off`.
    """
    sign = ev[SIGN]
    mid = ev[MID]
    end = mid
    k = ev[START]
    if sign == 0:
        end = mid - (ev[CONTACT] - mid) // 2
        x = mid - (ev[CONTACT] - mid) * 3 // 2
        if x > k:
            k = x
        if end <= k:
            end = k + 1
    best = -1
    at = k
    while k < end:
        r = (k & RING_MASK) * 6
        y = (ring[r + 4] - 32768) >> 1
        if sign == 2:
            m = y
        elif sign == 1:
            m = 0 - y
        else:
            x = (ring[r + 3] - 32768) >> 1
            z = (ring[r + 5] - 32768) >> 1
            m = x * x + y * y + z * z
        if m > best:
            best = m
            at = k
        k += 1
    r = (at & RING_MASK) * 6
    px = (ring[r + 3] - 32768) >> 2
    py = (ring[r + 4] - 32768) >> 2
    pz = (ring[r + 5] - 32768) >> 2
    if sign != 0:
        px = 0
        pz = 0
    k = at
    half = -1
    best = (px * px + py * py + pz * pz) >> 1
    m = best
    while k < mid and m > 0:
        k += 1
        r = (k & RING_MASK) * 6
        x = (ring[r + 3] - 32768) >> 2
        y = (ring[r + 4] - 32768) >> 2
        z = (ring[r + 5] - 32768) >> 2
        m = x * px + y * py + z * pz
        if half < 0 and m < best:
            half = k
    k = at + ((k - at) * 5 >> 3)
    if half >= 0 and (half < k or sign == 1):
        k = half
    if sign == 1 and (mid - at) * 8 > (ev[END] - ev[START]) * 3:  # a long swing: running
        k = at
    if k > ev[CONTACT] - ev[LEAST]:
        k = ev[CONTACT] - ev[LEAST]
    ev[TOE_OFF] = k


@micropython.viper
def impact(ev: ptr32, mag: ptr32):
    """Set PEAK and RISE of |a| around the contact, from every raw sample."""
    mask = ev[MAG_MASK]
    at = ev[CONTACT] * ev[DECIM] + ev[OFFSET]
    k = at - ev[BEFORE]
    end = at + ev[AFTER]
    if k < ev[RAW] - mask:
        k = ev[RAW] - mask
    if k < 0:
        k = 0
    if end > ev[RAW]:
        end = ev[RAW]
    best = 0
    rise = 0
    last = -1
    while k < end:
        m = mag[k & mask]
        if m > best:
            best = m
        # If sqrt(m) - sqrt(last) > rise, then m - last > rise^2. This avoids most square roots.
        if last >= 0 and m - last > rise * rise:
            high = -1
            x = m
            while x >= 0:
                left = x
                r = 0
                b = 1 << 28
                while b > left:
                    b = b >> 2
                while b != 0:
                    if left >= r + b:
                        left -= r + b
                        r = (r >> 1) + b
                    else:
                        r = r >> 1
                    b = b >> 2
                if high < 0:
                    high = r
                    x = last
                else:
                    x = -1
            if high - r > rise:
                rise = high - r
        last = m
        k += 1
    ev[PEAK] = best
    ev[RISE] = rise
