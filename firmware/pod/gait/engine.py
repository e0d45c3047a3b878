"""Counts in, strides out. Pure: no I/O, no clock.

The engine scales and turns the counts by the mount, hands them to the mode that the chip allows, and queues the
strides until they are asked for.
"""

from array import array

import micropython
from micropython import const

from pod.gait import stride as S

_QUEUE = const(4)  # strides; two runners' strides fit in a second, and the caller empties the queue at every block


@micropython.viper
def _copy_into(out: ptr16, record: ptr16):  # a slice would allocate
    i = 0
    while i < 2 * S.LENGTH:
        out[i] = record[i]
        i += 1


def preload():
    """Load the machine code of both modes."""
    __import__("pod.gait.sixaxis")
    __import__("pod.gait.accel")


class Queue:
    """A ring of stride records that never grows: the oldest is overwritten and counted."""

    def __init__(self):
        self._records = [array("i", bytes(4 * S.LENGTH)) for _ in range(_QUEUE)]
        self._first = 0
        self.waiting = 0
        self.dropped = 0

    def slot(self):
        """The record to fill before push()."""
        return self._records[(self._first + self.waiting) % _QUEUE]

    def push(self):
        if self.waiting == _QUEUE - 1:
            self._first = (self._first + 1) % _QUEUE
            self.dropped += 1
        else:
            self.waiting += 1

    def pop_into(self, out):
        if self.waiting == 0:
            return False
        record = self._records[self._first]
        _copy_into(out, record)
        self._first = (self._first + 1) % _QUEUE
        self.waiting -= 1
        return True


class Engine:
    """rate_mhz: sample rate in mHz; acc_lsb_ug: micro-g per count; gyr_lsb_udps: micro-degrees per second per count,
    0 for a chip without a gyroscope.

    feed(buf, offset, count) takes `count` samples of int16 little-endian from byte `offset` (even) on; returns the
    strides waiting. Blocks of any size give the same strides. More than a handful of strides in one block push the
    oldest out.
    pop_into(out) moves the oldest stride into `out`, an array('i') of S.LENGTH; False when none waits.
    Both are the mode's and the queue's own: a sampler calls them fifty times a second, with a few samples each.
    """

    def __init__(self, rate_mhz, acc_lsb_ug, gyr_lsb_udps):
        self._queue = Queue()
        if gyr_lsb_udps:
            from pod.gait.sixaxis import SixAxis

            self.mode = SixAxis(rate_mhz, acc_lsb_ug, gyr_lsb_udps, self._queue)
        else:
            from pod.gait.accel import Accel

            self.mode = Accel(rate_mhz, acc_lsb_ug, self._queue)
        self.feed = self.mode.feed
        self.pop_into = self._queue.pop_into

    def set_mount(self, matrix, state):
        """matrix: 9 integers in Q14, row-major, shoe = M * chip; state: S.MOUNT_*."""
        self.mode.set_mount(matrix, state)

    def gap(self, lost):
        """`lost` samples were lost before the next block."""
        self.mode.gap(lost)

    @property
    def dropped(self):
        """Strides that nobody fetched in time."""
        return self._queue.dropped
