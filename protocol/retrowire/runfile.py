"""Stored run: a self-describing header and blocks, each with its own checksum.

Header: see runhead.py, which the pod loads only when it begins or lists runs.
Block: marker, kind, payload length, sequence, check of these three, payload, CRC-32 of kind to payload.
The check rejects a false marker early and lets the pod skip through a long file block by block.
"""

import binascii
import struct

from retrowire import codec, schema
from retrowire.framing import kernels
from retrowire.runhead import FORMAT, HEADER_MAX, MAGIC, Incompatible, header_into, parse_rows, read_header, rows_text

STRIDES = codec.value("block", "strides")
RAW = codec.value("block", "raw")
EVENTS = codec.value("block", "events")
# Message in the payload of each kind of block.
MESSAGE = {STRIDES: schema.STRIDE, RAW: schema.RAW, EVENTS: schema.EVENT}

MARKER = b"\xb5\x52"
BLOCK_HEAD = 11  # marker, kind, payload length, sequence, check
BLOCK_AROUND = BLOCK_HEAD + 4
MAX_BLOCK_PAYLOAD = 4096


def block_into(kind, sequence, payload, length, out):
    """Write a block with ``payload[:length]`` to the start of `out` and return its length.

    Raises ValueError if `out` is smaller than `length` + `BLOCK_AROUND`. Allocates nothing.
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
    kernels.crc_into(out, 2, 9)  # The payload overwrites its upper half.
    kernels.copy_into(out, BLOCK_HEAD, payload, length)
    kernels.crc_into(out, 2, BLOCK_HEAD + length)
    return BLOCK_AROUND + length


def block_length(buf, at):
    """Return the length of the block with its head at ``buf[at]``, or 0 without a head."""
    if at + BLOCK_HEAD > len(buf) or buf[at] != 0xB5 or buf[at + 1] != 0x52:
        return 0
    length = buf[at + 3] | buf[at + 4] << 8
    check = buf[at + 9] | buf[at + 10] << 8
    if length > MAX_BLOCK_PAYLOAD or binascii.crc32(bytes(buf[at + 2 : at + 9])) & 0xFFFF != check:
        return 0
    return length + BLOCK_AROUND


def block_sequence(buf, at):
    """Return the sequence number of the block with its head at ``buf[at]``."""
    return struct.unpack_from("<I", buf, at + 5)[0]


def block_whole(buf, at, length):
    """Return True if the checksum of the block in ``buf[at:at + length]`` matches."""
    crc = struct.unpack_from("<I", buf, at + length - 4)[0]
    return binascii.crc32(bytes(buf[at + 2 : at + length - 4])) & 0xFFFFFFFF == crc


def scan(read, start=0):
    """Return a scan of a run file from byte `start`, the position of ``read(n) -> bytes``."""
    return Scan(read, start)


class Scan:
    """Iterator over the whole blocks of a run file, as ``(kind, sequence, offset, payload)``.

    Skips other bytes up to the next marker and lists them in `damaged` as ``(start, end)`` byte offsets. `end` is the
    end of the last whole block, or `start`. A torn tail is ``damaged[-1]`` if that ends at the end of the file. Stores
    one block and one chunk, and reads each byte a bounded number of times. `work` counts these reads.
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
        """Read until the window has `length` bytes from the position. Return False at the end of the file."""
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
        """Advance to the next byte that may begin a block."""
        found = self._window.find(MARKER, self._at + 1)
        last = len(self._window) - 1
        if found < 0:
            # The last byte of the window may be the first byte of a marker.
            found = last if last > self._at and self._window[last] == MARKER[0] else last + 1
        self.work += found - self._at
        self._at = found

    def _note(self, offset):
        """Note the bytes between the last whole block and `offset` as damaged."""
        if offset > self.end:
            self.damaged.append((self.end, offset))
