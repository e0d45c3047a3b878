"""Detector of handling: three signs of an uncertain mount that do not occur in gait.

1. HANDLED: the mean acceleration of the last half second is more than 75 degrees off upright. In walking and running
   it stays within about 65 (largest in the development recordings, time constant 0.5 s).
2. MOVED: gravity in a quiet stance is 8 degrees or more off its direction when the mount was set. The sign clears if
   gravity returns, for example after sitting with a tilted foot, because then the pod did not move on the shoe.
3. TURNED: the pod rotated by 60 degrees or more between two rests, gently, and no stride had a displacement. A pivoting
   foot is lifted and set down, but a hand rotates a pod without an impact. Only a gyroscope shows this sign.

Pure: chip counts in, a reason out. No pod can detect half a turn about the vertical while it is switched off.
"""

from array import array

from pod.gait import stride as S
from pod.gait.rest import Rest, dot

NONE = 0
MOVED = 1
TURNED = 2
HANDLED = 3

_SETTLE = 10  # chunks of 31 ms: a quiet stance, longer than a quiet instant in mid-swing
_REFINE = 8  # stances that refine the reference
_CONFIRM = 2  # consecutive stances, because one may be on the toes
_AT_REST = 26  # chunks, 0.8 s: longer than a walker's stance, so all earlier strides have closed
_COS2_MOVED = 1004  # cos(8 deg)**2 * 1024
_COS2_BACK = 1014  # cos(5.7 deg)**2 * 1024
_COS2_HANDLED = 69  # cos(75 deg)**2 * 1024
_TURNED = 6000  # 0.01 degrees
_SOMEWHERE_MM = 200
_PLAIN_MM = 400
_IMPACT = 614  # 0.6 g within a chunk
_LONGEST = 320  # chunks, 10 s: after this the gyroscope's bias alone can add up to _TURNED


def is_forward(record):
    """Return True if a stride, measured with a suspect mount, clearly went along the toe axis."""
    ahead, left = record[S.LENGTH_MM], record[S.LATERAL_MM]
    if ahead == S.NONE or record[S.FLAGS] & (S.FLAG_GAP | S.FLAG_TILT_OPEN | S.FLAG_NOT_GAIT):
        return False
    return ahead > _PLAIN_MM and abs(left) * 2 < ahead


class HandlingDetector:
    """Takes the same samples as the engine. Read `reason` after each feed()."""

    def __init__(self, rate_mhz, acc_lsb_ug, gyr_lsb_udps):
        self.rest = Rest(rate_mhz, acc_lsb_ug, gyr_lsb_udps)
        self.reason = NONE
        self._gyroscope = gyr_lsb_udps != 0
        self._up = array("i", (0, 0, 1024))
        self._slow = array("i", (0, 0, 0))
        self._stance = array("i", (0, 0, 0))
        self._bias = array("i", (0, 0, 0))
        self._turn = array("i", (0, 0, 0))
        self.set_up(0, 0, 16384)

    def set_up(self, x, y, z):
        """Start with a new mount: the vertical in chip axes (Q14). The first quiet stances refine it."""
        for axis, value in enumerate((x, y, z)):
            self._up[axis] = value >> 4
            self._slow[axis] = value  # 16 times the mean: a leaky average with a fraction
            self._turn[axis] = 0
        self._stances = 0
        self._tilted = 0
        self._moving = 0
        self.reason = NONE

    def stride(self, record):
        """Take a stride of the engine. A displacement shows that the runner made the rotation since the last rest."""
        if record[S.LENGTH_MM] == S.NONE or abs(record[S.LENGTH_MM]) + abs(record[S.LATERAL_MM]) > _SOMEWHERE_MM:
            self._moving = _LONGEST

    def feed(self, buf, offset, count):
        """Take `count` samples (int16, chip axes) from byte `offset`."""
        width = 12 if self._gyroscope else 6
        while count > 0:
            taken = self.rest.feed(buf, offset, count)
            offset += taken * width
            count -= taken
            if self.rest.ended():
                self._chunk()

    def _chunk(self):
        for axis in range(3):
            self._slow[axis] += self.rest.mean[axis] - (self._slow[axis] >> 4)
        if self._far_off():
            self.reason = HANDLED
        still = self.rest.still
        if still == 0:
            self._in_motion()
            return
        self._gather(still % _SETTLE == 1)
        if still % _SETTLE == 0:
            self._check_gravity()
        if still == _AT_REST:
            self._check_turn()

    def _far_off(self):
        # A scale of 1 g = 128 keeps the squares below 2**30.
        along = size = 0
        for axis in range(3):
            value = self._slow[axis] >> 7
            along += value * self._up[axis] >> 7
            size += value * value
        # `_up` >> 7 has length 8, so `along` is 8 times the projection.
        return along < 0 or along * along >> 6 < _COS2_HANDLED * size >> 10

    def _in_motion(self):
        self._moving = _LONGEST if self.rest.rough > _IMPACT else self._moving + 1
        for axis in range(3):
            self._turn[axis] += self.rest.rate[axis] - self._bias[axis]

    def _gather(self, first):
        for axis in range(3):
            self._stance[axis] = self.rest.mean[axis] + (0 if first else self._stance[axis])

    def _check_gravity(self):
        """Compare the gravity of a quiet stance, or of a third of a second of standing, with the reference."""
        for axis in range(3):
            self._stance[axis] //= _SETTLE
        along = dot(self._stance, self._up) >> 10
        both = (dot(self._stance, self._stance) >> 10) * (dot(self._up, self._up) >> 10) >> 10
        cos2 = along * along // max(1, both) if along > 0 else 0  # 1024 for the same direction
        if self._stances < _REFINE and (self._stances == 0 or cos2 > _COS2_MOVED):
            self._refine()
        elif cos2 < _COS2_MOVED:
            self._tilted += 1
            if self._tilted == _CONFIRM and self.reason == NONE:
                self.reason = MOVED
        else:
            self._tilted = 0
            if self.reason == MOVED and cos2 > _COS2_BACK:
                self.reason = NONE

    def _refine(self):
        """Move the reference from the matrix's vertical to the mean gravity in this wearer's first stances."""
        self._stances += 1
        for axis in range(3):
            self._up[axis] += (self._stance[axis] - self._up[axis]) // self._stances

    def _check_turn(self):
        limit = _TURNED * 1000 // (self.rest.chunk_us // 1000)
        size = 0
        for axis in range(3):
            size += min(abs(self._turn[axis]) >> 5, 16383) ** 2
            self._turn[axis] = 0
            self._bias[axis] = self.rest.rate[axis]
        if self._gyroscope and self._moving < _LONGEST and size >= (limit >> 5) ** 2:
            self.reason = TURNED
        self._moving = 0
