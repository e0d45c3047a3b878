"""What `_kernels` does, in plain Python: for CPython and for a MicroPython that has no viper.

The CRC is kept in halves of 16 bits, so that nothing allocates where small integers have 31 bits.
"""

_LOW = (
    0x0000, 0x1064, 0x20C8, 0x30AC, 0x4190, 0x51F4, 0x6158, 0x713C,
    0x8320, 0x9344, 0xA3E8, 0xB38C, 0xC2B0, 0xD2D4, 0xE278, 0xF21C,
)  # fmt: skip
_HIGH = (
    0x0000, 0x1DB7, 0x3B6E, 0x26D9, 0x76DC, 0x6B6B, 0x4DB2, 0x5005,
    0xEDB8, 0xF00F, 0xD6D6, 0xCB61, 0x9B64, 0x86D3, 0xA00A, 0xBDBD,
)  # fmt: skip
# The two halves of the register that the last call left; as attributes of a module they cost no allocation.
_halves = [0, 0]

# State of `take`: 16 bits each. Bytes of this frame so far, bytes until the next COBS code, whether the last code
# stood for no zero, decoded bytes so far, the first two of them (message, sequence), and most bytes of a frame.
SEEN = 0
LEFT = 1
FULL = 2
GOT = 3
HEAD = 4
LIMIT = 5
TAKE_STATE = 12  # bytes of it
# What `take` returns besides 0.
ENDED = 1
TOO_LONG = 2


def _start():
    _halves[0] = _halves[1] = 0xFFFF


def _add(byte):
    low = _halves[0] ^ byte
    high = _halves[1]
    i = low & 15
    low = ((low >> 4) | ((high & 15) << 12)) ^ _LOW[i]
    high = (high >> 4) ^ _HIGH[i]
    i = low & 15
    _halves[0] = ((low >> 4) | ((high & 15) << 12)) ^ _LOW[i]
    _halves[1] = (high >> 4) ^ _HIGH[i]


def crc_into(buf, start, end):
    """Write the CRC-32 of ``buf[start:end]``, little-endian, to ``buf[end:end + 4]``."""
    _start()
    for i in range(start, end):
        _add(buf[i])
    low = _halves[0] ^ 0xFFFF
    high = _halves[1] ^ 0xFFFF
    buf[end] = low & 0xFF
    buf[end + 1] = low >> 8
    buf[end + 2] = high & 0xFF
    buf[end + 3] = high >> 8


def crc_ok(head, buf, end):
    """1 when ``buf[end:end + 4]`` holds the CRC-32 of the two bytes of `head` and ``buf[:end]``."""
    _start()
    _add(head & 0xFF)
    _add(head >> 8)
    for i in range(end):
        _add(buf[i])
    low = (buf[end] | buf[end + 1] << 8) ^ 0xFFFF
    high = (buf[end + 2] | buf[end + 3] << 8) ^ 0xFFFF
    return int(low == _halves[0] and high == _halves[1])


def copy_into(out, at, data, length):
    """Copy ``data[:length]`` to ``out[at:at + length]``."""
    for i in range(length):
        out[at + i] = data[i]


def stuff_into(out, at, start, end):
    """COBS-encode ``out[start:end]`` to ``out[at:...]`` in place; return the end of it.

    `start` must lie 1 byte behind `at` plus 1 for every 254 bytes: then no byte is overwritten unread.
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
    """One byte of a stream of frames: 0, ENDED with a zero behind other bytes, or TOO_LONG, once a frame.

    Decoded bytes but the first two go to `payload`, which has as many bytes as the limit says.
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
