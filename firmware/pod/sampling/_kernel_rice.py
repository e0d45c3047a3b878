"""Lossless compression of raw samples: the better of two predictors for recent samples, then a Rice code.

A frame is independent of others, so a run can be read from any of its raw blocks. It is a sequence of 16-bit words, low
byte first. Within a word the most significant bit comes first. A frame begins with the first reading of each axis, one
word each. Blocks of 16 samples follow. The last block may be shorter, and the first one lacks its first sample. A block
holds one axis after the other, one code per reading. Each frame starts with balance B = 0 and scale A = 96 for each
axis.

With x the last reading, d its last step and e the last change of that step (0 at first), the predictors are x and
x + d + e/2 (halves rounded down). Their errors r are folded to 2r, or to -2r - 1 below zero, which gives u and v. z is
v if B > 0, else u. After a reading that leaves a multiple of 4 in the block, B += u - v - B/4 (rounded down).
k is the least number with 3 << k > A, and q = z >> k. The code is q zeros, a one and the k low bits of z if q < 16,
else 16 zeros and 20 bits of z. Then A becomes z + A/2. A foot in stance is quiet and an impact is not, so this fast
adaptation is better than parameters in a header.
"""

from array import array

import micropython

BLOCK = 16  # samples
SLACK = 96  # bytes of `out` after the limit: the largest size of one axis of a block


def state():
    """Return the state of an empty frame.

    [0] words written, [1] the bits that wait, [2] their number, [3] words of the last block. Then x, d, e, B (biased,
    to be positive) and A for each of six axes. Then the same for the block that is being added.
    """
    return array("i", [0] * (4 + 2 * 6 * 5))


def least_k():
    """Return a table of k for every A below 256."""
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
    """Fill the last word with zeros. Return the size of the frame in bytes."""
    at = int(frame[0])
    bits = int(frame[2])
    if bits > 0:
        out[at] = int(frame[1]) << (16 - bits)
        at += 1
    return at << 1


@micropython.viper
def add_block(buf: ptr16, first: int, last: int, axes: int, out: ptr16, limit: int, frame: ptr32, table: ptr8) -> int:
    """Add samples `first` up to `last` of `buf`, a block, to the frame that has begun in `out`.

    Returns 1, or 0 if they do not fit in `limit` bytes; the frame is unchanged then. `out` holds `limit` + SLACK bytes,
    `table` is from `least_k`.
    """
    bias = 1 << 21  # the state is positive: 64-bit registers would read a negative int32 as positive
    limit = (limit >> 1) - 1
    at = int(frame[0])
    if at + int(frame[3]) > limit:
        return 0  # no room for a block as large as the last one, so do not encode it
    acc = int(frame[1])  # the bits that wait, fewer than 16; higher bits are cut off when they are written
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
                # The zeros, and the one that ends fewer than 16: 15 zeros and a zero are 16.
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
        # The new state of the axes is stored after them until the whole block has fitted.
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
