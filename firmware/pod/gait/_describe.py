"""Record of a closed stride: lengths, angles, times, impact, flags, direction and confidence.

Confidence is the logistic of one ratio: the distance of the displacement from the nearest border between two classes,
divided by its possible error. The error has four sources: residual tilt, residual speed, the yaw of the mount and the
heading of a turning stride.

Reference: `classified` and `Segmentation` in docs/reference_engine.py.
"""

import micropython
from micropython import const

from pod.gait import _events as EV
from pod.gait import _strapdown as SP
from pod.gait import constants as c
from pod.gait import stride as S
from pod.gait.shared_state import ZERO

# Slots of the other inputs: rates, units, tuned constants and the state of the mode
DECIM = const(0)
RATE = const(1)  # of the ring, Hz
RAW_RATE = const(2)  # of the chip, Hz
ACC_LSB = const(3)  # micro-g per count
BORDER_SIN = const(4)  # border between along and across the toe axis
BORDER_COS = const(5)
ERROR_MM = const(6)
ERROR_HEADING = const(7)
ERROR_TILT = const(8)
ERROR_SPEED = const(9)
ERROR_TURN = const(10)
DECIDE = const(11)
UNSURE = const(12)
TURNING = const(13)
TILT_OPEN = const(14)
CLOSE_SHARE = const(15)
HEEL = const(16)
HEEL_SOFT = const(17)
MIN_MM = const(18)
PIVOT = const(19)
FLAGS = const(20)  # flags set by the mode
CLIP_A = const(21)
CLIP_G = const(22)
GAP = const(23)
NUMBER = const(24)
PREV = const(25)  # 1 + previous contact
CURVE = const(26)  # 8 points of the logistic, in steps of 1/4
RAW = const(34)
OFFSET = const(35)  # raw index = index * DECIM + OFFSET
AXIS = const(36)  # B: angle of the wearer's travel axis to the toe axis, mrad, left positive
AXIS_N = const(37)  # number of strides in AXIS, up to 8
AXIS_MAX = const(38)
AX = const(39)  # B: displacement along and across the travel axis
AY = const(40)
AXIS_SURE = const(41)  # smallest confidence of a stride that updates AXIS; AXIS_TURN: its largest heading change
AXIS_TURN = const(42)
SIDE_SIN = const(43)  # border beyond which a stride is certainly lateral
SIDE_COS = const(44)
RESTLESS = const(45)  # B: score of the more restless stance above that of a swing
SWING = const(46)  # square of the turn of the slowest swing and of a fast one, 1/4096 octave
FAST = const(47)
LIVELY = const(48)  # smallest liveliness of gait
T_MIN = const(49)  # shortest and longest stride, samples
T_MAX = const(50)
REOPEN = const(51)  # differences of scores
SHALLOW = const(52)
IMPACT_MIN = const(53)  # score that only an impact reaches
LENGTH = const(54)


@micropython.viper
def kind(sp: ptr32, d: ptr32) -> int:
    """Return 0 if this is too short for a stride and not a pivot.

    Otherwise return 1, + 2 along the travel axis, + 4 forward or left, + 8 for a pivot. Reference: `classified`.
    """
    dx = sp[SP.DX] - ZERO
    dy = sp[SP.DX + 1] - ZERO
    axis = d[AXIS] - ZERO
    less = 1000000 - axis * axis // 2
    r = dx
    dx = ((dx * (less >> 4)) // 62500) + dy * axis // 1000
    dy = ((dy * (less >> 4)) // 62500) - r * axis // 1000
    d[AX] = dx + ZERO
    d[AY] = dy + ZERO
    yaw = sp[SP.YAW] - ZERO
    r = 1
    if dx * dx + dy * dy < d[MIN_MM] * d[MIN_MM]:
        if yaw < d[PIVOT] and yaw > 0 - d[PIVOT]:
            return 0
        r = 9
    ax = dx if dx >= 0 else 0 - dx
    ay = dy if dy >= 0 else 0 - dy
    if ax * d[BORDER_SIN] > ay * d[BORDER_COS]:
        r += 2
        if dx > 0:
            r += 4
    elif dy > 0:
        r += 4
    return r


@micropython.viper
def describe(out: ptr32, ev: ptr32, sp: ptr32, d: ptr32, kind_: int):
    """Fill a stride record. Negative values wrap to int32 when they are stored.

    Reference: `classified`, and `_direction` and `_flags` of `Segmentation`.
    """
    decim = d[DECIM]
    offset = d[OFFSET]
    rate = d[RATE]
    start = sp[SP.START]
    contact = ev[EV.CONTACT]
    dx = sp[SP.DX] - ZERO
    dy = sp[SP.DX + 1] - ZERO
    yaw = sp[SP.YAW] - ZERO
    out[S.NUMBER] = d[NUMBER]
    out[S.OPEN] = start * decim + offset
    out[S.CLOSE] = sp[SP.NEXT] * decim + offset
    out[S.TOE_OFF] = ev[EV.TOE_OFF] * decim + offset
    out[S.CONTACT] = contact * decim + offset
    out[S.PREV_CONTACT] = d[PREV] - 1
    out[S.EMIT] = d[RAW]
    out[S.LENGTH_MM] = dx
    out[S.LATERAL_MM] = dy
    out[S.YAW_CDEG] = yaw
    # impact, in counts of the chip
    lsb = d[ACC_LSB]
    x = ev[EV.PEAK]
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
    out[S.PEAK_MG] = 2 * r * lsb // 1000
    out[S.LOADING_GPS] = (2 * ev[EV.RISE] * lsb // 1000) * d[RAW_RATE] // 1000
    # foot strike from the pitch between contact and the foot flat on the ground
    x = (ev[EV.PITCH] - ZERO) * 7 // rate
    out[S.PITCH_CDEG] = x
    x -= d[HEEL]
    out[S.STRIKE] = 1 if x > 0 else 2
    if x < 0:
        x = 0 - x
    out[S.STRIKE_CONF] = 500 + 420 * x // (x + d[HEEL_SOFT])
    # flags
    turn = yaw if yaw >= 0 else 0 - yaw
    f = d[FLAGS]
    if d[GAP] > start:
        f |= S.FLAG_GAP
    if d[CLIP_A] > start:
        f |= S.FLAG_CLIPPED_ACC
        if d[CLIP_A] > contact:
            f |= S.FLAG_CLIPPED_PEAK
    if d[CLIP_G] > start:
        f |= S.FLAG_CLIPPED_GYR
    if turn > d[TURNING]:
        f |= S.FLAG_TURNING
    if sp[SP.TILT] > d[TILT_OPEN] or sp[SP.V_OPEN] * 1000 > sp[SP.V_PEAK] * d[CLOSE_SHARE]:
        f |= S.FLAG_TILT_OPEN
    if d[PREV] == 0:
        f |= S.FLAG_FIRST
    n = sp[SP.NEXT] - start
    x = d[RESTLESS] - ZERO
    if x > 0 and n * 1000 > rate * c.JOINED_MS:
        f |= S.FLAG_JOINED
    # Pedals, machines and vehicles: a stance so restless or askew needs a faster swing. Reference: `like_gait`.
    if sp[SP.TURN] < d[FAST] and 2 * sp[SP.TURN] - x - sp[SP.TILT] * c.LIVELY_PER_MRAD <= d[LIVELY]:
        f |= S.FLAG_NOT_GAIT
    out[S.FLAGS] = f
    drift = sp[SP.V_OPEN] * n // rate
    out[S.RISE_MM] = sp[SP.DX + 2] - ZERO
    if f & S.FLAG_TILT_OPEN != 0 or drift > c.RISE_DRIFT_MM:
        out[S.RISE_MM] = S.NONE
    # confidence
    dx = d[AX] - ZERO
    dy = d[AY] - ZERO
    ax = dx if dx >= 0 else 0 - dx
    ay = dy if dy >= 0 else 0 - dy
    length = ax + (ay * ay // (2 * ax)) if ax >= ay and ax > 0 else ay + (ax * ax // (2 * ay + 1))
    if kind_ & 2 != 0:
        margin = (ax * d[BORDER_SIN] - ay * d[BORDER_COS]) // 1000
    else:
        margin = (ay * d[SIDE_COS] - ax * d[SIDE_SIN]) // 1000
    if margin < 0:
        margin = 0
    error = d[ERROR_MM] + length * d[ERROR_HEADING] // 1000
    error += (n * n * sp[SP.TILT] // (rate * rate)) * d[ERROR_TILT] // 1000
    error += drift * d[ERROR_SPEED] // 1000
    # A turn often has a small lateral displacement without a side-step.
    error += (length * turn // 1146) * d[ERROR_TURN] // (10000 if kind_ & 2 != 0 else 5000)
    x = margin * 1024 // error
    n = x >> 8
    if n >= 7:
        p = d[CURVE + 7]
    else:
        p = d[CURVE + n]
        p += (d[CURVE + n + 1] - p) * (x & 255) >> 8
    # preconditions: no gap, known mount, gait, sufficient displacement, possible speed, no turn or open tilt that
    # resembles a backward step. The foothold of a machine tilts, and some of its strides are fast enough for gait.
    sure = 1
    if f & (S.FLAG_GAP | S.FLAG_MOUNT_UNVERIFIED | S.FLAG_NOT_GAIT) != 0 or kind_ & 8 != 0:
        sure = 0
    if kind_ & 6 == 2 and f & (S.FLAG_TURNING | S.FLAG_TILT_OPEN) != 0:
        sure = 0
    if kind_ & 6 != 6 and length * rate > (sp[SP.NEXT] - start) * c.FASTEST_MM_S:
        sure = 0
    if sure == 0 and p > d[UNSURE]:
        p = d[UNSURE]
    out[S.CONFIDENCE] = p
    if sure == 0 or p < d[DECIDE]:
        out[S.DIRECTION] = 0
    elif kind_ & 2 != 0:
        out[S.DIRECTION] = 1 if kind_ & 4 != 0 else 2
    else:
        out[S.DIRECTION] = 3 if kind_ & 4 != 0 else 4
    # Toeing out and a misaligned mount rotate all straight strides alike. AXIS follows the certain ones.
    if sure != 0 and p >= d[AXIS_SURE] and kind_ & 2 != 0 and turn < d[AXIS_TURN]:
        n = d[AXIS_N]
        if n < 8:
            n += 1
            d[AXIS_N] = n
        x = d[AXIS] - ZERO + (dy * 1000 // dx) // n
        if x > d[AXIS_MAX]:
            x = d[AXIS_MAX]
        if x < 0 - d[AXIS_MAX]:
            x = 0 - d[AXIS_MAX]
        d[AXIS] = x + ZERO
