"""Events and moments of one closed stride of an accelerometer, from a second pass over the ring.

Toe-off is the centre of the burst of jerk at push-off. Contact is the first sharp step from little to much jerk in the
second part of the swing. Both come from the jerk itself and not from a smoothed score, so they have no constant delay.

The moments show the direction of the foot. Three are taken along both level axes: the first moment of the acceleration
over the whole stride (its displacement, if the foot is still at both ends), the same with impacts limited, and the
slope from toe-off to contact. The fourth is forward only: the product with a sine wave over the stride, which weighs
the middle of both halves and not the ends. Constant bias and tilt cancel in all four.
"""

import micropython
from micropython import const

from pod.gait import accel_state as A
from pod.gait.shared_state import RING_MASK, ZERO

_JERK_CUT = const(820)  # 0.8 g per sample: more jerk shows the strength of an event and not its time
_JERK_TOP = const(4096)
_JERK_NOISE = const(205)
_REACH = const(9)  # samples around the largest jerk of the push-off
_STEP_SHARE = const(6)  # eighths
_CUT = const(1536)  # 1.5 g: limit of the acceleration, against impacts
_SINE = bytes((12, 36, 53, 63, 63, 53, 36, 12))  # 64 times half a wave
_G_MAX = const(16000)
_LEVEL_MIN = const(7168)  # sum of 14 samples: 0.5 g
_LEVEL_MAX = const(21504)  # 1.5 g


@micropython.viper
def level(stride, ring_):
    """Set AHEAD and ASIDE from the acceleration around both stances."""
    s = ptr32(stride)
    ring = ptr16(ring_)
    x = 0
    y = 0
    z = 0
    i = 0
    while i < 14:
        r = ((s[A.START] - 3 + i if i < 7 else s[A.END] - 10 + i) & RING_MASK) * 3
        x += (ring[r] ^ 0x8000) - 0x8000
        y += (ring[r + 1] ^ 0x8000) - 0x8000
        z += (ring[r + 2] ^ 0x8000) - 0x8000
        i += 1
    # length of this vector
    gx = x >> 2
    gy = y >> 2
    gz = z >> 2
    gx = gx if gx < _G_MAX else _G_MAX
    gx = gx if gx > 0 - _G_MAX else 0 - _G_MAX
    gy = gy if gy < _G_MAX else _G_MAX
    gy = gy if gy > 0 - _G_MAX else 0 - _G_MAX
    gz = gz if gz < _G_MAX else _G_MAX
    gz = gz if gz > 0 - _G_MAX else 0 - _G_MAX
    m = gx * gx + gy * gy + gz * gz
    root = 0
    bit = 16384
    while bit > 0:
        i = root + bit
        if i * i <= m:
            root = i
        bit = bit >> 1
    if root < (_LEVEL_MIN >> 2) or root > (_LEVEL_MAX >> 2):  # Not near 1 g: use the axes of the shoe.
        gx = 0
        gy = 0
        gz = 1
        root = 1
    gx = (gx << 14) // root
    gy = (gy << 14) // root
    gz = (gz << 14) // root
    # toe axis minus its vertical component
    x = 16384 - ((gx * gx) >> 14)
    y = 0 - ((gx * gy) >> 14)
    z = 0 - ((gx * gz) >> 14)
    m = x * x + y * y + z * z
    root = 0
    bit = 16384
    while bit > 0:
        i = root + bit
        if i * i <= m:
            root = i
        bit = bit >> 1
    if root < 4096:  # It points up or down and has no level component.
        x = 16384
        y = 0
        z = 0
        root = 16384
    x = (x << 14) // root
    y = (y << 14) // root
    z = (z << 14) // root
    s[A.AHEAD] = x + ZERO
    s[A.AHEAD + 1] = y + ZERO
    s[A.AHEAD + 2] = z + ZERO
    # level axis to the left
    s[A.ASIDE] = ((gy * z - gz * y) >> 14) + ZERO
    s[A.ASIDE + 1] = ((gz * x - gx * z) >> 14) + ZERO
    s[A.ASIDE + 2] = ((gx * y - gy * x) >> 14) + ZERO


@micropython.viper
def events(stride, ring_, scratch):
    """Set SPLIT, TOE_OFF and CONTACT. `scratch` has room for 1024 int16."""
    s = ptr32(stride)
    ring = ptr16(ring_)
    jerk = ptr16(scratch)
    start = s[A.START]
    n = s[A.END] - start + 1
    r = ((start - 1) & RING_MASK) * 3
    a = (ring[r] ^ 0x8000) - 0x8000
    b = (ring[r + 1] ^ 0x8000) - 0x8000
    c = (ring[r + 2] ^ 0x8000) - 0x8000
    total = 0
    i = 0
    while i < n:
        r = ((start + i) & RING_MASK) * 3
        x = a
        y = b
        z = c
        a = (ring[r] ^ 0x8000) - 0x8000
        b = (ring[r + 1] ^ 0x8000) - 0x8000
        c = (ring[r + 2] ^ 0x8000) - 0x8000
        x = a - x if a > x else x - a
        y = b - y if b > y else y - b
        z = c - z if c > z else z - c
        m = ((x + y + z) * 11) >> 4  # length of the vector, within a fifth
        if m > _JERK_TOP:
            m = _JERK_TOP
        jerk[i] = m
        total += m if m < _JERK_CUT else _JERK_CUT
        jerk[512 + i] = total >> 3
        i += 1
    # smoothest 0.1 s between one quarter and three quarters of the sum of the jerk
    total = total >> 5
    i = 0
    while i < n and jerk[512 + i] < total:
        i += 1
    first = i + 1 if i > 5 else 6
    total *= 3
    while i < n and jerk[512 + i] < total:
        i += 1
    last = i + 1 if i < n - 7 else n - 6
    split = (first + last) >> 1
    best = 0x7FFFFFF
    i = first
    while i <= last:
        m = jerk[517 + i] - jerk[506 + i]
        if m < best:
            best = m
            split = i
        i += 1
    if split < 2:
        split = 2
    if split > n - 2:
        split = n - 2
    s[A.SPLIT] = start + split
    # toe-off: centre of the largest burst before SPLIT
    best = -1
    at = 1
    i = 1
    while i < split:
        m = jerk[i - 1] + jerk[i] + jerk[i + 1]
        if m > best:
            best = m
            at = i
        i += 1
    s[A.KICK] = best * 4
    i = at - _REACH
    if i < 0:
        i = 0
    last = at + _REACH
    if last > split:
        last = split
    x = 0
    y = 0
    a = i
    while i <= last:
        m = jerk[i] - _JERK_NOISE
        if m > 0:
            if m > 3072:
                m = 3072
            x += m
            y += m * (i - a)
        i += 1
    if x > 0:
        at = a + (2 * y + x) // (2 * x)
    s[A.TOE_OFF] = start + (at - 1 if at > 0 else 0)
    # contact: first step, from the mean of four samples to that of three, with _STEP_SHARE of the largest step
    last = n - 3
    best = 0
    x = jerk[split] * 4  # four samples before the step
    y = jerk[split + 1] + jerk[split + 2]
    at = split + 1
    i = split + 1
    while i < last:
        y += jerk[i + 2]
        m = y * 4 - x * 3
        if m < 0:
            m = 0
        jerk[512 + i] = m
        if m > best:
            best = m
            at = i
        y -= jerk[i]
        a = i - 4
        x += jerk[i] - jerk[a if a > split else split]
        i += 1
    s[A.LAND] = best
    best = (best * _STEP_SHARE) >> 3
    i = split + 1
    while i < last:
        m = jerk[512 + i]
        if m > 0 and m >= best and m >= jerk[512 + i + 1]:
            at = i
            i = last
        i += 1
    s[A.CONTACT] = start + at


@micropython.viper
def moments(stride, ring_):
    """Set CUT, SLOPE and TRAVEL along the two level axes, and WAVE. These terms are slow, so average pairs."""
    s = ptr32(stride)
    ring = ptr16(ring_)
    sine = ptr8(_SINE)
    a0 = s[A.AHEAD] - ZERO
    a1 = s[A.AHEAD + 1] - ZERO
    a2 = s[A.AHEAD + 2] - ZERO
    b0 = s[A.ASIDE] - ZERO
    b1 = s[A.ASIDE + 1] - ZERO
    b2 = s[A.ASIDE + 2] - ZERO
    k = s[A.START] - s[A.MARGIN]
    n = (s[A.END] - k + 1) >> 1
    end = (s[A.CONTACT] - k) >> 1
    begin = (s[A.TOE_OFF] + 5 - k) >> 1
    if begin > end - 3:
        begin = end - 3
    if begin < 0:
        begin = 0
    if end < begin + 3:
        end = begin + 3
    sx0 = 0
    sx1 = 0
    sy0 = 0
    sy1 = 0
    cx0 = 0
    cx1 = 0
    cy0 = 0
    cy1 = 0
    wx0 = 0
    wx1 = 0
    wy0 = 0
    wy1 = 0
    wave = 0
    step = 0  # sixteenth of the stride
    part = 0  # sixteenths of a sample
    i = 0
    while i < n:
        r = (k & RING_MASK) * 3
        q = ((k + 1) & RING_MASK) * 3
        k += 2
        x = ((ring[r] ^ 0x8000) + (ring[q] ^ 0x8000) - 0x10000) >> 1
        y = ((ring[r + 1] ^ 0x8000) + (ring[q + 1] ^ 0x8000) - 0x10000) >> 1
        z = ((ring[r + 2] ^ 0x8000) + (ring[q + 2] ^ 0x8000) - 0x10000) >> 1
        m = ((a0 * x + a1 * y) >> 2) + ((a2 * z) >> 2)
        y = ((b0 * x + b1 * y) >> 2) + ((b2 * z) >> 2)
        x = m >> 15
        sx0 += x
        sx1 += i * x
        x = y >> 15
        sy0 += x
        sy1 += i * x
        x = m >> 12
        y = y >> 12
        if x > _CUT:
            x = _CUT
        elif x < 0 - _CUT:
            x = 0 - _CUT
        if y > _CUT:
            y = _CUT
        elif y < 0 - _CUT:
            y = 0 - _CUT
        cx0 += x
        cx1 += i * x
        cy0 += y
        cy1 += i * y
        r = sine[step & 7] * x
        wave += r if step < 8 else 0 - r
        part += 16
        while part >= n:
            part -= n
            step += 1
        if i >= begin and i < end:
            wx0 += x
            wx1 += (i - begin) * x
            wy0 += y
            wy1 += (i - begin) * y
        i += 1
    # moment about the middle: sum(((i + 1/2) / n - 1/2) * x) / n, scaled by 2**-8 like x
    m = n * n
    s[A.CUT] = (((n - 1) * cx0 - 2 * cx1) * 2) // m + ZERO
    s[A.CUT + 1] = (((n - 1) * cy0 - 2 * cy1) * 2) // m + ZERO
    z = (n * 128) // s[A.RATE]  # 1/64 s
    x = ((n - 1) * sx0 - 2 * sx1) * 4 // m
    s[A.TRAVEL] = ((x * z) >> 6) * z // 64 + ZERO
    x = ((n - 1) * sy0 - 2 * sy1) * 4 // m
    s[A.TRAVEL + 1] = ((x * z) >> 6) * z // 64 + ZERO
    s[A.WAVE] = wave // n + ZERO
    n = end - begin
    m = n * n
    s[A.SLOPE] = (((n - 1) * wx0 - 2 * wx1) * 6) // m + ZERO
    s[A.SLOPE + 1] = (((n - 1) * wy0 - 2 * wy1) * 6) // m + ZERO
