"""Gait of strides: walking or running."""

from collections.abc import Sequence

from retropod.insight.stride import Stride

WALKING, RUNNING = "walking", "running"
_EACH_SIDE = 4  # strides; a gait is kept for longer than half of this window


def gaits(strides: Sequence[Stride]) -> list[str | None]:
    """Return the gait of each stride, for strides of one direction in order. None if its contact time is unknown.

    A stride has the gait of most of the nine strides around it. Running has flight, that is a duty factor below one
    half. A single stride of a jog is often near that limit, and the first and the last stride of a bout are slow.
    Ref: Alexander 1989, Physiol Rev 69:1199.
    """
    flights = [_has_flight(one) for one in strides]
    return [None if flight is None else _most(flights, at) for at, flight in enumerate(flights)]


def _has_flight(stride: Stride) -> bool | None:
    if stride.contact_time_s is None or stride.cycle_s is None:
        return None
    return stride.aerial_time_s is not None


def _most(flights: Sequence[bool | None], at: int) -> str:
    near = [flight for flight in flights[max(0, at - _EACH_SIDE) : at + _EACH_SIDE + 1] if flight is not None]
    return RUNNING if 2 * sum(near) > len(near) else WALKING
