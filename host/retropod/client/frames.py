"""Frames on a byte stream, host side: splits the stream of a pod, builds the frames of a host.

A frame is `COBS(id, sequence, payload, CRC-32 LE)` between 0x00. Damage costs the frame that it hits and no other.
"""

import zlib
from typing import NamedTuple

from cobs import cobs

from retropod.errors import UsageError
from retrowire.framing import MAX_HOST_FRAME, MAX_POD_FRAME

_OVERHEAD = 6  # id, sequence, CRC-32


class Frame(NamedTuple):
    """One whole frame. `lost`: frames missing before it, by its sequence number (0..255, so modulo 256)."""

    id: int
    sequence: int
    payload: bytes
    lost: int


class Splitter:
    """Splitter of bytes, in any portions, into frames. Memory stays below one frame plus the bytes fed at once."""

    def __init__(self) -> None:
        self.bytes = 0
        self.frames = 0
        self.damaged = 0
        self.lost = 0
        self.garbage = b""  # the last undecodable bytes
        self._tail = b""
        self._skipping = False
        self._sequence: int | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that end in `data`, in order. Never raises, for any content."""
        self.bytes += len(data)
        *ended, tail = (self._tail + data).split(b"\0")
        frames: list[Frame] = []
        for part in ended:
            skip, self._skipping = self._skipping, False
            if part and not skip:
                self._take(part, frames)
        self._keep(tail)
        return frames

    @property
    def text(self) -> bytes:
        """The last bytes that belong to no frame, and the bytes of an unfinished frame."""
        return self.garbage + self._tail

    def forget(self) -> None:
        """Drop the bytes of `text` and begin a new frame."""
        self.garbage = self._tail = b""
        self._skipping = False

    def _keep(self, tail: bytes) -> None:
        """Store an unfinished frame until its end arrives. Reject it when it exceeds the largest size of a frame."""
        if self._skipping or len(tail) > MAX_POD_FRAME:
            if not self._skipping:
                self._reject(tail)
            self._skipping, tail = True, b""
        self._tail = tail

    def _take(self, part: bytes, frames: list[Frame]) -> None:
        body = _checked(part)
        if body is None:
            self._reject(part)
            return
        number, sequence = body[0], body[1]
        lost = 0 if self._sequence is None else (sequence - self._sequence - 1) & 0xFF
        self._sequence = sequence
        self.lost += lost
        self.frames += 1
        frames.append(Frame(number, sequence, body[2:-4], lost))

    def _reject(self, part: bytes) -> None:
        self.damaged += 1
        self.garbage = (self.garbage + part)[-256:]


def _checked(part: bytes) -> bytes | None:
    if len(part) > MAX_POD_FRAME:
        return None
    try:
        body = cobs.decode(part)
    except cobs.DecodeError:
        return None
    if len(body) < _OVERHEAD or zlib.crc32(body[:-4]) != int.from_bytes(body[-4:], "little"):
        return None
    return body


def build(number: int, sequence: int, payload: bytes, limit: int = MAX_HOST_FRAME) -> bytes:
    """Return a frame of a host. It starts with two 0x00, so that one lost byte cannot join it to earlier bytes.

    Raises UsageError if the frame would exceed `limit` bytes.
    """
    body = bytes((number, sequence)) + payload
    frame = b"\0\0" + cobs.encode(body + zlib.crc32(body).to_bytes(4, "little")) + b"\0"
    if len(frame) > limit:
        raise UsageError(f"the request is {len(frame) - limit} bytes too long for the pod", "shorten the text")
    return frame
