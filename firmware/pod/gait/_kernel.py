"""Per-sample kernel of the six-axis mode: scale, rotate to the shoe frame, score stillness, find candidate stances.

One viper function with named stages. Units inside the engine: acceleration 1 g = 1024, angular rate 1 rad/s = 819.2
(0.07 dps), stillness in 1/4096 octave. Signed values in an int32 state array are stored with 2**29 added, because a
64-bit runtime loads int32 without its sign.

Reference: `Samples`, `limits` and `quiet_instants` in docs/reference_engine.py.
"""

import micropython
from micropython import const

from pod.gait.shared_state import RING_MASK, ZERO

# State slots of sense(). B: stored with 2**29 added.
RAW = const(2)  # index of the next raw sample
K = const(3)  # index of the next averaged sample: the time base of the ring
DECIM = const(4)  # raw samples per averaged one
PHASE = const(5)
SUM = const(6)  # 6 B: raw sums of the current averaged sample
MATRIX_A = const(12)  # 9 B: counts to shoe frame units, acceleration
MATRIX_G = const(21)  # 9 B: the same, angular rate
SHIFT_A = const(30)
SHIFT_G = const(31)
BIAS = const(32)  # 3 B: gyroscope bias in the shoe frame
WIN_N = const(35)  # length of the stillness window
WIN_SUM = const(36)
WIN_I = const(37)
LOW = const(38)  # leaky envelopes of the stillness score
HIGH = const(39)
LEAK = const(40)
LOW_FLOOR = const(41)
PEND = const(42)  # lowest score of the current minimum, its index and envelopes
PEND_K = const(43)
PEND_LOW = const(44)
PEND_HIGH = const(45)
CONFIRM = const(46)  # samples without a lower score that make a minimum
CUR = const(47)  # 1 + index of the stance that opened the current stride; 0 without one
CUR_LS = const(48)
TOP = const(49)  # highest score since CUR
STANCE_MAX = const(50)  # a stance is below this
SWING_MIN = const(51)  # a swing is above this
REST_LS = const(52)  # true rest is below this
REST_N = const(53)  # samples of rest so far, one in four
REST_NEED = const(54)
REST_SUM = const(55)  # 3 B
REST_REF = const(58)  # 6 B
CAND_K = const(65)  # confirmed candidate
CAND_LS = const(66)
CLIP_A = const(67)  # 1 + last averaged index with a clipped accelerometer
CLIP_G = const(68)
CLIP_M = const(69)  # quarter square magnitude above which the axes are checked for clipping
CLIP_L = const(70)  # |w|^2 in score units above which the gyroscope counts as clipped
MAG_MASK = const(71)
SAME = const(72)  # score by which a later instant of the same stance may exceed the earlier one
WIN = const(80)  # 32 scores
LSR = const(112)  # 32 log scores
LENGTH = const(144)

EVENT_OPEN = const(1)  # a stance without an open stride
EVENT_CANDIDATE = const(2)  # a stance after a swing
EVENT_REST = const(3)  # half a second of true rest

_LIMIT = const(32700)  # counts above which an axis is clipped
_STEADY_G = const(30)  # 2.1 dps
_STEADY_A = const(40)  # 39 mg


@micropython.viper
def sense(st: ptr32, buf: ptr16, ring: ptr16, mag: ptr32, pos: int, count: int) -> int:
    """Take up to `count` samples from the int16 at index `pos`. Stop early if an event needs a decision.

    Returns 8 * samples left + event.
    """
    raw = st[RAW]
    k = st[K]
    decim = st[DECIM]
    phase = st[PHASE]
    s0 = st[SUM] - ZERO
    s1 = st[SUM + 1] - ZERO
    s2 = st[SUM + 2] - ZERO
    s3 = st[SUM + 3] - ZERO
    s4 = st[SUM + 4] - ZERO
    s5 = st[SUM + 5] - ZERO
    win_n = st[WIN_N]
    win_sum = st[WIN_SUM]
    win_i = st[WIN_I]
    low = st[LOW]
    high = st[HIGH]
    leak = st[LEAK]
    low_floor = st[LOW_FLOOR]
    pend = st[PEND]
    pend_k = st[PEND_K]
    confirm = st[CONFIRM]
    top = st[TOP]
    shift_a = st[SHIFT_A]
    shift_g = st[SHIFT_G]
    clip_m = st[CLIP_M]
    ma0 = st[MATRIX_A] - ZERO
    ma1 = st[MATRIX_A + 1] - ZERO
    ma2 = st[MATRIX_A + 2] - ZERO
    ma3 = st[MATRIX_A + 3] - ZERO
    ma4 = st[MATRIX_A + 4] - ZERO
    ma5 = st[MATRIX_A + 5] - ZERO
    ma6 = st[MATRIX_A + 6] - ZERO
    ma7 = st[MATRIX_A + 7] - ZERO
    ma8 = st[MATRIX_A + 8] - ZERO
    mg0 = st[MATRIX_G] - ZERO
    mg1 = st[MATRIX_G + 1] - ZERO
    mg2 = st[MATRIX_G + 2] - ZERO
    mg3 = st[MATRIX_G + 3] - ZERO
    mg4 = st[MATRIX_G + 4] - ZERO
    mg5 = st[MATRIX_G + 5] - ZERO
    mg6 = st[MATRIX_G + 6] - ZERO
    mg7 = st[MATRIX_G + 7] - ZERO
    mg8 = st[MATRIX_G + 8] - ZERO
    b0 = st[BIAS] - ZERO
    b1 = st[BIAS + 1] - ZERO
    b2 = st[BIAS + 2] - ZERO
    clip_g = st[CLIP_L]
    rest_ls = st[REST_LS]
    mag_mask = st[MAG_MASK]
    gyr_offset = decim << 15
    event = 0
    while count > 0:
        # -- every raw sample: sign, clipping, square magnitude -----------------------------------------------------
        ax = (buf[pos] ^ 0x8000) - 0x8000
        ay = (buf[pos + 1] ^ 0x8000) - 0x8000
        az = (buf[pos + 2] ^ 0x8000) - 0x8000
        m = (ax * ax >> 2) + (ay * ay >> 2) + (az * az >> 2)
        mag[raw & mag_mask] = m
        if m > clip_m:
            if ax > _LIMIT or ax < -_LIMIT or ay > _LIMIT or ay < -_LIMIT or az > _LIMIT or az < -_LIMIT:
                st[CLIP_A] = k + 1
        s0 += ax
        s1 += ay
        s2 += az
        s3 += buf[pos + 3] ^ 0x8000
        s4 += buf[pos + 4] ^ 0x8000
        s5 += buf[pos + 5] ^ 0x8000
        pos += 6
        raw += 1
        count -= 1
        phase += 1
        if phase < decim:
            continue
        # -- averaged sample in the shoe frame ----------------------------------------------------------------------
        phase = 0
        s3 -= gyr_offset
        s4 -= gyr_offset
        s5 -= gyr_offset
        ax = (ma0 * s0 + ma1 * s1 + ma2 * s2) >> shift_a
        ay = (ma3 * s0 + ma4 * s1 + ma5 * s2) >> shift_a
        az = (ma6 * s0 + ma7 * s1 + ma8 * s2) >> shift_a
        gx = (mg0 * s3 + mg1 * s4 + mg2 * s5) >> shift_g
        gy = (mg3 * s3 + mg4 * s4 + mg5 * s5) >> shift_g
        gz = (mg6 * s3 + mg7 * s4 + mg8 * s5) >> shift_g
        s0 = 0
        s1 = 0
        s2 = 0
        s3 = 0
        s4 = 0
        s5 = 0
        gx -= b0
        gy -= b1
        gz -= b2
        # Limit the axes to 16 bits. The squares are large only if an axis may exceed them.
        hx = gx >> 1
        hy = gy >> 1
        hz = gz >> 1
        m = (hx * hx + hy * hy + hz * hz) >> 8
        hx = ax >> 1
        hy = ay >> 1
        hz = az >> 1
        e = hx * hx + hy * hy + hz * hz
        if m > clip_g:
            st[CLIP_G] = k + 1
        if m > 1048000 or e > 268000000:
            if ax > 32767:
                ax = 32767
            if ax < -32767:
                ax = -32767
            if ay > 32767:
                ay = 32767
            if ay < -32767:
                ay = -32767
            if az > 32767:
                az = 32767
            if az < -32767:
                az = -32767
            if gx > 32767:
                gx = 32767
            if gx < -32767:
                gx = -32767
            if gy > 32767:
                gy = 32767
            if gy < -32767:
                gy = -32767
            if gz > 32767:
                gz = 32767
            if gz < -32767:
                gz = -32767
        r = (k & RING_MASK) * 6
        ring[r] = ax + 32768
        ring[r + 1] = ay + 32768
        ring[r + 2] = az + 32768
        ring[r + 3] = gx + 32768
        ring[r + 4] = gy + 32768
        ring[r + 5] = gz + 32768
        # -- stillness: |w|^2 / 1.5^2 + ((|a| - g) / 3)^2 in SI, over the window ------------------------------------
        e = (e - 262144) >> 9
        if e > 8191:
            e = 8191
        m += (e * e * 15) >> 10
        win_sum += m - st[WIN + win_i]
        st[WIN + win_i] = m
        win_i += 1
        if win_i == win_n:
            win_i = 0
        # log2 in 1/4096 octave, the fraction linear
        m = win_sum + 1
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
        m = win_sum + 1
        if ls > 12:
            m = m >> (ls - 12)
        else:
            m = m << (12 - ls)
        ls = (ls << 12) + (m & 4095)
        st[LSR + (k & 31)] = ls
        high -= leak
        if ls > high:
            high = ls
        low += leak
        if ls < low:
            low = ls
            if low < low_floor:
                low = low_floor
        if ls > top:
            top = ls
        # -- true rest: gyroscope and accelerometer stay near their first values, checked at every fourth sample. The
        # gyroscope's bias has no effect. --------------------------------------------------------------------------
        if ls >= rest_ls:
            st[REST_N] = 0
        elif k & 3 == 0:
            m = st[REST_N]
            if m == 0:
                st[REST_REF] = gx + ZERO
                st[REST_REF + 1] = gy + ZERO
                st[REST_REF + 2] = gz + ZERO
                st[REST_REF + 3] = ax + ZERO
                st[REST_REF + 4] = ay + ZERO
                st[REST_REF + 5] = az + ZERO
                st[REST_SUM] = ZERO
                st[REST_SUM + 1] = ZERO
                st[REST_SUM + 2] = ZERO
            hx = gx - (st[REST_REF] - ZERO)
            hy = gy - (st[REST_REF + 1] - ZERO)
            hz = gz - (st[REST_REF + 2] - ZERO)
            ax -= st[REST_REF + 3] - ZERO
            ay -= st[REST_REF + 4] - ZERO
            az -= st[REST_REF + 5] - ZERO
            if hx > _STEADY_G or hx < 0 - _STEADY_G or hy > _STEADY_G or hy < 0 - _STEADY_G:
                st[REST_N] = 0
            elif hz > _STEADY_G or hz < 0 - _STEADY_G or ax > _STEADY_A or ax < 0 - _STEADY_A:
                st[REST_N] = 0
            elif ay > _STEADY_A or ay < 0 - _STEADY_A or az > _STEADY_A or az < 0 - _STEADY_A:
                st[REST_N] = 0
            else:
                st[REST_SUM] += gx
                st[REST_SUM + 1] += gy
                st[REST_SUM + 2] += gz
                m += 1
                st[REST_N] = m
                if m >= st[REST_NEED]:
                    event = EVENT_REST
        # -- minimum: no lower score in the CONFIRM samples before and after it -------------------------------------
        if ls < pend:
            pend = ls
            pend_k = k
            st[PEND_LOW] = low
            st[PEND_HIGH] = high
        elif k - pend_k == confirm:
            m = 1
            while m <= confirm and st[LSR + ((pend_k - m) & 31)] >= pend:
                m += 1
            if m > confirm:
                e = st[PEND_LOW]
                m = st[PEND_HIGH] - e
                hx = e + ((m * 6) // 10 if m > 0 else 0)
                if hx < st[SWING_MIN]:
                    hx = st[SWING_MIN]
                e += (m * 4) // 10 if m > 0 else 0
                if e > st[STANCE_MAX]:
                    e = st[STANCE_MAX]
                if pend <= e:
                    st[CAND_K] = pend_k
                    st[CAND_LS] = pend
                    if st[CUR] == 0:
                        event = EVENT_OPEN
                    elif top < hx:
                        e = st[CUR_LS] + st[SAME]
                        if e < rest_ls:
                            e = rest_ls
                        if pend < e:  # a later, equally still instant of the same stance
                            st[CUR] = pend_k + 1
                            st[CUR_LS] = pend
                            top = pend
                            m = 0
                            while m < confirm:
                                if st[LSR + ((k - m) & 31)] > top:
                                    top = st[LSR + ((k - m) & 31)]
                                m += 1
                    else:
                        event = EVENT_CANDIDATE
            pend = ls
            pend_k = k
            st[PEND_LOW] = low
            st[PEND_HIGH] = high
        k += 1
        if event != 0:
            break
    st[RAW] = raw
    st[K] = k
    st[PHASE] = phase
    st[SUM] = s0 + ZERO
    st[SUM + 1] = s1 + ZERO
    st[SUM + 2] = s2 + ZERO
    st[SUM + 3] = s3 + ZERO
    st[SUM + 4] = s4 + ZERO
    st[SUM + 5] = s5 + ZERO
    st[WIN_SUM] = win_sum
    st[WIN_I] = win_i
    st[LOW] = low
    st[HIGH] = high
    st[PEND] = pend
    st[PEND_K] = pend_k
    st[TOP] = top
    return (count << 3) + event


@micropython.viper
def bridge(st: ptr32, ring: ptr16, mag: ptr32, lost: int):
    """Skip lost samples: advance the index, repeat the last sample in the ring, drop the current minimum."""
    decim = st[DECIM]
    raw = st[RAW]
    k = st[K]
    n = lost // decim
    st[RAW] = raw + lost
    st[K] = k + n
    st[REST_N] = 0
    st[PEND] = ZERO
    st[PEND_K] = k + n
    if n > RING_MASK:
        n = RING_MASK
    k = st[K] - n
    s = ((k - 1) & RING_MASK) * 6
    while n > 0:
        r = (k & RING_MASK) * 6
        i = 0
        while i < 6:
            ring[r + i] = ring[s + i]
            i += 1
        k += 1
        n -= 1
    n = lost
    if n > st[MAG_MASK]:
        n = st[MAG_MASK] + 1
    while n > 0:
        mag[(raw + n - 1) & st[MAG_MASK]] = 0
        n -= 1
