"""Stream of one pod that continues after its port went away and came back."""

import threading
import time
from collections import deque
from collections.abc import Callable
from queue import Empty, Queue

from retropod.client.pod import Pod
from retropod.client.reconnect import ReconnectingPod
from retropod.client.stream import Restarted, Stream
from retropod.errors import NoPod, RetropodError
from retropod.live.interruptions import Disconnected, LiveItem, Reconnected
from retropod.live.watch import StreamStats
from retropod.transport.serial import PortGone


class LiveSession:
    """Items of a stream, and the interruptions of its port. Use it as a context manager, within that of `cable`.

    `stats`: for the items, which the caller counts.
    """

    def __init__(self, cable: ReconnectingPod, topics: tuple[str, ...], keeper: Callable[[Pod], Callable[[], None]]):
        """`keeper`: called with each new client of the pod; its result is called by `step`."""
        self._cable, self._topics, self._keeper = cable, topics, keeper
        self._stream: Stream | None = None
        self._step: Callable[[], None] = lambda: None
        self._back: Queue[Pod | Exception] = Queue()
        self._waiting: deque[LiveItem] = deque()
        self.stats = StreamStats()
        self._gone_s = 0.0
        self._boot: int | None = None  # of the stream that the loss of the port ended
        self._left = False

    def __enter__(self) -> "LiveSession":
        self._open(self._cable.pod)
        return self

    def __exit__(self, *_: object) -> None:
        self._left = True
        self._close()

    @property
    def pod(self) -> Pod | None:
        """The connected pod, None while its port is away."""
        return self._cable.pod if self._stream is not None else None

    @property
    def boot(self) -> int:
        """Boot count of the pod, as far as it is known."""
        return (self._stream.boot if self._stream else self._boot) or self._cable.pod.greeting.boot_count

    def step(self) -> None:
        """Run the periodic work of the connected pod."""
        if self._stream is not None:
            self._step()

    def next(self, timeout_s: float | None) -> LiveItem | None:
        """Return the next item, None if none arrives in time. Raises the error that ended the session."""
        if self._waiting:
            return self._waiting.popleft()
        if self._stream is None:
            return self._wait(timeout_s)
        try:
            return self._stream.next(timeout_s)
        except PortGone:
            self._gone_s, self._boot = time.monotonic(), self._stream.boot
            self._leave()
            return Disconnected()

    def _open(self, pod: Pod) -> None:
        self._step = self._keeper(pod)
        self._stream = pod.stream(*self._topics).__enter__()

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.__exit__(None, None, None)

    def _leave(self) -> None:
        """Close the stream, and wait for the port in a thread: the caller still reads keys and shows the time."""
        self._close()
        threading.Thread(target=self._reconnect, name="retropod-reconnect", daemon=True).start()

    def _reconnect(self) -> None:
        try:
            pod = self._cable.reconnect()
        except (RetropodError, OSError) as error:
            self._back.put(error)
            return
        if self._left:
            pod.close()
        self._back.put(pod)

    def _wait(self, timeout_s: float | None) -> LiveItem | None:
        try:
            back = self._back.get(timeout=timeout_s)
        except Empty:
            return None
        if isinstance(back, Exception):
            raise back
        return self._resume(back)

    def _resume(self, pod: Pod) -> LiveItem | None:
        try:
            self._open(pod)
        except NoPod:  # It went away again.
            self._leave()
            return None
        if pod.greeting.boot_count != self._boot:
            self._waiting.append(Restarted(pod.greeting.seconds("uptime") or 0.0))
        return Reconnected(time.monotonic() - self._gone_s)
