"""Messages to bytes and back, field by field from the rows of the schema.

The pod packs one stride after another for hours, so `pack_into` allocates nothing, with 31-bit
small integers too: no ``*args``, no joined format string, one `struct.pack_into` per field.
"""

import binascii
import struct

from retrowire import schema

# How often a value did not fit its field, ever; the pod reports it as `values_clamped`.
clamped = [0]

_ROWS = {row[0]: row for row in schema.MESSAGES}
# Per struct code: format, size, lowest, highest, the value for "not known".
_COUNTS = {
    "B": ("<B", 1, 0, 0xFF, 0),
    "H": ("<H", 2, 0, 0xFFFF, 0),
    "I": ("<I", 4, 0, 0xFFFFFFFF, 0),
    "b": ("<b", 1, -0x80, 0x7F, 0),
    "h": ("<h", 2, -0x8000, 0x7FFF, 0),
    "i": ("<i", 4, -0x80000000, 0x7FFFFFFF, 0),
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
# Widths of "8s" and the like, because the pod cannot afford to take such a code apart on every packing.
_TEXTS = {field[1]: int(field[1][:-1]) for row in schema.MESSAGES for field in row[4] if field[1][-1] == "s"}


def value(enum, name):
    """Number of `name` in ``schema.ENUMS[enum]``. ValueError when there is none."""
    for known, number in schema.ENUMS[enum]:
        if known == name:
            return number
    raise ValueError("no %s in %s" % (name, enum))


def name(enum, number):
    """Name of `number` in ``schema.ENUMS[enum]``, or the number as text: later versions know more."""
    for known, value_ in schema.ENUMS[enum]:
        if value_ == number:
            return known
    return str(number)


def flag(flags, name):
    """Bit (1, 2, 4, ...) of `name` in ``schema.FLAGS[flags]``. ValueError when there is none."""
    for known, bit in schema.FLAGS[flags]:
        if known == name:
            return bit
    raise ValueError("no %s in %s" % (name, flags))


def none(code):
    """The value by which a measured field of this struct code says "not known"."""
    return schema.NONE[code]


def known(message):
    """Whether this schema has the message (an identifier)."""
    return message in _ROWS


def fields(message):
    """Field rows ``(name, code, unit, exponent, since)`` of a message. KeyError when it is unknown."""
    return _ROWS[message][4]


def width(code):
    """Bytes that a field of this code takes; 0 for ``"*"``."""
    if code == "*":
        return 0
    if code in _COUNTS:
        return _COUNTS[code][1]
    return _TEXTS[code] if code in _TEXTS else int(code[:-1])


def size(message):
    """Bytes of the fixed part of a message: all fields but a trailing ``"*"``."""
    return size_rows(_ROWS[message][4])


def size_rows(rows):
    """Bytes of the fixed part of a message that has these field rows."""
    return sum([width(row[1]) for row in rows])


def fingerprint():
    """CRC-32 over what both sides must agree on: the rows of minor 0, by identifier."""
    crc = 0
    for message in sorted(_ROWS):
        row = _ROWS[message]
        if row[2] == 0:
            crc = binascii.crc32(("%d %s\n" % (message, row[1])).encode(), crc)
            for field in row[4]:
                if field[4] == 0:
                    crc = binascii.crc32(("%s %s %s %d\n" % field[:4]).encode(), crc)
    return crc & 0xFFFFFFFF


def pack_into(message, values, buf, offset):
    """Pack `values`, in schema order, into `buf` from `offset`; return the end offset.

    A number that does not fit is stored as the nearest that does and counted in `clamped`; bytes
    longer than their field are cut and counted, shorter ones padded with zeros. Allocates nothing.
    """
    return pack_rows_into(_ROWS[message][4], values, buf, offset)


def pack_rows_into(rows, values, buf, offset):
    """`pack_into` for a message that has these field rows."""
    index = 0
    for row in rows:
        code = row[1]
        if code in _COUNTS:
            form = _MEASURES[code] if row[2] else _COUNTS[code]
            _pack_number_into(form, values[index], buf, offset)
            offset += form[1]
        else:
            offset = _pack_bytes_into(code, values[index], buf, offset)
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


def _pack_bytes_into(code, data, buf, offset):
    length = len(data)
    room = length if code == "*" else width(code)
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
    rows = _ROWS[message][4]
    if minor < schema.PROTOCOL_MINOR:
        rows = [row for row in rows if row[4] <= minor]
    return unpack_rows(rows, buf, start, end)


def unpack_rows(rows, buf, start, end):
    """`unpack` for a message that has these field rows, as a run file carries them."""
    if end > len(buf) or end - start < size_rows(rows):
        raise ValueError("message too short")
    values = []
    for row in rows:
        code = row[1]
        if code in _COUNTS:
            values.append(struct.unpack_from(_COUNTS[code][0], buf, start)[0])
        else:
            stop = end if code == "*" else start + width(code)
            values.append(bytes(buf[start:stop]))
        start += width(code)
    return values
