"""Runs under pytest and on MicroPython: functions with assert that import only the tested modules."""

import binascii
import struct

from retrowire import checkedhead, codec, runfile, schema

HELD = (schema.STRIDE, schema.RAW, schema.EVENT)


class Memory:
    """A binary file in memory; a pod may have no `io.BytesIO`."""

    def __init__(self, data):
        self.data = bytes(data)
        self.at = 0

    def read(self, length):
        self.at += length
        return self.data[self.at - length : self.at]


def noise(length, seed=1):
    data = bytearray(length)
    for i in range(length):
        seed = (seed * 1021 + 12345) & 0xFFFFF
        data[i] = seed >> 12
    return data


def header(incompatible=0, compatible=0, messages=HELD):
    values = []
    for index, row in enumerate(codec.fields(schema.RUN_HEADER)):
        values.append(index + 1 if row[1] in "BHIbhi" else bytes([index] * codec.width(row[1])))
    out = bytearray(runfile.HEADER_MAX)
    length = runfile.header_into(values, messages, incompatible, compatible, out)
    assert len(out) == runfile.HEADER_MAX
    return bytes(out[:length])


def block(sequence, payload, kind=runfile.RAW):
    out = bytearray(len(payload) + runfile.BLOCK_AROUND)
    return bytes(out[: runfile.block_into(kind, sequence, payload, len(payload), out)])


def blocks(count, length=50):
    return [block(i, noise(length + i % 7, i + 1)) for i in range(count)]


def scanned(data, start=0):
    scan = runfile.scan(Memory(data[start:]).read, start)
    return [(found[1], found[2]) for found in scan], scan


def raises(error, call, *arguments):
    try:
        call(*arguments)
    except error:
        return True
    return False


def test_header_fits_and_comes_back():
    data = header(0, 6)
    assert len(data) <= runfile.HEADER_MAX
    got = runfile.read_header(data + b"blocks follow")
    assert got["length"] == len(data)
    assert got["version"] == runfile.FORMAT
    assert got["compatible"] == 6
    assert got["incompatible"] == 0
    assert got["fingerprint"] == codec.fingerprint()
    for index, row in enumerate(codec.fields(schema.RUN_HEADER)):
        assert got["values"][row[0]] == (index + 1 if row[1] in "BHIbhi" else bytes([index] * codec.width(row[1])))


def test_header_carries_the_rows_of_its_messages():
    got = runfile.read_header(header())["messages"]
    assert sorted(got) == sorted(HELD + (schema.RUN_HEADER,))
    for message in got:
        rows = [row[:4] + (0,) for row in codec.fields(message)]
        assert list(got[message][1]) == rows
        for row in codec.messages():
            assert row[0] != message or row[1] == got[message][0]


def test_rows_of_every_message_survive_the_text():
    for row in codec.messages():
        parsed = runfile.parse_rows(runfile.rows_text((row[0],)))
        assert parsed == {row[0]: (row[1], tuple([field[:4] + (0,) for field in row[4]]))}


def test_a_stride_is_decoded_by_the_rows_of_the_file():
    # a possible file of an older or newer pod: other order, other scale, an unknown field
    rows = runfile.parse_rows("32 stride flags:H length:i:m:-4 wobble:B:Hz number:I\n")[schema.STRIDE][1]
    assert codec.size_rows(rows) == 11
    data = b"\x02\x01" + b"\xfe\xff\xff\xff" + b"\x07" + b"\x2a\0\0\0"
    assert codec.unpack_rows(rows, data, 0, 11) == [0x0102, -2, 7, 42]
    assert [row[:4] for row in rows][1] == ("length", "i", "m", -4)


def test_an_invalid_description_is_refused():
    good = "32 stride number:I period:H:s:-4 wobble:41s\n"
    assert list(checkedhead.parse_rows(good)) == [schema.STRIDE]
    for part, bad in (
        ("-4", "99999999"), ("-4", "-10"), ("-4", "1e3"), ("-4", "-3"), ("-4", ""), ("-4", "-4:1"),
        ("H:s", "H:m"), (":H:s:-4", ":H"), (":H:s", ":8s:s"), ("period:H", "period"), ("period:H", "period:*"),
        ("period", "number"), ("period", ""), ("period", "_period"), ("period", "Period"), ("period", "p" * 33),
        ("period", "x']or["), ("-4", "-4@9"), ("41s", "42s"), ("41s", "7s"), ("41s", "09s"), ("41s", "s"),
        ("41s", "Q"), ("41s", "-8s"), ("41s", "9999999999s"), ("32 ", "33 "), ("32 ", "256 "), ("32 ", "0 "),
        ("32 ", "-1 "), ("32 ", "x "), ("stride ", "strides "), ("stride ", ""), (good, "32 stride"), (good, good * 2),
    ):  # fmt: skip
        assert part in good
        assert raises(ValueError, checkedhead.parse_rows, good.replace(part, bad, 1)), bad


def test_a_header_is_as_long_as_its_description():
    data = bytearray(header())
    text = data.index(b" slept_s:I:s")
    data[text : text + 12] = b" slept_s:H:s"
    struct.pack_into("<I", data, len(data) - 4, binascii.crc32(data[:-4]))
    assert raises(ValueError, checkedhead.read_header, data)


def test_any_damage_to_the_header_is_noticed():
    data = header()
    for at in range(len(data)):
        hurt = bytearray(data)
        hurt[at] ^= 0x04
        assert raises(ValueError, runfile.read_header, hurt), at
    for length in range(len(data)):
        assert raises(ValueError, runfile.read_header, data[:length]), length


def test_unknown_incompatible_flag_means_refuse():
    try:
        runfile.read_header(header(0x40))
        refused = None
    except runfile.Incompatible as error:
        refused = error
    assert refused
    assert refused.flags == 0x40
    assert refused.version == runfile.FORMAT


def test_too_long_a_header_is_an_error():
    messages = [row[0] for row in codec.messages()]
    assert raises(ValueError, header, 0, 0, messages)
    out = bytearray(20)
    values = [0 if row[1] in "BHIbhi" else b"" for row in codec.fields(schema.RUN_HEADER)]
    assert raises(ValueError, runfile.header_into, values, HELD, 0, 0, out)


def test_a_block_byte_by_byte():
    # CRC-32 of its head: 0x8f2e1446; of all between marker and end: 0x881e1213
    assert block(0x01020304, b"ab", 2) == b"\xb5\x52\x02\x02\0\4\3\2\1" + b"\x46\x14" + b"ab" + b"\x13\x12\x1e\x88"


def test_blocks_come_back_in_order():
    parts = blocks(30)
    found, scan = scanned(header() + b"".join(parts), len(header()))
    at = len(header())
    expected = []
    for i, part in enumerate(parts):
        expected.append((i, at))
        at += len(part)
    assert found == expected
    assert scan.damaged == []
    assert scan.end == at


def test_payload_and_kind_come_back():
    for length in (0, 1, 255, 256, 1009, 1010, 1024, 2000, runfile.MAX_BLOCK_PAYLOAD):
        payload = noise(length, length + 1)
        scan = list(runfile.scan(Memory(block(0x3FFFFFFF, payload, runfile.EVENTS)).read))
        assert scan == [(runfile.EVENTS, 0x3FFFFFFF, 0, bytes(payload))], length


def test_too_large_a_block_is_an_error():
    out = bytearray(runfile.MAX_BLOCK_PAYLOAD + 100)
    length = runfile.MAX_BLOCK_PAYLOAD + 1
    assert raises(ValueError, runfile.block_into, 1, 0, bytes(length), length, out)
    assert raises(ValueError, runfile.block_into, 1, 0, bytes(10), 11, out)
    assert raises(ValueError, runfile.block_into, 1, 0, bytes(10), 10, bytearray(24))
    assert raises(ValueError, runfile.block_into, 1, 0, bytes(10), -1, bytearray(64))


def test_reading_in_small_pieces_changes_nothing():
    parts = blocks(12)
    data = b"".join(parts)
    whole = list(runfile.scan(Memory(data).read))
    for most in (1, 7, 64):
        memory = Memory(data)
        assert list(runfile.scan(lambda length, most=most, memory=memory: memory.read(min(length, most)))) == whole


def test_any_torn_tail_is_found():
    parts = blocks(4)
    whole = b"".join(parts)
    last = len(whole) - len(parts[-1])
    for cut in range(last, len(whole)):
        found, scan = scanned(whole[:cut])
        assert [sequence for sequence, _ in found] == [0, 1, 2]
        assert scan.end == last
        assert scan.damaged == ([(last, cut)] if cut > last else [])


def test_any_changed_byte_costs_one_block():
    parts = blocks(3)
    first = len(parts[0])
    for at in range(len(parts[1])):
        for flip in (1, 0x80, 0xFF):
            hurt = bytearray(b"".join(parts))
            hurt[first + at] ^= flip
            found, scan = scanned(bytes(hurt))
            assert [sequence for sequence, _ in found] == [0, 2], (at, flip)
            assert scan.damaged == [(first, first + len(parts[1]))]


def test_lost_and_added_bytes_cost_one_block():
    parts = blocks(3)
    first = len(parts[0])
    whole = b"".join(parts)
    for at in range(first, first + len(parts[1])):
        found, _ = scanned(whole[:at] + whole[at + 1 :])
        assert [sequence for sequence, _ in found] == [0, 2], at
        found, _ = scanned(whole[:at] + b"\x11" + whole[at:])
        # in front of the block, nothing but the added byte is lost
        assert [sequence for sequence, _ in found] == ([0, 1, 2] if at == first else [0, 2]), at


def test_markers_in_the_payload_are_no_blocks():
    payload = runfile.MARKER * 40
    parts = [block(i, payload) for i in range(3)]
    assert len(scanned(b"".join(parts))[0]) == 3
    hurt = bytearray(b"".join(parts))
    hurt[len(parts[0]) + 30] ^= 1
    found, _ = scanned(bytes(hurt))
    assert [sequence for sequence, _ in found] == [0, 2]


def test_work_is_linear_in_bytes():
    # every block damaged, in head, payload or checksum, and payloads full of markers
    for at in (3, 9, 20, -1):
        for payload in (noise(300), runfile.MARKER * 150):
            work = []
            for count in (10, 40):
                hurt = bytearray()
                for i in range(count):
                    part = bytearray(block(i, payload))
                    part[at] ^= 0x10
                    hurt += part
                _, scan = scanned(bytes(hurt))
                assert scan.work <= 3 * len(hurt), (at, scan.work, len(hurt))
                work.append(scan.work)
            assert work[1] <= 4.2 * work[0] + 5000


def test_memory_is_bounded():
    data = b"\xb5" * 30000 + b"".join(blocks(3))
    scan = runfile.scan(Memory(data).read)
    largest = 0
    iterator = iter(scan)
    for _ in iterator:
        largest = max(largest, len(scan._window))
    assert largest <= 2 * runfile.MAX_BLOCK_PAYLOAD


def test_garbage_is_not_a_block():
    found, scan = scanned(bytes(noise(20000)))
    assert found == []
    assert scan.damaged == [(0, 20000)]
    found, scan = scanned(b"")
    assert found == scan.damaged == []
