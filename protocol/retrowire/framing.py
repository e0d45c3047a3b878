"""Frames on a stream of bytes: COBS between zeros, with message, sequence, payload and CRC-32.

A zero opens and closes every frame and occurs nowhere else. A damaged frame therefore costs exactly that frame: one
count, and decoding continues at the next zero. The opening zero ends earlier bytes: text of the REPL, or a frame
without its closing zero.
"""

try:
    from retrowire import _kernels as kernels
except (ImportError, SyntaxError):  # CPython; a MicroPython without the viper emitter
    from retrowire import _plain as kernels

MAX_POD_FRAME = 576
MAX_HOST_FRAME = 64  # with its two opening zeros; all sizes here include the zeros
MAX_PAYLOAD = 512  # of a pod's frame: 507 bytes of a run, and 5 bytes for request and offset
MAX_HOST_PAYLOAD = 54  # of a host's frame
# Message, sequence and CRC around the payload.
_AROUND = 6


def frame_size(length, doubled=False):
    """Return the largest wire size of a frame with `length` bytes of payload, zeros included."""
    inner = length + _AROUND
    return inner + inner // 254 + (4 if doubled else 3)


def encode_into(message, sequence, payload, length, out, doubled=False):
    """Write one frame that carries ``payload[:length]`` to the start of `out`; return its length.

    `doubled` opens it with two zeros, as a host must, because the pod's input may lose one. Raises ValueError if `out`
    is smaller than `frame_size`. Allocates nothing.
    """
    if not 0 <= length <= len(payload) or frame_size(length, doubled) > len(out):
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
    """Decodes frames from a stream, byte by byte, in a buffer of fixed size. Allocates nothing.

    After a `push` that returned True, `message`, `sequence` and ``payload[:length]`` are the frame that has just ended.
    Later frames overwrite the payload.
    """

    def __init__(self, limit):
        """`limit`: largest size of a frame without opening zeros. Longer frames are skipped and counted."""
        self.message = 0
        self.sequence = 0
        self.payload = bytearray(limit)
        self.length = 0
        self.damaged = 0
        self.oversize = 0
        self._state = bytearray(kernels.TAKE_STATE)
        self._state[2 * kernels.LIMIT] = limit & 0xFF
        self._state[2 * kernels.LIMIT + 1] = limit >> 8
        self._reset()

    def _slot(self, slot):
        return self._state[2 * slot] | self._state[2 * slot + 1] << 8

    def _reset(self):
        for i in range(2 * kernels.LIMIT):
            self._state[i] = 0
        self._state[2 * kernels.FULL] = 1

    @property
    def inside(self):
        """Return True inside a frame."""
        return self._slot(kernels.SEEN) > 0

    def drop(self):
        """Drop and count the unfinished frame, if any. Call this after a time without input."""
        if self.inside:
            if not self._too_long():
                self.damaged += 1
            self._reset()

    def push(self, byte):
        """Take one byte (0..255). Return True if it ends a complete, undamaged frame."""
        event = kernels.take(self._state, self.payload, byte)
        if event == 0:
            return False
        if event == kernels.TOO_LONG:
            self.oversize += 1
            return False
        return self._finish()

    def _too_long(self):
        return self._slot(kernels.SEEN) >= self._slot(kernels.LIMIT)

    def _finish(self):
        length = self._slot(kernels.GOT) - _AROUND
        whole = self._slot(kernels.LEFT) == 0 and length >= 0 and not self._too_long()
        if whole and kernels.crc_ok(self._slot(kernels.HEAD), self.payload, length):
            self.message = self._state[2 * kernels.HEAD]
            self.sequence = self._state[2 * kernels.HEAD + 1]
            self.length = length
        else:
            whole = False
            if not self._too_long():
                self.damaged += 1
        self._reset()
        return whole
