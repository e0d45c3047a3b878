"""Setting a pod's clock over a link whose delay is not known: the shortest of several round trips tells most."""

import time
from typing import NamedTuple

from retropod.pod import Pod

_TRIPS = 8
_TICK_S = 0.001  # what the pod's clock counts in
_GOOD_ENOUGH = 1.5  # a setting whose own trip took longer than this times the shortest one is sent again


class Synced(NamedTuple):
    """What the pod knows now: its clock's greatest error (s), the shortest round trip (s), pod uptime at `epoch_s`."""

    error_s: float
    round_trip_s: float
    epoch_s: float
    uptime_s: float


def synchronise(pod: Pod, trips: int = _TRIPS) -> Synced:
    """Set the pod's clock; whichever way the delay lay, the error stays below the one that is returned."""
    shortest = min(_trip(pod) for _ in range(trips))
    synced = _set(pod, shortest)
    for _ in range(trips):
        if synced.error_s <= shortest * _GOOD_ENOUGH / 2 + _TICK_S:
            break
        synced = _set(pod, shortest)
    return synced


def _set(pod: Pod, shortest: float) -> Synced:
    """Tell the pod what time it will be when half of a shortest trip has passed."""
    sent, began = time.time() + shortest / 2, time.monotonic()
    answer = pod.set_time(sent, shortest / 2 + _TICK_S)
    took = time.monotonic() - began
    return Synced(max(took - shortest / 2, shortest / 2) + _TICK_S, shortest, sent, answer.seconds("uptime") or 0.0)


def _trip(pod: Pod) -> float:
    began = time.monotonic()
    pod.set_time(time.time(), None)
    return time.monotonic() - began
