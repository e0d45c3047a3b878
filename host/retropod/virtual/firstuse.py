"""Detection of the first request of a host that needs motion: a stream, a recording or a mount check."""

import threading

from retropod.client import wire
from retropod.client.frames import Frame, Splitter
from retropod.client.messages import MountDoMessage, RecordMessage, StreamMessage
from retropod.client.wire import WireError


class FirstUse:
    """`take` receives the bytes of the host. `seen` is set at the first request of this kind."""

    def __init__(self) -> None:
        self.seen = threading.Event()
        self._splitter = Splitter()

    def take(self, data: bytes) -> None:
        """Read the bytes of the host, in any portions, until the request has arrived."""
        if data and not self.seen.is_set() and any(_needs_motion(frame) for frame in self._splitter.feed(data)):
            self.seen.set()

    def rearm(self) -> None:
        """Ignore the requests so far: wait for the next one."""
        self._splitter = Splitter()  # The bytes since the last request were not read.
        self.seen.clear()


def _needs_motion(frame: Frame) -> bool:
    try:
        request = wire.decode(frame.id, frame.payload)
    except (WireError, KeyError):
        return False
    if isinstance(request, StreamMessage):
        return bool(request.what)
    if isinstance(request, RecordMessage):
        return request.action == "start"
    return isinstance(request, MountDoMessage) and request.action == "learn"
