"""A stored run: a header that describes itself, then blocks, each with its own checksum.

Header: see runhead.py, which the pod loads only when it begins a run or lists them.
Block: marker, kind, payload length, sequence, a check of these, payload, CRC-32 of all before it.
The check makes a false marker cheap to reject and lets the pod walk a long file block by block.
"""

import binascii
import struct

from retrowire import codec, schema
from retrowire.framing import kernels
from retrowire.runhead import FORMAT, HEADER_MAX, MAGIC, Incompatible, header_into, parse_rows, read_header, rows_text

STRIDES = codec.value("block", "strides")
RAW = codec.value("block", "raw")
EVENTS = codec.value("block", "events")
# Message that a block's payload is made of.
MESSAGE = {STRIDES: schema.STRIDE, RAW: schema.RAW, EVENTS: schema.EVENT}

MARKER = b"\xb5\x52"
BLOCK_HEAD = 11  # marker, kind, payload length, sequence, check
BLOCK_AROUND = BLOCK_HEAD + 4
MAX_BLOCK_PAYLOAD = 4096


def block_into(kind, sequence, payload, length, out):
    """Write a block that holds ``payload[:length]`` to the start of `out`; return its length.

    `out` needs `BLOCK_AROUND` bytes more than `length`, else ValueError. Allocates nothing.
    """
    if not 0 <= length <= min(MAX_BLOCK_PAYLOAD, len(payload)) or length + BLOCK_AROUND > len(out):
        raise ValueError("block too large")
    out[0] = 0xB5
    out[1] = 0x52
    out[2] = kind
    out[3] = length & 0xFF
    out[4] = length >> 8
    for i in range(4):
        out[5 + i] = (sequence >> (8 * i)) & 0xFF
    kernels.crc_into(out, 2, 9)  # its upper half is overwritten by the payload
    kernels.copy_into(out, BLOCK_HEAD, payload, length)
    kernels.crc_into(out, 2, BLOCK_HEAD + length)
    return BLOCK_AROUND + length


def block_length(buf, at):
    """Length of the whole block whose head stands at ``buf[at]``, or 0 when no block begins there."""
    if at + BLOCK_HEAD > len(buf) or buf[at] != 0xB5 or buf[at + 1] != 0x52:
        return 0
    length = buf[at + 3] | buf[at + 4] << 8
    check = buf[at + 9] | buf[at + 10] << 8
    if length > MAX_BLOCK_PAYLOAD or binascii.crc32(bytes(buf[at + 2 : at + 9])) & 0xFFFF != check:
        return 0
    return length + BLOCK_AROUND


def block_sequence(buf, at):
    """Sequence number of the block whose head stands at ``buf[at]``."""
    return struct.unpack_from("<I", buf, at + 5)[0]


def block_whole(buf, at, length):
    """Whether the block in ``buf[at:at + length]`` carries the checksum of its content."""
    crc = struct.unpack_from("<I", buf, at + length - 4)[0]
    return binascii.crc32(bytes(buf[at + 2 : at + length - 4])) & 0xFFFFFFFF == crc


def scan(read, start=0):
    """Scan of a run file from byte `start` on, to which ``read(n) -> bytes`` already stands."""
    return Scan(read, start)


class Scan:
    """Iterator over the whole blocks of a run file, as ``(kind, sequence, offset, payload)``.

    What is no whole block is skipped up to the next marker, and listed in `damaged` as
    ``(start, end)`` byte offsets; `end` is where the last whole block ended (or `start`), so that a
    torn tail is ``damaged[-1]`` if that ends where the file does. Holds one block and one chunk,
    and looks at every byte a bounded number of times; `work` counts the bytes looked at.
    """

    CHUNK = 1024

    def __init__(self, read, start):
        self.damaged = []
        self.end = start
        self.work = 0
        self._read = read
        self._window = b""
        self._at = 0  # position in the window
        self._base = start  # offset of the window in the file

    def __iter__(self):
        while self._fill(BLOCK_HEAD):
            length = block_length(self._window, self._at)
            if length and self._fill(length) and self._whole(length):
                yield self._take(length)
            else:
                self._skip()
        self._note(self._base + len(self._window))

    def _fill(self, length):
        """Have `length` bytes from the position on in the window, if the file has them."""
        while len(self._window) - self._at < length:
            more = self._read(max(self.CHUNK, length - len(self._window) + self._at))
            if not more:
                return False
            self._base += self._at
            self._window = self._window[self._at :] + more
            self._at = 0
        return True

    def _whole(self, length):
        self.work += length
        return block_whole(self._window, self._at, length)

    def _take(self, length):
        window = self._window
        at = self._at
        offset = self._base + at
        self._note(offset)
        self._at = at + length
        self.end = offset + length
        payload = window[at + BLOCK_HEAD : at + length - 4]
        return window[at + 2], block_sequence(window, at), offset, payload

    def _skip(self):
        """Go on to the next byte that may begin a block."""
        found = self._window.find(MARKER, self._at + 1)
        last = len(self._window) - 1
        if found < 0:
            # The first byte of a marker may be the last one here.
            found = last if last > self._at and self._window[last] == MARKER[0] else last + 1
        self.work += found - self._at
        self._at = found

    def _note(self, offset):
        """All between the last whole block and `offset` is damaged."""
        if offset > self.end:
            self.damaged.append((self.end, offset))
