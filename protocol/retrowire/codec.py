"""Messages to bytes and back, field by field from the rows of the schema.

The pod packs one stride after another for hours, so `pack_into` allocates nothing, with 31-bit
small integers too: no ``*args``, no joined format string, one `struct.pack_into` per field.
"""

import binascii
import struct

from retrowire import schema

# How often a value did not fit its field, ever; the pod reports it as `values_clamped`.
clamped = [0]

# How a field of a code is packed: format, size, lowest, highest, the value for "not known". No format: bytes.
_COUNTS = {
    "B": ("<B", 1, 0, 0xFF, 0),
    "H": ("<H", 2, 0, 0xFFFF, 0),
    "I": ("<I", 4, 0, 0xFFFFFFFF, 0),
    "b": ("<b", 1, -0x80, 0x7F, 0),
    "h": ("<h", 2, -0x8000, 0x7FFF, 0),
    "i": ("<i", 4, -0x80000000, 0x7FFFFFFF, 0),
    "*": ("", 0, 0, 0, 0),
}
# A measured value that is too large must not turn into "not known": it stops one short of it.
_MEASURES = {
    "B": ("<B", 1, 0, 0xFE, 0xFF),
    "H": ("<H", 2, 0, 0xFFFE, 0xFFFF),
    "I": ("<I", 4, 0, 0xFFFFFFFE, 0xFFFFFFFF),
    "b": ("<b", 1, -0x7F, 0x7F, -0x80),
    "h": ("<h", 2, -0x7FFF, 0x7FFF, -0x8000),
    "i": ("<i", 4, -0x7FFFFFFF, 0x7FFFFFFF, -0x80000000),
}


def parse_fields(text):
    """Field rows ``(name, code, unit, exponent, since)`` of a text as the schema and run files hold it."""
    return tuple([_parse_field(word) for word in text.split()])


def _parse_field(word):
    word, _, since = word.partition("@")
    parts = word.split(":")
    unit = parts[2] if len(parts) > 2 else ""
    exponent = int(parts[3]) if len(parts) > 3 else 0
    return (parts[0], parts[1], unit, exponent, int(since or 0))


def _form(field):
    """How a field is packed; equal ones are one object."""
    forms = _MEASURES if field[2] else _COUNTS
    if field[1] not in forms:
        forms[field[1]] = ("", int(field[1][:-1]), 0, 0, 0)
    return forms[field[1]]


def _plan(fields):
    return tuple([_form(field) for field in fields])


# Derived at import, so that nothing is left to allocate when the first message of a kind is packed.
_PLANS = {row[0]: _plan(parse_fields(row[4])) for row in schema.MESSAGES}

_MATRIX = "<9h"


def pack_matrix(numbers):
    """Bytes of a `matrix` field: nine numbers, row by row, 16384 for one."""
    return struct.pack(_MATRIX, *numbers)


def unpack_matrix(data):
    """The nine numbers of a `matrix` field."""
    return struct.unpack(_MATRIX, data)


def messages():
    """All message rows of the schema, with parsed fields: ``(id, name, since, core, field rows)``."""
    return tuple([row[:4] + (parse_fields(row[4]),) for row in schema.MESSAGES])


def enum(name):
    """``(name, number)`` pairs of ``schema.ENUMS[name]``."""
    return _pairs(schema.ENUMS[name])


def flags(name):
    """``(name, bit)`` pairs of ``schema.FLAGS[name]``; a bit is 1, 2, 4, ..."""
    return _pairs(schema.FLAGS[name])


def _pairs(text):
    words = [word.split("=") for word in text.split()]
    return tuple([(word[0], int(word[1])) for word in words])


def value(enum_name, name):
    """Number of `name` in an enumeration. ValueError when there is none."""
    return _number(enum(enum_name), name, enum_name)


def flag(flags_name, name):
    """Bit (1, 2, 4, ...) of `name` in a set of flags. ValueError when there is none."""
    return _number(flags(flags_name), name, flags_name)


def mask(flags_name):
    """All bits of a set of flags."""
    return sum([bit for _, bit in flags(flags_name)])


def _number(pairs, name, where):
    for known_name, number in pairs:
        if known_name == name:
            return number
    raise ValueError("no %s in %s" % (name, where))


def name(enum_name, number):
    """Name of `number` in an enumeration, or the number as text: later versions know more."""
    for known_name, known_number in enum(enum_name):
        if known_number == number:
            return known_name
    return str(number)


def none(code):
    """The value by which a measured field of this struct code says "not known"."""
    return schema.NONE[code]


def known(message):
    """Whether this schema has the message (an identifier)."""
    return message in _PLANS


def fields(message):
    """Field rows ``(name, code, unit, exponent, since)`` of a message. KeyError when it is unknown."""
    for row in schema.MESSAGES:
        if row[0] == message:
            return parse_fields(row[4])
    raise KeyError(message)


def width(code):
    """Bytes that a field of this code takes; 0 for ``"*"``."""
    return _COUNTS[code][1] if code in _COUNTS else int(code[:-1])


def size(message):
    """Bytes of the fixed part of a message: all fields but a trailing ``"*"``."""
    return _size(_PLANS[message])


def count(message):
    """How many fields a message has, as this schema knows it."""
    return len(_PLANS[message])


def place(message, name):
    """Bytes before the field `name` of a message. ValueError when it has none such."""
    rows = fields(message)
    return _size(_plan(rows[: [row[0] for row in rows].index(name)]))


def size_rows(rows):
    """`size` of a message that has these field rows."""
    return _size(_plan(rows))


def _size(plan):
    total = 0
    for form in plan:
        total += form[1]
    return total


def fingerprint():
    """CRC-32 over what both sides must agree on: the rows of minor 0, by identifier."""
    crc = 0
    for row in sorted(schema.MESSAGES):
        if row[2] == 0:
            crc = binascii.crc32(("%d %s\n" % row[:2]).encode(), crc)
            for field in parse_fields(row[4]):
                if field[4] == 0:
                    crc = binascii.crc32(("%s %s %s %d\n" % field[:4]).encode(), crc)
    return crc & 0xFFFFFFFF


def pack_into(message, values, buf, offset):
    """Pack `values`, in schema order, into `buf` from `offset`; return the end offset.

    A number that does not fit is stored as the nearest that does and counted in `clamped`; bytes
    longer than their field are cut and counted, shorter ones padded with zeros. Allocates nothing.
    """
    index = 0
    for form in _PLANS[message]:
        if form[0]:
            _pack_number_into(form, values[index], buf, offset)
            offset += form[1]
        else:
            offset = _pack_bytes_into(form[1], values[index], buf, offset)
        index += 1
    return offset


def _pack_number_into(form, number, buf, offset):
    if number != form[4]:
        if number < form[2]:
            number = form[2]
            clamped[0] += 1
        elif number > form[3]:
            number = form[3]
            clamped[0] += 1
    struct.pack_into(form[0], buf, offset, number)


def _pack_bytes_into(room, data, buf, offset):
    """`room` 0: as many bytes as there are."""
    length = len(data)
    room = room or length
    if offset + room > len(buf):
        raise ValueError("buffer too small")
    if length > room:
        clamped[0] += 1
        for i in range(room):
            buf[offset + i] = data[i]
    else:
        buf[offset : offset + length] = data
        for i in range(offset + length, offset + room):
            buf[i] = 0
    return offset + room


def unpack(message, buf, start, end, minor=schema.PROTOCOL_MINOR):
    """Values of a message in ``buf[start:end]``, in schema order.

    A longer payload comes from a later minor version: its tail is ignored. A shorter one than the
    sender's `minor` demands is a ValueError; fields that the sender cannot know are left out.
    """
    if minor < schema.PROTOCOL_MINOR:
        return unpack_rows([row for row in fields(message) if row[4] <= minor], buf, start, end)
    return _unpack(_PLANS[message], buf, start, end)


def unpack_rows(rows, buf, start, end):
    """`unpack` for a message that has these field rows, as a run file carries them."""
    return _unpack(_plan(rows), buf, start, end)


def _unpack(plan, buf, start, end):
    if end > len(buf) or end - start < _size(plan):
        raise ValueError("message too short")
    values = []
    for form in plan:
        if form[0]:
            values.append(struct.unpack_from(form[0], buf, start)[0])
        else:
            values.append(bytes(buf[start : start + form[1] if form[1] else end]))
        start += form[1]
    return values
