"""Every sample of three axes: scale and turn to the shoe frame, score how far the foot is from lying still, find stances.

The score is the squared distance of the acceleration from gravity as it lies in a stance, averaged over 67 ms, as a
logarithm. A dip of |a| to 1 g in mid-swing points elsewhere, which |a| alone cannot see. Between stance and swing lies
a threshold that goes with the mean score of the running swing, so a running foot, which is never still, has its own.

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
PHASE = const(5)
SUM = const(6)  # 3 B: raw sums of the averaged sample under way
MATRIX = const(9)  # 9 B: counts to shoe frame units
SHIFT = const(18)
CLIP_L = const(19)  # counts at which an axis is taken for clipped
CLIP_M = const(20)  # looked for when the quarter square magnitude exceeds this
CLIP_K = const(21)  # 1 + last averaged index with a clipped sample
MAG_MASK = const(22)
GRAV = const(23)  # 3 B: gravity in a stance, 1 g = 16384
WIN_N = const(26)  # length of the score's window
WIN_I = const(27)
WIN_SUM = const(28)
FLOOR = const(29)  # added to the window sum: what the sensor's noise hides
STILL_SUM = const(30)  # 3 B: sums over the last 16 samples
STILL_SQ = const(33)
STILL_MAX = const(34)  # 16 times the variance below which the foot lies still
REST_MAX = const(35)  # and below which it surely does
SWING = const(36)  # 1 while the foot swings
OPEN = const(37)  # 1 + index of the last quiet instant of the stance that the running stride started from; 0 none
LEAVE = const(38)  # index at which the stance was left
CAND = const(39)  # 1 + index at which the score fell below the threshold; 0 it is above
LOW = const(40)  # lowest score of the stance under way, and its index
LOW_K = const(41)
QUIET_K = const(42)  # last index about as low as LOW
AREA = const(43)  # below the threshold, in a swing; above it, in a stance: 1/256 octave * samples
SWING_SUM = const(44)  # scores of the running swing
SWING_N = const(45)
MEAN = const(46)  # their mean, drawn to that of the swing before
MEAN_BEFORE = const(47)
OFFSET = const(48)  # B: how much less still this wearer's stances are than usual
PERIOD = const(49)  # of the running gait
LATE = const(50)  # share of the period after which the threshold rises, 1/256
RISE = const(51)  # octaves per period by which it rises
TH_BASE = const(52)  # threshold at the mean score TH_KNEE
TH_KNEE = const(53)
TH_MIN = const(54)
TH_MAX = const(55)
SLOPE_UP = const(56)  # of the threshold above the knee, 1/256
SLOPE_DOWN = const(57)  # and below it
SWING_FLOOR = const(58)  # lower scores count as this in the mean
AREA_WALK = const(59)  # evidence that a stance needs
AREA_RUN = const(60)
RUN_MEAN = const(61)  # mean score above which it runs
AREA_LEAVE = const(62)
EVENT = const(63)
WIN = const(64)  # 16 squared distances
SENSE_LENGTH = const(80)

EVENT_NONE = const(0)
EVENT_STANCE = const(1)  # enough evidence of a stance after a swing
EVENT_LEFT = const(2)  # a stance ended

RING_MASK = const(511)
_B = const(536870912)
_OCTAVE = const(256)
_SAME = const(384)  # a later instant of the stance may be 1.5 octaves less still
_OFF_TH = const(180)  # 0.7 octaves above the threshold, the evidence is void
_PRIOR_N = const(8)  # samples that the swing before is worth in the mean
_CLAMP = const(8191)
_CLAMP_STILL = const(2047)


@micropython.viper
def sense(state, buffer, ring_, mag_) -> int:
    """Consumes samples until the buffer ends or an event needs a decision; the event is in EVENT."""
    st = ptr32(state)
    buf = ptr16(buffer)
    ring = ptr16(ring_)
    mag = ptr32(mag_)
    pos = st[POS]
    count = st[COUNT]
    raw = st[RAW]
    k = st[K]
    decim = st[DECIM]
    phase = st[PHASE]
    s0 = st[SUM] - _B
    s1 = st[SUM + 1] - _B
    s2 = st[SUM + 2] - _B
    clip_l = st[CLIP_L]
    clip_m = st[CLIP_M]
    mag_mask = st[MAG_MASK]
    shift = st[SHIFT]
    win_n = st[WIN_N]
    win_i = st[WIN_I]
    win_sum = st[WIN_SUM]
    event = 0
    while count > 0 and event == 0:
        # -- every raw sample: sign, clipping, square magnitude -----------------------------------------------------
        ax = (buf[pos] ^ 0x8000) - 0x8000
        ay = (buf[pos + 1] ^ 0x8000) - 0x8000
        az = (buf[pos + 2] ^ 0x8000) - 0x8000
        pos += 3
        count -= 1
        x = ax >> 1
        y = ay >> 1
        z = az >> 1
        m = x * x + y * y + z * z
        mag[raw & mag_mask] = m
        raw += 1
        if m > clip_m:
            if ax > clip_l or ax < 0 - clip_l or ay > clip_l or ay < 0 - clip_l or az > clip_l or az < 0 - clip_l:
                st[CLIP_K] = k + 1
        s0 += ax
        s1 += ay
        s2 += az
        phase += 1
        if phase < decim:
            continue
        # -- averaged sample in the shoe frame ----------------------------------------------------------------------
        phase = 0
        if decim > 1:
            s0 = s0 // decim
            s1 = s1 // decim
            s2 = s2 // decim
        ax = ((st[MATRIX] - _B) * s0 + (st[MATRIX + 1] - _B) * s1 + (st[MATRIX + 2] - _B) * s2) >> shift
        ay = ((st[MATRIX + 3] - _B) * s0 + (st[MATRIX + 4] - _B) * s1 + (st[MATRIX + 5] - _B) * s2) >> shift
        az = ((st[MATRIX + 6] - _B) * s0 + (st[MATRIX + 7] - _B) * s1 + (st[MATRIX + 8] - _B) * s2) >> shift
        s0 = 0
        s1 = 0
        s2 = 0
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
        r = (k & RING_MASK) * 3
        ring[r] = ax
        ring[r + 1] = ay
        ring[r + 2] = az
        # -- lying still for 150 ms: gravity as it is in a stance, whatever the shoe and the slope ------------------
        r = ((k - 16) & RING_MASK) * 3
        x = (ring[r] ^ 0x8000) - 0x8000
        y = (ring[r + 1] ^ 0x8000) - 0x8000
        z = (ring[r + 2] ^ 0x8000) - 0x8000
        if x > _CLAMP_STILL:
            x = _CLAMP_STILL
        if x < 0 - _CLAMP_STILL:
            x = 0 - _CLAMP_STILL
        if y > _CLAMP_STILL:
            y = _CLAMP_STILL
        if y < 0 - _CLAMP_STILL:
            y = 0 - _CLAMP_STILL
        if z > _CLAMP_STILL:
            z = _CLAMP_STILL
        if z < 0 - _CLAMP_STILL:
            z = 0 - _CLAMP_STILL
        sx = (st[STILL_SUM] - _B) - x
        sy = (st[STILL_SUM + 1] - _B) - y
        sz = (st[STILL_SUM + 2] - _B) - z
        sq = st[STILL_SQ] - (x * x + y * y + z * z)
        x = ax
        y = ay
        z = az
        if x > _CLAMP_STILL:
            x = _CLAMP_STILL
        if x < 0 - _CLAMP_STILL:
            x = 0 - _CLAMP_STILL
        if y > _CLAMP_STILL:
            y = _CLAMP_STILL
        if y < 0 - _CLAMP_STILL:
            y = 0 - _CLAMP_STILL
        if z > _CLAMP_STILL:
            z = _CLAMP_STILL
        if z < 0 - _CLAMP_STILL:
            z = 0 - _CLAMP_STILL
        sx += x
        sy += y
        sz += z
        sq += x * x + y * y + z * z
        st[STILL_SUM] = sx + _B
        st[STILL_SUM + 1] = sy + _B
        st[STILL_SUM + 2] = sz + _B
        st[STILL_SQ] = sq
        if (k & 3) == 0 and k > 16:
            e = ((sx * sx) >> 4) + ((sy * sy) >> 4) + ((sz * sz) >> 4)
            m = sq - e
            e = e >> 4  # |mean|^2
            if m < st[STILL_MAX] and e > 758000 and e < 1387000:  # 0.85 g to 1.15 g
                r = 3 if m > st[REST_MAX] else 2
                x = st[GRAV] - _B
                st[GRAV] = x + ((sx - x) >> r) + _B
                y = st[GRAV + 1] - _B
                st[GRAV + 1] = y + ((sy - y) >> r) + _B
                z = st[GRAV + 2] - _B
                st[GRAV + 2] = z + ((sz - z) >> r) + _B
        # -- squared distance from it, over the window, as a logarithm ----------------------------------------------
        ax -= (st[GRAV] - _B) >> 4
        ay -= (st[GRAV + 1] - _B) >> 4
        az -= (st[GRAV + 2] - _B) >> 4
        if ax > _CLAMP or ax < 0 - _CLAMP:
            ax = _CLAMP
        if ay > _CLAMP or ay < 0 - _CLAMP:
            ay = _CLAMP
        if az > _CLAMP or az < 0 - _CLAMP:
            az = _CLAMP
        m = ax * ax + ay * ay + az * az
        win_sum += m - st[WIN + win_i]
        st[WIN + win_i] = m
        win_i += 1
        if win_i == win_n:
            win_i = 0
        e = win_sum + st[FLOOR]
        m = e
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
            m = e >> (ls - 8)
        else:
            m = e << (8 - ls)
        ls = (ls << 8) + (m & 255)
        # -- threshold between this swing and a stance --------------------------------------------------------------
        mean = (st[SWING_SUM] + _PRIOR_N * st[MEAN_BEFORE]) // (st[SWING_N] + _PRIOR_N)
        m = mean - st[TH_KNEE]
        th = st[TH_BASE] + ((m * (st[SLOPE_UP] if m > 0 else st[SLOPE_DOWN])) >> 8) + (st[OFFSET] - _B)
        if st[SWING] != 0:
            if st[OPEN] != 0:
                m = ((k + 1 - st[OPEN]) << 8) - st[LATE] * st[PERIOD]
                if m > 0:
                    m = (m * st[RISE]) // st[PERIOD]
                    if m > 3 * _OCTAVE:
                        m = 3 * _OCTAVE
                    th += m
        if th < st[TH_MIN]:
            th = st[TH_MIN]
        if th > mean - 3 * _OCTAVE:
            th = mean - 3 * _OCTAVE
        if st[SWING] != 0:
            # -- in a swing: collect evidence of a stance -----------------------------------------------------------
            st[MEAN] = mean
            st[SWING_SUM] += ls if ls > st[SWING_FLOOR] else st[SWING_FLOOR]
            st[SWING_N] += 1
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
                    event = EVENT_STANCE
            elif ls > th + _OFF_TH:
                st[CAND] = 0
                st[AREA] = 0
        else:
            # -- in a stance: until the score stays above the threshold ---------------------------------------------
            if ls < st[LOW]:
                st[LOW] = ls
                st[LOW_K] = k
            if ls <= st[LOW] + _SAME:
                st[QUIET_K] = k
            if ls > th:
                st[AREA] += ls - th
                if st[AREA] > st[AREA_LEAVE]:
                    st[SWING] = 1
                    st[OPEN] = st[QUIET_K] + 1
                    st[LEAVE] = k
                    st[CAND] = 0
                    st[AREA] = 0
                    st[SWING_SUM] = 0
                    st[SWING_N] = 0
                    event = EVENT_LEFT
            else:
                st[AREA] = 0
        k += 1
    st[EVENT] = event
    st[POS] = pos
    st[COUNT] = count
    st[RAW] = raw
    st[K] = k
    st[PHASE] = phase
    st[SUM] = s0 + _B
    st[SUM + 1] = s1 + _B
    st[SUM + 2] = s2 + _B
    st[WIN_I] = win_i
    st[WIN_SUM] = win_sum
    return count
