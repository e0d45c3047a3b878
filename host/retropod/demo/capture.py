"""Playback of the demo from the stored bytes of a virtual pod, for machines that cannot run one."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from retropod.client import frames, wire
from retropod.client.connection import Transport
from retropod.client.messages import EventMessage, HelloMessage, StatusMessage, StrideMessage
from retropod.client.stream import Gap, Item
from retropod.insight.stride import Stride
from retrowire import schema

FILE = Path(__file__).with_name("capture.bin")
TRUTH = Path(__file__).with_name("capture.csv")


def decoded(content: bytes) -> Iterator[Item]:
    """Decode a capture: yield whole frames as messages and missing ones as gaps. Hello gives the protocol version."""
    minor = 0
    for frame in frames.Splitter().feed(content):
        if frame.lost:
            yield Gap(frame.lost)
        if frame.id in wire.layouts(minor):
            message = wire.decode(frame.id, frame.payload, minor)
            if isinstance(message, HelloMessage):
                minor = min(message.minor, schema.PROTOCOL_MINOR)
            yield message


def rate_hz(content: bytes) -> float:
    """Return the sample rate that the pod measured, in Hz, from its status. 0 if the capture lacks it."""
    for item in decoded(content):
        if isinstance(item, StatusMessage) and item.rate_mhz:
            return item.rate_mhz
    return 0.0


class Player:
    """Replacement of `client.stream.Stream`: plays the strides and events of a capture.

    `speed`: factor to real time. None: without waiting.
    """

    def __init__(self, content: bytes, speed: float | None) -> None:
        self.ended = False
        self._items = (item for item in decoded(content) if isinstance(item, Gap) or _is_streamed(item))
        self._waiting = next(self._items, None)
        self._speed, self._began = speed, time.monotonic()
        self._first_s: float | None = None

    def next(self, timeout_s: float | None) -> Item | None:
        """Return the next item at its time, or None if that is more than `timeout_s` away or the capture has ended."""
        if self._waiting is None:
            self.ended = True
            return None
        wait = self._wait_s(self._waiting)
        if timeout_s is not None and wait > timeout_s:
            time.sleep(timeout_s)
            return None
        time.sleep(wait)
        item, self._waiting = self._waiting, next(self._items, None)
        return item

    def _wait_s(self, item: Item) -> float:
        if self._speed is None or not isinstance(item, StrideMessage):
            return 0.0
        ended = Stride.of(item).end_s
        self._first_s = ended if self._first_s is None else self._first_s
        return max(0.0, (ended - self._first_s) / self._speed - (time.monotonic() - self._began))


def _is_streamed(item: Any) -> bool:
    return isinstance(item, StrideMessage | EventMessage)


class Tap:
    """A transport that forwards to another one and stores the received bytes in `taken`."""

    def __init__(self, inner: Transport) -> None:
        self.url = inner.url
        self.taken = bytearray()
        self._inner = inner
        self.write, self.close = inner.write, inner.close

    def start(self, on_bytes: Callable[[bytes], None], on_lost: Callable[..., None]) -> None:
        """Start to read and to store."""

        def keep(data: bytes) -> None:
            self.taken += data
            on_bytes(data)

        self._inner.start(keep, on_lost)
