"""Stream from a pod: a lease that a thread renews, and the count of lost messages."""

import contextlib
import threading
import time
from collections.abc import Iterator
from queue import Empty, Full, Queue
from typing import NamedTuple

from retropod.client import wire
from retropod.client.connection import Connection
from retropod.client.message import Message
from retropod.client.messages import DoneMessage, HelloMessage, StreamMessage, TimeMessage, TimeSetMessage
from retropod.client.refusals import NoAnswer, PodRefused
from retropod.client.roundtrip import Patience
from retropod.errors import RetropodError

LEASE_S = 5.0
RENEW_S = 2.0
# Silence that ends the stream. A Bluetooth or network link recovers from an interruption of some seconds, and then the
# next renewal subscribes again. One renewal with its repeats takes 8 s (TOTAL_S in roundtrip), so two of them fail.
_SILENT_S = 18.0
# A renewal goes to the boot whose count was just read. It is sent once: a repeat could reach the next boot.
_FIRST, _ONCE = Patience(), Patience(attempts=1)
_LEAVE = Patience(total_s=1.0)  # the pod drops the lease after 5 s in any case: the user does not wait for that
_BOOT_SINCE = 1  # minor of the protocol in which `time` carries the boot count
_QUEUE = 20_000  # messages; minutes of a blocked reader at 416 raw samples per second


class Gap(NamedTuple):
    """Frames that were lost on the line, or dropped here because the queue was full (`here`)."""

    frames: int
    here: bool = False


class Restarted(NamedTuple):
    """The pod has started again: its boot count changed. `uptime_s` is its uptime when this was noticed."""

    uptime_s: float


Item = Message | Gap | Restarted


class Stream:
    """Iterator over the messages of a stream. Use it as a context manager: leaving it ends the lease."""

    def __init__(
        self,
        connection: Connection,
        what: tuple[str, ...],
        lease_s: float = LEASE_S,
        renew_s: float = RENEW_S,
        boot: int | None = None,
    ) -> None:
        """`boot`: the boot count of the pod's Hello; None: the count at the first renewal."""
        self._connection, self._what, self._lease_s, self._renew_s = connection, what, lease_s, renew_s
        self._items: Queue[Item | None] = Queue(_QUEUE)  # None: wake the reader, `_failure` is set
        self._failure: RetropodError | OSError | None = None
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
        with contextlib.suppress(RetropodError):  # a pod that does not answer drops the lease after 5 s
            self._connection.ask(StreamMessage(what=self._what, lease_ms=0.0), DoneMessage, _LEAVE)

    @property
    def boot(self) -> int | None:
        """The boot count of the pod at the last renewal, None if it is unknown."""
        return self._boot

    def __iter__(self) -> Iterator[Item]:
        while True:
            item = self.next(None)
            if item is not None:
                yield item

    def next(self, timeout_s: float | None) -> Item | None:
        """Return the next item, None if none arrives in time. Raises the error that ended the stream."""
        if self._unread:
            lost, self._unread = self._unread, 0
            return Gap(lost, here=True)
        try:
            # Bound the wait: on some platforms Ctrl-C cannot interrupt the wait of a queue.
            item = self._items.get(timeout=0.5 if timeout_s is None else timeout_s)
        except Empty:
            item = None
        if item is None and self._failure is not None:
            raise self._failure
        return item

    def message(self, message: Message) -> None:
        """Store a message. Called in the reader's thread."""
        self._put(message)

    def gap(self, frames_lost: int) -> None:
        """Store a gap. Called in the reader's thread."""
        self._put(Gap(frames_lost))

    def lost(self, error: RetropodError) -> None:
        """Store the error of a lost port. Called in the reader's thread."""
        self._fail(error)

    def _fail(self, error: RetropodError | OSError) -> None:
        """End the stream with an error, after the items that are waiting. A full queue does not lose it."""
        self._failure = error
        with contextlib.suppress(Full):
            self._items.put_nowait(None)

    def _put(self, item: Item) -> None:
        if self._items.full():
            self._unread += 1
        else:
            self._items.put_nowait(item)

    def _subscribe(self, patience: Patience = _FIRST) -> None:
        # Between two renewals, the pod waits for a pause and the answers of two requests.
        lease_s = max(self._lease_s, self._renew_s + 3 * self._connection.round_trip.wait_s)
        self._connection.ask(StreamMessage(what=self._what, lease_ms=lease_s), DoneMessage, patience)

    def _renew(self) -> None:
        """Report a restart if the pod has restarted, then renew the lease. The renewal also subscribes to the new boot.

        A restarted pod streams nothing before a request. So the report precedes all messages of that boot.
        """
        for last in (False, False, True):
            boot, uptime_s = self._booted()
            if boot is not None:
                if self._boot not in (None, boot):
                    self._put(Restarted(uptime_s))
                self._boot = boot
            try:
                self._subscribe(_ONCE)
                return
            except NoAnswer:
                if last:
                    raise

    def _booted(self) -> tuple[int | None, float]:
        """Return the pod's boot count (None: unknown) and its uptime in s.

        A pod of minor 0 sends the boot count only in its Hello.
        """
        if self._connection.minor >= _BOOT_SINCE:
            time_answer = self._connection.ask(TimeSetMessage(epoch_s=0, epoch_ms=0.0), TimeMessage)
            return time_answer.boot_count, time_answer.seconds("uptime") or 0.0
        hello = self._connection.ask(wire.greeting(), HelloMessage)
        return hello.boot_count, hello.seconds("uptime") or 0.0

    def _keep(self) -> None:
        """Renew until `_stop` is set. Store the error that ends the stream."""
        answered = time.monotonic()
        while not self._stop.wait(self._renew_s):
            try:
                self._renew()
                answered = time.monotonic()
            except (PodRefused, NoAnswer) as error:  # busy or interrupted: try again
                if time.monotonic() - answered > _SILENT_S:
                    self._fail(error)
                    return
            except (RetropodError, OSError) as error:
                self._fail(error)
                return
