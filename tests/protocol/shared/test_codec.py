"""Runs under pytest and on MicroPython: functions with assert that import only the tested modules."""

from retrowire import codec, schema

LIMITS = {"B": (0, 0xFF), "H": (0, 0xFFFF), "I": (0, 0xFFFFFFFF)}
LIMITS.update({"b": (-0x80, 0x7F), "h": (-0x8000, 0x7FFF), "i": (-0x80000000, 0x7FFFFFFF)})


def filled(message, choose):
    """Return values of a message: ``choose(low, high, index)`` for numbers, distinct bytes for other fields."""
    values = []
    for index, row in enumerate(codec.fields(message)):
        if row[1] in LIMITS:
            low, high = LIMITS[row[1]]
            values.append(choose(low, high, index))
        else:
            values.append(bytes([(index + i) & 0xFF for i in range(codec.width(row[1]) or 5)]))
    return values


def packed(message, values):
    buf = bytearray(codec.size(message) + 20)
    return bytes(buf[: codec.pack_into(message, values, buf, 0)])


def little_endian(number, width):
    return bytes([(number >> (8 * i)) & 0xFF for i in range(width)])


def raises(error, call, *arguments):
    try:
        call(*arguments)
    except error:
        return True
    return False


def test_every_message_comes_back():
    for row in codec.messages():
        for choose in (
            lambda low, high, index: low,
            lambda low, high, index: high,
            lambda low, high, index: index,
            lambda low, high, index: (low + high) // 2 + index,
        ):
            values = filled(row[0], choose)
            data = packed(row[0], values)
            assert codec.unpack(row[0], data, 0, len(data)) == values, row[1]


def test_bytes_are_little_endian_without_padding():
    for row in codec.messages():
        values = filled(row[0], lambda low, high, index: low + 3 * index + 1)
        expected = b""
        for field, value in zip(row[4], values):
            expected += value if field[1] not in LIMITS else little_endian(value, codec.width(field[1]))
        assert packed(row[0], values) == expected, row[1]


def test_size_is_the_fixed_part():
    assert codec.size(schema.DONE) == 5
    assert codec.size(schema.RUN_DATA) == 5
    assert codec.size(schema.DIGEST) == 1 + 4 + 4 + 32


def test_packs_at_an_offset_and_touches_nothing_else():
    buf = bytearray([0xAA] * 12)
    end = codec.pack_into(schema.DONE, [1, 0x01020304], buf, 3)
    assert end == 8
    assert bytes(buf) == b"\xaa\xaa\xaa\x01\x04\x03\x02\x01\xaa\xaa\xaa\xaa"


def test_bytes_are_packed_in_place():
    buf = bytearray([0xAA] * 60)
    assert codec.pack_into(schema.DIGEST, [1, 2, 3, b"\x55" * 32], buf, 5) == 46
    assert len(buf) == 60
    assert bytes(buf[:5]) == b"\xaa" * 5
    assert bytes(buf[14:]) == b"\x55" * 32 + b"\xaa" * 14
    assert codec.pack_into(schema.RUN_DATA, [1, 2, bytearray(b"data")], buf, 1) == 10
    assert bytes(buf[6:16]) == b"data" + b"\3\0\0\0" + b"\x55" * 2
    assert len(buf) == 60


def test_what_does_not_fit_is_clamped_and_counted():
    before = codec.clamped[0]
    data = packed(schema.DONE, [300, -1])
    assert codec.unpack(schema.DONE, data, 0, len(data)) == [255, 0]
    assert codec.clamped[0] == before + 2
    packed(schema.DONE, [255, 0xFFFFFFFF])
    assert codec.clamped[0] == before + 2


def test_too_large_a_measure_is_not_unknown():
    names = [row[0] for row in codec.fields(schema.STRIDE)]
    values = filled(schema.STRIDE, lambda low, high, index: 0)
    values[names.index("peak")] = 70000
    values[names.index("loading")] = 70000
    values[names.index("length")] = -40000
    values[names.index("rise")] = 40000
    data = packed(schema.STRIDE, values)
    got = codec.unpack(schema.STRIDE, data, 0, len(data))
    assert got[names.index("peak")] == codec.none("H") - 1
    assert got[names.index("loading")] == codec.none("H") - 1
    assert got[names.index("length")] == codec.none("h") + 1
    assert got[names.index("rise")] == 0x7FFF


def test_not_known_passes_and_is_not_counted():
    before = codec.clamped[0]
    for row in codec.messages():
        values = filled(row[0], lambda low, high, index: index)
        for index, field in enumerate(row[4]):
            if field[2]:
                values[index] = codec.none(field[1])
        data = packed(row[0], values)
        assert codec.unpack(row[0], data, 0, len(data)) == values
    assert codec.clamped[0] == before


def test_text_of_fixed_size_is_padded_or_cut():
    names = [row[0] for row in codec.fields(schema.HELLO)]
    at = names.index("name")
    values = filled(schema.HELLO, lambda low, high, index: 0)
    for given, stored in ((b"", b"\0" * 16), (b"left", b"left" + b"\0" * 12), (b"x" * 16, b"x" * 16)):
        values[at] = given
        before = codec.clamped[0]
        data = packed(schema.HELLO, values)
        assert codec.unpack(schema.HELLO, data, 0, len(data))[at] == stored
        assert codec.clamped[0] == before
    values[at] = b"y" * 17
    data = packed(schema.HELLO, values)
    assert codec.unpack(schema.HELLO, data, 0, len(data))[at] == b"y" * 16
    assert codec.clamped[0] == before + 1


def test_too_small_a_buffer_is_an_error():
    for size in range(41):
        buf = bytearray(size)
        values = [1, 2, 3, bytes(32)]
        assert raises(Exception, codec.pack_into, schema.DIGEST, values, buf, 0), size
        assert len(buf) == size
    assert codec.pack_into(schema.DIGEST, [1, 2, 3, bytes(32)], bytearray(41), 0) == 41


def test_longer_payload_is_of_a_later_minor():
    data = packed(schema.DONE, [7, 9]) + b"what came later"
    assert codec.unpack(schema.DONE, data, 0, len(data)) == [7, 9]


def test_shorter_payload_is_an_error():
    for row in codec.messages():
        size = codec.size(row[0])
        data = bytes(size)
        assert raises(ValueError, codec.unpack, row[0], data, 0, size - 1), row[1]
        assert raises(ValueError, codec.unpack, row[0], data, 1, size), row[1]
        assert raises(ValueError, codec.unpack, row[0], data, 1, size + 1), row[1]


def test_words_of_a_text_are_rows():
    rows = codec.parse_fields("request:B length:h:m:-3 loading:H:g/s later:I@2 last:*")
    assert rows == (
        ("request", "B", "", 0, 0),
        ("length", "h", "m", -3, 0),
        ("loading", "H", "g/s", 0, 0),
        ("later", "I", "", 0, 2),
        ("last", "*", "", 0, 0),
    )


def test_rows_of_an_earlier_minor():
    rows = codec.parse_fields("request:B later:H@1")
    assert codec.size_rows(rows) == 3
    assert codec.unpack_rows(rows, b"\5\1\2", 0, 3) == [5, 0x0201]
    assert codec.unpack_rows([row for row in rows if row[4] == 0], b"\5", 0, 1) == [5]


def test_names_and_numbers_of_enums():
    for enum in schema.ENUMS:
        for name, number in codec.enum(enum):
            assert codec.value(enum, name) == number
            assert codec.name(enum, number) == name
    assert codec.name("error", 250) == "250"
    assert raises(ValueError, codec.value, "error", "no such name")
    assert codec.flag("stride", "gap") == 1
    assert raises(ValueError, codec.flag, "stride", "no such name")


def test_unknown_message_is_a_key_error():
    assert not codec.known(0x3F)
    assert codec.known(schema.HELLO)
    assert raises(KeyError, codec.size, 0x3F)
    assert raises(KeyError, codec.unpack, 0x3F, b"", 0, 0)


def test_schema_is_sound():
    numbers = [row[0] for row in codec.messages()]
    names = [row[1] for row in codec.messages()]
    assert len(set(numbers)) == len(numbers)
    assert len(set(names)) == len(names)
    for number, name, since, _, fields in codec.messages():
        assert 0 < number < 0x80, name
        assert 0 <= since <= schema.PROTOCOL_MINOR, name
        labels = [field[0] for field in fields]
        assert len(set(labels)) == len(labels), name
        last = 0
        for index, field in enumerate(fields):
            assert field[1] in LIMITS or field[1] == "*" or field[1][-1] == "s", name
            assert field[1] != "*" or index == len(fields) - 1, name
            assert last <= field[4] <= schema.PROTOCOL_MINOR, name
            last = field[4]


def test_names_and_values_are_unique():
    tables = [codec.enum(enum) for enum in schema.ENUMS] + [codec.flags(flags) for flags in schema.FLAGS]
    for values in tables:
        assert len({name for name, _ in values}) == len(values)
        assert len({number for _, number in values}) == len(values)
    for flags in schema.FLAGS:
        for _, bit in codec.flags(flags):
            assert bit and bit & (bit - 1) == 0


def test_every_message_fits_a_frame():
    for row in codec.messages():
        if row[0] < schema.HELLO_GET:
            assert codec.size(row[0]) <= 512, row[1]
        elif row[0] < schema.RUN_HEADER:
            assert codec.size(row[0]) <= 54, row[1]
