"""Toe axis from an accelerometer alone, for the mount check and for a `suspect` mount.

A walking foot moves and pitches in one upright plane. A level pair of axes therefore measures motion, and the gravity
that leaks in, along one line. The direction of this line is the principal axis of the acceleration and of its running
sum, with equal weight per stride and signal: impacts disturb the one, drift the other. The direction evidence of the
engine, summed over the strides, decides which end of the line is the toe. Slow walking gives too little evidence.

The thresholds were chosen on recordings with the sensor in its original place, shifted on the shoe, and with slower
and faster time: docs/science.md. Floating point is acceptable: this runs once per stride, and only while a mount is
learned or suspect.
"""

import math
from array import array

from pod.gait import accel_state as A
from pod.gait import stride as S
from pod.gait._accel_judge import weigh
from pod.gait._accel_swing import moments
from pod.gait.shared_state import RING_MASK, ZERO

ENOUGH = 5  # strides of this foot: ten steps
_CUT = 512  # 2 g: limit of the acceleration, against impacts; 1 g = 256
_PAIRS = 256
_ALONG = 0.3  # excess of the power along the axis over that across it: (a - b) / (a + b)
_STRAIGHT = 0.95  # agreement of the strides: mean resultant of doubled angles, a spread of 9 degrees
_LIVELY = 12.0  # g/s, mean change of the acceleration: half of a brisk walk
_ODDS = 24.0  # octaves: at half the speed, some walks above _LIVELY were wrong by 14 octaves, none by 24
_AHEAD = 0.94  # cosine of 20 degrees: with a rotation of 40 degrees, one in a hundred passed
_PAUSE_S = 2
_ROUNDED = 0.5  # of 4096: added to a probability, which may be rounded to 0


class ToeAxis:
    """Estimates the toe axis from strides. `mode`: the Accel of the engine."""

    def __init__(self, mode):
        self._st = mode.state
        self._ring = mode.ring
        self._closed = 0  # sample index at which the last stride closed
        self._felt = array("h", bytes(4 * _PAIRS))
        self.clear()

    def clear(self):
        """Discard all strides."""
        self.count = 0
        self._odds = 0.0  # octaves: evidence that the toe is at `_angle`
        self._angle = 0.0  # radians, of the axis so far; always the same end of it
        self._twice = [0.0, 0.0]  # sum of the axes of the strides, with doubled angles
        self._length = 0.0  # sum of the lengths of these axes
        self._change = 0.0

    def add(self, record):
        """Add the stride that the engine has just closed. Return False for a stride with a gap."""
        if record[S.FLAGS] & S.FLAG_GAP:
            return False
        n = self._level()
        self._turn(*self._axis(n))
        self._change += self._unrest(n)
        self._odds += self._evidence()
        self.count += 1
        return True

    def confirms(self, record):
        """Return True for the last of five consecutive strides along the toe axis of a suspect matrix."""
        if record[S.OPEN] - self._closed > _PAUSE_S * self._st[A.RAW_RATE]:
            self.clear()  # another walk after a pause
        self._closed = record[S.CLOSE]
        if not self.add(record):
            self.clear()
        if self.count < ENOUGH:
            return False
        ahead = not self.bent() and not self.undecided() and math.cos(self.toe()) > _AHEAD
        self.clear()
        return ahead

    def bent(self):
        """Return True if the strides have no common axis."""
        size = math.sqrt(self._twice[0] ** 2 + self._twice[1] ** 2)
        return size < _STRAIGHT * self._length or size < 2 * _ALONG * self.count

    def undecided(self):
        """Return True if the strides do not show which end of the axis is the toe."""
        return abs(self._odds) < _ODDS or self._change < _LIVELY * self.count

    def toe(self):
        """Return the angle of the toe axis in the level frame of the engine's matrix, left positive, in radians."""
        return self._angle if self._odds > 0 else self._angle + math.pi

    def _level(self):
        """Store the limited acceleration along and across the level toe axis, by pairs. Return their number."""
        st, ring, felt = self._st, self._ring, self._felt
        a = [(st[A.AHEAD + i] - ZERO) >> 4 for i in range(3)]
        b = [(st[A.ASIDE + i] - ZERO) >> 4 for i in range(3)]
        k = st[A.START] - st[A.MARGIN]
        n = min(_PAIRS, st[A.END] - k + 1 >> 1)
        for i in range(n):
            p, q = (k & RING_MASK) * 3, (k + 1 & RING_MASK) * 3
            k += 2
            x, y, z = ring[p] + ring[q], ring[p + 1] + ring[q + 1], ring[p + 2] + ring[q + 2]
            along = a[0] * x + a[1] * y + a[2] * z >> 13
            across = b[0] * x + b[1] * y + b[2] * z >> 13
            size = along * along + across * across
            if size > _CUT * _CUT:
                size = int(math.sqrt(size))
                along, across = along * _CUT // size, across * _CUT // size
            felt[2 * i] = along
            felt[2 * i + 1] = across
        return n

    def _axis(self, n):
        """Return the axis of one stride with doubled angle: a vector of length 2 if all samples are on one line."""
        felt = self._felt
        mx = my = 0
        for i in range(0, 2 * n, 2):
            mx += felt[i]
            my += felt[i + 1]
        mx //= n
        my //= n
        x = y = xx = yy = xy = 0
        px = py = pxx = pyy = pxy = 0  # the same sums for the running sum
        for i in range(0, 2 * n, 2):
            u, v = felt[i] - mx, felt[i + 1] - my
            x += u
            y += v
            p, q = x >> 2, y >> 2
            xx += u * u
            yy += v * v
            xy += u * v
            px += p
            py += q
            pxx += p * p
            pyy += q * q
            pxy += p * q
        one = _doubled(xx, yy, xy)
        two = _doubled(pxx - px * px / n, pyy - py * py / n, pxy - px * py / n)
        return one[0] + two[0], one[1] + two[1]

    def _turn(self, x, y):
        twice = self._twice
        twice[0] += x
        twice[1] += y
        self._length += math.sqrt(x * x + y * y)
        angle = math.atan2(twice[1], twice[0]) / 2
        if math.cos(angle - self._angle) < 0:  # keep the same end of the axis
            angle += math.pi
        self._angle = angle

    def _unrest(self, n):
        felt = self._felt
        total = 0.0
        for i in range(2, 2 * n, 2):
            total += math.sqrt((felt[i] - felt[i - 2]) ** 2 + (felt[i + 1] - felt[i - 1]) ** 2)
        return total * self._st[A.RATE] / (512 * n)

    def _evidence(self):
        """Return the engine's evidence, in octaves, that a stride along the axis is forward and not backward."""
        st = self._st
        c, s = int(math.cos(self._angle) * 16384), int(math.sin(self._angle) * 16384)
        for i in range(3):
            along, across = st[A.AHEAD + i] - ZERO, st[A.ASIDE + i] - ZERO
            st[A.AHEAD + i] = ZERO + (c * along + s * across >> 14)
            st[A.ASIDE + i] = ZERO + (c * across - s * along >> 14)
            st[A.BEFORE + i] = A.EVEN
        moments(st, self._ring)
        weigh(st)
        odds = math.log((st[A.BEFORE] + _ROUNDED) / (st[A.BEFORE + 1] + _ROUNDED)) / math.log(2)
        for i in range(3):
            st[A.BEFORE + i] = A.EVEN  # A decision along another axis must not be a prior.
        return odds


def _doubled(xx, yy, xy):
    size = xx + yy or 1
    return (xx - yy) / size, 2 * xy / size
