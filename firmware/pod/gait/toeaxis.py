"""Where steps forward went, by an accelerometer alone: the toe axis from their plane, its sign from the evidence.

A foot that walks moves and pitches in one upright plane, so what a level pair of axes feels of both, motion and gravity
leaking in, lies along one line. Its direction is the principal axis of the acceleration and of its running sum, each
stride and each of the two counting alike: impacts spoil the one, drift the other. Which end of it is the toe, the
direction evidence of the engine tells, summed over the strides; of slow walking it does not tell enough.

The thresholds were chosen on recordings with the sensor where it was, shifted on the shoe, slowed and quickened:
docs/science.md. Floating point where it is cheap: this runs while a mount is learned or in doubt, once a stride.
"""

import math
from array import array

from pod.gait import accel_state as A
from pod.gait import stride as S
from pod.gait._accel_judge import weigh
from pod.gait._accel_swing import moments
from pod.gait.shared_state import RING_MASK, ZERO

ENOUGH = 5  # strides of this foot: ten steps
_CUT = 512  # 2 g: impacts are cut off there; 1 g = 256
_PAIRS = 256
_ALONG = 0.3  # how much more there is along the axis than across it: (a - b) / (a + b)
_STRAIGHT = 0.95  # how well the strides agree on it: mean resultant of doubled angles, a spread of 9 degrees
_LIVELY = 12.0  # g/s, mean change of what is felt: half of a brisk walk's
_ODDS = 24.0  # octaves: of walks slowed to half the speed some of the lively ones were wrong by 14, none by this
_AHEAD = 0.94  # cosine of 20 degrees: turned by 40, one in a hundred was taken for right
_PAUSE_S = 2
_SAYS = 0.5  # of 4096: a probability that was rounded to nothing


class ToeAxis:
    """Strides added one by one; `count`, then `bent()`, `undecided()`, `toe()`. `mode`: the accelerometer-only one."""

    def __init__(self, mode):
        self._st = mode.state
        self._ring = mode.ring
        self._closed = 0  # sample at which the last stride did
        self._felt = array("h", bytes(4 * _PAIRS))
        self.clear()

    def clear(self):
        """Begin anew."""
        self.count = 0
        self._odds = 0.0  # that the toe lies where `_angle` points, octaves
        self._angle = 0.0  # of the axis so far; of its two ends always the same one
        self._twice = [0.0, 0.0]  # sum of the strides' axes, angles doubled
        self._length = 0.0  # of them
        self._change = 0.0

    def add(self, record):
        """The stride that the engine has closed just now; one with a gap in it is none. Whether it counts."""
        if record[S.FLAGS] & S.FLAG_GAP:
            return False
        n = self._level()
        self._turn(*self._axis(n))
        self._change += self._unrest(n)
        self._odds += self._evidence()
        self.count += 1
        return True

    def confirms(self, record):
        """Whether this stride is the last of five in a row that went along the toe axis of a matrix in doubt."""
        if record[S.OPEN] - self._closed > _PAUSE_S * self._st[A.RAW_RATE]:
            self.clear()  # what was before a pause is another walk
        self._closed = record[S.CLOSE]
        if not self.add(record):
            self.clear()
        if self.count < ENOUGH:
            return False
        ahead = not self.bent() and not self.undecided() and math.cos(self.toe()) > _AHEAD
        self.clear()
        return ahead

    def bent(self):
        """Whether the strides have no axis in common."""
        size = math.sqrt(self._twice[0] ** 2 + self._twice[1] ** 2)
        return size < _STRAIGHT * self._length or size < 2 * _ALONG * self.count

    def undecided(self):
        """Whether they do not tell one end of the axis from the other."""
        return abs(self._odds) < _ODDS or self._change < _LIVELY * self.count

    def toe(self):
        """Angle of the toe axis in the level frame of the engine's matrix, left positive, radians."""
        return self._angle if self._odds > 0 else self._angle + math.pi

    def _level(self):
        """Pairs of samples along and across the level toe axis of the matrix, impacts cut off; returns how many."""
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
        """One stride's axis, its angle doubled: a vector of length 2 where all lies on one line."""
        felt = self._felt
        mx = my = 0
        for i in range(0, 2 * n, 2):
            mx += felt[i]
            my += felt[i + 1]
        mx //= n
        my //= n
        x = y = xx = yy = xy = 0
        px = py = pxx = pyy = pxy = 0  # the same of the running sum
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
        if math.cos(angle - self._angle) < 0:  # the same end as before
            angle += math.pi
        self._angle = angle

    def _unrest(self, n):
        felt = self._felt
        total = 0.0
        for i in range(2, 2 * n, 2):
            total += math.sqrt((felt[i] - felt[i - 2]) ** 2 + (felt[i + 1] - felt[i - 1]) ** 2)
        return total * self._st[A.RATE] / (512 * n)

    def _evidence(self):
        """Octaves by which the engine holds a stride along the axis for forward rather than backward."""
        st = self._st
        c, s = int(math.cos(self._angle) * 16384), int(math.sin(self._angle) * 16384)
        for i in range(3):
            along, across = st[A.AHEAD + i] - ZERO, st[A.ASIDE + i] - ZERO
            st[A.AHEAD + i] = ZERO + (c * along + s * across >> 14)
            st[A.ASIDE + i] = ZERO + (c * across - s * along >> 14)
            st[A.BEFORE + i] = A.EVEN
        moments(st, self._ring)
        weigh(st)
        odds = math.log((st[A.BEFORE] + _SAYS) / (st[A.BEFORE + 1] + _SAYS)) / math.log(2)
        for i in range(3):
            st[A.BEFORE + i] = A.EVEN  # what was weighed along another axis is not handed on
        return odds


def _doubled(xx, yy, xy):
    size = xx + yy or 1
    return (xx - yy) / size, 2 * xy / size
