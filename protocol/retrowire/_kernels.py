"""Byte loops of framing and run files for MicroPython's viper emitter. `_plain` has the same functions.

Correct with 32-bit and 64-bit registers: no intermediate result exceeds 32 bits and every right shift is masked, so
sign extension has no effect. No value of 2**30 or more crosses a call, because that would allocate on the pod. Viper
checks no bounds, so the callers do.
"""

import micropython
from micropython import const

# CRC-32 (reflected 0x04C11DB7) by nibbles: a quarter slower than a byte table, and 960 bytes smaller. It is a
# bytearray, because the heap aligns it to words, and a bytes constant in flash may be unaligned.
_NIBBLES = bytearray(
    b"\x00\x00\x00\x00\x64\x10\xb7\x1d\xc8\x20\x6e\x3b\xac\x30\xd9\x26"
    b"\x90\x41\xdc\x76\xf4\x51\x6b\x6b\x58\x61\xb2\x4d\x3c\x71\x05\x50"
    b"\x20\x83\xb8\xed\x44\x93\x0f\xf0\xe8\xa3\xd6\xd6\x8c\xb3\x61\xcb"
    b"\xb0\xc2\x64\x9b\xd4\xd2\xd3\x86\x78\xe2\x0a\xa0\x1c\xf2\xbd\xbd"
)

# State of `take`, 16 bits each: bytes of this frame so far, bytes until the next COBS code, 1 if the last code had no
# zero, decoded bytes so far, the first two of them (message, sequence), and the largest number of bytes of a frame.
SEEN = const(0)
LEFT = const(1)
FULL = const(2)
GOT = const(3)
HEAD = const(4)
LIMIT = const(5)
TAKE_STATE = 12  # bytes of this state
# Results of `take` other than 0.
ENDED = const(1)
TOO_LONG = const(2)


@micropython.viper
def crc_into(buf: ptr8, start: int, end: int):
    """Write the CRC-32 of ``buf[start:end]``, little-endian, to ``buf[end:end + 4]``."""
    table = ptr32(_NIBBLES)
    crc: int = -1
    i: int = start
    while i < end:
        crc = crc ^ buf[i]
        crc = table[crc & 15] ^ ((crc >> 4) & 0x0FFFFFFF)
        crc = table[crc & 15] ^ ((crc >> 4) & 0x0FFFFFFF)
        i += 1
    buf[end] = (crc & 0xFF) ^ 0xFF
    buf[end + 1] = ((crc >> 8) & 0xFF) ^ 0xFF
    buf[end + 2] = ((crc >> 16) & 0xFF) ^ 0xFF
    buf[end + 3] = ((crc >> 24) & 0xFF) ^ 0xFF


@micropython.viper
def crc_ok(head: int, buf: ptr8, end: int) -> int:
    """Return 1 if ``buf[end:end + 4]`` is the CRC-32 of the two bytes of `head` and ``buf[:end]``, else 0."""
    table = ptr32(_NIBBLES)
    crc: int = -1
    i: int = -2
    while i < end:
        if i < 0:
            crc = crc ^ (head & 0xFF)
            head = head >> 8
        else:
            crc = crc ^ buf[i]
        crc = table[crc & 15] ^ ((crc >> 4) & 0x0FFFFFFF)
        crc = table[crc & 15] ^ ((crc >> 4) & 0x0FFFFFFF)
        i += 1
    differs: int = (crc & 0xFF) ^ buf[end] ^ 0xFF
    differs = differs | (((crc >> 8) & 0xFF) ^ buf[end + 1] ^ 0xFF)
    differs = differs | (((crc >> 16) & 0xFF) ^ buf[end + 2] ^ 0xFF)
    differs = differs | (((crc >> 24) & 0xFF) ^ buf[end + 3] ^ 0xFF)
    return int(differs == 0)


@micropython.viper
def copy_into(out: ptr8, at: int, data: ptr8, length: int):
    """Copy ``data[:length]`` to ``out[at:at + length]``."""
    i: int = 0
    while i < length:
        out[at + i] = data[i]
        i += 1


@micropython.viper
def stuff_into(out: ptr8, at: int, start: int, end: int) -> int:
    """COBS-encode ``out[start:end]`` to ``out[at:...]`` in place; return the end of it.

    `start` must be `at` + 1 byte + 1 byte per 254 bytes, so that no unread byte is overwritten.
    """
    code_at: int = at
    code: int = 1
    at += 1
    i: int = start
    while i < end:
        if code == 0xFF:
            out[code_at] = code
            code_at = at
            code = 1
            at += 1
        byte: int = out[i]
        if byte:
            out[at] = byte
            at += 1
            code += 1
        else:
            out[code_at] = code
            code_at = at
            code = 1
            at += 1
        i += 1
    out[code_at] = code
    return at


@micropython.viper
def take(state: ptr16, payload: ptr8, byte: int) -> int:
    """Take one byte of a stream of frames. Return ENDED for a zero after other bytes, TOO_LONG once per frame, else 0.

    Stores the decoded bytes except the first two in `payload`, which has LIMIT bytes.
    """
    seen: int = state[SEEN]
    if byte == 0:
        return ENDED if seen > 0 else 0
    limit: int = state[LIMIT]
    if seen + 1 >= limit:
        state[SEEN] = limit
        return TOO_LONG if seen < limit else 0
    state[SEEN] = seen + 1
    left: int = state[LEFT]
    if left > 0:
        state[LEFT] = left - 1
    else:
        state[LEFT] = byte - 1
        full: int = state[FULL]
        state[FULL] = int(byte == 0xFF)
        if full > 0:
            return 0
        byte = 0
    got: int = state[GOT]
    state[GOT] = got + 1
    if got > 1:
        payload[got - 2] = byte
    elif got == 0:
        state[HEAD] = byte
    else:
        state[HEAD] = state[HEAD] | (byte << 8)
    return 0
