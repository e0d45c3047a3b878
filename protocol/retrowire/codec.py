"""Messages to bytes and back, field by field, by the plans that follow from the rows of the schema.

The pod packs one stride after another for hours, so `pack_into` allocates nothing, with 31-bit
small integers too: no ``*args``, no joined format string, one `struct.pack_into` per field.
What the schema says by name is in rows.py, and can be had from here as well.
"""

import struct

from retrowire import rows, schema
from retrowire.rows import (
    enum,
    fields,
    fingerprint,
    flag,
    flags,
    mask,
    messages,
    name,
    none,
    parse_fields,
    place,
    size_rows,
    value,
    width,
)

# How often a value did not fit its field, ever; the pod reports it as `values_clamped`.
clamped = [0]

# How a number is packed, by its byte in a plan: format, size, lowest, highest, the value for "not known".
_FORMS = {
    0x42: ("<B", 1, 0, 0xFF, 0),
    0x48: ("<H", 2, 0, 0xFFFF, 0),
    0x49: ("<I", 4, 0, 0xFFFFFFFF, 0),
    0x62: ("<b", 1, -0x80, 0x7F, 0),
    0x68: ("<h", 2, -0x8000, 0x7FFF, 0),
    0x69: ("<i", 4, -0x80000000, 0x7FFFFFFF, 0),
    # A measured value that is too large must not turn into "not known": it stops one short of it.
    0xC2: ("<B", 1, 0, 0xFE, 0xFF),
    0xC8: ("<H", 2, 0, 0xFFFE, 0xFFFF),
    0xC9: ("<I", 4, 0, 0xFFFFFFFE, 0xFFFFFFFF),
    0xE2: ("<b", 1, -0x7F, 0x7F, -0x80),
    0xE8: ("<h", 2, -0x7FFF, 0x7FFF, -0x8000),
    0xE9: ("<i", 4, -0x7FFFFFFF, 0x7FFFFFFF, -0x80000000),
}
_REST = 0x2A  # all bytes that there are
_LEAST_BYTES = 8  # what is less is a minor version

# Derived at import, so that nothing is left to allocate when the first message of a kind is packed. An app that is
# built for a pod holds the bytes themselves.
PLANS = rows.plans()

_MATRIX = "<9h"


def pack_matrix(numbers):
    """Bytes of a `matrix` field: nine numbers, row by row, 16384 for one."""
    return struct.pack(_MATRIX, *numbers)


def unpack_matrix(data):
    """The nine numbers of a `matrix` field."""
    return struct.unpack(_MATRIX, data)


def _find(message):
    """Where the row of a message begins in PLANS. KeyError when it is unknown."""
    at = 0
    while at < len(PLANS) and PLANS[at] != message:
        at += PLANS[at + 1]
    if at == len(PLANS):
        raise KeyError(message)
    return at


def _plan(message):
    at = _find(message)
    return PLANS[at + 2 : at + PLANS[at + 1]]


def known(message):
    """Whether this schema has the message (an identifier)."""
    try:
        return _find(message) >= 0
    except KeyError:
        return False


def size(message):
    """Bytes of the fixed part of a message: all fields but a trailing ``"*"``."""
    return _size(_plan(message), schema.PROTOCOL_MINOR)


def count(message):
    """How many fields a message has, as this schema knows it."""
    return len([code for code in _plan(message) if code >= _LEAST_BYTES])


def _size(plan, minor):
    """Bytes of the fixed part of the fields that came with `minor` or before."""
    total = 0
    for code in plan:
        if code in _FORMS:
            total += _FORMS[code][1]
        elif minor < code < _LEAST_BYTES:
            break
        elif _LEAST_BYTES <= code < _REST:
            total += code
    return total


def pack_into(message, values, buf, offset):
    """Pack `values`, in schema order, into `buf` from `offset`; return the end offset.

    A number that does not fit is stored as the nearest that does and counted in `clamped`; bytes
    longer than their field are cut and counted, shorter ones padded with zeros. Allocates nothing.
    """
    row = _find(message)
    index = 0
    for at in range(row + 2, row + PLANS[row + 1]):
        code = PLANS[at]
        if code in _FORMS:
            form = _FORMS[code]
            _pack_number_into(form, values[index], buf, offset)
            offset += form[1]
        elif code >= _LEAST_BYTES:
            offset = _pack_bytes_into(0 if code == _REST else code, values[index], buf, offset)
        else:
            continue
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
    return unpack_plan(_plan(message), buf, start, end, minor)


def unpack_rows(field_rows, buf, start, end):
    """`unpack` for a message that has these field rows, as a run file carries them."""
    return unpack_plan(rows.plan(field_rows), buf, start, end)


def unpack_plan(plan, buf, start, end, minor=_LEAST_BYTES):
    """`unpack` for a message that has this plan."""
    if end > len(buf) or end - start < _size(plan, minor):
        raise ValueError("message too short")
    values = []
    for code in plan:
        if code in _FORMS:
            form = _FORMS[code]
            values.append(struct.unpack_from(form[0], buf, start)[0])
            start += form[1]
        elif code == _REST:
            values.append(bytes(buf[start:end]))
        elif code >= _LEAST_BYTES:
            values.append(bytes(buf[start : start + code]))
            start += code
        elif code > minor:
            break
    return values
