"""Header of a run file of any origin, with a check of the rows in it. Only the host imports this module."""

from retrowire import runhead, schema
from retrowire.headbytes import FIXED_BYTES
from retrowire.rows import parse_fields, size_rows

_MOST_LETTERS = 32  # of a name
_MOST_UNIT = 8  # characters
_CODES = tuple(schema.NONE) + ("*",) + tuple(["%ds" % room for room in range(8, 42)])  # as in rows.plan


def read_header(buf):
    """Return the header at the start of `buf`, as `runhead.read_header` does.

    Raises ValueError for a damaged header or an invalid description of a message, and Incompatible for a header that
    this version must not read.
    """
    header = runhead.read_header(buf, parse_rows)
    rows = header["messages"][schema.RUN_HEADER][1]
    if FIXED_BYTES + header["text"] + size_rows(rows) + 4 != header["length"]:
        raise ValueError("the header is not as long as its description")
    return header


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
    if not 2 <= len(parts) <= 4 or not _is_name(parts[0]) or not _is_code(parts[1]):
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


def _is_code(code):
    return code in _CODES
