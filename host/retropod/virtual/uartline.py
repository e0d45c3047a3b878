"""A serial line whose ends have rates of their own: what is sent at one and heard at another is not what was sent."""

import random
import termios
import zlib

REPL_BAUD = 115_200
_APART = 0.03  # a UART still reads what is so far off: half a bit at the last of ten would be 5 %
_RATES = {
    getattr(termios, f"B{rate}"): rate
    for rate in (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
    if hasattr(termios, f"B{rate}")
}


def rate_of(terminal: int) -> int:
    """Baud that the other end of a pseudo-terminal is set to; the REPL's where that says nothing."""
    try:
        return _RATES.get(termios.tcgetattr(terminal)[4], REPL_BAUD)
    except termios.error:
        return REPL_BAUD


def heard(data: bytes, sent_at: int, heard_at: int) -> bytes:
    """What a receiver at `heard_at` baud makes of bytes sent at `sent_at`: the same, or rubbish in proportion."""
    if not data or abs(sent_at - heard_at) <= _APART * heard_at:
        return data
    return random.Random(zlib.crc32(data)).randbytes(max(1, len(data) * heard_at // max(sent_at, 1)))
