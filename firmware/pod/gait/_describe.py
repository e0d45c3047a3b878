"""A closed stride as a record: lengths, angles, times, impact, flags, direction and its confidence.

Confidence is the logistic of one ratio: how far the displacement lies from the nearest border between two classes,
over what may be wrong with it - tilt and speed that do not close, the mount's yaw, the heading of a turning stride.
"""

import micropython
from micropython import const

# what it reads beside the stride: rates, units and the tuned constants
D_DECIM = const(0)
D_RATE = const(1)  # of the ring, Hz
D_RAW_RATE = const(2)  # of the chip, Hz
D_ACC_LSB = const(3)  # micro-g per count
D_BORDER_SIN = const(4)  # border between along and across the toe axis
D_BORDER_COS = const(5)
D_DOUBT_MM = const(6)
D_DOUBT_HEADING = const(7)
D_DOUBT_TILT = const(8)
D_DOUBT_SPEED = const(9)
D_DOUBT_TURN = const(10)
D_DECIDE = const(11)
D_UNSURE = const(12)
D_TURNING = const(13)
D_TILT_OPEN = const(14)
D_CLOSE_SHARE = const(15)
D_HEEL = const(16)
D_HEEL_SOFT = const(17)
D_MIN_MM = const(18)
D_PIVOT = const(19)
D_FLAGS = const(20)  # flags that the caller knows
D_CLIP_A = const(21)
D_CLIP_G = const(22)
D_GAP = const(23)
D_NUMBER = const(24)
D_PREV = const(25)  # 1 + previous contact
D_CURVE = const(26)  # 8 points of the logistic, in steps of 1/4
D_RAW = const(34)
D_OFFSET = const(35)  # raw index = index * D_DECIM + D_OFFSET
D_AXIS = const(36)  # B: the wearer's travel axis against the toe axis, mrad, left positive
D_AXIS_N = const(37)  # strides that it was learned from
D_AXIS_MAX = const(38)
D_AX = const(39)  # B: displacement along and across the travel axis
D_AY = const(40)
D_AXIS_SURE = const(41)  # confidence and heading change that a stride must have to teach the axis
D_AXIS_TURN = const(42)
D_SIDE_SIN = const(43)  # border beyond which a stride is sideways for sure
D_SIDE_COS = const(44)
DESCRIBE_LENGTH = const(45)

_B = const(536870912)
# slots of the strapdown and of the events; a test holds them equal to those modules'
_SP_NEXT = const(0)
_SP_START = const(1)
_SP_TILT = const(21)
_SP_V_PEAK = const(23)
_SP_DX = const(24)
_SP_YAW = const(27)
_SP_V_OPEN = const(28)
_E_TOE_OFF = const(4)
_E_CONTACT = const(5)
_E_PITCH = const(6)
_E_PEAK = const(7)
_E_RISE = const(8)
_S_NUMBER = const(0)
_S_OPEN = const(1)
_S_CLOSE = const(2)
_S_TOE_OFF = const(3)
_S_CONTACT = const(4)
_S_PREV_CONTACT = const(5)
_S_EMIT = const(6)
_S_DIRECTION = const(7)
_S_CONFIDENCE = const(8)
_S_LENGTH_MM = const(9)
_S_LATERAL_MM = const(10)
_S_RISE_MM = const(11)
_S_YAW_CDEG = const(12)
_S_PEAK_MG = const(13)
_S_LOADING_GPS = const(14)
_S_PITCH_CDEG = const(15)
_S_STRIKE = const(16)
_S_STRIKE_CONF = const(17)
_S_FLAGS = const(18)
_S_FLAG_GAP = const(1)
_S_FLAG_CLIPPED_ACC = const(2)
_S_FLAG_CLIPPED_PEAK = const(4)
_S_FLAG_CLIPPED_GYR = const(8)
_S_FLAG_MOUNT_UNVERIFIED = const(16)
_S_FLAG_TURNING = const(64)
_S_FLAG_TILT_OPEN = const(128)
_S_FLAG_FIRST = const(256)


@micropython.viper
def kind(sp: ptr32, d: ptr32) -> int:
    """0 no stride: too short, and no pivot. Else 1, + 2 along the travel axis, + 4 forward or left, + 8 a pivot."""
    dx = sp[_SP_DX] - _B
    dy = sp[_SP_DX + 1] - _B
    axis = d[D_AXIS] - _B
    less = 1000000 - axis * axis // 2
    r = dx
    dx = ((dx * (less >> 4)) // 62500) + dy * axis // 1000
    dy = ((dy * (less >> 4)) // 62500) - r * axis // 1000
    d[D_AX] = dx + _B
    d[D_AY] = dy + _B
    yaw = sp[_SP_YAW] - _B
    r = 1
    if dx * dx + dy * dy < d[D_MIN_MM] * d[D_MIN_MM]:
        if yaw < d[D_PIVOT] and yaw > 0 - d[D_PIVOT]:
            return 0
        r = 9
    ax = dx if dx >= 0 else 0 - dx
    ay = dy if dy >= 0 else 0 - dy
    if ax * d[D_BORDER_SIN] > ay * d[D_BORDER_COS]:
        r += 2
        if dx > 0:
            r += 4
    elif dy > 0:
        r += 4
    return r


@micropython.viper
def describe(out: ptr32, ev: ptr32, sp: ptr32, d: ptr32, kind_: int):
    """Fills a stride record; negative values wrap into int32 as stored."""
    decim = d[D_DECIM]
    offset = d[D_OFFSET]
    rate = d[D_RATE]
    start = sp[_SP_START]
    contact = ev[_E_CONTACT]
    dx = sp[_SP_DX] - _B
    dy = sp[_SP_DX + 1] - _B
    yaw = sp[_SP_YAW] - _B
    out[_S_NUMBER] = d[D_NUMBER]
    out[_S_OPEN] = start * decim + offset
    out[_S_CLOSE] = sp[_SP_NEXT] * decim + offset
    out[_S_TOE_OFF] = ev[_E_TOE_OFF] * decim + offset
    out[_S_CONTACT] = contact * decim + offset
    out[_S_PREV_CONTACT] = d[D_PREV] - 1
    out[_S_EMIT] = d[D_RAW]
    out[_S_LENGTH_MM] = dx
    out[_S_LATERAL_MM] = dy
    out[_S_RISE_MM] = sp[_SP_DX + 2] - _B
    out[_S_YAW_CDEG] = yaw
    # impact, in the chip's counts
    lsb = d[D_ACC_LSB]
    x = ev[_E_PEAK]
    r = 0
    b = 1 << 28
    while b > x:
        b = b >> 2
    while b != 0:
        if x >= r + b:
            x -= r + b
            r = (r >> 1) + b
        else:
            r = r >> 1
        b = b >> 2
    out[_S_PEAK_MG] = 2 * r * lsb // 1000
    out[_S_LOADING_GPS] = (2 * ev[_E_RISE] * lsb // 1000) * d[D_RAW_RATE] // 1000
    # foot strike from the pitch between contact and the foot flat on the ground
    x = (ev[_E_PITCH] - _B) * 7 // rate
    out[_S_PITCH_CDEG] = x
    x -= d[D_HEEL]
    out[_S_STRIKE] = 1 if x > 0 else 2
    if x < 0:
        x = 0 - x
    out[_S_STRIKE_CONF] = 500 + 420 * x // (x + d[D_HEEL_SOFT])
    # flags
    turn = yaw if yaw >= 0 else 0 - yaw
    f = d[D_FLAGS]
    if d[D_GAP] > start:
        f |= _S_FLAG_GAP
    if d[D_CLIP_A] > start:
        f |= _S_FLAG_CLIPPED_ACC
        if d[D_CLIP_A] > contact:
            f |= _S_FLAG_CLIPPED_PEAK
    if d[D_CLIP_G] > start:
        f |= _S_FLAG_CLIPPED_GYR
    if turn > d[D_TURNING]:
        f |= _S_FLAG_TURNING
    if sp[_SP_TILT] > d[D_TILT_OPEN] or sp[_SP_V_OPEN] * 1000 > sp[_SP_V_PEAK] * d[D_CLOSE_SHARE]:
        f |= _S_FLAG_TILT_OPEN
    if d[D_PREV] == 0:
        f |= _S_FLAG_FIRST
    out[_S_FLAGS] = f
    # confidence
    dx = d[D_AX] - _B
    dy = d[D_AY] - _B
    ax = dx if dx >= 0 else 0 - dx
    ay = dy if dy >= 0 else 0 - dy
    length = ax + (ay * ay // (2 * ax)) if ax >= ay and ax > 0 else ay + (ax * ax // (2 * ay + 1))
    if kind_ & 2 != 0:
        margin = (ax * d[D_BORDER_SIN] - ay * d[D_BORDER_COS]) // 1000
    else:
        margin = (ay * d[D_SIDE_COS] - ax * d[D_SIDE_SIN]) // 1000
    if margin < 0:
        margin = 0
    n = sp[_SP_NEXT] - start
    doubt = d[D_DOUBT_MM] + length * d[D_DOUBT_HEADING] // 1000
    doubt += (n * n * sp[_SP_TILT] // (rate * rate)) * d[D_DOUBT_TILT] // 1000
    doubt += (sp[_SP_V_OPEN] * n // rate) * d[D_DOUBT_SPEED] // 1000
    # who turns often steps aside a little without side-stepping
    doubt += (length * turn // 1146) * d[D_DOUBT_TURN] // (10000 if kind_ & 2 != 0 else 5000)
    x = margin * 1024 // doubt
    n = x >> 8
    if n >= 7:
        p = d[D_CURVE + 7]
    else:
        p = d[D_CURVE + n]
        p += (d[D_CURVE + n + 1] - p) * (x & 255) >> 8
    # preconditions: no gap, a known mount, a displacement worth the name, no turn that passes for a step back
    sure = 1
    if f & (_S_FLAG_GAP | _S_FLAG_MOUNT_UNVERIFIED) != 0 or kind_ & 8 != 0:
        sure = 0
    if kind_ & 6 == 2 and turn > d[D_TURNING]:
        sure = 0
    if sure == 0 and p > d[D_UNSURE]:
        p = d[D_UNSURE]
    out[_S_CONFIDENCE] = p
    if sure == 0 or p < d[D_DECIDE]:
        out[_S_DIRECTION] = 0
    elif kind_ & 2 != 0:
        out[_S_DIRECTION] = 1 if kind_ & 4 != 0 else 2
    else:
        out[_S_DIRECTION] = 3 if kind_ & 4 != 0 else 4
    # toeing out and a crooked mount turn every straight stride alike: the axis follows those that leave no doubt
    if sure != 0 and p >= d[D_AXIS_SURE] and kind_ & 2 != 0 and turn < d[D_AXIS_TURN]:
        n = d[D_AXIS_N]
        if n < 8:
            n += 1
            d[D_AXIS_N] = n
        x = d[D_AXIS] - _B + (dy * 1000 // dx) // n
        if x > d[D_AXIS_MAX]:
            x = d[D_AXIS_MAX]
        if x < 0 - d[D_AXIS_MAX]:
            x = 0 - d[D_AXIS_MAX]
        d[D_AXIS] = x + _B
