"""Has somebody handled the pod? Three signs that its mount can no longer be trusted, none of them gait.

1. *handled*: the mean acceleration of the last half second lies more than 75 degrees off upright. In walking and
   running it stays within about 65 (largest found in the development recordings, a time constant of 0.5 s).
2. *moved*: gravity in a quiet stance lies 8 degrees or more off where it lay when the mount was set.
   When it comes back, as after sitting with the foot tilted, so does the trust: the pod has not moved on the shoe.
3. *turned*: from one rest to the next the pod has turned by 60 degrees or more, gently, and no stride went anywhere in
   between. A foot that pivots is lifted and set down; a hand turns a pod without a blow. Only a gyroscope sees this.

Pure: chip counts in, a reason out. What a pod cannot see is half a turn about the vertical while it is switched off.
"""

from array import array

from pod.gait import stride as S
from pod.gait.rest import Rest, dot

NONE = 0
MOVED = 1
TURNED = 2
HANDLED = 3

_SETTLE = 10  # chunks of 31 ms: a quiet stance, longer than a dip in mid-swing
_REFINE = 8  # stances that make the reference
_CONFIRM = 2  # stances in a row: one may stand on its toes
_AT_REST = 26  # chunks, 0.8 s: longer than a walker's stance, and every stride before it has been closed
_COS2_MOVED = 1004  # cos(8 deg)**2 * 1024
_COS2_BACK = 1014  # cos(5.7 deg)**2 * 1024
_COS2_HANDLED = 69  # cos(75 deg)**2 * 1024
_TURNED = 6000  # 0.01 degrees
_SOMEWHERE_MM = 200
_PLAIN_MM = 400
_BLOW = 614  # 0.6 g within a chunk
_LONGEST = 320  # chunks, 10 s: beyond it the gyroscope's bias alone may have turned so far


def is_forward(record):
    """Whether a stride, measured with a mount in doubt, plainly went along the toe axis."""
    ahead, left = record[S.LENGTH_MM], record[S.LATERAL_MM]
    if ahead == S.NONE or record[S.FLAGS] & (S.FLAG_GAP | S.FLAG_TILT_OPEN):
        return False
    return ahead > _PLAIN_MM and abs(left) * 2 < ahead


class HandlingDetector:
    """Feeds on the same samples as the engine; `reason` is read after each `feed`."""

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
        """The mount was set: the vertical in chip axes (Q14). The first quiet stances refine it."""
        for axis, value in enumerate((x, y, z)):
            self._up[axis] = value >> 4
            self._slow[axis] = value  # 16 times the mean: a leaky average with room for its fraction
            self._turn[axis] = 0
        self._stances = 0
        self._tilted = 0
        self._moving = 0
        self.reason = NONE

    def stride(self, record):
        """A stride of the engine: when it went somewhere, the turn since the last rest is the runner's own."""
        if record[S.LENGTH_MM] == S.NONE or abs(record[S.LENGTH_MM]) + abs(record[S.LATERAL_MM]) > _SOMEWHERE_MM:
            self._moving = _LONGEST

    def feed(self, buf, offset, count):
        """`count` samples (int16, chip axes) at byte `offset`."""
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
        # An eighth of 1 g = 1024 keeps the squares far below 2**30.
        along = size = 0
        for axis in range(3):
            value = self._slow[axis] >> 7
            along += value * self._up[axis] >> 7
            size += value * value
        # up >> 7 has length 8: along is 8 times the projection
        return along < 0 or along * along >> 6 < _COS2_HANDLED * size >> 10

    def _in_motion(self):
        self._moving = _LONGEST if self.rest.rough > _BLOW else self._moving + 1
        for axis in range(3):
            self._turn[axis] += self.rest.rate[axis] - self._bias[axis]

    def _gather(self, first):
        for axis in range(3):
            self._stance[axis] = self.rest.mean[axis] + (0 if first else self._stance[axis])

    def _check_gravity(self):
        """One quiet stance is over, or the next third of a second of standing."""
        for axis in range(3):
            self._stance[axis] //= _SETTLE
        along = dot(self._stance, self._up) >> 10
        both = (dot(self._stance, self._stance) >> 10) * (dot(self._up, self._up) >> 10) >> 10
        cos2 = along * along // max(1, both) if along > 0 else 0  # 1024 when they agree
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
        """The matrix says where up is; the first stances say where gravity lies in this wearer's."""
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
