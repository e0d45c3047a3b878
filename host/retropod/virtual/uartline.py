"""A serial line with a rate at each end. Bytes that are received at another rate than they were sent are damaged."""

import random
import termios
import zlib

REPL_BAUD = 115_200
_APART = 0.03  # largest difference of rates without errors: half a bit at the last of ten is 5 %
_RATES = {
    getattr(termios, f"B{rate}"): rate
    for rate in (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
    if hasattr(termios, f"B{rate}")
}


def rate_of(terminal: int) -> int:
    """Return the baud rate of the other end of a pseudo-terminal, or that of the REPL if it is unknown."""
    try:
        return _RATES.get(termios.tcgetattr(terminal)[4], REPL_BAUD)
    except termios.error:
        return REPL_BAUD


def heard(data: bytes, sent_at: int, heard_at: int) -> bytes:
    """Return the bytes that a receiver at `heard_at` baud gets: unchanged, or random and in proportion to the rates."""
    if not data or abs(sent_at - heard_at) <= _APART * heard_at:
        return data
    return random.Random(zlib.crc32(data)).randbytes(max(1, len(data) * heard_at // max(sent_at, 1)))
