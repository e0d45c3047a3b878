"""Toe-off, contact, impact peak and pitch of a closed stride, searched backward over the rings."""

import micropython
from micropython import const

E_START = const(0)  # index of the opening stance
E_END = const(1)  # index of the closing stance
E_MID = const(2)  # index of the fastest instant of the swing
E_TOE_OFF = const(3)  # out
E_CONTACT = const(4)  # out
E_PITCH = const(5)  # B out: pitch turned from the closing stance back to the contact, gyroscope units * samples
E_PEAK = const(6)  # out: largest quarter square magnitude after the contact
E_PEAK_RAW = const(7)  # out: its raw index
E_RISE = const(8)  # out: steepest rise of the root of it, per raw sample
E_DECIM = const(9)
E_MAG_MASK = const(10)
E_RAW = const(11)  # raw samples so far
E_SPAN = const(12)  # raw samples before and after the contact that the peak is looked for in
EVENTS_LENGTH = const(16)

RING_MASK = const(511)
_B = const(536870912)


@micropython.viper
def find(events, ring_, mag_):
    ev = ptr32(events)
    ring = ptr16(ring_)
    mag = ptr32(mag_)
    start = ev[E_START]
    end = ev[E_END]
    mid = ev[E_MID]
    # toe-off: the fastest rotation before the fastest instant
    best = -1
    at = start
    k = start
    while k < mid:
        r = (k & RING_MASK) * 6
        x = ((ring[r + 3] ^ 0x8000) - 0x8000) >> 1
        y = ((ring[r + 4] ^ 0x8000) - 0x8000) >> 1
        z = ((ring[r + 5] ^ 0x8000) - 0x8000) >> 1
        m = x * x + y * y + z * z
        if m > best:
            best = m
            at = k
        k += 1
    ev[E_TOE_OFF] = at
    # contact: the largest jump of the acceleration after it
    best = -1
    at = mid
    k = mid
    while k < end:
        r = (k & RING_MASK) * 6
        s = ((k + 1) & RING_MASK) * 6
        x = (((ring[s] ^ 0x8000) - 0x8000) - ((ring[r] ^ 0x8000) - 0x8000)) >> 2
        y = (((ring[s + 1] ^ 0x8000) - 0x8000) - ((ring[r + 1] ^ 0x8000) - 0x8000)) >> 2
        z = (((ring[s + 2] ^ 0x8000) - 0x8000) - ((ring[r + 2] ^ 0x8000) - 0x8000)) >> 2
        m = x * x + y * y + z * z
        if m > best:
            best = m
            at = k
        k += 1
    ev[E_CONTACT] = at
    m = 0
    k = at
    while k < end:
        m += (ring[(k & RING_MASK) * 6 + 4] ^ 0x8000) - 0x8000
        k += 1
    ev[E_PITCH] = m + _B
    # peak and loading see every raw sample
    mask = ev[E_MAG_MASK]
    k = at * ev[E_DECIM] - ev[E_SPAN]
    end = at * ev[E_DECIM] + ev[E_SPAN]
    if k < ev[E_RAW] - mask:
        k = ev[E_RAW] - mask
    if k < 0:
        k = 0
    best = 0
    at = k
    while k < end:
        m = mag[k & mask]
        if m > best:
            best = m
            at = k
        k += 1
    ev[E_PEAK] = best
    ev[E_PEAK_RAW] = at
