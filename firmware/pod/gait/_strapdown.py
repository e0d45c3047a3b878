"""Strapdown integration over one stride: attitude, velocity and displacement from the opening stance to a candidate.

Runs over the ring after the samples, and only up to a candidate stance, so each sample is integrated once. Attitude is
a quaternion in Q28. Velocity and displacement are plain sums in units of 1/1024 g and samples, so the linear de-drift
of tilt and velocity happens once, at the end. Signed values in the state are stored with 2**29 added.

Reference: `levelled`, `opened`, `Strapdown` and `Closing` in docs/reference_engine.py.
"""

import micropython
from micropython import const

from pod.gait.shared_state import RING_MASK, ZERO

NEXT = const(0)  # next index to integrate
START = const(1)
QUAT = const(2)  # 4 B, Q28
VEL = const(6)  # 3 B: sum of a
DISP = const(9)  # 3 B: sum of VEL
GYRO_K = const(12)  # half angle per unit and sample = GYRO_K / 2**(GYRO_S + 14 + ...)
GYRO_S = const(13)
HALF_W = const(14)  # half width of the levelling window
MMS_K = const(15)  # VEL to mm/s, Q14
MM_K = const(16)  # DISP/64 to mm, Q14
PEAK_V = const(17)  # largest horizontal |VEL|, maximum norm
PEAK_V_K = const(18)
HEAD0 = const(19)  # 2 B heading at START, Q14
TILT = const(21)  # out: angle between integrated and measured gravity, mrad
V_OF = const(22)  # out: mm/s, the larger of V_PEAK and SLOW: reference of the shares
V_PEAK = const(23)  # out: mm/s
DX = const(24)  # 3 B out: mm, along the toe axis, left, up, in the mean heading
YAW = const(27)  # B out: 0.01 deg
V_OPEN = const(28)  # out: mm/s, closing velocity minus the part that the tilt error explains
V_HALF = const(31)  # out: mm/s, closing velocity minus the part that a steady drift explains
ROLL0 = const(32)  # 2 B: sums of roll and pitch rate around START
ROLL_K = const(34)  # sensor height over the ground / (rate * ...): sums of rates to mm per sample, Q26
STILL = const(36)  # stillness score up to which the acceleration counts as gravity
SLOPE = const(37)  # 1/1024 per octave above STILL: decrease of the share of gravity
LEAST = const(38)  # 1/1024: smallest share of gravity
SLOW = const(39)  # mm/s: smallest reference of the shares
TURN = const(40)  # out: square of the fastest turn, 1/4096 octave
LENGTH = const(41)
NOWHERE = const(268435456)  # value of NEXT without an attitude

_TURN_SHIFT = const(4)  # a foot that turns at more than a quarter of its fastest turn is in a swing
_TURN_STEP = const(4)  # samples: a swing turns for longer
_V_LIMIT = const(262143)  # 24 m/s at 104 Hz: faster than any foot, and the sums fit 32 bits


@micropython.viper
def isqrt(x: int) -> int:
    """Return the floor of the square root of 0 <= x < 2**30."""
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
    return r


@micropython.viper
def atan2_cdeg(y: int, x: int) -> int:
    """Return the angle in 0.01 deg, within 0.1 deg, for |x|, |y| < 2**17."""
    ay = y if y >= 0 else 0 - y
    ax = x if x >= 0 else 0 - x
    if ax + ay == 0:
        return 0
    z = (ay << 12) // ax if ax >= ay else (ax << 12) // ay
    a = (4500 * z + ((z * (4096 - z)) >> 12) * (1402 + ((380 * z) >> 12))) >> 12
    if ay > ax:
        a = 9000 - a
    if x < 0:
        a = 18000 - a
    return a if y >= 0 else 0 - a


@micropython.viper
def turning(sp: ptr32, ring: ptr16, start: int, end: int) -> int:
    """Set TURN for the samples from `start` to `end`. Return 1 if the foot is in a swing at `start`, + 2 if at `end`.

    Reference: `turning`.
    """
    most = 1
    k = start
    while k <= end:
        r = (k & RING_MASK) * 6
        x = (ring[r + 3] - 32768) >> 1
        y = (ring[r + 4] - 32768) >> 1
        z = (ring[r + 5] - 32768) >> 1
        m = x * x + y * y + z * z
        if m > most:
            most = m
        k += _TURN_STEP
    k = 0
    m = most
    while m > 8191:
        m = m >> 1
        k += 4096
    while m < 4096:
        m = m << 1
        k -= 4096
    sp[TURN] = k + 12 * 4096 + (m & 4095)
    w = sp[HALF_W]
    n = 2 * w + 1
    swings = 0
    k = start
    for end_bit in range(1, 3):
        x = 0
        y = 0
        z = 0
        i = k - w
        while i <= k + w:
            r = (i & RING_MASK) * 6
            x += ring[r + 3] - 32768
            y += ring[r + 4] - 32768
            z += ring[r + 5] - 32768
            i += 1
        x = (x // n) >> 1
        y = (y // n) >> 1
        z = (z // n) >> 1
        if x * x + y * y + z * z > most >> _TURN_SHIFT:
            swings += end_bit
        k = end
    return swings


@micropython.viper
def level(sp: ptr32, ring: ptr16, k: int, score: int):
    """Start a stride at index k with velocity zero.

    If the stillness `score` is low, the mean acceleration at k is gravity and gives the attitude. Otherwise rotate the
    vertical of the attitude that was integrated up to k part of the way to that acceleration. Reference: `levelled`,
    `trust`.
    """
    share = 1024 - ((score - sp[STILL]) * sp[SLOPE] >> 12)
    if share > 1024:
        share = 1024
    if share < sp[LEAST]:
        share = sp[LEAST]
    w = sp[HALF_W]
    x = 0
    y = 0
    z = 0
    gx = 0
    gy = 0
    i = k - w
    while i <= k + w:
        r = (i & RING_MASK) * 6
        x += ring[r] - 32768
        y += ring[r + 1] - 32768
        z += ring[r + 2] - 32768
        gx += ring[r + 3] - 32768
        gy += ring[r + 4] - 32768
        i += 1
    sp[ROLL0] = gx + ZERO
    sp[ROLL0 + 1] = gy + ZERO
    w = 2 * w + 1
    x = x // w
    y = y // w
    z = z // w
    if x > 8191:
        x = 8191
    if x < -8191:
        x = -8191
    if y > 8191:
        y = 8191
    if y < -8191:
        y = -8191
    if z > 8191:
        z = 8191
    if z < -8191:
        z = -8191
    p0 = 16384
    p1 = 0
    p2 = 0
    p3 = 0
    if share < 1024:
        p0 = (sp[QUAT] - ZERO) >> 14
        p1 = (sp[QUAT + 1] - ZERO) >> 14
        p2 = (sp[QUAT + 2] - ZERO) >> 14
        p3 = (sp[QUAT + 3] - ZERO) >> 14
        gx = (p2 * z - p3 * y) >> 13
        gy = (p3 * x - p1 * z) >> 13
        r = (p1 * y - p2 * x) >> 13
        x += (p0 * gx + p2 * r - p3 * gy) >> 14
        y += (p0 * gy + p3 * gx - p1 * r) >> 14
        z += (p0 * r + p1 * gy - p2 * gx) >> 14
    n = int(isqrt(x * x + y * y + z * z))
    # shortest rotation from this direction to the vertical: (n + z, y, -x, 0), normalised
    c = n + z
    x = x * share >> 10
    y = y * share >> 10
    m = int(isqrt(c * c + x * x + y * y))
    if m < 64:  # upside down
        c = 0
        x = 0 - 16
        y = 0
        m = 16
    c = (c << 14) // m
    x = ((0 - x) << 14) // m
    y = (y << 14) // m
    i = 0
    while i < 6:
        sp[VEL + i] = ZERO
        i += 1
    # rotate by (c, y, x, 0)
    r = c * p0 - y * p1 - x * p2
    gx = c * p1 + y * p0 + x * p3
    gy = c * p2 - y * p3 + x * p0
    z = c * p3 + y * p2 - x * p1
    sp[QUAT] = r + ZERO
    sp[QUAT + 1] = gx + ZERO
    sp[QUAT + 2] = gy + ZERO
    sp[QUAT + 3] = z + ZERO
    p0 = r >> 14
    p1 = gx >> 14
    p2 = gy >> 14
    p3 = z >> 14
    sp[HEAD0] = 16384 - ((p2 * p2 + p3 * p3) >> 13) + ZERO
    sp[HEAD0 + 1] = ((p1 * p2 + p0 * p3) >> 13) + ZERO
    sp[START] = k
    sp[NEXT] = k
    sp[PEAK_V] = 0
    sp[PEAK_V_K] = k


@micropython.viper
def integrate(sp: ptr32, ring: ptr16, end: int):
    """Integrate attitude, velocity and displacement up to index `end`. Reference: `Strapdown`, `attitudes`."""
    q0 = sp[QUAT] - ZERO
    q1 = sp[QUAT + 1] - ZERO
    q2 = sp[QUAT + 2] - ZERO
    q3 = sp[QUAT + 3] - ZERO
    vx = sp[VEL] - ZERO
    vy = sp[VEL + 1] - ZERO
    vz = sp[VEL + 2] - ZERO
    dx = sp[DISP] - ZERO
    dy = sp[DISP + 1] - ZERO
    dz = sp[DISP + 2] - ZERO
    kh = sp[GYRO_K]
    sh = sp[GYRO_S]
    peak = sp[PEAK_V]
    fastest = sp[PEAK_V_K]
    p0 = q0 >> 14
    p1 = q1 >> 14
    p2 = q2 >> 14
    p3 = q3 >> 14
    k = sp[NEXT]
    r = (k & RING_MASK) * 6
    wx = ring[r + 3] - 32768
    wy = ring[r + 4] - 32768
    wz = ring[r + 5] - 32768
    while k < end:
        k += 1
        r = (k & RING_MASK) * 6
        # attitude: mean of two rates, small-angle sine of the half angle, then normalisation
        gx = ring[r + 3] - 32768
        gy = ring[r + 4] - 32768
        gz = ring[r + 5] - 32768
        wx = (wx + gx) >> 1
        wy = (wy + gy) >> 1
        wz = (wz + gz) >> 1
        e = (p0 * p0 + p1 * p1 + p2 * p2 + p3 * p3 - 268435456) >> 15
        q0 += (((0 - p1 * wx - p2 * wy - p3 * wz + 2048) >> 12) * kh >> sh) - p0 * e
        q1 += (((p0 * wx + p2 * wz - p3 * wy + 2048) >> 12) * kh >> sh) - p1 * e
        q2 += (((p0 * wy - p1 * wz + p3 * wx + 2048) >> 12) * kh >> sh) - p2 * e
        q3 += (((p0 * wz + p1 * wy - p2 * wx + 2048) >> 12) * kh >> sh) - p3 * e
        p0 = q0 >> 14
        p1 = q1 >> 14
        p2 = q2 >> 14
        p3 = q3 >> 14
        wx = gx
        wy = gy
        wz = gz
        # acceleration to the level frame: a + 2 q0 (u x a) + 2 u x (u x a)
        ax = ring[r] - 32768
        ay = ring[r + 1] - 32768
        az = ring[r + 2] - 32768
        gx = (p2 * az - p3 * ay) >> 13
        gy = (p3 * ax - p1 * az) >> 13
        gz = (p1 * ay - p2 * ax) >> 13
        vx += ax + ((p0 * gx + p2 * gz - p3 * gy) >> 14)
        vy += ay + ((p0 * gy + p3 * gx - p1 * gz) >> 14)
        vz += az + ((p0 * gz + p1 * gy - p2 * gx) >> 14) - 1024
        dx += vx
        dy += vy
        dz += vz
        # fastest instant; only a new maximum can exceed the range
        e = vx if vx >= 0 else 0 - vx
        if e > peak:
            peak = e
            fastest = k
            if e > _V_LIMIT:
                peak = _V_LIMIT
                vx = _V_LIMIT if vx > 0 else 0 - _V_LIMIT
        e = vy if vy >= 0 else 0 - vy
        if e > peak:
            peak = e
            fastest = k
            if e > _V_LIMIT:
                peak = _V_LIMIT
                vy = _V_LIMIT if vy > 0 else 0 - _V_LIMIT
        if vz > _V_LIMIT:
            vz = _V_LIMIT
        elif vz < 0 - _V_LIMIT:
            vz = 0 - _V_LIMIT
    sp[PEAK_V_K] = fastest
    sp[NEXT] = k
    sp[PEAK_V] = peak
    sp[QUAT] = q0 + ZERO
    sp[QUAT + 1] = q1 + ZERO
    sp[QUAT + 2] = q2 + ZERO
    sp[QUAT + 3] = q3 + ZERO
    sp[VEL] = vx + ZERO
    sp[VEL + 1] = vy + ZERO
    sp[VEL + 2] = vz + ZERO
    sp[DISP] = dx + ZERO
    sp[DISP + 1] = dy + ZERO
    sp[DISP + 2] = dz + ZERO


@micropython.viper
def close(sp: ptr32, ring: ptr16, score: int):
    """Compute the stride that closes at NEXT: residual tilt and velocity, displacement in the mean heading.

    Assumes a still foot and no acceleration but gravity at NEXT. Spreads the residual tilt and velocity linearly over
    the stride, which is the effect of a constant gyroscope error. If the stillness `score` is high, only a part of the
    tilt counts, because the acceleration of a moving foot is not all gravity. Reference: `Closing`.
    """
    trust = 1024 - ((score - sp[STILL]) * sp[SLOPE] >> 12)
    if trust > 1024:
        trust = 1024
    if trust < sp[LEAST]:
        trust = sp[LEAST]
    k = sp[NEXT]
    w = sp[HALF_W]
    x = 0
    y = 0
    z = 0
    gx = 0
    gy = 0
    i = k - w
    while i <= k + w:
        r = (i & RING_MASK) * 6
        x += ring[r] - 32768
        y += ring[r + 1] - 32768
        z += ring[r + 2] - 32768
        gx += ring[r + 3] - 32768
        gy += ring[r + 4] - 32768
        i += 1
    w = 2 * w + 1
    x = x // w
    y = y // w
    z = z // w
    if x > 8191:
        x = 8191
    if x < -8191:
        x = -8191
    if y > 8191:
        y = 8191
    if y < -8191:
        y = -8191
    if z > 8191:
        z = 8191
    if z < -8191:
        z = -8191
    p0 = (sp[QUAT] - ZERO) >> 14
    p1 = (sp[QUAT + 1] - ZERO) >> 14
    p2 = (sp[QUAT + 2] - ZERO) >> 14
    p3 = (sp[QUAT + 3] - ZERO) >> 14
    tx = (p2 * z - p3 * y) >> 13
    ty = (p3 * x - p1 * z) >> 13
    tz = (p1 * y - p2 * x) >> 13
    ex = x + ((p0 * tx + p2 * tz - p3 * ty) >> 14)
    ey = y + ((p0 * ty + p3 * tx - p1 * tz) >> 14)
    ez = z + ((p0 * tz + p1 * ty - p2 * tx) >> 14)
    m = int(isqrt(ex * ex + ey * ey + ez * ez))
    h = int(isqrt(ex * ex + ey * ey))
    sp[TILT] = ((int(atan2_cdeg(h, ez)) * 1430) >> 13) * trust >> 10  # 0.01 deg to mrad
    if m == 0:
        m = 1
    # small rotation (thx, thy, 0) in Q14 from the measured direction to the vertical: e x z / |e|
    thx = ((ey << 14) // m) * trust >> 10
    thy = ((0 - (ex << 14)) // m) * trust >> 10
    n = k - sp[START]
    vx = sp[VEL] - ZERO
    vy = sp[VEL + 1] - ZERO
    vz = sp[VEL + 2] - ZERO
    dx = sp[DISP] - ZERO
    dy = sp[DISP + 1] - ZERO
    dz = sp[DISP + 2] - ZERO
    km = sp[MMS_K]
    x = (vx * km) >> 14
    y = (vy * km) >> 14
    z = (vz * km) >> 14
    # A tilt error leaks gravity into the velocity. The leak lasts for the whole stride after a wrong opening level
    # (share 1), grows with a drift of the gyroscope (1/2), and is zero if only the closing acceleration is not
    # gravity (0). Use the share that explains the velocity best.
    i = (((n * 64 * thy) >> 10) * km) >> 14
    r = 0 - ((((n * 64 * thx) >> 10) * km) >> 14)
    m = (i * i + r * r) >> 10
    share = 512
    if m > 4:
        share = 0 - (x * i + y * r) // m
        if share < 0:
            share = 0
        if share > 1024:
            share = 1024
    m = x + (i >> 1)
    e = y + (r >> 1)
    sp[V_HALF] = int(isqrt((m >> 2) * (m >> 2) + (e >> 2) * (e >> 2))) << 2
    x += (i * share) >> 10
    y += (r * share) >> 10
    sp[V_OPEN] = int(isqrt((x >> 2) * (x >> 2) + (y >> 2) * (y >> 2))) << 2
    m = (sp[PEAK_V] * km) >> 14
    sp[V_PEAK] = m
    sp[V_OF] = m if m > sp[SLOW] else sp[SLOW]
    # displacement with velocity de-drifted: sum of (n/2 - i) a_i
    dx -= (n * vx >> 1) + vx
    dy -= (n * vy >> 1) + vy
    dz -= (n * vz >> 1) + vz
    # tilt de-drift: mean rotation of the displacement, and linearly growing gravity
    e = (((n * n // 12) * 1024 >> 9) * (share * (1024 - share) >> 10)) >> 8
    x = dx + (((dz >> 10) * (thy >> 3)) >> 2)
    y = dy - (((dz >> 10) * (thx >> 3)) >> 2)
    dz += ((dy >> 10) * (thx >> 3) - (dx >> 10) * (thy >> 3)) >> 2
    dx = x - ((e * thy) >> 5)
    dy = y + ((e * thx) >> 5)
    km = sp[MM_K]
    dx = ((dx >> 6) * km) >> 14
    dy = ((dy >> 6) * km) >> 14
    dz = ((dz >> 6) * km) >> 14
    # headings of the toe axis at both ends
    hx = 16384 - ((p2 * p2 + p3 * p3) >> 13)
    hy = (p1 * p2 + p0 * p3) >> 13
    x = sp[HEAD0] - ZERO
    y = sp[HEAD0 + 1] - ZERO
    sp[YAW] = int(atan2_cdeg((x * hy - y * hx) >> 14, (x * hx + y * hy) >> 14)) + ZERO
    m = int(isqrt((x * x >> 1) + (y * y >> 1)))
    e = int(isqrt((hx * hx >> 1) + (hy * hy >> 1)))
    if m == 0:
        m = 1
    if e == 0:
        e = 1
    x = (x << 13) // m + (hx << 13) // e
    y = (y << 13) // m + (hy << 13) // e
    m = int(isqrt((x * x >> 1) + (y * y >> 1)))
    if m == 0:
        m = 1
    x = (x << 13) // m  # unit vector of the mean heading, Q13 * sqrt(2)
    y = (y << 13) // m
    x = (x * 11585) >> 14
    y = (y * 11585) >> 14
    # The sensor is above the sole, so it moves while a foot on the ground rolls.
    gx += sp[ROLL0] - ZERO
    gy += sp[ROLL0 + 1] - ZERO
    if gx > 16383:
        gx = 16383
    if gx < -16383:
        gx = -16383
    if gy > 16383:
        gy = 16383
    if gy < -16383:
        gy = -16383
    e = n * sp[ROLL_K]
    sp[DX] = ((dx * x + dy * y) >> 13) + (gy * (e >> 8) >> 18) + ZERO
    sp[DX + 1] = ((dy * x - dx * y) >> 13) - (gx * (e >> 8) >> 18) + ZERO
    sp[DX + 2] = dz + ZERO
