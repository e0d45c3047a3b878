"""Decision on a closed stride of an accelerometer: whether it is a stride, its impact, direction and confidence.

Forward and backward are mirror images in time along the toe axis, so the evidence for one is the negative of the
evidence for the other. Four units weigh the moments against the pace: in a slow swing the foot's own pitch contributes
more than its push, with the opposite sign. Lateral has no sign and follows from the sizes along both axes. The previous
stride is a prior that fades with time. No stride waits for a later one.
"""

import micropython
from micropython import const

from pod.gait import accel_state as A
from pod.gait import stride as S
from pod.gait.shared_state import RING_MASK, ZERO

_HEEL_FORWARD = const(970)  # per mille of forward walking strides that land on the heel (97.6 % of 1439)
_FOREFOOT_ELSE = const(990)  # per mille of backward and lateral strides that do not (99.3 % of 450)
_HALF_CUT = const(250)  # moment at which the input of a unit reaches half of its limit
_HALF_SLOPE = const(1000)
_HALF_TRAVEL = const(60)
_HALF_WAVE = const(3932)
_LONG = const(1229)  # 1.2 s in 1/1024 s: stride of a slow walk
_SWING = const(512)  # 0.5 s in 1/1024 s: swing of a slow walk
_PACE_LEAST = const(-2048)
_PACE_MOST = const(3072)


@micropython.viper
def impact(stride, kept_) -> int:
    """Set PEAK and STEEPEST from every raw sample from 20 ms before the contact to 50 ms after it.

    Return 0 if the foot came down in the same place, which is not a stride, else 1.
    """
    s = ptr32(stride)
    kept = ptr16(kept_)
    last = s[A.KEPT_END]
    k = (s[A.CONTACT] - 2) * s[A.DECIM] + s[A.LOST]
    end = k + 7 * s[A.DECIM]
    m = s[A.RAW] - (last // 3)
    if k < m:
        k = m
    if k < 0:
        k = 0
    i = s[A.KEPT_AT] - 3 * (s[A.RAW] - k)
    if i < 0:
        i += last
    top = 0
    steep = 0
    low = 0
    high = 0
    before = 0x3FFFFFFF  # larger than any sum of squares, and a small integer for mpy-cross
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
            s[A.PEAK] = root
            s[A.STEEPEST] = 0
        elif k == 1:
            s[A.STEEPEST] = root
        else:
            s[A.STEEPEST] = s[A.STEEPEST] - root
        k += 1
    m = s[A.TRAVEL] - ZERO
    if m < 0:
        m = 0 - m
    i = s[A.TRAVEL + 1] - ZERO
    if i < 0:
        i = 0 - i
    if i > m:
        m = i
    if m >= s[A.TRAVEL_MIN]:
        return 1
    # A slow walker lands softly, and gravity on the pitching foot cancels the displacement of the push.
    if s[A.FIRST] == 0 and s[A.END] - s[A.START] >= s[A.LONG] and s[A.MEAN] >= s[A.LIVELY]:
        return 1
    # lifted foot without a landing; jump; tap
    if s[A.PEAK] <= s[A.LANDING] or s[A.MEAN] > s[A.VIGOROUS] or s[A.END] - s[A.START] < s[A.BRIEF]:
        return 0
    return 1


@micropython.viper
def weigh(stride):
    """Set BEST and the probabilities BEFORE from the moments, the pace and the previous probabilities."""
    s = ptr32(stride)
    # inputs of the units
    i = 0
    while i < 4:
        x = s[A.CUT + 2 * i if i < 3 else A.WAVE] - ZERO
        half = _HALF_CUT if i == 0 else _HALF_SLOPE if i == 1 else _HALF_TRAVEL if i == 2 else _HALF_WAVE
        s[A.INPUTS + i] = (x * 1024) // ((x if x > 0 else 0 - x) + half) + ZERO
        i += 1
    while i < 7:
        if i == 4:
            x = ((s[A.SLOW_MEAN] - s[A.MEAN]) * 8) // 3  # in units of 1.5 octaves
        elif i == 5:
            x = (((((s[A.END] - s[A.START]) << 10) // s[A.RATE]) - _LONG) * 5) >> 1  # of 0.4 s
        else:
            x = ((((s[A.CONTACT] - s[A.TOE_OFF]) << 10) // s[A.RATE]) - _SWING) * 5  # of 0.2 s
        x = x if x < _PACE_MOST else _PACE_MOST
        s[A.INPUTS + i] = (x if x > _PACE_LEAST else _PACE_LEAST) + ZERO
        i += 1
    # evidence for forward; the negative is the evidence for backward
    ahead = 0
    unit = A.UNITS
    while unit < A.UNITS + 36:
        x = 0
        i = 0
        while i < 4:
            x += (s[unit + i] - ZERO) * (s[A.INPUTS + i] - ZERO)
            i += 1
        y = (s[unit + 7] - ZERO) << 10
        while i < 7:
            y += (s[unit + i] - ZERO) * (s[A.INPUTS + i] - ZERO)
            i += 1
        # output of the unit minus its output for the mirror image
        m = (y + x) >> 8
        half = (y - x) >> 8
        m = (m << 10) // ((m if m > 0 else 0 - m) + 1024)
        m -= (half << 10) // ((half if half > 0 else 0 - half) + 1024)
        ahead += ((s[unit + 8] - ZERO) * m) >> 10
        unit += 9
    # evidence for lateral, without sign
    aside = s[A.WEIGHTS + 6] - ZERO
    i = 0
    while i < 3:
        x = s[A.CUT + 2 * i] - ZERO
        m = s[A.CUT + 2 * i + 1] - ZERO
        half = _HALF_CUT if i == 0 else _HALF_SLOPE if i == 1 else _HALF_TRAVEL
        if x < 0:
            x = 0 - x
        if m < 0:
            m = 0 - m
        if i < 2:
            aside += ((s[A.WEIGHTS + i] - ZERO) * ((x * 1024) // (x + half))) >> 10
        aside += ((s[A.WEIGHTS + 2 + i] - ZERO) * ((m * 1024) // (m + half))) >> 10
        if i == 1:
            aside += ((s[A.WEIGHTS + 5] - ZERO) * (((m - x) * 1024) // (m + x + 300))) >> 10
        i += 1
    # prior from the previous stride, faded with its age
    keep = s[A.START] - s[A.LAST_END]
    if keep < 0:
        keep = 0
    keep = 4096 - (keep << 12) // s[A.FORGET_N]
    if keep < 0:
        keep = 0
    top = ahead if ahead > 0 else 0 - ahead
    if aside > top:
        top = aside
    total = 0
    i = 0
    while i < 3:
        m = s[A.BEFORE + i]
        m = (m * s[A.STAY] + (4096 - m) * ((4096 - s[A.STAY]) >> 1)) >> 12
        m = (keep * m + (4096 - keep) * A.EVEN) >> 12
        x = top - (ahead if i == 0 else 0 - ahead if i == 1 else aside)
        y = x & 255
        x = x >> 8
        if x > 12:
            m = 0
        else:  # m * 2**-x, to 1 %
            m = (m * ((4096 - ((y * (2751 - ((y * 703) >> 8))) >> 8)) >> x)) >> 7
        s[A.BEFORE + i] = m
        total += m
        i += 1
    best = 0
    i = 0
    while i < 3:
        m = (s[A.BEFORE + i] << 12) // total
        s[A.BEFORE + i] = m
        if m > s[A.BEFORE + best]:
            best = i
        i += 1
    s[A.BEST] = best
    s[A.LAST_END] = s[A.END]
    if s[A.GAP_K] > s[A.START]:  # A stride with a gap must not be a prior.
        s[A.BEFORE] = A.EVEN
        s[A.BEFORE + 1] = A.EVEN
        s[A.BEFORE + 2] = A.EVEN


@micropython.viper
def record(stride, out_):
    """Fill a stride record (stride.py)."""
    s = ptr32(stride)
    out = ptr32(out_)
    d = s[A.DECIM]
    out[S.NUMBER] = s[A.NUMBER]
    s[A.NUMBER] += 1
    m = s[A.LOST]
    out[S.OPEN] = s[A.START] * d + m
    out[S.CLOSE] = s[A.END] * d + m
    out[S.TOE_OFF] = s[A.TOE_OFF] * d + m
    contact = s[A.CONTACT] * d - (d >> 1) + m
    out[S.CONTACT] = contact
    flags = s[A.UNVERIFIED] | s[A.NOTES]
    if s[A.FIRST] != 0:
        s[A.FIRST] = 0
        flags |= S.FLAG_FIRST
        out[S.PREV_CONTACT] = -1
    else:
        out[S.PREV_CONTACT] = s[A.LAST_CONTACT]
    s[A.LAST_CONTACT] = contact
    out[S.EMIT] = s[A.RAW]
    i = S.LENGTH_MM
    while i <= S.PITCH_CDEG:
        out[i] = S.NONE
        i += 1
    out[S.PEAK_MG] = (s[A.PEAK] * s[A.HALF_UG]) // 1000
    out[S.LOADING_GPS] = (((s[A.STEEPEST] * s[A.HALF_UG]) // 1000) * s[A.RAW_RATE]) // 1000
    if s[A.GAP_K] > s[A.START]:
        flags |= S.FLAG_GAP
    if s[A.CLIP_K] > s[A.START]:
        flags |= S.FLAG_CLIPPED_ACC
        if s[A.CLIP_K] > s[A.CONTACT] - 2:
            flags |= S.FLAG_CLIPPED_PEAK
    out[S.FLAGS] = flags
    best = s[A.BEST]
    sure = (s[A.BEFORE + best] * 1000) >> 12
    right = 1000 - (1000 - sure) // 3  # Of unseen subjects, a third as many are wrong as the evidence predicts.
    if right > s[A.LIMIT]:
        right = s[A.LIMIT]
    direction = best + 1
    if best == 2 and s[A.CUT + 1] < ZERO:
        direction = S.LATERAL_RIGHT
    # A mount that is rotated by half a turn mirrors forward and backward.
    if flags & (S.FLAG_GAP | S.FLAG_MOUNT_UNVERIFIED) != 0:
        direction = S.UNKNOWN
        if right > 500:
            right = 500
    elif right <= 500 or sure < (s[A.SURE_BACKWARD] if best == 1 else s[A.SURE_LEAST]):
        direction = S.UNKNOWN
    out[S.DIRECTION] = direction
    out[S.CONFIDENCE] = right
    # Strike follows from the direction: it is known for walking and not measured. A runner may land on either.
    if direction == S.FORWARD and s[A.MEAN] < s[A.RUNS]:
        out[S.STRIKE] = S.HEEL
        out[S.STRIKE_CONF] = (right * _HEEL_FORWARD) // 1000
    elif direction > S.FORWARD:
        out[S.STRIKE] = S.NOT_HEEL
        out[S.STRIKE_CONF] = (right * _FOREFOOT_ELSE) // 1000
    else:
        out[S.STRIKE] = 0
        out[S.STRIKE_CONF] = 0


@micropython.viper
def bridge(stride, ring_, kept_, lost: int):
    """Skip `lost` samples: advance the indices, repeat the last sample in the ring, clear the raw samples."""
    s = ptr32(stride)
    ring = ptr16(ring_)
    kept = ptr16(kept_)
    d = s[A.DECIM]
    k = s[A.K]
    s[A.RAW] += lost
    s[A.K] = k + lost // d
    s[A.LOST] += lost % d
    s[A.GAP_K] = s[A.K] + 1
    i = 0
    while i < s[A.KEPT_END]:
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
