"""Statistics of a live stream: its strides and the losses of the link."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from retropod.client.messages import EventMessage, RawMessage, StrideMessage
from retropod.client.stream import Gap, Restarted
from retropod.insight.context import RunContext
from retropod.insight.groups import MeasuredGroup, group
from retropod.insight.stride import Stride
from retropod.insight.summary import Summary, summarise
from retropod.live.interruptions import Disconnected, LiveItem, Missing, Reconnected

RECENT = 10  # strides in the current values: about 7 s of running, 11 s of walking
FRESH_S = 3.0  # age at which a value is no longer current: a stride of slow walking takes up to 2.5 s


@dataclass
class StreamStats:
    """Counts over the items of a stream, which `take` receives in order.

    `lost_frames`: missing sequence numbers of frames. `unread`: frames that the host read too late. `lost_strides` and
    `lost_samples`: gaps in their numbers. `dropped_on_pod`: frames that the pod reported as dropped. `origin_s`: pod
    uptime of time 0 of the session, None before the first stride. `away_s`: sum of the times without a port, in s.
    `silent_s`: time between the last restart and the message before it, in s. `clock`: monotonic clock of this
    computer, in s.
    """

    strides: list[Stride] = field(default_factory=list)
    lost_frames: int = 0
    unread: int = 0
    lost_strides: int = 0
    lost_samples: int = 0
    dropped_on_pod: int = 0
    raw_samples: int = 0
    restarts: int = 0
    disconnections: int = 0
    away_s: float = 0.0
    silent_s: float | None = None
    origin_s: float | None = None
    clock: Callable[[], float] = time.monotonic
    _next_sample: int | None = None
    _last_number: int | None = None
    _began_s: float = 0.0
    _heard_s: float | None = None
    _message_s: float | None = None
    _total: Summary | None = None

    def take(self, item: LiveItem) -> Stride | None:
        """Count one item. Return the stride if the item is one."""
        now_s = self.clock()
        if isinstance(item, Disconnected):
            self.disconnections += 1
        elif isinstance(item, Reconnected):
            self.away_s += item.away_s
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
            return self._stride(Stride.of(item, self.strides[-1] if self.strides else None))
        elif isinstance(item, RawMessage):
            self._raw(item)
        elif isinstance(item, EventMessage):
            self._event(item)
        return None

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
        recent = _since_pause(self.strides[-RECENT:])
        last = next((one.direction for one in reversed(recent) if one.direction != "unknown"), "unknown")
        chosen = [one for one in recent if one.direction == last]
        return group(chosen, RunContext()) if chosen else None

    @property
    def current(self) -> bool:
        """True if the last stride is at most 3 s old."""
        return self.standing_s is not None and self.standing_s <= FRESH_S

    @property
    def standing_s(self) -> float | None:
        """Time since the last stride, in s. None before the first one."""
        return None if self._heard_s is None else self.clock() - self._heard_s

    @property
    def session_s(self) -> float | None:
        """Time since the first stride of known time, in s. None before it."""
        return None if self.origin_s is None else self.clock() - self._began_s

    def total(self) -> Summary:
        """Summarise all strides. The summary of an hour takes too long for every refresh of a screen."""
        if self._total is None:
            self._total = summarise(self.strides)
        return self._total

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

    def _stride(self, stride: Stride) -> Stride:
        if self._last_number is not None and stride.number > self._last_number:
            self.lost_strides += stride.number - self._last_number - 1
        self._last_number = stride.number
        self._heard_s = self.clock()
        if self.origin_s is None and stride.uptime_s is not None:
            self.origin_s, self._began_s = stride.end_s, self._heard_s
        self.strides.append(stride)
        self._total = None
        return stride

    def _restart(self, restarted: Restarted) -> None:
        """Continue the time of the session, although uptime and numbers begin again."""
        self.restarts += 1
        self._next_sample = self._last_number = None
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
