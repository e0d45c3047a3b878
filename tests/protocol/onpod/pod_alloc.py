"""A stride allocates nothing, from its values to its frame and its block, and back."""

import micropython

from retrowire import codec, framing, runfile, schema

STRIDE = [3 if row[1] in "BHIbhi" else b"" for row in codec.fields(schema.STRIDE)]
HELLO = [3 if row[1] in "BHIbhi" else b"short" for row in codec.fields(schema.HELLO)]
DATA = [1, 2, bytearray(507)]
payload = bytearray(600)
frame = bytearray(framing.MAX_POD_FRAME)
block = bytearray(800)
decoder = framing.Decoder(framing.MAX_POD_FRAME)


def locked(call, argument):
    """Call it once, because first calls may allocate, then with the heap locked: an allocation raises MemoryError."""
    call(argument)
    micropython.heap_lock()
    try:
        return call(argument)
    finally:
        micropython.heap_unlock()


def pack_stride(values):
    return codec.pack_into(schema.STRIDE, values, payload, 0)


def test_packing_a_stride():
    assert locked(pack_stride, STRIDE) == codec.size(schema.STRIDE)


def test_packing_numbers_that_do_not_fit():
    values = list(STRIDE)
    for i, row in enumerate(codec.fields(schema.STRIDE)):
        values[i] = -70000 if i & 1 else 70000
    locked(pack_stride, values)


def test_packing_what_is_not_known():
    values = list(STRIDE)
    for i, row in enumerate(codec.fields(schema.STRIDE)):
        values[i] = codec.none(row[1]) if row[2] else 0
    locked(pack_stride, values)


def pack_hello(values):
    return codec.pack_into(schema.HELLO, values, payload, 0)


def test_packing_texts():
    assert locked(pack_hello, HELLO) == codec.size(schema.HELLO)


def pack_data(values):
    return codec.pack_into(schema.RUN_DATA, values, payload, 0)


def test_packing_bulk():
    assert locked(pack_data, DATA) == 512


def test_the_lock_works():
    try:
        locked(bytearray, 100)
    except MemoryError:
        return
    raise AssertionError("allocated under the lock")


def encode(length):
    return framing.encode_into(schema.STRIDE, 255, payload, length, frame)


def test_a_frame():
    for i in range(600):
        payload[i] = (i * 37) & 0xFF
    for length in (0, 50, 254, 512):
        assert locked(encode, length)


def decode(length):
    frames = 0
    for i in range(length):
        if decoder.push(frame[i]):
            frames += 1
    return frames


def test_frames_good_and_damaged():
    length = encode(300)
    assert locked(decode, length) == 1
    frame[100] ^= 1
    assert locked(decode, length) == 0
    for i in range(framing.MAX_POD_FRAME):
        frame[i] = 1
    assert locked(decode, framing.MAX_POD_FRAME) == 0
    assert decoder.oversize


def drop(_):
    decoder.push(5)
    decoder.drop()
    return decoder.inside


def test_dropping():
    assert locked(drop, 0) is False


def make_block(length):
    return runfile.block_into(runfile.STRIDES, 0x3FFFFFFF, payload, length, block)


def test_a_block():
    for length in (0, 50, 600):
        assert locked(make_block, length) == length + runfile.BLOCK_AROUND
