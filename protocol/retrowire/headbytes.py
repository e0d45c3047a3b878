"""Bytes of a run's header, for a pod that has no RAM to keep the schema's names loaded.

The pod builds the rows text of its headers once, with `runhead.rows_text`. With this text it writes headers, and reads
headers with the same text. `runhead.read_header` reads headers of all versions.
"""

import binascii
import struct

from retrowire import codec, schema
from retrowire.framing import kernels

MAGIC = b"\x89RPOD\r\n\x1a"  # not text; a transfer that translates line ends damages it visibly
FORMAT = 1
HEADER_MAX = 1024
# version, header length, incompatible, compatible, fingerprint, bytes of rows
FIXED = "<8sHHIIIH"
FIXED_BYTES = 26


def write_into(values, rows, incompatible, compatible, out):
    """Write a header to the start of `out` and return its length, at most `HEADER_MAX`.

    `values`: of `run_header`; `rows`: bytes of the rows text. Raises ValueError if the header does not fit.
    """
    end = FIXED_BYTES + len(rows) + codec.size(schema.RUN_HEADER)
    if end + 4 > min(len(out), HEADER_MAX):
        raise ValueError("run header too large")
    head = (FORMAT, end + 4, incompatible, compatible, codec.fingerprint(), len(rows))
    struct.pack_into(FIXED, out, 0, MAGIC, *head)
    out[FIXED_BYTES : FIXED_BYTES + len(rows)] = rows
    codec.pack_into(schema.RUN_HEADER, values, out, FIXED_BYTES + len(rows))
    kernels.crc_into(out, 0, end)
    return end + 4


def split(buf):
    """Check the header at the start of `buf` and return its fixed fields in the order of `FIXED`, without the magic.

    Raises ValueError for a damaged header.
    """
    if len(buf) < FIXED_BYTES or bytes(buf[:8]) != MAGIC:
        raise ValueError("not a run file")
    fixed = struct.unpack_from(FIXED, buf, 0)[1:]
    length, text = fixed[1], fixed[5]
    if length > min(len(buf), HEADER_MAX) or FIXED_BYTES + text + 4 > length:
        raise ValueError("run header damaged")
    crc = struct.unpack_from("<I", buf, length - 4)[0]
    if binascii.crc32(memoryview(buf)[: length - 4]) & 0xFFFFFFFF != crc:
        raise ValueError("run header damaged")
    return fixed


def own_fields(buf, rows, begin, end):
    """Return (length, start of the `run_header` message, True if the run may have raw samples) of the header in `buf`.

    `rows`: rows text of this version with raw samples, whose row is ``rows[begin:end]``. Returns None for a header with
    another text. Raises ValueError for a damaged header.
    """
    version, length, incompatible, _, _, text = split(buf)
    at = FIXED_BYTES
    if version != FORMAT or incompatible:
        return None
    if text == len(rows):
        return (length, at + text, True) if buf[at : at + text] == rows else None
    same = text == len(rows) - end + begin and buf[at : at + begin] == rows[:begin]
    return (length, at + text, False) if same and buf[at + begin : at + text] == rows[end:] else None
