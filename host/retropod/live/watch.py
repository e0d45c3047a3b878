"""Statistics of a live stream: its strides and the losses of the link."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from retropod.client.messages import EventMessage, RawMessage, StrideMessage
from retropod.client.stream import Gap, Restarted
from retropod.insight.context import RunContext
from retropod.insight.groups import MeasuredGroup, group
from retropod.insight.stride import Stride
from retropod.insight.summary import RunningSummary, Summary
from retropod.live.interruptions import Disconnected, LiveItem, Missing, Reconnected
from retropod.live.lateness import Lateness, steady_s
from retropod.live.stridelog import StrideLog

RECENT = 10  # strides in the current values: about 7 s of running, 11 s of walking
_RELATED_S = 5.0  # between two syncs because of late strides: a slow link takes seconds for one
FRESH_S = 3.0  # age at which a value is no longer current: a stride of slow walking takes up to 2.5 s


@dataclass
class StreamStats:
    """Counts over the items of a stream, which `take` receives in order.

    `strides`: all strides; only the last 10 are read in constant time. `lost_frames`: missing sequence numbers of
    frames. `unread`: frames that the host read too late. `lost_strides` and `lost_samples`: gaps in their numbers.
    `dropped_on_pod`: frames that the pod reported as dropped. `origin_s`: pod uptime of time 0 of the session, None
    before the first stride. `silent_s`: time between the last restart
    and the message before it, in s. `late_s`: age of the last stride when it arrived, in s. `clock`: monotonic clock of
    this computer, in s, which counts its sleep.
    """

    strides: Sequence[Stride] = field(default_factory=lambda: StrideLog(RECENT))
    lost_frames: int = 0
    unread: int = 0
    lost_strides: int = 0
    lost_samples: int = 0
    dropped_on_pod: int = 0
    raw_samples: int = 0
    restarts: int = 0
    disconnections: int = 0
    silent_s: float | None = None
    late_s: float = 0.0
    origin_s: float | None = None
    clock: Callable[[], float] = steady_s
    _next_sample: int | None = None
    _last_number: int | None = None
    _began_s: float = 0.0
    _heard_s: float | None = None
    _away_s: float = 0.0
    _gone_s: float | None = None
    _related_s: float = 0.0
    _message_s: float | None = None
    _lateness: Lateness = field(default_factory=Lateness)
    _running: RunningSummary = field(default_factory=RunningSummary)
    _now: MeasuredGroup | None = None
    _now_of: int = -1

    def __post_init__(self) -> None:
        """Count the strides that the session begins with."""
        for stride in self.strides:
            self._running.add(stride)

    def take(self, item: LiveItem) -> Stride | None:
        """Count one item. Return the stride if the item is one."""
        now_s = self.clock()
        if isinstance(item, Disconnected):
            self.disconnections += 1
            self._gone_s = now_s
        elif isinstance(item, Reconnected):
            self._away_s, self._gone_s = self._away_s + item.away_s, None
        elif isinstance(item, Restarted):
            self.silent_s = None if self._message_s is None else now_s - self._message_s
        elif not isinstance(item, Gap | Missing):
            self._message_s = now_s
        return self._count(item)

    def _count(self, item: LiveItem) -> Stride | None:
        if isinstance(item, Gap):
            self._gap(item)
        elif isinstance(item, Restarted):
            self._restart(item)
        elif isinstance(item, StrideMessage):
            return self._stride(item)
        elif isinstance(item, RawMessage):
            self._raw(item)
        elif isinstance(item, EventMessage):
            self._event(item)
        return None

    @property
    def away_s(self) -> float:
        """Sum of the times without a port, in s, up to now if it is away."""
        return self._away_s + (0.0 if self._gone_s is None else self.clock() - self._gone_s)

    @property
    def gaps(self) -> int:
        """Sum of missing frames, strides and samples. 0 if the stream is complete."""
        return self.lost_frames + self.unread + self.lost_strides + self.lost_samples

    def now(self) -> MeasuredGroup | None:
        """Return the current strides: the last 10, as far as they are in one direction and without a pause.

        No value is current 3 s after the last stride.
        """
        if (self.standing_s or 0.0) > FRESH_S:
            return None
        if self._now_of != len(self.strides):
            self._now, self._now_of = _current(self.strides[-RECENT:]), len(self.strides)
        return self._now

    @property
    def current(self) -> bool:
        """True if the last stride is at most 3 s old."""
        return self.standing_s is not None and self.standing_s <= FRESH_S

    def related(self, uptime_s: float, at_s: float) -> None:
        """Take a relation of the clocks: the pod had this uptime at `at_s` of `clock` or soon after, in s."""
        self._lateness.relate(at_s - uptime_s)
        self._related_s = self.clock()

    @property
    def unsure(self) -> bool:
        """True if a sync should decide whether the last strides are late, or a clock jumped."""
        return self._lateness.unsure and self.clock() - self._related_s > _RELATED_S

    @property
    def standing_s(self) -> float | None:
        """Time since the last stride, in s. None before the first one."""
        return None if self._heard_s is None else self.clock() - self._heard_s

    @property
    def session_s(self) -> float | None:
        """Time since the first stride of known time, in s. None before it."""
        return None if self.origin_s is None else self.clock() - self._began_s

    def total(self) -> Summary:
        """Summarise all strides."""
        return self._running.summary()

    def link(self) -> dict[str, float]:
        """Return the counts of the link by name, and `away_s`."""
        names = ("lost_frames", "unread", "lost_strides", "lost_samples", "dropped_on_pod", "restarts",
                 "disconnections", "raw_samples")  # fmt: skip
        return {**{name: getattr(self, name) for name in names}, "away_s": round(self.away_s, 3)}

    def _gap(self, gap: Gap) -> None:
        if gap.here:
            self.unread += gap.frames
        else:
            self.lost_frames += gap.frames

    def _stride(self, message: StrideMessage) -> Stride:
        assert isinstance(self.strides, StrideLog)
        stride = self.strides.add(message)
        if self._last_number is not None and stride.number > self._last_number:
            self.lost_strides += stride.number - self._last_number - 1
        self._last_number = stride.number
        now_s = self.clock()
        self.late_s = self._lateness.take(stride.end_s if stride.uptime_s is not None else None, now_s)
        self._heard_s = now_s - self.late_s
        if self.origin_s is None and stride.uptime_s is not None:
            self.origin_s, self._began_s = stride.end_s, self._heard_s
        self._running.add(stride)
        return stride

    def _restart(self, restarted: Restarted) -> None:
        """Continue the time of the session, although uptime and numbers begin again."""
        self.restarts += 1
        self._next_sample = self._last_number = None
        self._lateness.reset()
        if self.origin_s is not None:
            self.origin_s = restarted.uptime_s - (self.clock() - self._began_s)

    def _raw(self, message: RawMessage) -> None:
        if self._next_sample is not None and message.sample > self._next_sample:
            self.lost_samples += message.sample - self._next_sample
        self._next_sample = message.sample + message.count
        self.raw_samples += message.count

    def _event(self, event: EventMessage) -> None:
        if event.kind == "frames_dropped":
            self.dropped_on_pod += event.a


def _current(strides: Sequence[Stride]) -> MeasuredGroup | None:
    """Return the strides after the last pause that have the last known direction."""
    recent = _since_pause(strides)
    last = next((one.direction for one in reversed(recent) if one.direction != "unknown"), "unknown")
    chosen = [one for one in recent if one.direction == last]
    return group(chosen, RunContext()) if chosen else None


def _since_pause(strides: Sequence[Stride]) -> Sequence[Stride]:
    """Return the strides after the last pause of over 3 s, or after the last restart of the pod."""
    first = 0
    for at, (one, other) in enumerate(pairwise(strides), 1):
        if not -FRESH_S <= (other.uptime_s or 0.0) - one.end_s <= FRESH_S:
            first = at
    return strides[first:]


def watched(items: Iterable[LiveItem]) -> StreamStats:
    """Return the statistics of a whole stream."""
    stats = StreamStats()
    for item in items:
        stats.take(item)
    return stats
