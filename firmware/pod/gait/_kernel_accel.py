"""Per-sample kernel of the accelerometer-only mode: score the motion of the foot and find the stances.

The score is the squared distance of the acceleration from the gravity of a stance, averaged over 67 ms, as a
logarithm. If |a| passes 1 g in mid-swing, the direction differs from gravity, which |a| alone cannot show. The
threshold between stance and swing follows the mean score of the current swing, because a running foot is never still.
A foot that shakes too much for it is in stance at the first valley of the score after the landing, the highest score.
Averaged samples are rotated to the shoe before they are rounded, so the strides do not depend on the chip's mount.

Units: acceleration 1 g = 1024, scores 1/256 octave, times in averaged samples (about 100 Hz). Signed values in the
int32 state are stored with 2**29 added, because a 64-bit runtime loads int32 without its sign.
"""

import micropython
from micropython import const

from pod.gait import accel_state as A
from pod.gait.shared_state import RING_MASK, ZERO

_SAME = const(384)  # 1.5 octaves: score by which a later instant of the stance may exceed the earlier one
_VOID = const(180)  # 0.7 octaves above the threshold: discard the evidence
_RISE_MAX = const(768)
_BELOW_MEAN = const(768)
_OVERDUE = const(192)  # 0.75 octaves: largest reduction of _BELOW_MEAN for an overdue stance
_FADE = const(5)  # of TOP: 1 octave per second
_NEAR = const(256)
_DROP = const(1152)  # 4.5 octaves: smallest fall of the score from the landing of a runner to the stance
_HARD = const(358)  # 1.4 octaves above TOP_MIN: a landing below it needs a deeper valley
_DEEPER = const(640)  # 2.5 octaves
_PASSED = const(96)  # 0.4 octaves above the valley: the quietest instant is over.
_ABOVE = const(256)  # from the valley to the threshold that ends the stance
_FAR = const(50331648)  # 13.5 g: upper limit of the distance
_RELAXED = const(3)  # times STILL_MAX: at the heel no stance may be still enough to show gravity
_STILL_LONG = const(4)
_G2_MIN = const(44732)  # (0.825 g)^2, 1 g = 256
_G2_MAX = const(90601)  # (1.175 g)^2
_LESS_MIN = const(-512)
_LESS_MAX = const(1024)


@micropython.viper
def sense(state, buffer, pos: int, count: int, ring_, kept_) -> int:
    """Consume samples from int16 index `pos` until the buffer ends (return 0) or a stance closes a stride (return 1).

    The stride extends from START to END. The caller continues with POS and COUNT.
    """
    st = ptr32(state)
    buf = ptr16(buffer)
    ring = ptr16(ring_)
    kept = ptr16(kept_)
    q = st[A.KEPT_AT]
    raw = st[A.RAW]
    k = st[A.K]
    phase = st[A.PHASE]
    s0 = st[A.SUM]
    s1 = st[A.SUM + 1]
    s2 = st[A.SUM + 2]
    event = 0
    while count > 0 and event == 0:
        # -- every raw sample: store and sum ------------------------------------------------------------------------
        n = phase if phase < count else count
        count -= n
        phase -= n
        raw += n
        while n > 0:
            x = buf[pos]
            y = buf[pos + 1]
            z = buf[pos + 2]
            pos += 3
            kept[q] = x
            kept[q + 1] = y
            kept[q + 2] = z
            q += 3
            s0 += x ^ 0x8000
            s1 += y ^ 0x8000
            s2 += z ^ 0x8000
            n -= 1
        if phase > 0:
            continue
        # -- averaged sample ----------------------------------------------------------------------------------------
        if q == st[A.KEPT_END]:
            q = 0
        phase = st[A.DECIM]
        m = phase << 15  # sum of the flipped sign bits
        s0 -= m
        s1 -= m
        s2 -= m
        x = st[A.SHIFT]
        ax = ((st[A.MATRIX] - ZERO) * s0 + (st[A.MATRIX + 1] - ZERO) * s1 + (st[A.MATRIX + 2] - ZERO) * s2) >> x
        ay = ((st[A.MATRIX + 3] - ZERO) * s0 + (st[A.MATRIX + 4] - ZERO) * s1 + (st[A.MATRIX + 5] - ZERO) * s2) >> x
        az = ((st[A.MATRIX + 6] - ZERO) * s0 + (st[A.MATRIX + 7] - ZERO) * s1 + (st[A.MATRIX + 8] - ZERO) * s2) >> x
        s0 = 0
        s1 = 0
        s2 = 0
        if ((ax + 32768) | (ay + 32768) | (az + 32768)) >> 16 != 0:  # an axis does not fit 16 bits
            if ax > 32767 or ax < -32767:
                ax = 32767 if ax > 0 else -32767
            if ay > 32767 or ay < -32767:
                ay = 32767 if ay > 0 else -32767
            if az > 32767 or az < -32767:
                az = 32767 if az > 0 else -32767
        r = (k & RING_MASK) * 3
        ring[r] = ax
        ring[r + 1] = ay
        ring[r + 2] = az
        # -- still for 0.2 s: learn the gravity of a stance, which depends on the shoe and the slope ----------------
        if (k & 3) == 0:
            m = st[A.STILL_MAX]
            if st[A.CLOSED] == 0:  # no stride yet: gravity may be wrong
                m = m * _RELAXED
            x = ax - (st[A.STILL_REF] - ZERO)
            y = ay - (st[A.STILL_REF + 1] - ZERO)
            z = az - (st[A.STILL_REF + 2] - ZERO)
            if x > m or y > m or z > m or x < 0 - m or y < 0 - m or z < 0 - m:
                st[A.STILL_N] = 0
                st[A.STILL_REF] = ax + ZERO
                st[A.STILL_REF + 1] = ay + ZERO
                st[A.STILL_REF + 2] = az + ZERO
                st[A.STILL_SUM] = ZERO
                st[A.STILL_SUM + 1] = ZERO
                st[A.STILL_SUM + 2] = ZERO
            else:
                st[A.STILL_SUM] += x
                st[A.STILL_SUM + 1] += y
                st[A.STILL_SUM + 2] += z
                m = st[A.STILL_N] + 1
                if m == _STILL_LONG:
                    x = st[A.STILL_REF] - ZERO + ((st[A.STILL_SUM] - ZERO) >> 2)
                    y = st[A.STILL_REF + 1] - ZERO + ((st[A.STILL_SUM + 1] - ZERO) >> 2)
                    z = st[A.STILL_REF + 2] - ZERO + ((st[A.STILL_SUM + 2] - ZERO) >> 2)
                    m = (x >> 2) * (x >> 2) + (y >> 2) * (y >> 2) + (z >> 2) * (z >> 2)
                    if m > _G2_MIN and m < _G2_MAX:
                        m = st[A.GRAV] - ZERO
                        st[A.GRAV] = m + ((3 * (x - m) + 2) >> 2) + ZERO
                        m = st[A.GRAV + 1] - ZERO
                        st[A.GRAV + 1] = m + ((3 * (y - m) + 2) >> 2) + ZERO
                        m = st[A.GRAV + 2] - ZERO
                        st[A.GRAV + 2] = m + ((3 * (z - m) + 2) >> 2) + ZERO
                    m = 0
                    st[A.STILL_SUM] = ZERO
                    st[A.STILL_SUM + 1] = ZERO
                    st[A.STILL_SUM + 2] = ZERO
                    st[A.STILL_REF] = ax + ZERO
                    st[A.STILL_REF + 1] = ay + ZERO
                    st[A.STILL_REF + 2] = az + ZERO
                st[A.STILL_N] = m
        # -- squared distance from gravity, over the window, as a logarithm -----------------------------------------
        x = (ax - (st[A.GRAV] - ZERO)) >> 1
        y = (ay - (st[A.GRAV + 1] - ZERO)) >> 1
        z = (az - (st[A.GRAV + 2] - ZERO)) >> 1
        m = x * x + y * y + z * z
        if m > st[A.CLIP_M]:
            if m > _FAR:
                m = _FAR
            # At this distance a raw sample may be at the end of the range.
            n = st[A.CLIP_L]
            e = q if q > 0 else st[A.KEPT_END]
            z = e - 3 * st[A.DECIM]
            while z < e:
                x = (kept[z] ^ 0x8000) - 0x8000
                if x > n or x < 0 - n:
                    st[A.CLIP_K] = k + 1
                z += 1
            n = 0
        x = st[A.WIN_I]
        y = st[A.WIN_SUM] + m - st[A.WIN + x]
        st[A.WIN + x] = m
        st[A.WIN_SUM] = y
        x += 1
        if x == st[A.WIN_N]:
            x = 0
        st[A.WIN_I] = x
        if (k & 1) == 0:  # The score is smooth, so every second sample is enough.
            k += 1
            continue
        y += st[A.FLOOR]
        m = y
        ls = 0
        if m > 65535:
            ls = 16
            m = m >> 16
        if m > 255:
            ls += 8
            m = m >> 8
        if m > 15:
            ls += 4
            m = m >> 4
        if m > 3:
            ls += 2
            m = m >> 2
        if m > 1:
            ls += 1
        if ls > 8:
            m = y >> (ls - 8)
        else:
            m = y << (8 - ls)
        ls = (ls << 8) + (m & 255)
        if st[A.SWING] != 0:
            # -- in a swing: threshold below which a stance begins --------------------------------------------------
            m = st[A.SWING_FLOOR]
            m = st[A.SWING_SUM] + (ls if ls > m else m)
            st[A.SWING_SUM] = m
            x = st[A.SWING_N] + 1
            st[A.SWING_N] = x
            mean = (m + st[A.PRIOR]) // (x + A.PRIOR_N)
            st[A.MEAN] = mean
            m = mean - st[A.TH_KNEE]
            th = st[A.TH_BASE] + ((m * (st[A.SLOPE_UP] if m > 0 else st[A.SLOPE_DOWN])) >> 8) + (st[A.OFFSET] - ZERO)
            m = st[A.TH_MIN]
            if th < m:
                th = m
            x = th
            m = k - st[A.LATE_K]
            if m > 0:
                m = (m * st[A.RISE]) // st[A.PERIOD]
                th += m if m < _RISE_MAX else _RISE_MAX
            # A stance is overdue: the score of a foot that rolls through it is only a little below the swing.
            m = (m - _RISE_MAX) >> 2
            if m < 0:
                m = 0
            m = mean - _BELOW_MEAN + (m if m < _OVERDUE else _OVERDUE)
            if th > m:
                th = m
            # -- stance of a runner: the first valley after the landing, which has the highest score of the stride ---
            m = st[A.TOP] - _FADE
            if ls > m:
                m = ls
            st[A.TOP] = m
            if ls > m - _NEAR:
                st[A.TOP_K] = k
                st[A.VALLEY] = 65535
            elif ls < st[A.VALLEY]:
                st[A.VALLEY] = ls
                st[A.VALLEY_K] = k
            elif ls >= th and m >= st[A.TOP_MIN]:
                y = st[A.VALLEY]
                e = st[A.VALLEY_K]
                n = k + 1 - st[A.OPEN]
                z = e - st[A.BEAT_K]
                if (
                    y <= m - _DROP
                    and ls > y + _PASSED
                    and k - e < st[A.LATEST] + 2
                    and e - st[A.TOP_K] <= st[A.SWING_MIN] + st[A.LAG]
                    and n >= 2 * st[A.LENGTH_MIN]
                    and z > 0
                ):
                    # A deep valley is evidence by itself, a shallow one only at the runner's beat.
                    if m < st[A.TOP_MIN] + _HARD:
                        m -= _DEEPER
                    if 5 * n < 3 * st[A.PERIOD]:
                        m = 0
                    n = z - st[A.BEAT]
                    if n < 0:
                        n = 0 - n
                    st[A.BEAT] = z
                    st[A.BEAT_K] = e
                    if y <= m - _DROP or (8 * n <= z and z <= 3 * st[A.LENGTH_MIN]):
                        st[A.CAND] = e + 1
                        st[A.LOW] = y
                        st[A.LOW_K] = e
                        st[A.AREA] = 65535
                        x = y + _ABOVE
                        th = 65536
                n = 0
            # -- evidence of a stance -------------------------------------------------------------------------------
            if ls < th:
                if st[A.CAND] == 0:
                    st[A.CAND] = k + 1
                    st[A.LOW] = 65535
                if ls < st[A.LOW]:
                    st[A.LOW] = ls
                    st[A.LOW_K] = k
                m = st[A.AREA] + th - ls
                if m > 65535:
                    m = 65535
                st[A.AREA] = m
                if m >= (st[A.AREA_WALK] if mean < st[A.RUN_MEAN] else st[A.AREA_RUN]):
                    # -- enough evidence: check whether the stance closes a stride ------------------------------------
                    z = 1  # 1: stance; 0: quiet instant of the swing
                    y = k + 1 - st[A.OPEN]
                    if st[A.OPEN] == 0 or y > st[A.LENGTH_MAX]:  # a first stance
                        st[A.FIRST] = 1
                        st[A.PERIOD] = st[A.DEFAULT_PERIOD]
                        st[A.BEFORE] = A.EVEN
                        st[A.BEFORE + 1] = A.EVEN
                        st[A.BEFORE + 2] = A.EVEN
                    elif st[A.CAND] - 1 - st[A.LEAVE] >= st[A.SWING_MIN]:  # otherwise an impact on a standing foot
                        if y < st[A.LENGTH_MIN] or (y << 8) < st[A.REFRACTORY] * st[A.PERIOD]:
                            z = 0  # a quiet instant of the swing
                        else:
                            m = st[A.LOW_K]
                            if m < k - st[A.LATEST]:
                                m = k - st[A.LATEST]
                            y = st[A.OPEN] - 1 - st[A.LAG]
                            st[A.START] = y if y > 0 else 0  # The first stance may begin before the samples.
                            st[A.END] = m - st[A.LAG]
                            # Period: a longer stride is more probably a missed stance than a slower gait.
                            y = m + 1 - st[A.CLOSED]
                            if st[A.CLOSED] != 0 and y < st[A.LENGTH_MAX]:
                                e = st[A.PERIOD]
                                y -= e
                                if y < 0:
                                    e -= (0 - y) >> 1
                                elif 2 * y < e:
                                    e += y // 5
                                else:
                                    e += y // 10
                                st[A.PERIOD] = e
                            st[A.CLOSED] = m + 1
                            event = 1
                    st[A.AREA] = 0
                    if z != 0:
                        if th == 65536:
                            st[A.LEAVE_AREA] = st[A.AREA_LEAVE] >> 2
                        else:
                            st[A.BEAT] = st[A.LOW_K] - st[A.BEAT_K]
                            st[A.BEAT_K] = st[A.LOW_K]
                        st[A.SWING] = 0
                        st[A.QUIET_K] = k
                        st[A.THRESHOLD] = x if x < th else th
                        if st[A.SWING_N] >= A.PRIOR_N:
                            st[A.PRIOR] = A.PRIOR_N * mean
            elif ls > th + _VOID:
                st[A.CAND] = 0
                st[A.AREA] = 0
        else:
            # -- in a stance: until the score stays above the threshold ---------------------------------------------
            m = st[A.LOW]
            if ls < m:
                m = ls
                st[A.LOW] = ls
                st[A.LOW_K] = k
            if ls <= m + _SAME:
                st[A.QUIET_K] = k
            m = ls - st[A.THRESHOLD]
            if m > 0:
                m += st[A.AREA]
                st[A.AREA] = m
                if m > st[A.LEAVE_AREA]:
                    # -- end of the stance: adapt the offset to the difference from the usual lowest score ------------
                    y = st[A.STANCE_LOW]
                    m = st[A.MEAN] - st[A.STANCE_KNEE]
                    if m > 0:
                        y += (m * st[A.STANCE_SLOPE]) >> 8
                    m = st[A.LOW] - y
                    if m < _LESS_MIN:
                        m = _LESS_MIN
                    if m > _LESS_MAX:
                        m = _LESS_MAX
                    y = st[A.ADAPTED] - ZERO
                    y += ((m - y) * st[A.ADAPT_GAIN]) >> 8
                    st[A.ADAPTED] = y + ZERO
                    st[A.OFFSET] = ZERO + ((y * st[A.ADAPT_SHARE]) >> 8)
                    m = st[A.QUIET_K] + 1
                    st[A.OPEN] = m
                    st[A.LATE_K] = m - 1 + ((st[A.LATE] * st[A.PERIOD]) >> 8)
                    st[A.SWING] = 1
                    st[A.LEAVE_AREA] = st[A.AREA_LEAVE]
                    st[A.LEAVE] = k
                    st[A.CAND] = 0
                    st[A.AREA] = 0
                    st[A.SWING_SUM] = 0
                    st[A.SWING_N] = 0
            else:
                st[A.AREA] = 0
        k += 1
    st[A.POS] = pos
    st[A.COUNT] = count
    st[A.RAW] = raw
    st[A.K] = k
    st[A.PHASE] = phase
    st[A.SUM] = s0
    st[A.SUM + 1] = s1
    st[A.SUM + 2] = s2
    st[A.KEPT_AT] = q
    return event
