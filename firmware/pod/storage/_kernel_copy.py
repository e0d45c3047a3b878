"""Copies bytes without slices, which would allocate."""

import micropython


@micropython.viper
def copy(out: ptr8, to: int, data: ptr8, at: int, length: int):
    """Copy `data[at:at + length]` to `out[to:to + length]` from the front. The caller checks the bounds."""
    i: int = 0
    if (to | at | length) & 3 == 0:
        # Buffers begin at whole words, so samples are copied four bytes at a time.
        words_out = ptr32(out)
        words = ptr32(data)
        to = to >> 2
        at = at >> 2
        length = length >> 2
        while i < length:
            words_out[to + i] = words[at + i]
            i += 1
        return
    while i < length:
        out[to + i] = data[at + i]
        i += 1
