"""A stream from a pod: a lease that is renewed while somebody listens, and an honest account of what was lost."""

import contextlib
import threading
import time
from collections.abc import Iterator
from queue import Empty, Queue
from typing import NamedTuple

from retropod import wire
from retropod.connection import Connection
from retropod.errors import RetropodError
from retropod.refusals import NoAnswer, PodRefused
from retropod.roundtrip import Patience

LEASE_S = 5.0
RENEW_S = 2.0
_SILENT_S = 6.0  # the lease has run out, and two renewals in a row, each asked four times, found nobody
_LEAVE = Patience(total_s=1.0)  # the pod drops the lease after 5 s in any case: the user does not wait for that
_QUEUE = 20_000  # messages; at 416 raw samples per second that is minutes of a reader that stands still


class Gap(NamedTuple):
    """Frames that were sent and did not arrive, or arrived and found no room (`here`)."""

    frames: int
    here: bool = False


class Restarted(NamedTuple):
    """The pod's clock went back: it has started anew."""

    uptime_s: float


Item = wire.Message | Gap | Restarted


class Stream:
    """Iterate over what the pod streams. Use as a context manager: leaving it ends the lease."""

    def __init__(
        self, connection: Connection, what: tuple[str, ...], lease_s: float = LEASE_S, renew_s: float = RENEW_S
    ) -> None:
        self._connection, self._what, self._lease_s, self._renew_s = connection, what, lease_s, renew_s
        self._items: Queue[Item | RetropodError] = Queue(_QUEUE)
        self._stop = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="retropod-lease", daemon=True)
        self._uptime_s = 0.0
        self._unread = 0

    def __enter__(self) -> "Stream":
        self._connection.listen(self)
        try:
            self._renew()
        except BaseException:
            self._connection.unlisten(self)
            raise
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._keeper.join(3.0)
        self._connection.unlisten(self)
        with contextlib.suppress(RetropodError):  # a pod that does not answer drops the lease by itself
            self._connection.ask("stream", _LEAVE, what=self._what, lease_ms=0.0)

    def __iter__(self) -> Iterator[Item]:
        while True:
            item = self.next(None)
            if item is not None:
                yield item

    def next(self, timeout_s: float | None) -> Item | None:
        """The next item, None when none comes in time. Raises what ended the stream."""
        if self._unread:
            lost, self._unread = self._unread, 0
            return Gap(lost, here=True)
        try:
            # a bounded wait keeps Ctrl-C alive on platforms where a queue's wait cannot be interrupted
            item = self._items.get(timeout=0.5 if timeout_s is None else timeout_s)
        except Empty:
            return None
        if isinstance(item, RetropodError):
            raise item
        return item

    def message(self, message: wire.Message) -> None:
        """From the reader's thread: keep it, and notice a clock that went back."""
        uptime = message.seconds("uptime") if "uptime_ms" in message.values else None
        if uptime is not None:
            if uptime < self._uptime_s - 1.0:
                self._put(Restarted(uptime))
            self._uptime_s = uptime
        self._put(message)

    def gap(self, frames_lost: int) -> None:
        """From the reader's thread: frames are missing."""
        self._put(Gap(frames_lost))

    def lost(self, error: RetropodError) -> None:
        """From the reader's thread: the port is gone."""
        self._put(error)

    def _put(self, item: Item | RetropodError) -> None:
        if self._items.full():
            self._unread += 1
        else:
            self._items.put_nowait(item)

    def _renew(self) -> None:
        self._connection.ask("stream", what=self._what, lease_ms=self._lease_s)

    def _keep(self) -> None:
        """Renewing is subscribing: a pod that has restarted streams again after the next renewal."""
        answered = time.monotonic()
        while not self._stop.wait(self._renew_s):
            try:
                self._renew()
                answered = time.monotonic()
            except PodRefused:
                continue  # busy: the lease lasts for one more try
            except NoAnswer as silence:
                if time.monotonic() - answered > _SILENT_S:
                    self._put(silence)
                    return
            except RetropodError as error:
                self._put(error)
                return
