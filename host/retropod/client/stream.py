"""A stream from a pod: a lease that is renewed while somebody listens, and an honest account of what was lost."""

import contextlib
import threading
import time
from collections.abc import Iterator
from queue import Empty, Queue
from typing import NamedTuple

from retropod.client import wire
from retropod.client.connection import Connection
from retropod.client.refusals import NoAnswer, PodRefused
from retropod.client.roundtrip import Patience
from retropod.errors import RetropodError

LEASE_S = 5.0
RENEW_S = 2.0
_SILENT_S = 6.0  # the lease has run out, and a renewal with its repeats got no answer
# A renewal goes to the boot whose count was just read. It is sent once: a repeat could reach the next boot.
_FIRST, _ONCE = Patience(), Patience(attempts=1)
_LEAVE = Patience(total_s=1.0)  # the pod drops the lease after 5 s in any case: the user does not wait for that
_BOOT_SINCE = 1  # minor of the protocol in which `time` carries the boot count
_QUEUE = 20_000  # messages; at 416 raw samples per second that is minutes of a reader that stands still


class Gap(NamedTuple):
    """Frames that were sent and did not arrive, or arrived and found no room (`here`)."""

    frames: int
    here: bool = False


class Restarted(NamedTuple):
    """The pod has started again: its boot count changed. `uptime_s` is its uptime when this was noticed."""

    uptime_s: float


Item = wire.Message | Gap | Restarted


class Stream:
    """Iterate over what the pod streams. Use as a context manager: leaving it ends the lease."""

    def __init__(
        self,
        connection: Connection,
        what: tuple[str, ...],
        lease_s: float = LEASE_S,
        renew_s: float = RENEW_S,
        boot: int | None = None,
    ) -> None:
        """`boot`: the pod's boot count, as its greeting gave it; None: the count at the first renewal."""
        self._connection, self._what, self._lease_s, self._renew_s = connection, what, lease_s, renew_s
        self._items: Queue[Item | RetropodError] = Queue(_QUEUE)
        self._stop = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="retropod-lease", daemon=True)
        self._boot = boot
        self._unread = 0

    def __enter__(self) -> "Stream":
        self._connection.listen(self)
        try:
            self._subscribe()
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
        """From the reader's thread: store it."""
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

    def _subscribe(self, patience: Patience = _FIRST) -> None:
        self._connection.ask("stream", patience, what=self._what, lease_ms=self._lease_s)

    def _renew(self) -> None:
        """Report a restart if there was one, then renew the lease, which subscribes to the new boot too.

        A pod that has restarted streams nothing until it is asked to. So the report precedes everything of that boot.
        """
        for last in (False, False, True):
            boot, uptime_s = self._booted()
            if self._boot is not None and boot != self._boot:
                self._put(Restarted(uptime_s))
            self._boot = boot
            try:
                self._subscribe(_ONCE)
                return
            except NoAnswer:
                if last:
                    raise

    def _booted(self) -> tuple[int, float]:
        """Return the pod's boot count and its uptime in s. A pod of minor 0 names the boot in its greeting only."""
        if self._connection.minor >= _BOOT_SINCE:
            answer = self._connection.ask("time_set", epoch_s=0, epoch_ms=0.0, error_ms=None)
        else:
            answer = self._connection.ask("hello_get", **wire.greeting())
        return answer.boot_count, answer.seconds("uptime") or 0.0

    def _keep(self) -> None:
        """Renew until told to stop. Put the error that ends the stream."""
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
