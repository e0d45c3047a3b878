"""Frames on a stream of bytes: COBS between zeros; inside message, sequence, payload, CRC-32.

A zero opens and closes every frame and stands nowhere else, so a damaged frame costs exactly that
frame: one count, and the next zero begins anew. The opening one is for what went before: text of the
REPL, or a frame whose closing zero was lost.
"""

try:
    from retrowire import _kernels as kernels
except (ImportError, SyntaxError):  # CPython; a MicroPython without the viper emitter
    from retrowire import _plain as kernels

MAX_POD_FRAME = 576
MAX_HOST_FRAME = 64  # with its two opening zeros, as all sizes here count all zeros
MAX_PAYLOAD = 512  # of a pod's frame: 507 bytes of a run and the 5 that say which
MAX_HOST_PAYLOAD = 54  # what a host's frame has room for
# Message, sequence and CRC around the payload.
_AROUND = 6


def frame_size(length, doubled=False):
    """Most bytes that a frame with `length` bytes of payload can take on the wire, zeros included."""
    inner = length + _AROUND
    return inner + inner // 254 + (4 if doubled else 3)


def encode_into(message, sequence, payload, length, out, doubled=False):
    """Write one frame that carries ``payload[:length]`` to the start of `out`; return its length.

    `doubled` opens it with two zeros, as a host must: the pod's input may lose one.
    `out` needs `frame_size` bytes, else ValueError. Allocates nothing.
    """
    if length > len(payload) or frame_size(length, doubled) > len(out):
        raise ValueError("frame too large")
    out[0] = 0
    at = 1
    if doubled:
        out[1] = 0
        at = 2
    start = at + 1 + (length + _AROUND) // 254
    out[start] = message
    out[start + 1] = sequence & 0xFF
    end = start + 2 + length
    kernels.copy_into(out, start + 2, payload, length)
    kernels.crc_into(out, start, end)
    end = kernels.stuff_into(out, at, start, end + 4)
    out[end] = 0
    return end + 1


class Decoder:
    """Frames out of a stream, byte by byte, in a buffer of fixed size. Allocates nothing.

    After a `push` that returned True, `message`, `sequence` and ``payload[:length]`` are the frame
    that has just ended; the next `push` may overwrite them.
    """

    def __init__(self, limit):
        """`limit`: most bytes of a frame, opening zeros aside; what is longer is skipped and counted."""
        self.message = 0
        self.sequence = 0
        self.payload = bytearray(limit)
        self.length = 0
        self.damaged = 0
        self.oversize = 0
        self._limit = limit
        self._reset()

    def _reset(self):
        self._seen = 0  # bytes of this frame so far
        self._left = 0  # bytes until the next COBS code
        self._full = True  # the last code stood for no zero
        self._got = -2  # decoded bytes, the first two of which are not payload

    @property
    def inside(self):
        """Whether a frame has begun and not ended."""
        return self._seen > 0

    def drop(self):
        """Forget the unfinished frame, if any, and count it: nothing came for too long."""
        if self._seen > 0:
            if self._seen < self._limit:
                self.damaged += 1
            self._reset()

    def push(self, byte):
        """Take one byte (0..255). True when a whole and undamaged frame has ended with it."""
        if byte == 0:
            return self._seen > 0 and self._finish()
        if self._seen >= self._limit - 1:
            if self._seen < self._limit:
                self._seen = self._limit
                self.oversize += 1
            return False
        self._seen += 1
        if self._left:
            self._left -= 1
            self._put(byte)
        else:
            if not self._full:
                self._put(0)
            self._left = byte - 1
            self._full = byte == 0xFF
        return False

    def _put(self, byte):
        if self._got >= 0:
            self.payload[self._got] = byte
        elif self._got == -2:
            self.message = byte
        else:
            self.sequence = byte
        self._got += 1

    def _finish(self):
        length = self._got - 4
        whole = self._left == 0 and length >= 0 and self._seen < self._limit
        if whole and kernels.crc_ok(self.message | self.sequence << 8, self.payload, length):
            self.length = length
            self._reset()
            return True
        if self._seen < self._limit:
            self.damaged += 1
        self._reset()
        return False
