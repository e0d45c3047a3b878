"""Runs under pytest and on MicroPython: functions with assert that import only the tested modules."""

from retrowire import framing


def noise(length, seed=1, most=0xFF):
    """Return pseudo-random bytes. A small `most` gives many zeros."""
    data = bytearray(length)
    for i in range(length):
        seed = (seed * 1021 + 12345) & 0xFFFFF
        data[i] = (seed >> 8) % (most + 1)
    return data


def frame(message, sequence, payload, doubled=False):
    out = bytearray(framing.frame_size(len(payload), doubled))
    return bytes(out[: framing.encode_into(message, sequence, payload, len(payload), out, doubled)])


def decoded(data, limit=framing.MAX_POD_FRAME):
    """Return (frames, decoder) after all of `data`."""
    decoder = framing.Decoder(limit)
    frames = []
    for byte in data:
        if decoder.push(byte):
            frames.append((decoder.message, decoder.sequence, bytes(decoder.payload[: decoder.length])))
    return frames, decoder


def raises(error, call, *arguments):
    try:
        call(*arguments)
    except error:
        return True
    return False


GOOD = frame(0x22, 200, b"whole")


def test_a_frame_byte_by_byte():
    # COBS of 01 02 'A' 00 'B' and the CRC-32 of these, 0xb8c1d16d
    assert frame(1, 2, b"A\0B") == b"\x00\x04\x01\x02A\x06B\x6d\xd1\xc1\xb8\x00"


def test_every_length_comes_back():
    for length in list(range(20)) + list(range(240, 264)) + list(range(496, 520)):
        for most in (0, 1, 0xFF):
            payload = noise(length, length + 1, most)
            for doubled in (False, True):
                data = frame(0x20, length & 0xFF, payload, doubled)
                assert 0 not in data[2 if doubled else 1 : -1]
                assert data[-1] == 0
                frames, decoder = decoded(data)
                assert frames == [(0x20, length & 0xFF, bytes(payload))]
                assert decoder.damaged == decoder.oversize == 0


def test_size_is_never_exceeded():
    for length in (0, 1, 247, 248, 249, 502, 503, 512):
        for most in (0, 0xFF):
            for doubled in (False, True):
                assert len(frame(1, 1, noise(length, 7, most), doubled)) <= framing.frame_size(length, doubled)
                ones = b"\1" * length
                assert len(frame(1, 1, ones, doubled)) <= framing.frame_size(length, doubled)


def test_limits_hold_what_they_say():
    assert framing.frame_size(framing.MAX_PAYLOAD) <= framing.MAX_POD_FRAME
    assert framing.frame_size(framing.MAX_HOST_PAYLOAD, True) == framing.MAX_HOST_FRAME
    frames, decoder = decoded(frame(3, 4, b"\1" * framing.MAX_HOST_PAYLOAD, True), framing.MAX_HOST_FRAME)
    assert len(frames) == 1
    assert decoder.oversize == 0


def test_doubled_opens_with_two_zeros():
    assert frame(1, 2, b"x", True) == b"\0" + frame(1, 2, b"x")


def test_sequence_is_a_byte():
    assert frame(1, 0x1FE, b"")[1:] == frame(1, 0xFE, b"")[1:]


def test_only_the_first_bytes_of_a_buffer_are_sent():
    out = bytearray(64)
    length = framing.encode_into(5, 6, b"abcdef", 3, out)
    assert bytes(out[:length]) == frame(5, 6, b"abc")


def test_too_small_a_buffer_is_an_error_and_stays_as_it_was():
    for size in range(framing.frame_size(10)):
        out = bytearray(size)
        assert raises(ValueError, framing.encode_into, 1, 1, bytes(10), 10, out)
        assert bytes(out) == bytes(size)
    assert raises(ValueError, framing.encode_into, 1, 1, bytes(10), 11, bytearray(64))
    assert raises(ValueError, framing.encode_into, 1, 1, bytes(10), -1, bytearray(64))


def test_zeros_between_frames_are_nothing():
    frames, decoder = decoded(b"\0\0\0" + GOOD + b"\0\0" + GOOD + b"\0")
    assert len(frames) == 2
    assert decoder.damaged == 0
    assert not decoder.inside


def test_any_changed_byte_costs_one_frame():
    data = frame(0x20, 1, noise(30))
    for at in range(1, len(data) - 1):
        for flip in (1, 0x80, 0xFF, data[at]):
            hurt = bytearray(data)
            hurt[at] ^= flip
            frames, decoder = decoded(bytes(hurt) + GOOD)
            assert frames == [(0x22, 200, b"whole")], (at, flip)
            assert decoder.damaged >= 1


def test_a_lost_edge_costs_no_neighbour():
    data = frame(0x20, 1, b"first")
    for hurt in (data[:-1], data[:-1] + b"\7", data + GOOD[1:], data[:-1] + b"garbage"):
        frames, _ = decoded(hurt + GOOD)
        assert frames[-1] == (0x22, 200, b"whole"), hurt


def test_any_lost_byte_costs_one_frame():
    data = frame(0x20, 1, noise(30))
    for at in range(1, len(data) - 1):
        frames, decoder = decoded(data[:at] + data[at + 1 :] + GOOD)
        assert frames == [(0x22, 200, b"whole")], at
        assert decoder.damaged == 1


def test_any_added_byte_costs_one_frame():
    data = frame(0x20, 1, noise(30))
    for at in range(2, len(data) - 1):
        for byte in (0, 1, 0x55, 0xFF):
            frames, decoder = decoded(data[:at] + bytes([byte]) + data[at:] + GOOD)
            assert frames == [(0x22, 200, b"whole")], (at, byte)
            assert decoder.damaged >= 1


def test_any_cut_costs_one_frame():
    data = frame(0x20, 1, noise(30))
    for at in range(2, len(data)):
        frames, decoder = decoded(data[:at] + GOOD)
        assert frames[-1] == (0x22, 200, b"whole"), at
        assert len(frames) + decoder.damaged == 2


def test_text_on_the_line_costs_no_frame():
    frames, decoder = decoded(b"MPY: soft reboot\r\n>>> " + GOOD)
    assert frames == [(0x22, 200, b"whole")]
    assert decoder.damaged == 1


def test_short_and_incomplete_frames_are_damaged():
    for data in (b"\1", b"\2a", b"\6abcde", b"\xff" + b"a" * 100, b"\4abc\2a"):
        frames, decoder = decoded(data + b"\0" + GOOD)
        assert frames == [(0x22, 200, b"whole")], data
        assert decoder.damaged == 1


def test_too_long_is_counted_once_and_skipped():
    for length in (64, 65, 66, 1000):
        frames, decoder = decoded(b"\0" + b"\x05" * length + GOOD, 64)
        assert frames == [(0x22, 200, b"whole")], length
        assert decoder.oversize == 1
        assert decoder.damaged == 0
        assert len(decoder.payload) == 64


def test_the_limit_counts_the_closing_zero():
    payload = b"\1" * 55
    data = frame(1, 1, payload)  # one zero, 62 bytes, one zero
    assert len(data) == 64
    assert len(decoded(data, 63)[0]) == 1
    frames, decoder = decoded(data, 62)
    assert frames == []
    assert decoder.oversize == 1


def test_an_unfinished_frame_can_be_dropped():
    for at in range(2, len(GOOD)):
        decoder = framing.Decoder(64)
        for byte in GOOD[:at]:
            decoder.push(byte)
        assert decoder.inside
        decoder.drop()
        assert not decoder.inside
        assert decoder.damaged == 1
        assert [decoder.push(byte) for byte in GOOD][-1]
    decoder.drop()
    assert decoder.damaged == 1


def test_dropping_too_long_a_frame_counts_it_once():
    decoder = framing.Decoder(8)
    for _ in range(50):
        decoder.push(9)
    assert decoder.inside
    decoder.drop()
    assert decoder.oversize == 1
    assert decoder.damaged == 0
    assert not decoder.inside


def test_every_byte_value_in_payload_and_head():
    for value in range(256):
        payload = bytes([value]) * 3
        assert decoded(frame(value, value, payload))[0] == [(value, value, payload)]


def test_crc_is_the_common_one():
    buf = bytearray(b"123456789....")
    framing.kernels.crc_into(buf, 0, 9)
    assert bytes(buf[9:]) == b"\x26\x39\xf4\xcb"
    for length in range(40):
        data = noise(length + 2, length + 3)
        buf = bytearray(data + bytes(4))
        framing.kernels.crc_into(buf, 0, length + 2)
        head = buf[0] | buf[1] << 8
        rest = buf[2:]
        assert framing.kernels.crc_ok(head, rest, length) == 1
        for at in range(4):
            rest[length + at] ^= 0x10
            assert framing.kernels.crc_ok(head, rest, length) == 0
            rest[length + at] ^= 0x10
