"""Big-endian counts to the pod's order."""

import micropython


@micropython.viper
def swap(raw: ptr8, count: int, out: ptr8):
    """`count` int16."""
    i: int = 0
    end: int = count * 2
    while i < end:
        out[i] = raw[i + 1]
        out[i + 1] = raw[i]
        i += 2
