"""Notices an axis that stands still while others move, or that hangs at full scale: one look a drain, none a sample.

No real axis shows exactly the same count at look after look while at least two others change a lot, and none stays at
full scale for a fifth of a second: not even the blow of a landing lasts that long.
"""

_SUSPECT_LOOKS = 3  # 60 ms of movement: the stride is not to be trusted
_STUCK_LOOKS = 8
_SUSPECT_FULL_LOOKS = 5
_FULL_LOOKS = 10
_BACK_LOOKS = 10
_RESTLESS_UG = 100_000
_RESTLESS_UDPS = 20_000_000
_OTHERS = 2

GOOD = 0
STUCK = 1
SATURATED = 2


class AxisWatch:
    """`look` at one sample a drain. `suspect`: strides of now are not to be decided; `changed`: axis, -1 none."""

    def __init__(self, axes: int, acc_lsb_ug: int, gyr_lsb_udps: int, full_scale: int):
        self.suspect = False
        self.changed = -1
        self.states = bytearray(axes)  # GOOD, STUCK or SATURATED
        self._axes = axes
        self._limit = full_scale - 1
        acc = _RESTLESS_UG // acc_lsb_ug
        self._restless = [acc] * 3 + [_RESTLESS_UDPS // gyr_lsb_udps if gyr_lsb_udps else 0] * (axes - 3)
        self._last = [0] * axes
        self._change = [0] * axes
        self._same = [0] * axes
        self._full = [0] * axes
        self._back = [0] * axes

    def look(self, samples, at: int) -> None:
        """The sample at byte `at`. At most one axis changes its state a look."""
        self.changed = -1
        restless = self._take(samples, at)
        self.suspect = False
        for i in range(self._axes):
            self._judge(i, restless)
            if self._same[i] >= _SUSPECT_LOOKS or self._full[i] >= _SUSPECT_FULL_LOOKS or self.states[i] != GOOD:
                self.suspect = True

    def _take(self, samples, at: int) -> int:
        """Changes since the last look; returns how many axes have changed a lot."""
        restless = 0
        for i in range(self._axes):
            value = ((samples[at] | samples[at + 1] << 8) ^ 0x8000) - 0x8000
            at += 2
            change = abs(value - self._last[i])
            self._last[i] = value
            self._change[i] = change
            if change >= self._restless[i]:
                restless += 1
            if value >= self._limit or value <= -self._limit:
                self._full[i] += 1
            else:
                self._full[i] = 0
        return restless

    def _judge(self, i: int, restless: int) -> None:
        if self._change[i]:
            self._same[i] = 0
        elif restless >= _OTHERS:
            self._same[i] += 1
        if self.states[i] == GOOD:
            if self._same[i] >= _STUCK_LOOKS:
                self._enter(i, STUCK)
            elif self._full[i] >= _FULL_LOOKS:
                self._enter(i, SATURATED)
            return
        self._back[i] = self._back[i] + 1 if self._change[i] and not self._full[i] else 0
        if self._back[i] >= _BACK_LOOKS:
            self._enter(i, GOOD)

    def _enter(self, i: int, state: int) -> None:
        if self.changed < 0:
            self.states[i] = state
            self.changed = i
            self._back[i] = 0
