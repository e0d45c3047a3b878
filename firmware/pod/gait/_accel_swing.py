"""One closed stride of an accelerometer, gone through again in the ring: its events and its moments.

Toe-off is the centre of the push-off's burst of jerk, contact the sharpest step from little jerk to much in the second
part of the swing. Both are read from the jerk itself, not from a smoothed score, and so carry no constant lag.

The moments say which way the foot went. Along each level axis: the first moment of the acceleration over the whole
stride, which is its displacement when the foot stands still at both ends, once as it is and once with the impacts
cut off; and its slope from toe-off to contact. Constant bias and tilt cancel in all three.
"""

import micropython
from micropython import const

START = const(0)  # index of the opening and of the closing stance
END = const(1)
RATE = const(2)  # averaged samples per second
GRAVITY = const(3)  # 3 B out: sum of 14 samples, 7 at either stance
AXES = const(6)  # 9 B in: level axes in the shoe frame, Q14
LEVEL = const(15)  # in: 1 g in the units of the ring
TOE_OFF = const(16)  # out
CONTACT = const(17)  # out
MOMENT = const(18)  # 3 B out: first moment, 1/1024 g: forward, left, up positive
MOMENT_CUT = const(21)  # 3 B out: with the impacts cut off, 1/4096 g
SLOPE = const(24)  # 3 B out: of the acceleration over the swing, 1/1024 g: forward, left, up positive
MARGIN = const(27)  # samples of stance that the moments take in before START
SPLIT = const(28)  # out: the smoothest instant between push-off and contact
PEAK = const(29)  # out: largest quarter square magnitude after the contact
PEAK_RAW = const(30)  # out: its raw index
RISE = const(31)  # out: steepest rise of its root, raw counts/2 per raw sample
DECIM = const(32)
MAG_MASK = const(33)
RAW = const(34)  # in: raw samples so far
SWING_LENGTH = const(40)

RING_MASK = const(511)
_B = const(536870912)
_JERK_CUT = const(820)  # 0.8 g per sample: what lies above says how hard, not when
_JERK_TOP = const(4096)
_JERK_NOISE = const(205)
_STEP_TOP = const(4096)
_STEP_SHARE = const(6)  # eighths
_REACH = const(9)  # samples around the hardest instant of the push-off
_CUT = const(1536)  # 1.5 g
_CUT_SWING = const(2048)
_CLAMP = const(4095)


@micropython.viper
def gravity(stride, ring_):
    """GRAVITY: what the accelerometer reads around both stances."""
    s = ptr32(stride)
    ring = ptr16(ring_)
    x = 0
    y = 0
    z = 0
    i = 0
    while i < 14:
        k = s[START] - 3 + i if i < 7 else s[END] - 10 + i
        r = (k & RING_MASK) * 3
        v = (ring[r] ^ 0x8000) - 0x8000
        x += v if v < _CLAMP and v > 0 - _CLAMP else 0
        v = (ring[r + 1] ^ 0x8000) - 0x8000
        y += v if v < _CLAMP and v > 0 - _CLAMP else 0
        v = (ring[r + 2] ^ 0x8000) - 0x8000
        z += v if v < _CLAMP and v > 0 - _CLAMP else 0
        i += 1
    s[GRAVITY] = x + _B
    s[GRAVITY + 1] = y + _B
    s[GRAVITY + 2] = z + _B


@micropython.viper
def events(stride, ring_, scratch):
    """SPLIT, TOE_OFF and CONTACT. scratch: room for 512 int16."""
    s = ptr32(stride)
    ring = ptr16(ring_)
    jerk = ptr16(scratch)
    start = s[START]
    n = s[END] - start + 1
    total = 0
    i = 0
    while i < n:
        r = ((start + i) & RING_MASK) * 3
        q = ((start + i - 1) & RING_MASK) * 3
        x = ((ring[r] ^ 0x8000) - 0x8000) - ((ring[q] ^ 0x8000) - 0x8000)
        y = ((ring[r + 1] ^ 0x8000) - 0x8000) - ((ring[q + 1] ^ 0x8000) - 0x8000)
        z = ((ring[r + 2] ^ 0x8000) - 0x8000) - ((ring[q + 2] ^ 0x8000) - 0x8000)
        if x < 0:
            x = 0 - x
        if y < 0:
            y = 0 - y
        if z < 0:
            z = 0 - z
        m = x if x > y else y
        if z > m:
            m = z
        m += ((x + y + z - m) * 3) >> 3  # its length, to 8 %
        if m > _JERK_TOP:
            m = _JERK_TOP
        jerk[i] = m
        total += m if m < _JERK_CUT else _JERK_CUT
        i += 1
    # the smoothest 0.1 s between the quarter and three quarters of all jerk
    i = 0
    x = 0
    while i < n and (x << 2) < total:
        x += jerk[i] if jerk[i] < _JERK_CUT else _JERK_CUT
        i += 1
    first = i if i > 6 else 6
    while i < n and (x << 2) < 3 * total:
        x += jerk[i] if jerk[i] < _JERK_CUT else _JERK_CUT
        i += 1
    last = i if i < n - 6 else n - 6
    split = (first + last) >> 1
    best = 0x7FFFFFF
    i = first
    while i <= last:
        m = 0
        k = i - 5
        while k <= i + 5:
            if k >= 0 and k < n:
                m += jerk[k] if jerk[k] < _JERK_CUT else _JERK_CUT
            k += 1
        if m < best:
            best = m
            split = i
        i += 1
    if split < 2:
        split = 2
    if split > n - 2:
        split = n - 2
    s[SPLIT] = start + split
    # toe-off: centre of the hardest burst before it
    best = -1
    at = 1
    i = 1
    while i < split:
        m = jerk[i - 1] + jerk[i] + jerk[i + 1]
        if m > best:
            best = m
            at = i
        i += 1
    i = at - _REACH
    if i < 0:
        i = 0
    last = at + _REACH
    if last > split:
        last = split
    x = 0
    y = 0
    k = i
    while i <= last:
        m = jerk[i] - _JERK_NOISE
        if m > 0:
            if m > 3072:
                m = 3072
            x += m
            y += m * (i - k)
        i += 1
    at = k + (2 * y + x) // (2 * x) if x > 0 else at
    s[TOE_OFF] = start + (at - 1 if at > 0 else 0)
    # contact: the first step, from the mean of four samples to that of three, not much smaller than the largest
    i = 0
    while i < n:
        if jerk[i] > _STEP_TOP:
            jerk[i] = _STEP_TOP
        i += 1
    best = 0
    turn = 0
    at = split + 1
    while turn < 2:
        least = (best * _STEP_SHARE) >> 3
        best = 0
        i = split + 1
        while i < n - 3:
            m = 0
            y = 0
            k = i - 4 if i - 4 > split else split
            while k < i:
                m += jerk[k]
                y += 1
                k += 1
            x = (jerk[i] + jerk[i + 1] + jerk[i + 2]) * 4 - (m * 12) // y
            if x > best:
                best = x
                at = i
            elif turn == 1 and best >= least:
                i = n
            i += 1
        turn += 1
    s[CONTACT] = start + at


@micropython.viper
def moments(stride, ring_):
    """MOMENT, MOMENT_CUT and SLOPE along the level AXES."""
    s = ptr32(stride)
    ring = ptr16(ring_)
    level = s[LEVEL]
    axis = 0
    while axis < 3:
        r0 = s[AXES + 3 * axis] - _B
        r1 = s[AXES + 3 * axis + 1] - _B
        r2 = s[AXES + 3 * axis + 2] - _B
        k = s[START] - s[MARGIN]
        n = s[END] - k + 1
        begin = s[TOE_OFF] + 5 - k
        end = s[CONTACT] - k
        if begin > end - 6:
            begin = end - 6
        sum0 = 0
        sum1 = 0
        cut0 = 0
        cut1 = 0
        swing0 = 0
        swing1 = 0
        i = 0
        while i < n:
            r = ((k + i) & RING_MASK) * 3
            x = r0 * ((ring[r] ^ 0x8000) - 0x8000) + r1 * ((ring[r + 1] ^ 0x8000) - 0x8000)
            x = (x >> 2) + ((r2 * ((ring[r + 2] ^ 0x8000) - 0x8000)) >> 2)
            x = x >> 12
            if axis == 2:
                x -= level
            if x > _CLAMP:
                x = _CLAMP
            if x < 0 - _CLAMP:
                x = 0 - _CLAMP
            sum0 += x
            sum1 += i * x
            if x > _CUT_SWING:
                x = _CUT_SWING
            if x < 0 - _CUT_SWING:
                x = 0 - _CUT_SWING
            if i >= begin and i < end:
                swing0 += x
                swing1 += (i - begin) * x
            if x > _CUT:
                x = _CUT
            if x < 0 - _CUT:
                x = 0 - _CUT
            cut0 += x
            cut1 += i * x
            i += 1
        # the moment about the middle: sum((k + 1/2) / n - 1/2) * x) / n
        s[MOMENT + axis] = ((n - 1) * sum0 - 2 * sum1) // (2 * n * n) + _B
        s[MOMENT_CUT + axis] = (((n - 1) * cut0 - 2 * cut1) * 2) // (n * n) + _B
        n = end - begin
        s[SLOPE + axis] = (((n - 1) * swing0 - 2 * swing1) * 6) // (n * n) + _B if n > 1 else _B
        axis += 1


@micropython.viper
def impact(stride, mag_):
    """PEAK, PEAK_RAW and RISE from every raw sample between the contact and the closing stance."""
    s = ptr32(stride)
    mag = ptr32(mag_)
    mask = s[MAG_MASK]
    k = (s[CONTACT] - 2) * s[DECIM]
    end = (s[END] + 1) * s[DECIM]
    if k < s[RAW] - mask:
        k = s[RAW] - mask
    if k < 0:
        k = 0
    if end > s[RAW]:
        end = s[RAW]
    first = k
    best = 0
    at = k
    while k < end:
        m = mag[k & mask]
        if m > best:
            best = m
            at = k
        k += 1
    s[PEAK] = best
    s[PEAK_RAW] = at
    # roots of the samples that lead up to it, at most 32 of them
    if first < at - 31:
        first = at - 31
    before = -1
    rise = 0
    k = first
    while k <= at:
        m = mag[k & mask]
        root = 0
        bit = 1 << 14
        while bit > 0:
            x = root + bit
            if x * x <= m:
                root = x
            bit = bit >> 1
        if before >= 0 and root - before > rise:
            rise = root - before
        before = root
        k += 1
    s[RISE] = rise
