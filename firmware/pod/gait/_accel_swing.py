"""One closed stride of an accelerometer, gone through again in the ring: its events, its moments, its direction.

Toe-off is the centre of the push-off's burst of jerk, contact the first sharp step from little jerk to much in the
second part of the swing. Both are read from the jerk itself, not from a smoothed score, and so carry no constant lag.

The moments say which way the foot went. Along both level axes: the first moment of the acceleration over the whole
stride, which is its displacement when the foot stands still at both ends, once as it is and once with the impacts
cut off; and its slope from toe-off to contact. Constant bias and tilt cancel in all three.
"""

import micropython
from micropython import const

# The slots of sense() that are read here; a test holds them equal to those of _kernel_accel.
RAW = const(2)
K = const(3)
DECIM = const(4)
CLIP_K = const(13)
MAG_MASK = const(14)
MEAN = const(39)
START = const(59)
END = const(60)
FIRST = const(61)

RATE = const(96)  # averaged samples per second
MARGIN = const(97)  # samples of stance that the moments take in before START
MATRIX = const(98)  # 9 B: the mount, Q14: shoe = M * chip
AHEAD = const(107)  # 3 B out: the toe axis' level part in chip axes, Q14
ASIDE = const(110)  # 3 B out: to the left of it
TOE_OFF = const(113)  # out
CONTACT = const(114)  # out
SPLIT = const(115)  # out: the smoothest instant between push-off and contact
CUT = const(116)  # 2 B out: first moment with the impacts cut off, 1/4096 g: forward, left positive
SLOPE = const(118)  # 2 B out: of the acceleration over the swing, 1/1024 g
WAY = const(120)  # 2 B out: first moment as it is, times time squared: displacement, 1/1024 g s^2
PEAK = const(122)  # out: largest magnitude after the contact, half counts
STEEPEST = const(123)  # out: its steepest rise, half counts per raw sample
WEIGHTS = const(124)  # 10 B: of the evidence, 1/256 octave
STAY = const(134)  # of 4096: probability that the next stride goes the way of the last
FORGET_N = const(135)  # samples after which the last stride says nothing any more
LAST_END = const(136)
BEFORE = const(137)  # 3: probability of forward, backward, sideways, of 4096
BEST = const(140)  # out: the likeliest of them
GAP_K = const(141)  # 1 + last index of a gap
UNVERIFIED = const(142)  # the flag, when the mount is not known
HALF_UG = const(143)  # micro-g per half count, and samples per second
RAW_RATE = const(144)
LANDING = const(145)  # half counts: a landing is felt more than this
WAY_MIN = const(146)  # 1/1024 g s^2: who has gone this far has made a stride
BRIEF = const(153)  # who has not, and has taken as little time as this, or
VIGOROUS = const(154)  # has moved as much as this, has not
SURE_MOST = const(147)  # per mille
SURE_LEAST = const(148)
SURE_BACKWARD = const(149)
NUMBER = const(150)  # of the next stride
LAST_CONTACT = const(151)  # raw index
LOST = const(152)  # samples lost beside whole averaged ones: raw index = index * DECIM + LOST
SWING_LENGTH = const(155)

RING_MASK = const(511)
EVEN = const(1365)  # a third of 4096
_B = const(536870912)
_NONE = const(-536870912)
_JERK_CUT = const(820)  # 0.8 g per sample: what lies above says how hard, not when
_JERK_TOP = const(4096)
_JERK_NOISE = const(205)
_REACH = const(9)  # samples around the hardest instant of the push-off
_STEP_SHARE = const(6)  # eighths
_CUT = const(1536)  # 1.5 g: impacts are cut off there
_HALF_CUT = const(250)  # evidence of half weight
_HALF_SLOPE = const(1000)
_HALF_WAY = const(60)
_G_MAX = const(16000)
_LEVEL_MIN = const(7168)  # sum of 14 samples: 0.5 g
_LEVEL_MAX = const(21504)  # 1.5 g


@micropython.viper
def level(stride, ring_):
    """AHEAD and ASIDE from what the accelerometer reads around both stances."""
    s = ptr32(stride)
    ring = ptr16(ring_)
    x = 0
    y = 0
    z = 0
    i = 0
    while i < 14:
        r = ((s[START] - 3 + i if i < 7 else s[END] - 10 + i) & RING_MASK) * 3
        x += (ring[r] ^ 0x8000) - 0x8000
        y += (ring[r + 1] ^ 0x8000) - 0x8000
        z += (ring[r + 2] ^ 0x8000) - 0x8000
        i += 1
    # in the shoe frame, and its length
    x = x >> 2
    y = y >> 2
    z = z >> 2
    gx = ((s[MATRIX] - _B) * (x >> 2) + (s[MATRIX + 1] - _B) * (y >> 2) + (s[MATRIX + 2] - _B) * (z >> 2)) >> 12
    gy = ((s[MATRIX + 3] - _B) * (x >> 2) + (s[MATRIX + 4] - _B) * (y >> 2) + (s[MATRIX + 5] - _B) * (z >> 2)) >> 12
    gz = ((s[MATRIX + 6] - _B) * (x >> 2) + (s[MATRIX + 7] - _B) * (y >> 2) + (s[MATRIX + 8] - _B) * (z >> 2)) >> 12
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
    if root < (_LEVEL_MIN >> 2) or root > (_LEVEL_MAX >> 2):  # stances that do not feel 1 g: the shoe's own axes
        gx = 0
        gy = 0
        gz = 1
        root = 1
    gx = (gx << 14) // root
    gy = (gy << 14) // root
    gz = (gz << 14) // root
    # the toe axis without its vertical part
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
    if root < 4096:  # it points up or down: no way to level it
        x = 16384
        y = 0
        z = 0
        root = 16384
    x = (x << 14) // root
    y = (y << 14) // root
    z = (z << 14) // root
    # left of it, and both in chip axes
    lx = (gy * z - gz * y) >> 14
    ly = (gz * x - gx * z) >> 14
    lz = (gx * y - gy * x) >> 14
    i = 0
    while i < 3:
        m = s[MATRIX + i] - _B
        r = s[MATRIX + 3 + i] - _B
        bit = s[MATRIX + 6 + i] - _B
        s[AHEAD + i] = ((x * m + y * r + z * bit) >> 14) + _B
        s[ASIDE + i] = ((lx * m + ly * r + lz * bit) >> 14) + _B
        i += 1


@micropython.viper
def events(stride, ring_, scratch):
    """SPLIT, TOE_OFF and CONTACT. scratch: room for 1024 int16."""
    s = ptr32(stride)
    ring = ptr16(ring_)
    jerk = ptr16(scratch)
    start = s[START]
    n = s[END] - start + 1
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
    if first <= last:
        m = 0
        i = first - 5
        while i < first + 5:
            m += jerk[i] if jerk[i] < _JERK_CUT else _JERK_CUT
            i += 1
        best = 0x7FFFFFF
        i = first
        while i <= last:
            x = jerk[i + 5]
            m += x if x < _JERK_CUT else _JERK_CUT
            if m < best:
                best = m
                split = i
            x = jerk[i - 5]
            m -= x if x < _JERK_CUT else _JERK_CUT
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
    s[TOE_OFF] = start + (at - 1 if at > 0 else 0)
    # contact: the first step, from the mean of four samples to that of three, not much smaller than the largest
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
    best = (best * _STEP_SHARE) >> 3
    i = split + 1
    while i < last:
        m = jerk[512 + i]
        if m > 0 and m >= best and m >= jerk[512 + i + 1]:
            at = i
            i = last
        i += 1
    s[CONTACT] = start + at


@micropython.viper
def moments(stride, ring_):
    """CUT, SLOPE and WAY along the two level axes. Two samples at a time: what counts here is slow."""
    s = ptr32(stride)
    ring = ptr16(ring_)
    a0 = s[AHEAD] - _B
    a1 = s[AHEAD + 1] - _B
    a2 = s[AHEAD + 2] - _B
    b0 = s[ASIDE] - _B
    b1 = s[ASIDE + 1] - _B
    b2 = s[ASIDE + 2] - _B
    k = s[START] - s[MARGIN]
    n = (s[END] - k + 1) >> 1
    end = (s[CONTACT] - k) >> 1
    begin = (s[TOE_OFF] + 5 - k) >> 1
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
        if i >= begin and i < end:
            wx0 += x
            wx1 += (i - begin) * x
            wy0 += y
            wy1 += (i - begin) * y
        i += 1
    # the moment about the middle: sum(((i + 1/2) / n - 1/2) * x) / n, halved like x itself eight times
    m = n * n
    s[CUT] = (((n - 1) * cx0 - 2 * cx1) * 2) // m + _B
    s[CUT + 1] = (((n - 1) * cy0 - 2 * cy1) * 2) // m + _B
    z = (n * 128) // s[RATE]  # 1/64 s
    x = ((n - 1) * sx0 - 2 * sx1) * 4 // m
    s[WAY] = ((x * z) >> 6) * z // 64 + _B
    x = ((n - 1) * sy0 - 2 * sy1) * 4 // m
    s[WAY + 1] = ((x * z) >> 6) * z // 64 + _B
    n = end - begin
    m = n * n
    s[SLOPE] = (((n - 1) * wx0 - 2 * wx1) * 6) // m + _B
    s[SLOPE + 1] = (((n - 1) * wy0 - 2 * wy1) * 6) // m + _B


@micropython.viper
def impact(stride, mag_) -> int:
    """PEAK and STEEPEST from every raw sample between the contact and the closing stance.

    Returns 0 for a foot that came down where it was: no stride.
    """
    s = ptr32(stride)
    mag = ptr32(mag_)
    mask = s[MAG_MASK]
    k = (s[CONTACT] - 2) * s[DECIM] + s[LOST]
    end = (s[END] + 1) * s[DECIM] + s[LOST]
    if k < s[RAW] - mask:
        k = s[RAW] - mask
    if k < 0:
        k = 0
    if end > s[RAW]:
        end = s[RAW]
    top = 0
    steep = 0
    low = 0
    high = 0
    before = mag[k & mask]
    while k < end:
        m = mag[k & mask]
        k += 1
        if m > before:
            if m > top:
                top = m
            if m - before > steep:
                steep = m - before
                low = before
                high = m
        before = m
    k = 0
    while k < 3:
        m = top if k == 0 else high if k == 1 else low
        root = 0
        bit = 16384
        while bit > 0:
            i = root + bit
            if i * i <= m:
                root = i
            bit = bit >> 1
        if k == 0:
            s[PEAK] = root
            s[STEEPEST] = 0
        elif k == 1:
            s[STEEPEST] = root
        else:
            s[STEEPEST] = s[STEEPEST] - root
        k += 1
    m = s[WAY] - _B
    if m < 0:
        m = 0 - m
    i = s[WAY + 1] - _B
    if i < 0:
        i = 0 - i
    if i > m:
        m = i
    if m >= s[WAY_MIN]:
        return 1
    # a foot that was only lifted; one that jumped; one that tapped
    if s[PEAK] <= s[LANDING] or s[MEAN] > s[VIGOROUS] or s[END] - s[START] < s[BRIEF]:
        return 0
    return 1


@micropython.viper
def weigh(stride):
    """BEST and the probabilities BEFORE, from the moments and from what they were before."""
    s = ptr32(stride)
    # what goes forward is forward as much as it is not backward; what goes aside has no sign
    ahead = 0
    aside = s[WEIGHTS + 9] - _B
    i = 0
    x = 0
    m = 0
    while i < 3:
        x = (s[CUT] if i == 0 else s[SLOPE] if i == 1 else s[WAY]) - _B
        m = (s[CUT + 1] if i == 0 else s[SLOPE + 1] if i == 1 else s[WAY + 1]) - _B
        half = _HALF_CUT if i == 0 else _HALF_SLOPE if i == 1 else _HALF_WAY
        if m < 0:
            m = 0 - m
        y = (m * 1024) // (m + half)
        m = x if x > 0 else 0 - x
        x = (x * 1024) // (m + half)
        ahead += ((s[WEIGHTS + i] - _B) * x) >> 10
        if x < 0:
            x = 0 - x
        if i < 2:
            aside += ((s[WEIGHTS + 3 + i] - _B) * x) >> 10
        aside += ((s[WEIGHTS + 5 + i] - _B) * y) >> 10
        i += 1
    x = s[SLOPE] - _B
    if x < 0:
        x = 0 - x
    y = s[SLOPE + 1] - _B
    if y < 0:
        y = 0 - y
    aside += ((s[WEIGHTS + 8] - _B) * (((y - x) * 1024) // (y + x + 300))) >> 10
    # the stride before, as far as it still counts
    keep = s[START] - s[LAST_END]
    if keep < 0:
        keep = 0
    keep = 4096 - (keep << 12) // s[FORGET_N]
    if keep < 0:
        keep = 0
    top = ahead if ahead > 0 else 0 - ahead
    if aside > top:
        top = aside
    total = 0
    i = 0
    while i < 3:
        m = s[BEFORE + i]
        m = (m * s[STAY] + (4096 - m) * ((4096 - s[STAY]) >> 1)) >> 12
        m = (keep * m + (4096 - keep) * EVEN) >> 12
        x = top - (ahead if i == 0 else 0 - ahead if i == 1 else aside)
        y = x & 255
        x = x >> 8
        if x > 12:
            m = 0
        else:  # m * 2**-x, to 1 %
            m = (m * ((4096 - ((y * (2751 - ((y * 703) >> 8))) >> 8)) >> x)) >> 7
        s[BEFORE + i] = m
        total += m
        i += 1
    best = 0
    i = 0
    while i < 3:
        m = (s[BEFORE + i] << 12) // total
        s[BEFORE + i] = m
        if m > s[BEFORE + best]:
            best = i
        i += 1
    s[BEST] = best
    s[LAST_END] = s[END]


@micropython.viper
def record(stride, out_):
    """The stride as stride.py lays it out."""
    s = ptr32(stride)
    out = ptr32(out_)
    d = s[DECIM]
    out[0] = s[NUMBER]
    s[NUMBER] += 1
    m = s[LOST]
    out[1] = s[START] * d + m
    out[2] = s[END] * d + m
    out[3] = s[TOE_OFF] * d + m
    contact = s[CONTACT] * d - (d >> 1) + m
    out[4] = contact
    flags = s[UNVERIFIED]
    if s[FIRST] != 0:
        s[FIRST] = 0
        flags |= 256
        out[5] = -1
    else:
        out[5] = s[LAST_CONTACT]
    s[LAST_CONTACT] = contact
    out[6] = s[RAW]
    i = 9
    while i < 16:
        out[i] = _NONE
        i += 1
    out[13] = (s[PEAK] * s[HALF_UG]) // 1000
    out[14] = (((s[STEEPEST] * s[HALF_UG]) // 1000) * s[RAW_RATE]) // 1000
    out[16] = 0
    out[17] = 0
    if s[GAP_K] > s[START]:
        flags |= 1
    if s[CLIP_K] > s[START]:
        flags |= 2
        if s[CLIP_K] > s[CONTACT] - 2:
            flags |= 4
    out[18] = flags
    best = s[BEST]
    sure = (s[BEFORE + best] * 1000) >> 12
    if sure > s[SURE_MOST]:
        sure = s[SURE_MOST]
    way = best + 1
    if best == 2 and s[CUT + 1] < _B:
        way = 4
    if (flags & 17) != 0:  # a mount turned by half a turn mirrors forward and backward
        way = 0
        if sure > 500:
            sure = 500
    elif sure < (s[SURE_BACKWARD] if best == 1 else s[SURE_LEAST]):
        way = 0
    out[7] = way
    out[8] = sure


@micropython.viper
def bridge(stride, ring_, mag_, lost: int):
    """`lost` samples never came: the indices go on, the rings hold the last sample and no magnitude."""
    s = ptr32(stride)
    ring = ptr16(ring_)
    mag = ptr32(mag_)
    d = s[DECIM]
    k = s[K]
    raw = s[RAW]
    mask = s[MAG_MASK]
    s[RAW] = raw + lost
    s[K] = k + lost // d
    s[LOST] += lost % d
    s[GAP_K] = s[K] + 1
    i = 0
    while i < lost and i <= mask:
        mag[(raw + i) & mask] = 0
        i += 1
    q = ((k - 1) & RING_MASK) * 3
    i = 0
    while i < lost // d and i < RING_MASK:
        r = ((k + i) & RING_MASK) * 3
        ring[r] = ring[q]
        ring[r + 1] = ring[q + 1]
        ring[r + 2] = ring[q + 2]
        i += 1
