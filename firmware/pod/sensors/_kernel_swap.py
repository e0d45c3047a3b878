"""Byte order of big-endian counts, in viper."""

import micropython


@micropython.viper
def swap(raw: ptr8, count: int, out: ptr8):
    """Copy `count` int16 with swapped bytes from `raw` to `out`."""
    i: int = 0
    end: int = count * 2
    while i < end:
        out[i] = raw[i + 1]
        out[i + 1] = raw[i]
        i += 2
