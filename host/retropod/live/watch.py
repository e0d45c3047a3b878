"""Statistics of a live stream: its strides and the losses of the link."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from retropod.client.messages import EventMessage, RawMessage, StrideMessage
from retropod.client.stream import Gap, Item, Restarted
from retropod.insight.stride import Stride
from retropod.insight.summary import Summary, summarise

RECENT = 10  # strides in the current values: about 7 s of running, 11 s of walking


@dataclass
class StreamStats:
    """Counts over the items of a stream, which `take` receives in order.

    `lost_frames`: missing sequence numbers of frames. `unread`: frames that the host read too late. `lost_strides` and
    `lost_samples`: gaps in their numbers. `dropped_on_pod`: frames that the pod reported as dropped.
    """

    strides: list[Stride] = field(default_factory=list)
    lost_frames: int = 0
    unread: int = 0
    lost_strides: int = 0
    lost_samples: int = 0
    dropped_on_pod: int = 0
    raw_samples: int = 0
    restarts: int = 0
    _next_sample: int | None = None

    def take(self, item: Item) -> Stride | None:
        """Count one item. Return the stride if the item is one."""
        if isinstance(item, Gap):
            self._gap(item)
        elif isinstance(item, Restarted):
            self.restarts += 1
            self._next_sample = None
        elif isinstance(item, StrideMessage):
            return self._stride(Stride.of(item))
        elif isinstance(item, RawMessage):
            self._raw(item)
        elif isinstance(item, EventMessage):
            self._event(item)
        return None

    @property
    def gaps(self) -> int:
        """Sum of missing frames, strides and samples. 0 if the stream is complete."""
        return self.lost_frames + self.unread + self.lost_strides + self.lost_samples

    def now(self) -> Summary:
        """Summarise the last 10 strides without those in another direction: medians over two directions mislead."""
        last = next((one.direction for one in reversed(self.strides) if one.direction != "unknown"), "unknown")
        return summarise([one for one in self.strides[-RECENT:] if one.direction in (last, "unknown")])

    def total(self) -> Summary:
        """Summarise all strides."""
        return summarise(self.strides)

    def link(self) -> dict[str, int]:
        """Return the counts of the link by name."""
        names = ("lost_frames", "unread", "lost_strides", "lost_samples", "dropped_on_pod", "restarts", "raw_samples")
        return {name: getattr(self, name) for name in names}

    def _gap(self, gap: Gap) -> None:
        if gap.here:
            self.unread += gap.frames
        else:
            self.lost_frames += gap.frames

    def _stride(self, stride: Stride) -> Stride:
        if self.strides and stride.number > self.strides[-1].number:
            self.lost_strides += stride.number - self.strides[-1].number - 1
        self.strides.append(stride)
        return stride

    def _raw(self, message: RawMessage) -> None:
        if self._next_sample is not None and message.sample > self._next_sample:
            self.lost_samples += message.sample - self._next_sample
        self._next_sample = message.sample + message.count
        self.raw_samples += message.count

    def _event(self, event: EventMessage) -> None:
        if event.kind == "frames_dropped":
            self.dropped_on_pod += event.a


def watched(items: Iterable[Item]) -> StreamStats:
    """Return the statistics of a whole stream."""
    stats = StreamStats()
    for item in items:
        stats.take(item)
    return stats


def event_json(event: EventMessage) -> dict[str, Any]:
    """Return the object of an event for `--json`."""
    return {"kind": event.kind, "uptime_s": event.seconds("uptime"), "sample": event.sample, "a": event.a, "b": event.b}
