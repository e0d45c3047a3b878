"""Header of a stored run: it contains the rows of every message in the file, so that any later host can read the file.

Magic, format version, length, flags, fingerprint, the field rows of every message in the file, the `run_header`
message, CRC-32.
"""

from retrowire import codec, schema
from retrowire.headbytes import FIXED_BYTES, FORMAT, HEADER_MAX, MAGIC, split, write_into
from retrowire.rows import is_code, parse_fields, plan, size_rows

__all__ = ("FORMAT", "HEADER_MAX", "MAGIC", "Incompatible", "header_into", "parse_rows", "read_header", "rows_text")

_MOST_LETTERS = 32  # of a name
_MOST_UNIT = 8  # characters


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
    if FIXED_BYTES + text + size_rows(rows) + 4 != length:
        raise ValueError("the header is not as long as its description")
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
    """Parse the result of `rows_text`: identifier -> (name, field rows), as in `rows.fields`.

    This is the only check of a description that comes from a file: a reader may use the result without further checks.
    Raises ValueError, which names the message or field, if it is invalid.
    """
    found = {}
    for line in text.split("\n"):
        if line:
            number, name, rows = _parse_row(line)
            if number in found:
                raise ValueError("message %d is described twice" % number)
            _check_known(number, name, rows)
            found[number] = (name, rows)
    return found


def _parse_row(line):
    words = line.split(" ")
    if len(words) < 3 or not words[0].isdigit() or not 0 < int(words[0]) < 256 or not _is_name(words[1]):
        raise ValueError("invalid description of a message: %s" % line[:_MOST_LETTERS])
    for word in words[2:]:
        if not _is_field(word):
            raise ValueError("message %s has an invalid field: %s" % (words[1], word[:_MOST_LETTERS]))
    rows = parse_fields(" ".join(words[2:]))
    if len({row[0] for row in rows}) < len(rows):
        raise ValueError("message %s has two fields of one name" % words[1])
    if "*" in [row[1] for row in rows[:-1]]:
        raise ValueError("message %s has a field of any length before its end" % words[1])
    return int(words[0]), words[1], rows


def _is_name(text):
    plain = 0 < len(text) <= _MOST_LETTERS and "a" <= text[0] <= "z"
    return plain and all(c in "_0123456789" or "a" <= c <= "z" for c in text)


def _is_field(word):
    """Return True for ``name:code[:unit[:exponent]]`` with valid parts. An exponent has one digit."""
    parts = word.split(":")
    if not 2 <= len(parts) <= 4 or not _is_name(parts[0]) or not is_code(parts[1]):
        return False
    unit = parts[2] if len(parts) > 2 else ""
    if len(unit) > _MOST_UNIT or not all("!" <= c <= "~" and c != "@" for c in unit):
        return False
    exponent = parts[3] if len(parts) > 3 else "0"
    digit = exponent[1:] if exponent[:1] == "-" else exponent
    return len(digit) == 1 and "0" <= digit <= "9"


def _check_known(number, name, rows):
    """Raise ValueError if a message of this schema is described as another one.

    A file may add and lack fields, and have wider or finer numbers. A coarser number could be out of range.
    """
    for message in schema.MESSAGES:
        if message[0] == number:
            if message[1] != name:
                raise ValueError("message %d is described as %s, but is %s" % (number, name, message[1]))
            known = {row[0]: row for row in parse_fields(message[4])}
            for row in rows:
                if not _reads_as(row, known.get(row[0], row)):
                    raise ValueError("message %s has another field %s than this version" % (name, row[0]))


def _reads_as(row, own):
    """Return True if a field that a file describes can be read as the field `own` of this schema."""
    if own[1] not in schema.NONE:
        return row[1] == own[1]
    return row[1] in schema.NONE and row[2] == own[2] and row[3] <= own[3]
