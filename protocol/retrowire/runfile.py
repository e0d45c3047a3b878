"""A stored run: a header that describes itself, then blocks, each with its own checksum.

Header: magic, format version, length, flags, fingerprint, the field rows of every message that the
file holds (so that any later host decodes it without this schema), the `run_header` message, CRC-32.
Block: marker, kind, payload length, sequence, a check of these, payload, CRC-32 of all before it.
The check makes a false marker cheap to reject and lets the pod walk a long file block by block.
"""

import binascii
import struct

from retrowire import codec, schema
from retrowire.framing import kernels

MAGIC = b"\x89RPOD\r\n\x1a"  # not text, and a transfer that translates line ends breaks it visibly
FORMAT = 1
HEADER_MAX = 1024
STRIDES = codec.value("block", "strides")
RAW = codec.value("block", "raw")
EVENTS = codec.value("block", "events")
# Message that a block's payload is made of.
MESSAGE = {STRIDES: schema.STRIDE, RAW: schema.RAW, EVENTS: schema.EVENT}

MARKER = b"\xb5\x52"
BLOCK_HEAD = 11  # marker, kind, payload length, sequence, check
BLOCK_AROUND = BLOCK_HEAD + 4
MAX_BLOCK_PAYLOAD = 4096
# version, header length, incompatible, compatible, fingerprint, bytes of rows
_FIXED = "<8sHHIIIH"


class Incompatible(ValueError):
    """The file uses something that this version cannot read; `flags`: the unknown incompatible bits."""

    def __init__(self, flags, version):
        super().__init__("run file version %d with unknown incompatible flags 0x%x" % (version, flags))
        self.flags = flags
        self.version = version


# -- writing ----------------------------------------------------------------------------------------------------------


def header_into(values, messages, incompatible, compatible, out):
    """Write a file's header to the start of `out`; return its length, at most `HEADER_MAX`.

    `values`: those of `run_header`; `messages`: identifiers of the messages that the blocks hold.
    ValueError when it does not fit.
    """
    rows = rows_text((schema.RUN_HEADER,) + tuple(messages)).encode()
    fixed = struct.calcsize(_FIXED)
    end = fixed + len(rows) + codec.size(schema.RUN_HEADER)
    if end + 4 > min(len(out), HEADER_MAX):
        raise ValueError("run header too large")
    head = (FORMAT, end + 4, incompatible, compatible, codec.fingerprint(), len(rows))
    struct.pack_into(_FIXED, out, 0, MAGIC, *head)
    out[fixed : fixed + len(rows)] = rows
    codec.pack_into(schema.RUN_HEADER, values, out, fixed + len(rows))
    kernels.crc_into(out, 0, end)
    return end + 4


def rows_text(messages):
    """Field rows of these messages as text, a line each: ``id name field:code[:unit[:exponent]] ...``."""
    lines = []
    for row in schema.MESSAGES:
        if row[0] in messages:
            words = [word.split("@")[0] for word in row[4].split()]
            lines.append("%d %s %s\n" % (row[0], row[1], " ".join(words)))
    return "".join(lines)


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


# -- reading ----------------------------------------------------------------------------------------------------------


def read_header(buf):
    """The header at the start of `buf` (its first `HEADER_MAX` bytes are enough) as a dict.

    Keys: version, length, incompatible, compatible, fingerprint, values (name -> raw value of the
    `run_header` message) and messages (identifier -> (name, field rows)).
    ValueError when it is damaged, Incompatible when it must not be read by this version.
    """
    fixed = struct.calcsize(_FIXED)
    if len(buf) < fixed or bytes(buf[:8]) != MAGIC:
        raise ValueError("not a run file")
    _, version, length, incompatible, compatible, fingerprint, text = struct.unpack_from(_FIXED, buf, 0)
    if length > min(len(buf), HEADER_MAX) or fixed + text + 4 > length:
        raise ValueError("run header damaged")
    crc = struct.unpack_from("<I", buf, length - 4)[0]
    if binascii.crc32(bytes(buf[: length - 4])) & 0xFFFFFFFF != crc:
        raise ValueError("run header damaged")
    unknown = incompatible & ~codec.mask("incompatible")
    if unknown or version != FORMAT:
        raise Incompatible(unknown, version)
    messages = parse_rows(bytes(buf[fixed : fixed + text]).decode())
    if schema.RUN_HEADER not in messages:
        raise ValueError("run header damaged")
    rows = messages[schema.RUN_HEADER][1]
    values = codec.unpack_rows(rows, buf, fixed + text, length - 4)
    return {
        "version": version,
        "length": length,
        "incompatible": incompatible,
        "compatible": compatible,
        "fingerprint": fingerprint,
        "messages": messages,
        "values": {row[0]: values[i] for i, row in enumerate(rows)},
    }


def parse_rows(text):
    """What `rows_text` wrote: identifier -> (name, field rows), shaped as in `codec.fields`."""
    rows = {}
    for line in text.split("\n"):
        words = line.split(" ", 2)
        if len(words) == 3:
            rows[int(words[0])] = (words[1], codec.parse_fields(words[2]))
    return rows


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
