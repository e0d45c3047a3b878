"""Sum, smallest and largest reading per axis of a run of samples: what rest and handling are judged by."""

import micropython


@micropython.viper
def add_into(buf: ptr16, first: int, count: int, axes: int, out: ptr32):
    """Add `count` samples of `axes` int16 axes, from sample `first` of `buf`, to `out`.

    `out`: int32, for each axis its sum at [axis], smallest at [6 + axis], largest at [12 + axis], all with
    32768 added to every reading: where registers have 64 bits, a negative int32 would come back positive.
    The caller has cleared the sums and set the extremes. At most 2**13 samples before a sum reaches 2**29.
    """
    at = first * axes
    for _ in range(count):
        for axis in range(axes):
            value = int(buf[at]) ^ 0x8000
            at += 1
            out[axis] = int(out[axis]) + value
            if value < int(out[6 + axis]):
                out[6 + axis] = value
            if value > int(out[12 + axis]):
                out[12 + axis] = value
