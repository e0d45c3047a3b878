"""The functions of `_kernels` in plain Python, for CPython and for a MicroPython without viper.

The CRC is stored in two halves of 16 bits, so that nothing allocates with 31-bit small integers. All state is local,
because a host encodes and decodes in two threads at the same time.
"""

_LOW = (
    0x0000, 0x1064, 0x20C8, 0x30AC, 0x4190, 0x51F4, 0x6158, 0x713C,
    0x8320, 0x9344, 0xA3E8, 0xB38C, 0xC2B0, 0xD2D4, 0xE278, 0xF21C,
)  # fmt: skip
_HIGH = (
    0x0000, 0x1DB7, 0x3B6E, 0x26D9, 0x76DC, 0x6B6B, 0x4DB2, 0x5005,
    0xEDB8, 0xF00F, 0xD6D6, 0xCB61, 0x9B64, 0x86D3, 0xA00A, 0xBDBD,
)  # fmt: skip
_NIBBLES = (0, 1)  # of a byte

# State of `take`, 16 bits each: bytes of this frame so far, bytes until the next COBS code, 1 if the last code had no
# zero, decoded bytes so far, the first two of them (message, sequence), and the largest number of bytes of a frame.
SEEN = 0
LEFT = 1
FULL = 2
GOT = 3
HEAD = 4
LIMIT = 5
TAKE_STATE = 12  # bytes of this state
# Results of `take` other than 0.
ENDED = 1
TOO_LONG = 2


def crc_into(buf, start, end):
    """Write the CRC-32 of ``buf[start:end]``, little-endian, to ``buf[end:end + 4]``."""
    low = high = 0xFFFF
    for i in range(start, end):
        low ^= buf[i]
        for _ in _NIBBLES:
            entry = low & 15
            low = ((low >> 4) | ((high & 15) << 12)) ^ _LOW[entry]
            high = (high >> 4) ^ _HIGH[entry]
    low ^= 0xFFFF
    high ^= 0xFFFF
    buf[end] = low & 0xFF
    buf[end + 1] = low >> 8
    buf[end + 2] = high & 0xFF
    buf[end + 3] = high >> 8


def crc_ok(head, buf, end):
    """Return 1 if ``buf[end:end + 4]`` is the CRC-32 of the two bytes of `head` and ``buf[:end]``, else 0."""
    low = high = 0xFFFF
    for i in range(-2, end):
        low ^= buf[i] if i >= 0 else (head >> 8 if i == -1 else head & 0xFF)
        for _ in _NIBBLES:
            entry = low & 15
            low = ((low >> 4) | ((high & 15) << 12)) ^ _LOW[entry]
            high = (high >> 4) ^ _HIGH[entry]
    low ^= buf[end] | buf[end + 1] << 8
    high ^= buf[end + 2] | buf[end + 3] << 8
    return int(low == 0xFFFF and high == 0xFFFF)


def copy_into(out, at, data, length):
    """Copy ``data[:length]`` to ``out[at:at + length]``."""
    for i in range(length):
        out[at + i] = data[i]


def stuff_into(out, at, start, end):
    """COBS-encode ``out[start:end]`` to ``out[at:...]`` in place; return the end of it.

    `start` must be `at` + 1 byte + 1 byte per 254 bytes, so that no unread byte is overwritten.
    """
    code_at = at
    code = 1
    at += 1
    for i in range(start, end):
        if code == 0xFF:
            out[code_at] = code
            code_at = at
            code = 1
            at += 1
        byte = out[i]
        if byte:
            out[at] = byte
            at += 1
            code += 1
        else:
            out[code_at] = code
            code_at = at
            code = 1
            at += 1
    out[code_at] = code
    return at


def take(state, payload, byte):
    """Take one byte of a stream of frames. Return ENDED for a zero after other bytes, TOO_LONG once per frame, else 0.

    Stores the decoded bytes except the first two in `payload`, which has LIMIT bytes.
    """
    seen = _get(state, SEEN)
    if byte == 0:
        return ENDED if seen else 0
    limit = _get(state, LIMIT)
    if seen + 1 >= limit:
        _set(state, SEEN, limit)
        return TOO_LONG if seen < limit else 0
    _set(state, SEEN, seen + 1)
    left = _get(state, LEFT)
    if left:
        _set(state, LEFT, left - 1)
    else:
        _set(state, LEFT, byte - 1)
        full = state[2 * FULL]
        state[2 * FULL] = int(byte == 0xFF)
        if full:
            return 0
        byte = 0
    got = _get(state, GOT)
    _set(state, GOT, got + 1)
    if got > 1:
        payload[got - 2] = byte
    else:
        state[2 * HEAD + got] = byte
    return 0


def _get(state, slot):
    return state[2 * slot] | state[2 * slot + 1] << 8


def _set(state, slot, value):
    state[2 * slot] = value & 0xFF
    state[2 * slot + 1] = value >> 8
