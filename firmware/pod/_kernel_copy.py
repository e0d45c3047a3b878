"""Copies bytes without the slices that would allocate."""

import micropython


@micropython.viper
def copy(out: ptr8, to: int, data: ptr8, at: int, length: int):
    """Copy `data[at:at + length]` to `out[to:to + length]`. Bounds are the caller's."""
    i: int = 0
    while i < length:
        out[to + i] = data[at + i]
        i += 1
