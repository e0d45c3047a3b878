"""Interruptions of a live session: lost data, restarts of the pod, and a port that went away."""

from typing import NamedTuple

from retropod.client.messages import EventMessage
from retropod.client.stream import Gap, Item, Restarted
from retropod.wording import count


class Missing(NamedTuple):
    """Strides and raw samples that are missing by their numbers before the next item."""

    strides: int = 0
    samples: int = 0


class Disconnected(NamedTuple):
    """The port of the pod went away. The session waits for it."""


class Reconnected(NamedTuple):
    """The port of the pod is back after `away_s` seconds."""

    away_s: float


LiveItem = Item | Missing | Disconnected | Reconnected


def in_words(item: LiveItem | None, silent_s: float | None = None) -> str:
    """Return the text of an interruption, empty for another item.

    `silent_s`: for Restarted, the time since the previous message of the pod, in s.
    """
    if isinstance(item, Gap):
        unread = f"{count(item.frames, 'message')} not read in time"
        return unread if item.here else f"{count(item.frames, 'frame')} lost"
    if isinstance(item, Missing):
        return ", ".join(f"{count(n, noun)} missing" for n, noun in zip(item, ("stride", "sample"), strict=True) if n)
    if isinstance(item, Restarted):
        return "the pod restarted" + ("" if silent_s is None else f"; no data for {silent_s:.1f} s")
    if isinstance(item, Disconnected):
        return "the port went away; waiting for it"
    if isinstance(item, Reconnected):
        return f"the port is back after {item.away_s:.1f} s"
    return _of_event(item) if isinstance(item, EventMessage) else ""


def _of_event(event: EventMessage) -> str:
    if event.kind == "samples_lost":
        return f"the pod lost {count(event.a, 'sample')}"
    return f"the pod dropped {count(event.a, 'frame')}" if event.kind == "frames_dropped" else ""
