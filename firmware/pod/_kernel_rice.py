"""Lossless compression of raw samples: of two predictors the one that did better of late, then a Rice code.

A frame stands by itself, so a run can be read from any of its raw blocks. It is a row of 16-bit words, low byte first;
within a word the most significant bit comes first. The first reading of every axis stands at its head, a word each.
Then come blocks of 16 samples, the last may be shorter, the first sample left out; within a block axis after axis, one
code per reading. All that adapts starts anew with a frame, per axis: the balance B at 0, the scale A at 96.

With x the last reading, d its last step and e the last change of that step (0 at first), the predictors are x and
x + d + e/2 (halves rounded down). Their errors are folded, r to 2r, or to -2r - 1 below zero, which gives u and v; z is
v when B > 0, else u. After a reading that leaves a multiple of 4 in the block, B += u - v - B/4 (rounded down).
k is the least with 3 << k > A, and q = z >> k. The code is q zeros, a one and the k low bits of z when q < 16, else 16
zeros and 20 bits of z. Then A becomes z + A/2. A foot in stance is quiet and an impact is not: so quick an adaptation
beats parameters in a header.
"""

from array import array

import micropython

SLACK = 96  # bytes of `out` behind the limit: what one axis of a block can take at the most
_KEPT = 5


def scratch():
    """What `encode_into` keeps per axis between blocks: one array serves all frames."""
    return array("i", [0] * (6 * _KEPT))


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
def encode_into(buf: ptr16, count: int, axes: int, out: ptr16, limit: int, keep: ptr32, table: ptr8) -> int:
    """Encode up to `count` samples of `axes` interleaved int16 readings from `buf` into `out`.

    As many blocks of 16 samples as end within `limit` bytes are taken. Returns ``samples << 12 | bytes``; 0 when
    not even one block fits: its counts are shorter. `out` holds `limit` + SLACK bytes; `keep` and `table` are
    from `scratch` and `least_k`.
    """
    bias = 1 << 20  # what is kept is positive: a negative int32 would come back positive where registers have 64 bits
    limit = limit >> 1
    acc = 0  # bits that wait to be written, fewer than 16 between codes
    bits = 0
    at = 0
    while at < axes:
        out[at] = buf[at]
        row = at * 5
        keep[row] = int(buf[at]) ^ 0x8000
        keep[row + 1] = bias
        keep[row + 2] = bias
        keep[row + 3] = bias
        keep[row + 4] = 96
        at += 1
    good = 0  # the frame as it stood after the last whole block: samples, words, waiting bits
    good_at = 0
    good_acc = 0
    good_bits = 0
    first = 1
    while first < count:
        last = first + 16
        if last > count:
            last = count
        axis = 0
        while axis < axes:
            row = axis * 5
            x = int(keep[row])
            d = int(keep[row + 1]) - bias
            e = int(keep[row + 2]) - bias
            balance = int(keep[row + 3]) - bias
            scale = int(keep[row + 4])
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
                axis = axes
                count = 0
            else:
                keep[row] = x
                keep[row + 1] = d + bias
                keep[row + 2] = e + bias
                keep[row + 3] = balance + bias
                keep[row + 4] = scale
            axis += 1
        if count > 0:
            good = last
            good_at = at
            good_acc = acc
            good_bits = bits
        first = last
    if good == 0:
        return 0
    if good_bits > 0:
        # What later blocks wrote over is written once more, the last word filled with zeros.
        out[good_at] = good_acc << (16 - good_bits)
        good_at += 1
    return good << 12 | good_at << 1
