"""Header of a stored run: it contains the rows of every message in the file, so that any later host can read the file.

Magic, format version, length, flags, fingerprint, the field rows of every message in the file, the `run_header`
message, CRC-32.
"""

from retrowire import codec, schema
from retrowire.headbytes import FIXED_BYTES, FORMAT, HEADER_MAX, MAGIC, split, write_into
from retrowire.rows import parse_fields, plan

__all__ = ("FORMAT", "HEADER_MAX", "MAGIC", "Incompatible", "header_into", "parse_rows", "read_header", "rows_text")


class Incompatible(ValueError):
    """The file has a feature that this version cannot read. `flags`: the unknown incompatible bits."""

    def __init__(self, flags, version):
        super().__init__("run file version %d with unknown incompatible flags 0x%x" % (version, flags))
        self.flags = flags
        self.version = version


def header_into(values, messages, incompatible, compatible, out):
    """Write a file's header to the start of `out` and return its length, at most `HEADER_MAX`.

    `values`: of `run_header`; `messages`: identifiers of the messages in the blocks. Raises ValueError if the header
    does not fit.
    """
    rows = rows_text((schema.RUN_HEADER,) + tuple(messages)).encode()
    return write_into(values, rows, incompatible, compatible, out)


def rows_text(messages):
    """Return the field rows of these messages as text, one per line: ``id name field:code[:unit[:exponent]] ...``."""
    lines = []
    for row in schema.MESSAGES:
        if row[0] in messages:
            words = [word.split("@")[0] for word in row[4].split()]
            lines.append("%d %s %s\n" % (row[0], row[1], " ".join(words)))
    return "".join(lines)


def read_header(buf, parse=None):
    """Return the header at the start of `buf` (its first `HEADER_MAX` bytes are enough) as a dict.

    Keys: version, length, text (bytes of the rows), incompatible, compatible, fingerprint, values (name -> raw value of
    the `run_header` message) and messages (identifier -> (name, field rows)). `parse`: replaces `parse_rows`. Raises
    ValueError for a damaged header, and Incompatible for a header that this version must not read.
    """
    version, length, incompatible, compatible, fingerprint, text = split(buf)
    unknown = incompatible & ~codec.mask("incompatible")
    if unknown or version != FORMAT:
        raise Incompatible(unknown, version)
    messages = (parse or parse_rows)(bytes(buf[FIXED_BYTES : FIXED_BYTES + text]).decode())
    if schema.RUN_HEADER not in messages:
        raise ValueError("run header damaged")
    rows = messages[schema.RUN_HEADER][1]
    values = codec.unpack_plan(plan(rows), buf, FIXED_BYTES + text, length - 4)
    return {
        "version": version,
        "length": length,
        "text": text,
        "incompatible": incompatible,
        "compatible": compatible,
        "fingerprint": fingerprint,
        "messages": messages,
        "values": {row[0]: values[i] for i, row in enumerate(rows)},
    }


def parse_rows(text):
    """Parse the result of `rows_text`: identifier -> (name, field rows), as in `rows.fields`."""
    rows = {}
    for line in text.split("\n"):
        words = line.split(" ", 2)
        if len(words) == 3:
            rows[int(words[0])] = (words[1], parse_fields(words[2]))
    return rows
