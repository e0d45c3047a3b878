"""Mutated stream of frames: every untouched frame is decoded, and no frame that was not sent.

    micropython fuzz.py FOLDER_OF_RETROWIRE MUTATIONS SEED

Runs on any Python; on MicroPython the decoder works with the heap locked. Each mutation hits a few frames in a row.
A frame counts as touched when any of its bytes, zeros included, is changed, lost or pushed apart. It may survive that
(its opening zero is spare behind another frame), so more frames than the untouched may come out, but only true ones.
"""

import sys

try:
    from micropython import heap_lock, heap_unlock
except ImportError:  # CPython

    def heap_lock():
        pass

    heap_unlock = heap_lock

_state = [1]


def below(limit):
    """Return a number from 0 to limit - 1, by xorshift."""
    x = _state[0]
    x ^= (x << 13) & 0xFFFFFFFF
    x ^= x >> 17
    x ^= (x << 5) & 0xFFFFFFFF
    _state[0] = x
    return (x >> 4) % limit


def noise(length, most=256):
    return bytes([below(most) for _ in range(length)])


class Frames:
    """A pool of frames with distinct message and sequence. `sizes`: of their payloads."""

    def __init__(self, framing, sizes):
        self.payloads = []
        self.encoded = []
        for index, size in enumerate(sizes):
            payload = noise(size, (2, 256, 256)[index % 3])
            out = bytearray(framing.frame_size(size, index % 4 == 0))
            length = framing.encode_into(index, index ^ 0xA5, payload, size, out, index % 4 == 0)
            self.payloads.append(payload)
            self.encoded.append(bytes(out[:length]))

    def segment(self):
        """Return some consecutive frames: bytes, and ``(index, start, end)`` of each."""
        data = b""
        spans = []
        for _ in range(1 + below(3)):
            index = below(len(self.encoded))
            spans.append((index, len(data), len(data) + len(self.encoded[index])))
            data += self.encoded[index]
        return data, spans


def inside(spans, start, end):
    """Return the indices of the frames wholly between `start` and `end`."""
    return [span[0] for span in spans if start <= span[1] and span[2] <= end]


def mutated(frames):
    """Return a segment with one mutation: bytes, and the indices of the untouched frames."""
    data, spans = frames.segment()
    size = len(data)
    a = below(size)
    b = min(size, a + 1 + below(1 + below(size)))
    kind = below(8)
    around = inside(spans, 0, a) + inside(spans, a + 1, size)
    if kind == 0:  # a bit
        return data[:a] + bytes([data[a] ^ (1 << below(8))]) + data[a + 1 :], around
    if kind == 1:  # a zero lost or made
        return data[:a] + bytes([0 if data[a] else 1 + below(255)]) + data[a + 1 :], around
    if kind == 2:  # overwritten
        return data[:a] + noise(b - a) + data[b:], inside(spans, 0, a) + inside(spans, b, size)
    if kind == 3:  # lost
        return data[:a] + data[b:], inside(spans, 0, a) + inside(spans, b, size)
    if kind == 4:  # added; it damages a frame that contains it
        return data[:a] + noise(1 + below(40)) + data[a:], inside(spans, 0, a) + inside(spans, a, size)
    if kind == 5:  # truncated
        return data[:a], inside(spans, 0, a)
    if kind == 6:  # repeated in part
        return data + data[a:b], inside(spans, 0, size) + inside(spans, a, b)
    other, others = frames.segment()  # spliced with another
    c = below(len(other))
    return data[:a] + other[c:], inside(spans, 0, a) + inside(others, c, len(other))


def fuzz(framing, mutations, seed, limit=600):
    """Return the counts of a run. Raises AssertionError for a missing frame, or a frame that was not sent."""
    _state[0] = seed
    frames = Frames(framing, [i * i % 61 for i in range(40)] + [200, 254, 300, 512])
    decoder = framing.Decoder(limit)
    counts = {"mutations": 0, "bytes": 0, "untouched": 0, "decoded": 0}
    keys = [0] * 400  # the decoded frames of one segment, each (message, sequence)
    right = [False] * 400
    for _ in range(mutations):
        data, untouched = mutated(frames)
        heap_lock()
        found = pushed(decoder, data, frames.payloads, keys, right, counts)
        heap_unlock()
        counts["mutations"] += 1
        counts["untouched"] += len(untouched)
        assert all(right[:found]), (counts, data)
        assert contains(keys[:found], untouched), (counts, keys[:found], untouched, data)
    counts["damaged"] = decoder.damaged
    counts["oversize"] = decoder.oversize
    counts["buffer"] = len(decoder.payload)
    return counts


def pushed(decoder, data, payloads, keys, right, counts):
    """Push all bytes. Note each decoded frame and whether it was sent. Allocates nothing."""
    found = 0
    for byte in data:
        if decoder.push(byte):
            key = decoder.message
            keys[found] = key
            right[found] = same(decoder, payloads[key] if key < len(payloads) else b"?")
            found += 1
    counts["bytes"] += len(data)
    counts["decoded"] += found
    return found


def same(decoder, payload):
    if decoder.length != len(payload) or decoder.sequence != decoder.message ^ 0xA5:
        return False
    differs = 0
    for i in range(decoder.length):
        differs |= decoder.payload[i] ^ payload[i]
    return differs == 0


def contains(found, wanted):
    """Return True if all `wanted` are in `found`, in this order."""
    at = 0
    for key in found:
        if at < len(wanted) and key == wanted[at]:
            at += 1
    return at == len(wanted)


class Counting:
    """The kernels with a count of the checksummed bytes: the work of a decoder without one step per byte."""

    def __init__(self, kernels):
        self.checked = 0
        for name in dir(kernels):
            if name != "crc_ok" and not name.startswith("__"):
                setattr(self, name, getattr(kernels, name))
        self._crc_ok = kernels.crc_ok

    def crc_ok(self, head, buf, end):
        self.checked += end + 2
        return self._crc_ok(head, buf, end)


def main(folder, mutations, seed):
    sys.path.append(folder)
    from retrowire import framing

    framing.kernels = Counting(framing.kernels)
    counts = fuzz(framing, mutations, seed)
    counts["checked"] = framing.kernels.checked
    for name in sorted(counts):
        print(name, counts[name])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
