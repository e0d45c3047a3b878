"""Blind changes of bytes: they know nothing of any format."""

import random

_INTERESTING = (b"\x00", b"\xff", b"\x80", b"\x7f", b"\xff\xff\xff\xff", b"\x00\x00\x00\x80", b"\x1b[2J", b"\n", b"{}")


def mutated(data: bytes, chance: random.Random, most: int = 8) -> bytes:
    """Return `data` with 1 to `most` changes: bits, bytes, insertions, removals, copies within the data."""
    out = bytearray(data)
    for _ in range(chance.randint(1, most)):
        at = chance.randrange(len(out) + 1)
        kind = chance.randrange(5)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << chance.randrange(8)
        elif kind == 1 and at < len(out):
            out[at] = chance.randrange(256)
        elif kind == 2:
            out[at:at] = chance.choice(_INTERESTING)
        elif kind == 3:
            del out[at : at + chance.choice((1, 2, 4, 16, 256))]
        else:
            start = chance.randrange(len(out) + 1)
            out[at : at + 16] = out[start : start + chance.choice((4, 16, 64))]
    return bytes(out)


def truncated(data: bytes, chance: random.Random) -> bytes:
    """Return the begin of `data`: up to a place that is drawn, more often near an end."""
    at = chance.choice((chance.randrange(len(data) + 1), chance.randrange(64), len(data) - chance.randrange(64)))
    return data[: max(0, min(at, len(data)))]
