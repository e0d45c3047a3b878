"""Lossless compression of raw samples: of two predictors the one that did better of late, then a Rice code.

A frame stands by itself, so a run can be read from any of its raw blocks. It is a row of 16-bit words, low byte first;
within a word the most significant bit comes first. The first reading of every axis stands at its head, a word each.
Then come blocks of 16 samples; the last may be shorter, the first lacks its first sample. Within a block axis stands
after axis, one code per reading. All that adapts starts anew with a frame, per axis: balance B at 0, scale A at 96.

With x the last reading, d its last step and e the last change of that step (0 at first), the predictors are x and
x + d + e/2 (halves rounded down). Their errors are folded, r to 2r, or to -2r - 1 below zero, which gives u and v; z is
v when B > 0, else u. After a reading that leaves a multiple of 4 in the block, B += u - v - B/4 (rounded down).
k is the least with 3 << k > A, and q = z >> k. The code is q zeros, a one and the k low bits of z when q < 16, else 16
zeros and 20 bits of z. Then A becomes z + A/2. A foot in stance is quiet and an impact is not: so quick an adaptation
beats parameters in a header.
"""

from array import array

import micropython

BLOCK = 16  # samples
SLACK = 96  # bytes of `out` behind the limit: what one axis of a block can take at the most


def state():
    """A frame that has not begun.

    [0] words written, [1] the bits that wait, [2] how many, [3] words of the last block; then, for six axes, x, d, e,
    B (biased, to be positive) and A; then the same for a block under way.
    """
    return array("i", [0] * (4 + 2 * 6 * 5))


def least_k():
    """k for every A below 256."""
    table = bytearray(256)
    k = 0
    for scale in range(256):
        if 3 << k <= scale:
            k += 1
        table[scale] = k
    return table


@micropython.viper
def begin(buf: ptr16, axes: int, out: ptr16, frame: ptr32):
    """Begin a frame with the first sample of `buf`: int16 readings, interleaved."""
    at = 0
    while at < axes:
        out[at] = buf[at]
        row = 4 + at * 5
        frame[row] = int(buf[at]) ^ 0x8000
        frame[row + 1] = 1 << 21
        frame[row + 2] = 1 << 21
        frame[row + 3] = 1 << 21
        frame[row + 4] = 96
        at += 1
    frame[0] = axes
    frame[1] = 0
    frame[2] = 0
    frame[3] = 0


@micropython.viper
def finish(out: ptr16, frame: ptr32) -> int:
    """Fill the last word with zeros; returns the bytes of the frame."""
    at = int(frame[0])
    bits = int(frame[2])
    if bits > 0:
        out[at] = int(frame[1]) << (16 - bits)
        at += 1
    return at << 1


@micropython.viper
def add_block(buf: ptr16, first: int, last: int, axes: int, out: ptr16, limit: int, frame: ptr32, table: ptr8) -> int:
    """Add samples `first` up to `last` of `buf`, a block, to the frame that has begun in `out`.

    Returns 1; or 0 when they would not end within `limit` bytes: the frame then stands as before. `out` holds `limit` +
    SLACK bytes, `table` is from `least_k`.
    """
    bias = 1 << 21  # what is kept is positive: a negative int32 would come back positive where registers have 64 bits
    limit = (limit >> 1) - 1
    at = int(frame[0])
    if at + int(frame[3]) > limit:
        return 0  # no room for a block like the last: to find that out by encoding it would be work for nothing
    acc = int(frame[1])  # the bits that wait, fewer than 16; what stands above them is cut off when they are written
    bits = int(frame[2])
    axis = 0
    while axis < axes:
        row = 4 + axis * 5
        x = int(frame[row])
        d = int(frame[row + 1]) - bias
        e = int(frame[row + 2]) - bias
        balance = int(frame[row + 3]) - bias
        scale = int(frame[row + 4])
        i = first * axes + axis
        n = last - first
        while n:
            n -= 1
            u = (int(buf[i]) ^ 0x8000) - x
            i += axes
            x += u
            w = u - d
            d = u
            if n & 3:
                z = u
                if balance > 0:
                    z = w - (e >> 1)
                z += z
                if z < 0:
                    z = ~z
            else:
                v = w - (e >> 1)
                u += u
                if u < 0:
                    u = ~u
                v += v
                if v < 0:
                    v = ~v
                z = u
                if balance > 0:
                    z = v
                balance += u - v - (balance >> 2)
            e = w
            if scale < 256:
                k = int(table[scale])
            else:
                k = 6
                w = scale >> 6
                while w > 255:
                    k += 6
                    w = w >> 6
                k += int(table[w])
            scale = z + (scale >> 1)
            q = z >> k
            w = q + k + 1
            if w < 17:
                # q zeros, a one, and z without its quotient, in one sum
                acc = (acc << w) + z - ((q - 1) << k)
                bits += w
            else:
                w = k
                if q > 15:
                    q = 15
                    w = 20
                # The zeros, and the one that closes fewer than 16: 15 and a zero stand for 16.
                acc = acc << (q + 1)
                if w < 20:
                    acc += 1
                bits += q + 1
                if bits >= 16:
                    bits -= 16
                    out[at] = acc >> bits
                    at += 1
                    acc &= 0x7FFF
                if w > 10:
                    w -= 10
                    acc = acc << w | (z >> 10 & ((1 << w) - 1))
                    bits += w
                    w = 10
                    if bits >= 16:
                        bits -= 16
                        out[at] = acc >> bits
                        at += 1
                        acc &= 0x7FFF
                acc = acc << w | (z & ((1 << w) - 1))
                bits += w
            if bits >= 16:
                bits -= 16
                out[at] = acc >> bits
                at += 1
                acc &= 0x7FFF
        if at >= limit:
            return 0
        # Behind the axes stands what they become when the whole block has found room.
        row += 30
        frame[row] = x
        frame[row + 1] = d + bias
        frame[row + 2] = e + bias
        frame[row + 3] = balance + bias
        frame[row + 4] = scale
        axis += 1
    frame[3] = at - int(frame[0])
    frame[0] = at
    frame[1] = acc
    frame[2] = bits
    axis = axes * 5 + 4
    while axis > 4:
        axis -= 1
        frame[axis] = frame[axis + 30]
    return 1
