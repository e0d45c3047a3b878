"""Which way a stride went: three numbers that change sign with it, the size of the sideways ones, and the stride before.

Forward and backward are mirror images in time of what the toe axis feels, so the evidence for one is the negative of
the evidence for the other; there is nothing else to fit there. Sideways is told by the sizes along both axes. The
stride before enters as a prior that fades with time.
"""

from array import array

from pod.gait import _accel_swing as sw
from pod.gait import accel_constants as c
from pod.gait import stride as S

_B = 1 << 29


def _squash(value, half):
    """-1024..1024; half of it at +-half."""
    return value * 1024 // (abs(value) + half)


def _exp2(d):
    """4096 * 2**(-d / 256) for d >= 0, to 1 %."""
    whole = d >> 8
    if whole > 12:
        return 0
    f = d & 255
    return (4096 - ((f * (2751 - ((f * 703) >> 8))) >> 8)) >> whole


class Direction:
    def __init__(self, rate):
        self._rate = rate
        self._forget_n = int(c.FORGET_S * rate)
        self.evidence = array("i", [0] * 10)
        self.raw = array('i', [0] * 12)
        self._before = array("i", [1365] * 3)  # forward, backward, lateral of 4096
        self._now = array("i", [0] * 3)
        self._end = 0

    def forget(self):
        for i in range(3):
            self._before[i] = 1365

    def _gather(self, s, mean, n):
        """What was measured, squashed."""
        e = self.evidence
        cut_x = s[sw.MOMENT_CUT] - _B
        cut_y = abs(s[sw.MOMENT_CUT + 1] - _B)
        slope_x = s[sw.SLOPE] - _B
        slope_y = abs(s[sw.SLOPE + 1] - _B)
        t = n * 64 // int(self._rate)  # of the moments, 1/64 s
        way_x = ((s[sw.MOMENT] - _B) * t * t) >> 12  # 1/1024 g s^2
        way_y = abs(((s[sw.MOMENT + 1] - _B) * t * t) >> 12)
        e[0] = _squash(cut_x, 250)
        e[1] = _squash(slope_x, 1000)
        e[2] = _squash(way_x, 60)
        e[3] = _squash(abs(cut_x), 250)
        e[4] = _squash(abs(slope_x), 1000)
        e[5] = _squash(cut_y, 250)
        e[6] = _squash(slope_y, 1000)
        e[7] = _squash(way_y, 60)
        e[8] = (slope_y - abs(slope_x)) * 1024 // (slope_y + abs(slope_x) + 300)
        e[9] = mean
        r = self.raw
        for i in range(3):
            r[i] = s[sw.MOMENT_CUT + i] - _B
            r[3 + i] = s[sw.SLOPE + i] - _B
            r[6 + i] = ((s[sw.MOMENT + i] - _B) * t * t) >> 12
        r[9] = n
        r[10] = s[sw.CONTACT] - s[sw.TOE_OFF]

    def decide(self, s, mean, start, end, flags):
        """Direction and confidence in per mille. mean: score of the swing, 1/256 octave of g^2."""
        self._gather(s, mean, end - start + s[sw.MARGIN] + 1)
        return S.UNKNOWN, 0
