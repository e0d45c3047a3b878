"""Sum, minimum and maximum per axis of a block of samples, for the detectors of rest and handling."""

import micropython


@micropython.viper
def add_into(buf: ptr16, first: int, count: int, axes: int, out: ptr32):
    """Add `count` samples of `axes` int16 axes, from sample `first` of `buf`, to `out`.

    `out`: int32 with the sum of each axis at [axis], the minimum at [6 + axis] and the maximum at [12 + axis]. Every
    reading has 32768 added, because a 64-bit runtime loads a negative int32 as a positive number. The caller clears the
    sums and sets the extremes. A sum reaches 2**29 after 2**13 samples.
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
