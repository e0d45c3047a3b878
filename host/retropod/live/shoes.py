"""Several pods at once: a session for each shoe, and the strides of all shoes in the order of time.

`Shoe` is one pod: `name`, `side`, `stats`, `control`, `session`. `Shoes` reads all pods, each in a thread of its own.
A pod that is lost, silent or slow does not delay the others.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from queue import Empty, Full, Queue
from typing import NamedTuple

from retropod.client.messages import EventMessage, StrideMessage
from retropod.client.pod import Pod, describe
from retropod.client.reconnect import ReconnectingPod
from retropod.client.stream import Restarted
from retropod.client.timesync import Keeper, Synced
from retropod.errors import RetropodError
from retropod.insight.feet import FeetComparison, compare_feet
from retropod.insight.steps import Step, TimedStride, step_of
from retropod.insight.stride import Stride
from retropod.live.control import PodControl
from retropod.live.interleave import Interleaver
from retropod.live.interruptions import Disconnected, LiveItem, Missing
from retropod.live.kept import KeptSession
from retropod.live.lateness import steady_of, steady_s
from retropod.live.session import LiveSession
from retropod.live.watch import FRESH_S
from retropod.runs.clocklog import keep_time
from retropod.runs.files import RunFiles
from retropod.runs.timing import LiveTime
from retropod.runs.walltime import Wall

_AXIS_S = time.time() - steady_s()  # origin of the common time axis, in s since 1970

RECENT = 14  # strides of each foot in the current comparison: ten pairs of neighbours, and room for lost ones
_SESSION = 3000  # strides of each foot in the comparison of a session: the last 35 minutes of running
_WAIT_S = 0.1
_SYNC_S = 20.0  # two crystals drift apart by up to 4 ms in this time
_QUEUE = 1000  # items of all pods that wait for the caller; more wait in the streams, which count a loss
_SIDES = ("left", "right")


class Ended(NamedTuple):
    """The session with a pod has ended because of an error. The other pods continue."""

    error: RetropodError | OSError


class ShoeItem(NamedTuple):
    """An item of one shoe. `wall`: host time of the opening mid-stance of a stride. `step`: its step, for two feet.

    The host time continues the time of day at the start of the program by the monotonic clock: a change of the time of
    day would shift the feet against each other.
    """

    shoe: "Shoe"
    item: LiveItem | Ended
    stride: Stride | None = None
    wall: Wall | None = None
    step: Step | None = None


class _Read(NamedTuple):
    number: int
    item: LiveItem | Ended
    wall: Wall | None


class Shoe:
    """The pod on one shoe.

    `name`: of the pod, or its id. `side`: left, right or unknown. `session`, `control`, `kept`: as for a single pod.
    `title`: foot, or name if the foot is unknown. `stats`: of the items that `Shoes.next` returned. `timed`: the last
    3000 strides of known host time; `recent`: those of the current movement. `error`: the error that ended the session,
    None while it runs. `clock_error_s`: error bound of the host time of the last stride, in s.
    """

    def __init__(
        self,
        cable: ReconnectingPod,
        store: RunFiles,
        topics: tuple[str, ...] = ("strides", "events"),
        kept: KeptSession | None = None,
        warn: Callable[[str], None] = lambda text: None,
    ) -> None:
        """`store`: has the clock log of the pod. `warn` receives texts about clocks, in the thread of the pod."""
        greeting = cable.pod.greeting
        self.name, self.side = greeting.name or greeting.device_id, str(greeting.side)
        self.title = self.name if self.side == "unknown" else self.side
        self.label, self.pod_id = describe(greeting), greeting.device_id
        self.kept = kept
        self.session = LiveSession(cable, topics, self._keep_time)
        self.stats = self.session.stats
        self.control = PodControl(lambda: self.session.pod)
        self.recent: deque[TimedStride] = deque(maxlen=RECENT)
        self.timed: deque[TimedStride] = deque(maxlen=_SESSION)
        self.error: RetropodError | OSError | None = None
        self._store, self._warn = store, warn
        self._times = LiveTime(str(greeting.chip), cable.pod.status().rate_mhz)
        self._keeper: Keeper | None = None
        self._synced_s = 0.0
        self._contradicted = False  # The times of `recent` may be wrong.

    @property
    def clock_error_s(self) -> float | None:
        """Error bound of the host time of the last stride, in s. None while no time is known."""
        return self.recent[-1].error_s if self.recent else None

    @property
    def away(self) -> bool:
        """Return whether the pod is not connected now."""
        return self.error is not None or self.session.pod is None

    @property
    def current(self) -> bool:
        """Return whether the last stride is recent enough to be shown as current."""
        return not self.away and self.stats.standing_s is not None and self.stats.standing_s <= FRESH_S

    def read(self) -> tuple[LiveItem, Wall | None] | None:
        """Return the next item with the host time of a stride, None if none arrives soon. Raises as `LiveSession`."""
        self.session.step()
        item = self.session.next(_WAIT_S)
        if item is None:
            return None
        if self.kept:
            self.kept.take(item, self.session.boot)
        return item, self._timed(item)

    def take(self, item: LiveItem, wall: Wall | None) -> Stride | None:
        """Count an item in `stats` and `recent`. Return the stride if the item is one."""
        stride = self.stats.take(item)
        if isinstance(item, Restarted) or self._contradicted:
            self._contradicted = False
            self.recent.clear()
        if stride is not None and wall is not None:
            timed = TimedStride(stride, *wall)
            if self.recent and timed.time_s - self.recent[-1].end_s > FRESH_S:
                self.recent.clear()  # A pause separates two bouts.
            self.recent.append(timed)
            self.timed.append(timed)
        return stride

    def _timed(self, item: LiveItem) -> Wall | None:
        if isinstance(item, Restarted):
            self._times.reset()
            self._sync(now=True)
        elif isinstance(item, EventMessage):
            self._times.event(item)
        elif isinstance(item, StrideMessage):
            return self._times.of(Stride.of(item))
        return None

    def _keep_time(self, pod: Pod) -> Callable[[], None]:
        self._keeper = keep_time(pod, self._store, self._learn, self._warn)
        return lambda: self._sync(now=self.stats.unsure)

    def _learn(self, synced: Synced) -> None:
        self._synced_s = time.monotonic()
        sync, low_s = synced.sync, steady_of(synced.sync.low_s)
        self.stats.related(sync.uptime_s, low_s)
        steady = sync._replace(low_s=_AXIS_S + low_s, high_s=_AXIS_S + low_s + sync.high_s - sync.low_s)
        if not self._times.learn(steady):
            self._contradicted = True
        if self.kept:
            self.kept.sync(synced.sync)

    def _sync(self, now: bool = False) -> None:
        if self._keeper is not None and (now or time.monotonic() - self._synced_s >= _SYNC_S):
            self._synced_s = time.monotonic()
            self._keeper.step(now=True)


class Shoes:
    """The sessions of several pods. Use it as a context manager, within those of their cables."""

    def __init__(self, shoes: Sequence[Shoe]) -> None:
        self.shoes = list(shoes)
        self._left, self._right = (self._only(side) for side in _SIDES)
        self._order: Interleaver[_Read] = Interleaver(len(self.shoes))
        self._arrived: Queue[_Read] = Queue(_QUEUE)
        self._waiting: deque[ShoeItem] = deque()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, args=(number,), name="retropod-shoe", daemon=True)
            for number in range(len(self.shoes))
        ]
        self._open = ExitStack()

    def __enter__(self) -> "Shoes":
        with ExitStack() as opening:
            opening.callback(self.stop)
            for number, (shoe, thread) in enumerate(zip(self.shoes, self._threads, strict=True)):
                try:
                    opening.enter_context(shoe.session)
                except (RetropodError, OSError) as error:
                    self._arrived.put(_Read(number, Ended(error), None))
                    continue
                opening.enter_context(shoe.control)
                thread.start()
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._open.close()

    def stop(self) -> None:
        """Read no further items. After it, no thread uses the run files of the shoes."""
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    @property
    def pair(self) -> tuple[Shoe, Shoe] | None:
        """The left and the right shoe, None unless each side has exactly one."""
        return (self._left, self._right) if self._left and self._right else None

    @property
    def ended(self) -> bool:
        """Return whether the sessions of all pods have ended."""
        return all(shoe.error is not None for shoe in self.shoes)

    def feet(self) -> FeetComparison | None:
        """Compare the recent strides of left and right. None: a foot stands, is away, or they move in two ways."""
        if self.pair is None or not all(shoe.current for shoe in self.pair):
            return None
        compared = compare_feet(*(list(shoe.recent) for shoe in self.pair))
        direction = self.pair[0].recent[-1].stride.direction if self.pair[0].recent else ""
        return next((one for one in compared if one.direction == direction), None)

    def session_feet(self) -> tuple[FeetComparison, ...]:
        """Compare the strides of left and right over the session, by direction."""
        return compare_feet(*(list(shoe.timed) for shoe in self.pair)) if self.pair else ()

    def next(self, timeout_s: float) -> ShoeItem | None:
        """Return the next item of any shoe, None if none arrives in time. An error of a pod is an item, `Ended`."""
        end_s = time.monotonic() + timeout_s
        while not self._waiting:
            if (due := self._order.take()) is not None:
                self._taken(due[1])
            elif not self._arrive(min(end_s - time.monotonic(), _WAIT_S)) and time.monotonic() >= end_s:
                return None
        return self._waiting.popleft()

    def _arrive(self, timeout_s: float) -> bool:
        """Move an item that a pod has sent into the order. Return False if none arrives in time."""
        try:
            read = self._arrived.get(timeout=timeout_s) if timeout_s > 0 else self._arrived.get_nowait()
        except Empty:
            return False
        if isinstance(read.item, Ended | Disconnected):
            self._order.leave(read.number)
        message = read.item if isinstance(read.item, StrideMessage) else None
        end_s = read.wall.time_s + (message.period or 0.0) if message and read.wall else None
        self._order.put(read.number, read, end_s, self._cycle_s(message))
        return True

    @staticmethod
    def _cycle_s(message: StrideMessage | None) -> float | None:
        """Return the stride time from contact to contact, in s. None after standing."""
        if message is None or message.contact is None or message.toe_off is None or message.contact_time is None:
            return None
        return message.contact_time + message.contact - message.toe_off

    def _taken(self, read: _Read) -> None:
        """Count an item that is due. Strides and samples that are missing before it precede it."""
        shoe = self.shoes[read.number]
        if isinstance(read.item, Ended):
            shoe.error = read.item.error
            self._waiting.append(ShoeItem(shoe, read.item))
            return
        strides, samples = shoe.stats.lost_strides, shoe.stats.lost_samples
        stride = shoe.take(read.item, read.wall)
        missing = Missing(shoe.stats.lost_strides - strides, shoe.stats.lost_samples - samples)
        if any(missing):
            self._waiting.append(ShoeItem(shoe, missing))
        self._waiting.append(ShoeItem(shoe, read.item, stride, read.wall, self._step(shoe, stride, read.wall)))

    def _step(self, shoe: Shoe, stride: Stride | None, wall: Wall | None) -> Step | None:
        """Return the step of a stride, None without a pair of shoes."""
        if self.pair is None or stride is None or shoe not in self.pair:
            return None
        other = self.pair[0] if shoe is self.pair[1] else self.pair[1]
        return Step() if wall is None else step_of(TimedStride(stride, *wall), other.recent)

    def _only(self, side: str) -> Shoe | None:
        found = [shoe for shoe in self.shoes if shoe.side == side]
        return found[0] if len(found) == 1 else None

    def _read(self, number: int) -> None:
        shoe = self.shoes[number]
        try:
            while not self._stop.is_set():
                if (read := shoe.read()) is not None:
                    self._send(_Read(number, *read))
        except (RetropodError, OSError) as error:
            self._send(_Read(number, Ended(error), None))

    def _send(self, read: _Read) -> None:
        while not self._stop.is_set():
            with suppress(Full):
                self._arrived.put(read, timeout=_WAIT_S)
                return
