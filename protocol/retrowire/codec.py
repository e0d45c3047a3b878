"""Messages to bytes and back, field by field, with the plans that follow from the rows of the schema.

The pod packs strides for hours, so `pack_into` allocates nothing, also with 31-bit small integers: no ``*args``, no
joined format string, one `struct.pack_into` per field. Access by name is in rows.py and re-exported here.
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

# Number of values since the start that did not fit their field; the pod reports it as `values_clamped`.
clamped = [0]

# Packing of a number, by its byte in a plan: format, size, lowest, highest, value for "unknown".
_FORMS = {
    0x42: ("<B", 1, 0, 0xFF, 0),
    0x48: ("<H", 2, 0, 0xFFFF, 0),
    0x49: ("<I", 4, 0, 0xFFFFFFFF, 0),
    0x62: ("<b", 1, -0x80, 0x7F, 0),
    0x68: ("<h", 2, -0x8000, 0x7FFF, 0),
    0x69: ("<i", 4, -0x80000000, 0x7FFFFFFF, 0),
    # A measured value that is too large must not become "unknown", so its limit is one less.
    0xC2: ("<B", 1, 0, 0xFE, 0xFF),
    0xC8: ("<H", 2, 0, 0xFFFE, 0xFFFF),
    0xC9: ("<I", 4, 0, 0xFFFFFFFE, 0xFFFFFFFF),
    0xE2: ("<b", 1, -0x7F, 0x7F, -0x80),
    0xE8: ("<h", 2, -0x7FFF, 0x7FFF, -0x8000),
    0xE9: ("<i", 4, -0x7FFFFFFF, 0x7FFFFFFF, -0x80000000),
}
_REST = 0x2A  # all remaining bytes
_LEAST_BYTES = 8  # a smaller byte of a plan is a minor version

# Derived at import, so that packing the first message allocates nothing. The build for the pod contains the bytes.
PLANS = rows.plans()

_MATRIX = "<9h"


def pack_matrix(numbers):
    """Return the bytes of a `matrix` field: nine numbers, row by row, with 16384 for 1."""
    return struct.pack(_MATRIX, *numbers)


def unpack_matrix(data):
    """Return the nine numbers of a `matrix` field."""
    return struct.unpack(_MATRIX, data)


def _find(message):
    """Return the start of a message's row in PLANS. Raises KeyError for an unknown message."""
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
    """Return True if this schema has the message (an identifier)."""
    try:
        return _find(message) >= 0
    except KeyError:
        return False


def size(message):
    """Return the bytes of the fixed part of a message: all fields except a trailing ``"*"``."""
    return _size(_plan(message), schema.PROTOCOL_MINOR)


def count(message):
    """Return the number of fields of a message in this schema."""
    return len([code for code in _plan(message) if code >= _LEAST_BYTES])


def _size(plan, minor):
    """Return the bytes of the fixed part of the fields up to version `minor`."""
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

    Stores a number that does not fit as the nearest limit, and counts it in `clamped`. Cuts and counts bytes that are
    longer than their field, and pads shorter ones with zeros. Allocates nothing.
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
    """Pack bytes into a field of `room` bytes; 0: as many as `data` has."""
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
    """Return the values of a message in ``buf[start:end]``, in schema order.

    Ignores the tail of a longer payload, which comes from a later minor version. Omits fields that are later than the
    sender's `minor`. Raises ValueError if the payload is shorter than `minor` requires.
    """
    return unpack_plan(_plan(message), buf, start, end, minor)


def unpack_rows(field_rows, buf, start, end):
    """Return the values of a message with these field rows, as a run file has them."""
    return unpack_plan(rows.plan(field_rows), buf, start, end)


def unpack_plan(plan, buf, start, end, minor=_LEAST_BYTES):
    """Return the values of a message with this plan."""
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
