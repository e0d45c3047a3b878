"""Schema access by name: fields, enumerations, flags, versions. The pod loads this module only while it needs names.

A field row is ``(name, code, unit, exponent, since)``. A plan is a message without names, one byte per field: the
character of its code, plus 128 if it is measured, or the number of bytes of a bytes field. A byte below 8 is the minor
version of the fields after it.
"""

import binascii

from retrowire import schema

_WIDTHS = {"B": 1, "H": 2, "I": 4, "b": 1, "h": 2, "i": 4, "*": 0}
_MEASURED = 128
_LEAST_BYTES = 8  # smallest field of bytes; a smaller number is a minor version
_MOST_BYTES = 41  # largest field of bytes; a larger number is the character of a code


def parse_fields(text):
    """Return the field rows of a text from the schema or a run file."""
    return tuple([_parse_field(word) for word in text.split()])


def _parse_field(word):
    word, _, since = word.partition("@")
    parts = word.split(":")
    unit = parts[2] if len(parts) > 2 else ""
    exponent = int(parts[3]) if len(parts) > 3 else 0
    return (parts[0], parts[1], unit, exponent, int(since or 0))


def plan(fields):
    """Return the plan of these field rows."""
    found = bytearray()
    minor = 0
    for row in fields:
        if row[4] != minor:
            minor = row[4]
            found.append(minor)
        found.append(_byte(row))
    return bytes(found)


def _byte(row):
    code = row[1]
    if code in _WIDTHS:
        return ord(code) + (_MEASURED if row[2] else 0)
    room = int(code[:-1])
    if not _LEAST_BYTES <= room <= _MOST_BYTES:
        raise ValueError("%s: %d to %d bytes" % (row[0], _LEAST_BYTES, _MOST_BYTES))
    return room


def plans():
    """Return the plans of all messages in sequence. Each has the identifier, its total size in bytes, and the plan."""
    found = bytearray()
    for row in schema.MESSAGES:
        codes = plan(parse_fields(row[4]))
        found += bytes((row[0], 2 + len(codes))) + codes
    return bytes(found)


def messages():
    """Return all message rows of the schema with parsed fields: ``(id, name, since, core, field rows)``."""
    return tuple([row[:4] + (parse_fields(row[4]),) for row in schema.MESSAGES])


def fields(message):
    """Return the field rows of a message. Raises KeyError for an unknown message."""
    for row in schema.MESSAGES:
        if row[0] == message:
            return parse_fields(row[4])
    raise KeyError(message)


def width(code):
    """Return the size in bytes of a field with this code, 0 for ``"*"``."""
    return _WIDTHS[code] if code in _WIDTHS else int(code[:-1])


def size_rows(rows):
    """Return the bytes of the fixed part of a message with these field rows."""
    return sum([width(row[1]) for row in rows])


def place(message, name):
    """Return the bytes before the field `name` of a message. Raises ValueError without such a field."""
    rows = fields(message)
    return size_rows(rows[: [row[0] for row in rows].index(name)])


def enum(name):
    """Return the ``(name, number)`` pairs of ``schema.ENUMS[name]``."""
    return _pairs(schema.ENUMS[name])


def flags(name):
    """Return the ``(name, bit)`` pairs of ``schema.FLAGS[name]``. A bit is 1, 2, 4, ..."""
    return _pairs(schema.FLAGS[name])


def _pairs(text):
    words = [word.split("=") for word in text.split()]
    return tuple([(word[0], int(word[1])) for word in words])


def value(enum_name, name):
    """Return the number of `name` in an enumeration. Raises ValueError for an unknown name."""
    return _number(enum(enum_name), name, enum_name)


def flag(flags_name, name):
    """Return the bit (1, 2, 4, ...) of `name` in a set of flags. Raises ValueError for an unknown name."""
    return _number(flags(flags_name), name, flags_name)


def mask(flags_name):
    """Return all bits of a set of flags."""
    return sum([bit for _, bit in flags(flags_name)])


def _number(pairs, name, where):
    for known_name, number in pairs:
        if known_name == name:
            return number
    raise ValueError("no %s in %s" % (name, where))


def name(enum_name, number):
    """Return the name of `number` in an enumeration, or the number as text if it comes from a later version."""
    for known_name, known_number in enum(enum_name):
        if known_number == number:
            return known_name
    return str(number)


def none(code):
    """Return the value for "unknown" of a measured field with this struct code."""
    return schema.NONE[code]


def fingerprint():
    """Return the CRC-32 of the rows of minor 0 by identifier, which both sides must have in common."""
    crc = 0
    for row in sorted(schema.MESSAGES):
        if row[2] == 0:
            crc = binascii.crc32(("%d %s\n" % row[:2]).encode(), crc)
            for field in parse_fields(row[4]):
                if field[4] == 0:
                    crc = binascii.crc32(("%s %s %s %d\n" % field[:4]).encode(), crc)
    return crc & 0xFFFFFFFF
