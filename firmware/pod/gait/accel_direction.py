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
_UNDECIDED = S.FLAG_GAP | S.FLAG_MOUNT_UNVERIFIED


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

    def decide(self, s, mean, start, end, flags):
        """Direction and confidence in per mille. mean: score of the swing, 1/256 octave of g^2."""
        self._gather(s, mean, end - start + s[sw.MARGIN] + 1)
        e = self.evidence
        ahead = (c.WEIGHT_CUT * e[0] + c.WEIGHT_SLOPE * e[1] + c.WEIGHT_WAY * e[2]) >> 10
        aside = c.BIAS
        for i, weight in enumerate(c.WEIGHTS_ASIDE):
            aside += (weight * e[3 + i]) >> 10
        best = self._update(ahead, aside, start)
        self._end = end
        sure = min(995, self._before[best] * 1000 >> 12)
        if flags & _UNDECIDED:
            if flags & S.FLAG_GAP:
                self.forget()
            return S.UNKNOWN, min(sure, 500)  # a mount turned by half a turn mirrors forward and backward
        if sure < (c.UNKNOWN_BELOW_BACKWARD if best == 1 else c.UNKNOWN_BELOW):
            return S.UNKNOWN, sure
        if best < 2:
            return (S.BACKWARD if best else S.FORWARD), sure
        return (S.LATERAL_LEFT if s[sw.MOMENT_CUT + 1] > _B else S.LATERAL_RIGHT), sure

    def _update(self, ahead, aside, start):
        """The stride before as a prior, this one's evidence in 1/256 octave; returns the likeliest class."""
        before = self._before
        now = self._now
        now[0] = ahead
        now[1] = 0 - ahead
        now[2] = aside
        top = max(ahead, 0 - ahead, aside)
        keep = max(0, 4096 - max(0, start - self._end) * 4096 // self._forget_n)
        total = 0
        for i in range(3):
            prior = (before[i] * c.STAY + (4096 - before[i]) * ((4096 - c.STAY) >> 1)) >> 12
            prior = (keep * prior + (4096 - keep) * 1365) >> 12
            now[i] = (prior * _exp2(top - now[i])) >> 7
            total += now[i]
        best = 0
        for i in range(3):
            before[i] = now[i] * 4096 // total
            if before[i] > before[best]:
                best = i
        return best
