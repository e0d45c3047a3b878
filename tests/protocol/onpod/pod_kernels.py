"""The viper kernels give the same bytes as plain Python, and access nothing outside their range."""

from retrowire import _kernels, _plain, framing


def noise(length, seed, most):
    data = bytearray(length)
    for i in range(length):
        seed = (seed * 1021 + 12345) & 0xFFFFF
        data[i] = (seed >> 8) % (most + 1)
    return data


def both(call):
    """Return the results of `call` on equal buffers with both modules."""
    results = []
    for kernels in (_kernels, _plain):
        results.append(call(kernels))
    return results[0] == results[1]


def test_viper_is_what_is_used():
    assert framing.kernels is _kernels


def test_crc():
    for length in list(range(70)) + [254, 255, 256, 511, 4096]:
        for most in (0, 1, 255):

            def call(kernels, length=length, most=most):
                buf = noise(length + 12, length + most, most)
                kernels.crc_into(buf, 3, 3 + length)
                return bytes(buf)

            assert both(call), (length, most)


def test_crc_check():
    for length in list(range(30)) + [300]:
        buf = noise(length + 8, length, 255)
        head = buf[0] | buf[1] << 8
        _plain.crc_into(buf, 0, length + 2)
        for at in range(length + 6):
            rest = bytearray(buf[2:])
            assert _kernels.crc_ok(head, rest, length) == _plain.crc_ok(head, rest, length) == 1
            if at >= 2:
                rest[at - 2] ^= 0x80
                assert _kernels.crc_ok(head, rest, length) == _plain.crc_ok(head, rest, length) == 0


def test_stuffing():
    for length in list(range(40)) + list(range(250, 260)) + list(range(505, 515)):
        for most in (0, 1, 255):

            def call(kernels, length=length, most=most):
                buf = noise(length + 20, length + most, most)
                start = 4 + 1 + length // 254
                end = kernels.stuff_into(buf, 4, start, start + length)
                return end, bytes(buf)

            assert both(call), (length, most)


def test_copying():
    def call(kernels):
        out = bytearray(50)
        kernels.copy_into(out, 7, b"0123456789", 6)
        kernels.copy_into(out, 30, bytearray(b"abc"), 0)
        return bytes(out)

    assert both(call)


def test_taking_bytes():
    for limit in (8, 40, 300, 600):
        for most in (1, 3, 255):

            def call(kernels, limit=limit, most=most):
                state = bytearray(kernels.TAKE_STATE)
                state[2 * kernels.LIMIT] = limit & 0xFF
                state[2 * kernels.LIMIT + 1] = limit >> 8
                state[2 * kernels.FULL] = 1
                payload = bytearray(limit)
                trace = []
                for byte in noise(2000, limit + most, most):
                    trace.append((kernels.take(state, payload, byte), bytes(state)))
                    if byte == 0:
                        for i in range(2 * kernels.LIMIT):
                            state[i] = 0
                        state[2 * kernels.FULL] = 1
                return trace, bytes(payload)

            assert both(call), (limit, most)
