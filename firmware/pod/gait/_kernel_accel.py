"""Every sample of three axes: score how far the foot is from lying still, and find the stances.

The score is the squared distance of the acceleration from gravity as it lies in a stance, averaged over 67 ms, as a
logarithm. A dip of |a| to 1 g in mid-swing points elsewhere, which |a| alone cannot see. Between stance and swing lies
a threshold that goes with the mean score of the running swing, so a running foot, which is never still, has its own.
Averaged samples are turned to the shoe before they are rounded: so however the chip is mounted, strides are the same.

Units: acceleration 1 g = 1024, scores 1/256 octave, times in averaged samples (about 100 Hz). Signed values in the
int32 state are stored with 2**29 added, because a 64-bit runtime loads int32 without its sign.
"""

import micropython
from micropython import const

POS = const(0)  # next sample in the buffer, in int16 units
COUNT = const(1)  # samples left in the buffer
RAW = const(2)  # index of the next raw sample
K = const(3)  # index of the next averaged sample: the time base of the ring
DECIM = const(4)  # raw samples per averaged one
PHASE = const(5)  # raw samples until it is complete
SUM = const(6)  # 3: raw sums of the averaged sample under way, sign bits flipped
SHIFT = const(10)  # of what MATRIX makes of such a sum
CLIP_L = const(11)  # counts at which an axis is taken for clipped
CLIP_M = const(12)  # looked for when the squared distance exceeds this
CLIP_K = const(13)  # 1 + last averaged index with a clipped sample
KEPT_END = const(14)  # length of the ring of raw samples, in int16 units
GRAV = const(15)  # 3 B: gravity in a stance, 1 g = 1024
STILL_N = const(18)  # samples that stayed near the first of them
STILL_REF = const(19)  # 3 B: that first one
STILL_SUM = const(22)  # 3 B
WIN_N = const(25)  # length of the score's window
WIN_I = const(26)
WIN_SUM = const(27)
FLOOR = const(28)  # added to the window sum: what the sensor's noise hides
SWING = const(29)  # 1 while the foot swings
OPEN = const(30)  # 1 + index of the last quiet instant of the stance that the running stride started from; 0 none
LEAVE = const(31)  # index at which the stance was left
CAND = const(32)  # 1 + index at which the score fell below the threshold; 0 it is above
LOW = const(33)  # lowest score of the stance under way, and its index
LOW_K = const(34)
QUIET_K = const(35)  # last index about as low as LOW
AREA = const(36)  # below the threshold, in a swing; above it, in a stance: 1/256 octave * steps of two samples
SWING_SUM = const(37)  # scores of the running swing
SWING_N = const(38)
MEAN = const(39)  # their mean, drawn to that of the swing before
PRIOR = const(40)  # that one, times its weight
THRESHOLD = const(41)  # of the stance under way
OFFSET = const(42)  # B: how much less still this wearer's stances are than usual
PERIOD = const(43)  # of the running gait
LATE_K = const(44)  # index after which the threshold rises
RISE = const(45)  # octaves per period by which it rises
TH_BASE = const(46)  # threshold at the mean score TH_KNEE
TH_KNEE = const(47)
TH_MIN = const(48)
SLOPE_UP = const(49)  # of the threshold above the knee, 1/256
SLOPE_DOWN = const(50)  # and below it
SWING_FLOOR = const(51)  # lower scores count as this in the mean
AREA_WALK = const(52)  # evidence that a stance needs
AREA_RUN = const(53)
RUN_MEAN = const(54)  # mean score above which it runs
AREA_LEAVE = const(55)
STILL_MAX = const(57)  # a foot on the ground keeps every axis this near
START = const(59)  # out: the stride that a stance closes, at the middle of the score's window
END = const(60)
FIRST = const(61)  # 1: no contact before this stride is known
KEPT_AT = const(77)  # where the next of them goes
LENGTH_MIN = const(62)
LENGTH_MAX = const(63)
SWING_MIN = const(64)
REFRACTORY = const(65)  # share of the period before which no stride closes, 1/256
LATEST = const(66)  # the closing instant lies at most this far back
LAG = const(67)  # half the score's window
DEFAULT_PERIOD = const(68)
CLOSED = const(69)  # 1 + last closing instant
LATE = const(70)  # share of the period after which the threshold rises, 1/256
STANCE_LOW = const(71)  # how still a stance usually gets
STANCE_KNEE = const(72)  # from this mean score on it gets less so
STANCE_SLOPE = const(73)
ADAPT_GAIN = const(74)  # 1/256
ADAPT_SHARE = const(75)
ADAPTED = const(76)  # B
WIN = const(80)  # 16 squared distances
MATRIX = const(96)  # 9 B: sums of counts to the shoe frame, 1/1024 g
SENSE_LENGTH = const(105)

BEFORE = const(137)  # 3: the probabilities that _accel_swing carries from stride to stride

RING_MASK = const(511)
PRIOR_N = const(4)  # steps of two samples that the swing before is worth in the mean
_B = const(536870912)
_SAME = const(384)  # a later instant of the stance may be 1.5 octaves less still
_VOID = const(180)  # 0.7 octaves above the threshold the evidence is void
_RISE_MAX = const(768)
_BELOW_MEAN = const(768)
_OVERDUE = const(192)  # 0.75 octaves nearer
_FAR = const(50331648)  # 13.5 g: further does not count
_STILL_LONG = const(4)
_G2_MIN = const(44732)  # (0.825 g)^2, 1 g = 256
_G2_MAX = const(90601)  # (1.175 g)^2
_EVEN = const(1365)  # a third of 4096
_LESS_MIN = const(-512)
_LESS_MAX = const(1024)


@micropython.viper
def sense(state, buffer, pos: int, count: int, ring_, kept_) -> int:
    """Consumes samples from int16 index `pos` of the buffer until it ends (0) or a stance closes a stride (1).

    The stride reaches from START to END; the caller goes on with POS and COUNT.
    """
    st = ptr32(state)
    buf = ptr16(buffer)
    ring = ptr16(ring_)
    kept = ptr16(kept_)
    q = st[KEPT_AT]
    raw = st[RAW]
    k = st[K]
    phase = st[PHASE]
    s0 = st[SUM]
    s1 = st[SUM + 1]
    s2 = st[SUM + 2]
    event = 0
    while count > 0 and event == 0:
        # -- every raw sample: keep it, sum it ----------------------------------------------------------------------
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
        if q == st[KEPT_END]:
            q = 0
        phase = st[DECIM]
        m = phase << 15  # what the sign bits added
        s0 -= m
        s1 -= m
        s2 -= m
        x = st[SHIFT]
        ax = ((st[MATRIX] - _B) * s0 + (st[MATRIX + 1] - _B) * s1 + (st[MATRIX + 2] - _B) * s2) >> x
        ay = ((st[MATRIX + 3] - _B) * s0 + (st[MATRIX + 4] - _B) * s1 + (st[MATRIX + 5] - _B) * s2) >> x
        az = ((st[MATRIX + 6] - _B) * s0 + (st[MATRIX + 7] - _B) * s1 + (st[MATRIX + 8] - _B) * s2) >> x
        s0 = 0
        s1 = 0
        s2 = 0
        if ((ax + 32768) | (ay + 32768) | (az + 32768)) >> 16 != 0:  # one of them does not fit 16 bits
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
        # -- lying still for 0.2 s: gravity as it is in a stance, whatever the shoe and the slope ------------------
        if (k & 3) == 0:
            m = st[STILL_MAX]
            x = ax - (st[STILL_REF] - _B)
            y = ay - (st[STILL_REF + 1] - _B)
            z = az - (st[STILL_REF + 2] - _B)
            if x > m or y > m or z > m or x < 0 - m or y < 0 - m or z < 0 - m:
                st[STILL_N] = 0
                st[STILL_REF] = ax + _B
                st[STILL_REF + 1] = ay + _B
                st[STILL_REF + 2] = az + _B
                st[STILL_SUM] = _B
                st[STILL_SUM + 1] = _B
                st[STILL_SUM + 2] = _B
            else:
                st[STILL_SUM] += x
                st[STILL_SUM + 1] += y
                st[STILL_SUM + 2] += z
                m = st[STILL_N] + 1
                if m == _STILL_LONG:
                    x = st[STILL_REF] - _B + ((st[STILL_SUM] - _B) >> 2)
                    y = st[STILL_REF + 1] - _B + ((st[STILL_SUM + 1] - _B) >> 2)
                    z = st[STILL_REF + 2] - _B + ((st[STILL_SUM + 2] - _B) >> 2)
                    m = (x >> 2) * (x >> 2) + (y >> 2) * (y >> 2) + (z >> 2) * (z >> 2)
                    if m > _G2_MIN and m < _G2_MAX:
                        m = st[GRAV] - _B
                        st[GRAV] = m + ((3 * (x - m) + 2) >> 2) + _B
                        m = st[GRAV + 1] - _B
                        st[GRAV + 1] = m + ((3 * (y - m) + 2) >> 2) + _B
                        m = st[GRAV + 2] - _B
                        st[GRAV + 2] = m + ((3 * (z - m) + 2) >> 2) + _B
                    m = 0
                    st[STILL_SUM] = _B
                    st[STILL_SUM + 1] = _B
                    st[STILL_SUM + 2] = _B
                    st[STILL_REF] = ax + _B
                    st[STILL_REF + 1] = ay + _B
                    st[STILL_REF + 2] = az + _B
                st[STILL_N] = m
        # -- squared distance from it, over the window, as a logarithm ----------------------------------------------
        x = (ax - (st[GRAV] - _B)) >> 1
        y = (ay - (st[GRAV + 1] - _B)) >> 1
        z = (az - (st[GRAV + 2] - _B)) >> 1
        m = x * x + y * y + z * z
        if m > st[CLIP_M]:
            if m > _FAR:
                m = _FAR
            # far enough that one of the samples may have met the end of the range
            n = st[CLIP_L]
            e = q if q > 0 else st[KEPT_END]
            z = e - 3 * st[DECIM]
            while z < e:
                x = (kept[z] ^ 0x8000) - 0x8000
                if x > n or x < 0 - n:
                    st[CLIP_K] = k + 1
                z += 1
            n = 0
        x = st[WIN_I]
        y = st[WIN_SUM] + m - st[WIN + x]
        st[WIN + x] = m
        st[WIN_SUM] = y
        x += 1
        if x == st[WIN_N]:
            x = 0
        st[WIN_I] = x
        if (k & 1) == 0:  # the score is smooth: every other one tells enough
            k += 1
            continue
        y += st[FLOOR]
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
        if st[SWING] != 0:
            # -- in a swing: threshold between it and a stance ------------------------------------------------------
            m = st[SWING_FLOOR]
            m = st[SWING_SUM] + (ls if ls > m else m)
            st[SWING_SUM] = m
            x = st[SWING_N] + 1
            st[SWING_N] = x
            mean = (m + st[PRIOR]) // (x + PRIOR_N)
            st[MEAN] = mean
            m = mean - st[TH_KNEE]
            th = st[TH_BASE] + ((m * (st[SLOPE_UP] if m > 0 else st[SLOPE_DOWN])) >> 8) + (st[OFFSET] - _B)
            m = st[TH_MIN]
            if th < m:
                th = m
            x = th
            m = k - st[LATE_K]
            if m > 0:
                m = (m * st[RISE]) // st[PERIOD]
                th += m if m < _RISE_MAX else _RISE_MAX
            m = (m - _RISE_MAX) >> 2  # a stance is overdue: who rolls over it does not come far below the swing
            if m < 0:
                m = 0
            m = mean - _BELOW_MEAN + (m if m < _OVERDUE else _OVERDUE)
            if th > m:
                th = m
            # -- evidence of a stance -------------------------------------------------------------------------------
            if ls < th:
                if st[CAND] == 0:
                    st[CAND] = k + 1
                    st[LOW] = 65535
                if ls < st[LOW]:
                    st[LOW] = ls
                    st[LOW_K] = k
                m = st[AREA] + th - ls
                if m > 65535:
                    m = 65535
                st[AREA] = m
                if m >= (st[AREA_WALK] if mean < st[RUN_MEAN] else st[AREA_RUN]):
                    # -- enough: does it close a stride? --------------------------------------------------------------
                    z = 1  # 1: the foot stands
                    y = k + 1 - st[OPEN]
                    if st[OPEN] == 0 or y > st[LENGTH_MAX]:  # a stance to begin with
                        st[FIRST] = 1
                        st[PERIOD] = st[DEFAULT_PERIOD]
                        st[BEFORE] = _EVEN
                        st[BEFORE + 1] = _EVEN
                        st[BEFORE + 2] = _EVEN
                    elif st[CAND] - 1 - st[LEAVE] >= st[SWING_MIN]:  # else a knock on a standing foot
                        if y < st[LENGTH_MIN] or (y << 8) < st[REFRACTORY] * st[PERIOD]:
                            z = 0  # a quiet instant of the swing
                        else:
                            m = st[LOW_K]
                            if m < k - st[LATEST]:
                                m = k - st[LATEST]
                            y = st[OPEN] - 1 - st[LAG]
                            st[START] = y if y > 0 else 0  # the very first stance may begin before the samples do
                            st[END] = m - st[LAG]
                            # the period: what is longer is rather a stride missed than a slower gait
                            y = m + 1 - st[CLOSED]
                            if st[CLOSED] != 0 and y < st[LENGTH_MAX]:
                                e = st[PERIOD]
                                y -= e
                                if y < 0:
                                    e -= (0 - y) >> 1
                                elif 2 * y < e:
                                    e += y // 5
                                else:
                                    e += y // 10
                                st[PERIOD] = e
                            st[CLOSED] = m + 1
                            event = 1
                    st[AREA] = 0
                    if z != 0:
                        st[SWING] = 0
                        st[QUIET_K] = k
                        st[THRESHOLD] = x if x < th else th
                        if st[SWING_N] >= PRIOR_N:
                            st[PRIOR] = PRIOR_N * mean
            elif ls > th + _VOID:
                st[CAND] = 0
                st[AREA] = 0
        else:
            # -- in a stance: until the score stays above the threshold ---------------------------------------------
            m = st[LOW]
            if ls < m:
                m = ls
                st[LOW] = ls
                st[LOW_K] = k
            if ls <= m + _SAME:
                st[QUIET_K] = k
            m = ls - st[THRESHOLD]
            if m > 0:
                m += st[AREA]
                st[AREA] = m
                if m > st[AREA_LEAVE]:
                    # -- the foot leaves: how still did it get, compared with the usual? ------------------------------
                    y = st[STANCE_LOW]
                    m = st[MEAN] - st[STANCE_KNEE]
                    if m > 0:
                        y += (m * st[STANCE_SLOPE]) >> 8
                    m = st[LOW] - y
                    if m < _LESS_MIN:
                        m = _LESS_MIN
                    if m > _LESS_MAX:
                        m = _LESS_MAX
                    y = st[ADAPTED] - _B
                    y += ((m - y) * st[ADAPT_GAIN]) >> 8
                    st[ADAPTED] = y + _B
                    st[OFFSET] = _B + ((y * st[ADAPT_SHARE]) >> 8)
                    m = st[QUIET_K] + 1
                    st[OPEN] = m
                    st[LATE_K] = m - 1 + ((st[LATE] * st[PERIOD]) >> 8)
                    st[SWING] = 1
                    st[LEAVE] = k
                    st[CAND] = 0
                    st[AREA] = 0
                    st[SWING_SUM] = 0
                    st[SWING_N] = 0
            else:
                st[AREA] = 0
        k += 1
    st[POS] = pos
    st[COUNT] = count
    st[RAW] = raw
    st[K] = k
    st[PHASE] = phase
    st[SUM] = s0
    st[SUM + 1] = s1
    st[SUM + 2] = s2
    st[KEPT_AT] = q
    return event
