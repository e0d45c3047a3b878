"""What a stride that was gone through means: whether it was one, how hard it landed, which way it went, how surely.

Forward and backward are mirror images in time of what the toe axis feels, so the evidence for one is the negative of
the evidence for the other. Four units weigh the moments against the pace: in a slow swing a foot feels its own pitch
more than its push, and that says the opposite. Sideways has no sign and is told by the sizes along both axes. The
stride before enters as a prior that fades with time: no stride waits for a later one.
"""

import micropython
from micropython import const

# Slots that sense() and _accel_swing fill; a test holds what several files repeat equal.
RAW = const(2)
K = const(3)
DECIM = const(4)
CLIP_K = const(13)
KEPT_END = const(14)
MEAN = const(39)
START = const(59)
END = const(60)
FIRST = const(61)
KEPT_AT = const(77)

RATE = const(105)
TOE_OFF = const(113)  # out
CONTACT = const(114)  # out
CUT = const(116)  # 2 B out: first moment with the impacts cut off, 1/4096 g: forward, left positive
SLOPE = const(118)  # 2 B out: of the acceleration over the swing, 1/1024 g
WAY = const(120)  # 2 B out: first moment as it is, times time squared: displacement, 1/1024 g s^2
PEAK = const(122)  # out: largest magnitude after the contact, half counts
STEEPEST = const(123)  # out: its steepest rise, half counts per raw sample
WEIGHTS = const(124)  # 7 B: of the evidence for sideways, 1/256 octave
SLOW_MEAN = const(131)  # mean score of a slow walk
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
LONG = const(132)  # but whoever has made a stride before and took as long as this
LIVELY = const(133)  # with such a mean score has made another
SURE_MOST = const(147)  # per mille, of what is said
SURE_LEAST = const(148)  # of the evidence
SURE_BACKWARD = const(149)
NUMBER = const(150)  # of the next stride
LAST_CONTACT = const(151)  # raw index
LOST = const(152)  # samples lost beside whole averaged ones: raw index = index * DECIM + LOST
RUNS = const(155)  # mean score above which a forward foot may land on heel or forefoot
WAVE = const(156)  # B out: of the acceleration ahead, impacts cut off, over the whole stride, 1/65536 g
INPUTS = const(157)  # 7 B: what the units are fed, 1/1024
UNITS = const(164)  # 4 times 9 B: weights of four moments, of three measures of the pace, constant; of the unit
SWING_LENGTH = const(200)

RING_MASK = const(511)
EVEN = const(1365)  # a third of 4096
_B = const(536870912)
_NONE = const(-536870912)
_HEEL_FORWARD = const(970)  # per mille of forward walking strides (97.6 % of 1439)
_FOREFOOT_ELSE = const(990)  # and of backward and sideways ones that do not land on the heel (99.3 % of 450)
_HALF_CUT = const(250)  # evidence of half weight
_HALF_SLOPE = const(1000)
_HALF_WAY = const(60)
_HALF_WAVE = const(3932)
_LONG = const(1229)  # 1.2 s and 0.5 s in 1/1024 s: a stride and a swing of somebody who walks slowly
_SWING = const(512)
_PACE_LEAST = const(-2048)
_PACE_MOST = const(3072)


@micropython.viper
def impact(stride, kept_) -> int:
    """PEAK and STEEPEST from every raw sample from 20 ms before the contact to 50 ms after it.

    Returns 0 for a foot that came down where it was: no stride.
    """
    s = ptr32(stride)
    kept = ptr16(kept_)
    last = s[KEPT_END]
    k = (s[CONTACT] - 2) * s[DECIM] + s[LOST]
    end = k + 7 * s[DECIM]
    m = s[RAW] - (last // 3)
    if k < m:
        k = m
    if k < 0:
        k = 0
    i = s[KEPT_AT] - 3 * (s[RAW] - k)
    if i < 0:
        i += last
    top = 0
    steep = 0
    low = 0
    high = 0
    before = 0x3FFFFFFF  # above any sum of squares, and a small integer to mpy-cross
    while k < end:
        x = (kept[i] ^ 0x8000) - 0x8000
        y = (kept[i + 1] ^ 0x8000) - 0x8000
        z = (kept[i + 2] ^ 0x8000) - 0x8000
        m = (x * x >> 2) + (y * y >> 2) + (z * z >> 2)
        i += 3
        if i == last:
            i = 0
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
    # a slow walker lands softly, and of the way gravity on the pitching foot takes as much as the push gave
    if s[FIRST] == 0 and s[END] - s[START] >= s[LONG] and s[MEAN] >= s[LIVELY]:
        return 1
    # a foot that was only lifted; one that jumped; one that tapped
    if s[PEAK] <= s[LANDING] or s[MEAN] > s[VIGOROUS] or s[END] - s[START] < s[BRIEF]:
        return 0
    return 1


@micropython.viper
def weigh(stride):
    """BEST and the probabilities BEFORE, from the moments, from the pace and from what they were before."""
    s = ptr32(stride)
    # what the units are fed
    i = 0
    while i < 4:
        x = s[CUT + 2 * i if i < 3 else WAVE] - _B
        half = _HALF_CUT if i == 0 else _HALF_SLOPE if i == 1 else _HALF_WAY if i == 2 else _HALF_WAVE
        s[INPUTS + i] = (x * 1024) // ((x if x > 0 else 0 - x) + half) + _B
        i += 1
    while i < 7:
        if i == 4:
            x = ((s[SLOW_MEAN] - s[MEAN]) * 8) // 3  # in units of 1.5 octaves
        elif i == 5:
            x = (((((s[END] - s[START]) << 10) // s[RATE]) - _LONG) * 5) >> 1  # of 0.4 s
        else:
            x = ((((s[CONTACT] - s[TOE_OFF]) << 10) // s[RATE]) - _SWING) * 5  # of 0.2 s
        x = x if x < _PACE_MOST else _PACE_MOST
        s[INPUTS + i] = (x if x > _PACE_LEAST else _PACE_LEAST) + _B
        i += 1
    # forward as much as it is not backward
    ahead = 0
    unit = UNITS
    while unit < SWING_LENGTH:
        x = 0
        i = 0
        while i < 4:
            x += (s[unit + i] - _B) * (s[INPUTS + i] - _B)
            i += 1
        y = (s[unit + 7] - _B) << 10
        while i < 7:
            y += (s[unit + i] - _B) * (s[INPUTS + i] - _B)
            i += 1
        # what the unit says, less what it would say of the mirror image
        m = (y + x) >> 8
        half = (y - x) >> 8
        m = (m << 10) // ((m if m > 0 else 0 - m) + 1024)
        m -= (half << 10) // ((half if half > 0 else 0 - half) + 1024)
        ahead += ((s[unit + 8] - _B) * m) >> 10
        unit += 9
    # what goes aside has no sign
    aside = s[WEIGHTS + 6] - _B
    i = 0
    while i < 3:
        x = s[CUT + 2 * i] - _B
        m = s[CUT + 2 * i + 1] - _B
        half = _HALF_CUT if i == 0 else _HALF_SLOPE if i == 1 else _HALF_WAY
        if x < 0:
            x = 0 - x
        if m < 0:
            m = 0 - m
        if i < 2:
            aside += ((s[WEIGHTS + i] - _B) * ((x * 1024) // (x + half))) >> 10
        aside += ((s[WEIGHTS + 2 + i] - _B) * ((m * 1024) // (m + half))) >> 10
        if i == 1:
            aside += ((s[WEIGHTS + 5] - _B) * (((m - x) * 1024) // (m + x + 300))) >> 10
        i += 1
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
    if s[GAP_K] > s[START]:  # what a torn stride says is not handed on
        s[BEFORE] = EVEN
        s[BEFORE + 1] = EVEN
        s[BEFORE + 2] = EVEN


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
    if s[GAP_K] > s[START]:
        flags |= 1
    if s[CLIP_K] > s[START]:
        flags |= 2
        if s[CLIP_K] > s[CONTACT] - 2:
            flags |= 4
    out[18] = flags
    best = s[BEST]
    sure = (s[BEFORE + best] * 1000) >> 12
    right = 1000 - (1000 - sure) // 3  # out of person a third as many are wrong as the evidence fears
    if right > s[SURE_MOST]:
        right = s[SURE_MOST]
    way = best + 1
    if best == 2 and s[CUT + 1] < _B:
        way = 4
    if (flags & 17) != 0:  # a mount turned by half a turn mirrors forward and backward
        way = 0
        if right > 500:
            right = 500
    elif sure < (s[SURE_BACKWARD] if best == 1 else s[SURE_LEAST]):
        way = 0
    out[7] = way
    out[8] = right
    # heel or not follows from the way here: it is known of walkers, not seen; a runner may land on either
    if way == 1 and s[MEAN] < s[RUNS]:
        out[16] = 1
        out[17] = (right * _HEEL_FORWARD) // 1000
    elif way > 1:
        out[16] = 2
        out[17] = (right * _FOREFOOT_ELSE) // 1000
    else:
        out[16] = 0
        out[17] = 0


@micropython.viper
def bridge(stride, ring_, kept_, lost: int):
    """`lost` samples never came: the indices go on, the ring holds the last sample, and no raw one is kept."""
    s = ptr32(stride)
    ring = ptr16(ring_)
    kept = ptr16(kept_)
    d = s[DECIM]
    k = s[K]
    s[RAW] += lost
    s[K] = k + lost // d
    s[LOST] += lost % d
    s[GAP_K] = s[K] + 1
    i = 0
    while i < s[KEPT_END]:
        kept[i] = 0
        i += 1
    q = ((k - 1) & RING_MASK) * 3
    i = 0
    while i < lost // d and i < RING_MASK:
        r = ((k + i) & RING_MASK) * 3
        ring[r] = ring[q]
        ring[r + 1] = ring[q + 1]
        ring[r + 2] = ring[q + 2]
        i += 1
