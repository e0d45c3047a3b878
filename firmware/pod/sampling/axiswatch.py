"""Notices an axis that stands still while others move, or that hangs at full scale: one look a drain, none a sample.

No real axis shows exactly the same count at look after look while at least two others change a lot, and none stays at
full scale for a fifth of a second: not even the blow of a landing lasts that long. A stuck axis of a foot that rests is
noticed at its next step.
"""

from array import array

from pod.sampling import _kernel_axes as kernel

_RESTLESS_UG = 100_000
_RESTLESS_UDPS = 20_000_000

GOOD = kernel.GOOD
STUCK = kernel.STUCK
SATURATED = kernel.SATURATED


class AxisWatch:
    """`look` at one sample a drain, then ask."""

    def __init__(self, axes: int, acc_lsb_ug: int, gyr_lsb_udps: int, full_scale: int):
        self._axes = axes
        self._state = array("i", [0] * (kernel.HEAD + axes * kernel.ROW))
        self._state[kernel.LIMIT] = full_scale - 1
        for i in range(axes):
            restless = _RESTLESS_UG // acc_lsb_ug if i < 3 else _RESTLESS_UDPS // gyr_lsb_udps
            self._state[kernel.HEAD + i * kernel.ROW + kernel.RESTLESS] = restless

    def look(self, samples, at: int) -> None:
        """The sample at byte `at`. At most one axis changes its state a look."""
        kernel.look(samples, at, self._state, self._axes)

    def suspect(self) -> bool:
        """Whether the strides of now are not to be decided."""
        return self._state[kernel.SUSPECT] != 0

    def changed(self) -> int:
        """The axis whose state has changed with the last look, -1 none."""
        return self._state[kernel.CHANGED] - 1

    def state(self, axis: int) -> int:
        """GOOD, STUCK or SATURATED."""
        return self._state[kernel.HEAD + axis * kernel.ROW + kernel.STATE]
