"""Mount check: from two seconds of standing and ten steps forward to the vertical and the toe axis with its sign.

Gravity at rest gives the vertical in chip axes. With a provisional toe axis across it, the engine measures the
direction of each stride. The walk was forward, so the direction of travel is the toe axis, sign included. Without a
gyroscope strides have no length, and toeaxis.py finds the axis and its sign. The result is the rotation from chip axes
to the shoe frame (x toward the toe, y left, z up), Q14, row-major.

Floating point is acceptable: this runs only in a mount check, never per sample. Pure: no clock, no I/O.
"""

import math
from array import array

from pod.gait import stride as S
from pod.gait.rest import Rest

IDLE, STILL, WALK, PASSED, FAILED = range(5)
FAILED_NOTHING, FAILED_NOT_FORWARD, FAILED_TIMEOUT, FAILED_UNDECIDED = range(4)

_STILL_CHUNKS = 62  # of 31 ms: two seconds minus one chunk at each end
_TIMEOUT_CHUNKS = 960  # 30 s for each phase
_STEPS_DONE = 6  # strides of this foot: ten steps have five, and the first may start the walk
_STEPS_LEAST = 4
_PAUSE_CHUNKS = 32  # standing for a second ends the walk
_SHORTEST_M = 0.25  # shorter strides have no reliable direction
_STRAIGHT = 0.93  # length of the mean travel vector / mean length: strides within about 20 degrees of each other


class Learner:
    """One mount check. `phase`, `strides` and `reason` show its progress. `matrix` is the result if it PASSED.

    `toe_axis`: a ToeAxis of the engine's mode, for a chip without a gyroscope.
    """

    def __init__(self, rate_mhz, acc_lsb_ug, gyr_lsb_udps, toe_axis=None):
        self.phase = STILL
        self.reason = FAILED_NOTHING
        self.strides = 0
        self.matrix = array("h", (16384, 0, 0, 0, 16384, 0, 0, 0, 16384))
        self.tilt_deg = 0.0
        self.heading_deg = 0.0
        self._rest = Rest(rate_mhz, acc_lsb_ug, gyr_lsb_udps)
        self._width = 12 if gyr_lsb_udps else 6
        self._toe_axis = toe_axis
        self._age = 0
        self._up = [0.0, 0.0, 0.0]  # sum while standing, then a unit vector
        self._travel = [0.0, 0.0, 0.0]

    def feed(self, buf, offset, count):
        """Take the samples of the engine. Return True if `matrix` has changed and the engine needs it."""
        changed = False
        while count > 0 and self.phase in (STILL, WALK):
            taken = self._rest.feed(buf, offset, count)
            offset += taken * self._width
            count -= taken
            if self._rest.ended():
                changed = self._chunk() or changed
        return changed

    def stride(self, record):
        """Take a stride of the engine, measured with the provisional matrix. Return True at the end of the check."""
        if self.phase != WALK or record[S.FLAGS] & (S.FLAG_GAP | S.FLAG_TILT_OPEN):
            return False
        if not (self._toe_axis.add(record) if self._toe_axis else self._add(record)):
            return False
        self.strides += 1
        return self.strides >= _STEPS_DONE and self._conclude()

    def _chunk(self):
        self._age += 1
        if self.phase == STILL:
            return self._stand()
        if self._rest.still == _PAUSE_CHUNKS and self.strides >= _STEPS_LEAST:
            return self._conclude()
        if self._age <= _TIMEOUT_CHUNKS:
            return False
        if self.strides >= _STEPS_LEAST:
            return self._conclude()
        self._fail(FAILED_NOT_FORWARD if self.strides else FAILED_TIMEOUT)
        return False

    def _stand(self):
        for axis in range(3):
            first = self._rest.still <= 1
            self._up[axis] = self._rest.mean[axis] + (0 if first else self._up[axis])
        if self._rest.still >= _STILL_CHUNKS:
            self._level()
            return True
        if self._age > _TIMEOUT_CHUNKS:
            self._fail(FAILED_TIMEOUT)
        return False

    def _level(self):
        """Set a provisional frame from the vertical. Its x axis is the chip axis nearest to the horizontal."""
        self.phase = WALK
        self._age = 0
        up = _unit(self._up)
        self._up = up
        flattest = min(range(3), key=lambda axis: abs(up[axis]))
        x = [-up[flattest] * value for value in up]
        x[flattest] += 1.0
        self._flat = _unit(x)
        self._write(self._flat)
        self.tilt_deg = math.degrees(math.acos(max(-1.0, min(1.0, up[2]))))

    def _add(self, record):
        ahead, left = travel_mm(record)
        if ahead == S.NONE or math.sqrt(ahead * ahead + left * left) < 1000 * _SHORTEST_M:
            return False
        self._travel[0] += ahead
        self._travel[1] += left
        self._travel[2] += math.sqrt(ahead * ahead + left * left)
        return True

    def _conclude(self):
        ahead, left, total = self._travel
        toe_axis = self._toe_axis
        if toe_axis.bent() if toe_axis else math.sqrt(ahead * ahead + left * left) < _STRAIGHT * total:
            self._fail(FAILED_NOT_FORWARD)
            return False
        if toe_axis and toe_axis.undecided():
            self._fail(FAILED_UNDECIDED)
            return False
        angle = toe_axis.toe() if toe_axis else math.atan2(left, ahead)
        side = _cross(self._up, self._flat)
        c, s = math.cos(angle), math.sin(angle)
        toe = [c * self._flat[axis] + s * side[axis] for axis in range(3)]
        self._write(toe)
        self.heading_deg = math.degrees(math.atan2(toe[1], toe[0]))
        self.phase = PASSED
        return True

    def _write(self, toe):
        side = _cross(self._up, toe)
        for axis in range(3):
            self.matrix[axis] = _q14(toe[axis])
            self.matrix[3 + axis] = _q14(side[axis])
            self.matrix[6 + axis] = _q14(self._up[axis])

    def _fail(self, reason):
        self.phase = FAILED
        self.reason = reason


def travel_mm(record):
    """Return the displacement in the frame of the engine's matrix, (toward the toe, left) in mm, or S.NONE twice."""
    if record[S.LENGTH_MM] == S.NONE:
        return S.NONE, S.NONE
    return record[S.LENGTH_MM], record[S.LATERAL_MM]


def _unit(v):
    size = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
    return [value / size for value in v]


def _cross(a, b):
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def _q14(value):
    return max(-16384, min(16384, int(round(value * 16384))))
