"""Stride engine: counts in, strides out. Pure: no I/O, no clock.

The engine scales and rotates the counts by the mount, forwards them to the mode for the chip, and queues strides.
"""

from array import array

import micropython
from micropython import const

from pod.gait import stride as S

_QUEUE = const(4)  # strides: more than a runner makes in a second; the caller empties the queue after each block


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
    """Ring of stride records of fixed size. If it is full, it overwrites and counts the oldest record."""

    def __init__(self):
        self._records = [array("i", bytes(4 * S.LENGTH)) for _ in range(_QUEUE)]
        self._first = 0
        self.waiting = 0
        self.dropped = 0

    def slot(self):
        """Return the record to fill before push()."""
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
    """Finds strides in a stream of samples.

    `rate_mhz`: sample rate in mHz. `acc_lsb_ug`: micro-g per count. `gyr_lsb_udps`: micro-degrees per second per count,
    0 for a chip without a gyroscope.

    feed(buf, offset, count) takes `count` samples of int16 little-endian from the even byte `offset`. It returns the
    number of strides in the queue. Blocks of any size give the same strides. The queue has room for three strides.
    pop_into(out) moves the oldest stride into `out`, an array('i') of S.LENGTH, or returns False if the queue is empty.
    Both are bound methods of the mode and the queue, because the sampler calls them fifty times a second.
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
        """Set the mount. `matrix`: 9 integers in Q14, row-major, shoe = M * chip. `state`: S.MOUNT_*."""
        self.mode.set_mount(matrix, state)

    def gap(self, lost):
        """Report that `lost` samples are missing before the next block."""
        self.mode.gap(lost)

    @property
    def dropped(self):
        """Return the number of strides that were overwritten in the queue."""
        return self._queue.dropped
