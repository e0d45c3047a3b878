"""Parts of `retropod live` for one and for several pods: JSON of an item, totals, and the stored session."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from retropod.cli import output
from retropod.cli.feed import FeedItem
from retropod.client.messages import EventMessage, RawMessage
from retropod.client.pod import Pod
from retropod.client.stream import Gap, Restarted
from retropod.errors import DamagedData
from retropod.insight import events
from retropod.insight.context import RunContext
from retropod.insight.groups import by_direction
from retropod.insight.stride import Stride, rounded
from retropod.live.cues import Cue
from retropod.live.interruptions import Disconnected, Missing, Reconnected
from retropod.live.watch import StreamStats

if TYPE_CHECKING:
    from retropod.live.kept import KeptSession
    from retropod.runs.store import Store


def kept_session(pod: Pod, store: "Store") -> "KeptSession":
    """Return the empty run file of a session with this pod."""
    from retropod.export.intake import keep
    from retropod.live.kept import KeptSession, header_of

    return KeptSession(header_of(pod), lambda part: keep(store, *part).path)


@contextmanager
def stored(kept: "KeptSession | None") -> "Generator[KeptSession | None]":
    """Store the session at its end, also after an error, and name its files."""
    try:
        yield kept
    finally:
        if kept:
            kept.finish()
            for path in kept.paths:
                output.print_note(f"the session is stored in {path}")
            if not kept.paths:
                output.print_note("no stride was received, so no session is stored")


def totals(stats: StreamStats) -> dict[str, Any]:
    """Return the summary and the groups of a session, for JSON."""
    groups = by_direction(stats.strides, RunContext())
    return {"summary": stats.total().as_json(), "directions": [one.as_json() for one in groups]}


def as_json(item: FeedItem, stride: Stride | None, silent_s: float | None = None) -> dict[str, Any] | None:
    """Return the JSON object of an item, None for a message that is not part of a stream.

    `silent_s`: time without a message before a restart, in s.
    """
    if isinstance(item, Gap):
        return {"type": "gap", "frames": item.frames, "where": "here" if item.here else "link"}
    if isinstance(item, Missing | Reconnected | Disconnected):
        return {"type": type(item).__name__.lower(), **rounded(item._asdict())}
    if isinstance(item, Cue):
        return {"type": "cue", **item._asdict()}
    if isinstance(item, Restarted):
        return {"type": "restarted", "uptime_s": item.uptime_s, "silent_s": rounded(silent_s)}
    if stride is not None:
        return {"type": "stride", **stride.as_json()}
    if isinstance(item, RawMessage):
        return {"type": "raw", "sample": item.sample, "counts": _counts(item)}
    if isinstance(item, EventMessage):
        return {"type": "event", **events.as_json(item)}
    return None


def _counts(item: RawMessage) -> list[list[int]] | None:
    """Return the samples of a message, None if they are damaged or in an encoding of a later version."""
    from retropod.runs import samples

    try:
        return samples.decode([item]).counts.tolist()
    except DamagedData:
        return None
