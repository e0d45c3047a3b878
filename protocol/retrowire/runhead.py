"""The header of a stored run: it says how every message that the file holds is laid out, so any later host reads it.

Magic, format version, length, flags, fingerprint, the field rows of every message that the file holds, the
`run_header` message, CRC-32.
"""

import binascii
import struct

from retrowire import codec, schema
from retrowire.framing import kernels
from retrowire.rows import parse_fields, plan

MAGIC = b"\x89RPOD\r\n\x1a"  # not text, and a transfer that translates line ends breaks it visibly
FORMAT = 1
HEADER_MAX = 1024
# version, header length, incompatible, compatible, fingerprint, bytes of rows
_FIXED = "<8sHHIIIH"


class Incompatible(ValueError):
    """The file uses something that this version cannot read; `flags`: the unknown incompatible bits."""

    def __init__(self, flags, version):
        super().__init__("run file version %d with unknown incompatible flags 0x%x" % (version, flags))
        self.flags = flags
        self.version = version


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
    values = codec.unpack_plan(plan(rows), buf, fixed + text, length - 4)
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
    """What `rows_text` wrote: identifier -> (name, field rows), shaped as in `rows.fields`."""
    rows = {}
    for line in text.split("\n"):
        words = line.split(" ", 2)
        if len(words) == 3:
            rows[int(words[0])] = (words[1], parse_fields(words[2]))
    return rows
