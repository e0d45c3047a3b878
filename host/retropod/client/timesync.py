"""Setting a pod's clock over a link whose delay is not known, and knowing how its uptime goes with this machine's time.

A pod reads its uptime somewhere between the moment when it was asked and the moment when the answer came. So one
exchange says, without any guess, between which two times an uptime was; of several the common part counts, which the
shortest round trip mostly settles. That the way there and the way back take equally long is assumed nowhere.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from retropod.client.pod import Pod
from retropod.client.wire import Message
from retropod.errors import RetropodError

_TRIPS = 8  # at most
_ENOUGH_S = 0.0025  # error of one sample at 416 Hz: a smaller one makes no stride's time better
_EXACT_S = 0.001  # a tick of the pod's clock: what a user gets who asks for the time alone
_GAIN, _GAINLESS = 0.9, 2  # so many trips in a row that leave more than this part of the error: more will not help
_TICK_S = 0.001  # what the pod's clock counts in
_SINCE = 1  # minor of the protocol in which a pod takes the time of an uptime
_UNSURE_S = 0.5  # longer than any trip that ends before the request is repeated
_PPM = 1e-4  # how fast pod and host may drift apart in the few seconds of one burst
_EVERY_S = 60.0


class Sync(NamedTuple):
    """Wall time (s since 1970, UTC) was between `low_s` and `high_s` when the uptime of that boot was `uptime_s`.

    `slept_s` of that uptime the pod had been asleep: its crystal stands still then, and a poorer clock counts.
    """

    boot: int
    uptime_s: float
    low_s: float
    high_s: float
    slept_s: float = 0.0

    @property
    def error_s(self) -> float:
        """Half of the interval."""
        return (self.high_s - self.low_s) / 2


class Carry(NamedTuple):
    """When this boot began, the uptime of the boot before would have been `before_s`, give or take `error_s`."""

    boot: int
    before_s: float
    error_s: float


class Synced(NamedTuple):
    """What the pod knows now: its clock's greatest error (s), the shortest round trip (s), pod uptime at `epoch_s`.

    `sync` is what this machine knows, mostly more exactly; `carry` what the pod's clock brought over its last reset.
    """

    error_s: float
    round_trip_s: float
    epoch_s: float
    uptime_s: float
    sync: Sync
    carry: Carry | None


class Clocks(NamedTuple):
    """This machine's time of day and a clock that nobody sets, both in s. Others stand in for them in simulations."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic


class _Trip(NamedTuple):
    sync: Sync
    took_s: float
    answer: Message


def measure(pod: Pod, enough_s: float = _ENOUGH_S, clocks: Clocks | None = None) -> Sync:
    """Relate uptime to wall time with an error of `enough_s` if the link allows it; the pod's clock is left alone."""
    return _common(_exchanges(pod, clocks or Clocks(), enough_s))


def synchronise(pod: Pod, exact: bool = False, clocks: Clocks | None = None) -> Synced:
    """Set the pod's clock; whichever way the delay lay, the error stays below the one that is returned.

    The round trips, one to eight, end when the error is 2.5 ms, or 1 ms if `exact`, or when more do not reduce it.
    """
    clocks = clocks or Clocks()
    asked = _exchanges(pod, clocks, _EXACT_S if exact else _ENOUGH_S)
    shortest, known = min(trip.took_s for trip in asked), _common(asked)
    middle, error = (known.low_s + known.high_s) / 2, known.error_s + _TICK_S
    if pod.connection.minor >= _SINCE:
        answer = pod.set_time(middle, error, known.uptime_s)
    else:  # it takes the time when it hears of it, and nobody knows when that will be
        middle, error = clocks.wall() + shortest / 2, _UNSURE_S
        answer = pod.set_time(middle, error)
    return Synced(error, shortest, middle, known.uptime_s, known, _carry(answer, known.boot))


def _exchanges(pod: Pod, clocks: Clocks, enough_s: float) -> list[_Trip]:
    trips: list[_Trip] = []
    error_s, gainless = float("inf"), 0
    while len(trips) < _TRIPS and gainless < _GAINLESS and error_s > enough_s:
        trips.append(_exchange(pod, clocks))
        now_s = _common(trips).error_s
        gainless = 0 if now_s < _GAIN * error_s else gainless + 1
        error_s = min(error_s, now_s)
    return trips


def _exchange(pod: Pod, clocks: Clocks) -> _Trip:
    sent, began = clocks.wall(), clocks.steady()
    answer = pod.set_time(sent, None)
    took = clocks.steady() - began
    boot = answer.values.get("boot_count") or pod.greeting.boot_count
    # the pod cuts its uptime to whole ticks: that moment may lie one before it was asked
    slept = answer.values.get("slept_s") or 0.0
    return _Trip(Sync(boot, answer.seconds("uptime") or 0.0, sent - _TICK_S, sent + took, slept), took, answer)


def _common(trips: list[_Trip]) -> Sync:
    """What all trips leave possible, at the uptime of the shortest; that one alone if they contradict each other."""
    best = min(trips, key=lambda trip: trip.took_s).sync
    low, high = best.low_s, best.high_s
    for trip in trips:
        sync = trip.sync
        if (sync.boot, sync.slept_s) == (best.boot, best.slept_s):
            apart = best.uptime_s - sync.uptime_s
            low = max(low, sync.low_s + apart - abs(apart) * _PPM)
            high = min(high, sync.high_s + apart + abs(apart) * _PPM)
    if low > high:  # this machine's clock was set in between
        return best
    return best._replace(low_s=low, high_s=high)


def _carry(answer: Message, boot: int) -> Carry | None:
    if answer.values.get("before_s") is None or answer.before_error_ms is None:
        return None
    return Carry(boot, answer.seconds("before") or 0.0, answer.before_error_ms)


class Keeper:
    """Sets a pod's clock now and every minute for as long as `step` is called; hands what it learns to `note`.

    A pod that answers nothing, or speaks another version, is left alone: whoever talks to it will notice.
    """

    def __init__(self, pod: Pod, note: Callable[[Synced], None], clocks: Clocks | None = None) -> None:
        self.last: Synced | None = None
        self._pod, self._note, self._clocks = pod, note, clocks or Clocks()
        self._due_s = float("-inf")
        self.step()

    def step(self, now: bool = False) -> None:
        """Set the clock if a minute has passed since the last time, or if it is to be `now`."""
        if not now and self._clocks.steady() < self._due_s:
            return
        self._due_s = self._clocks.steady() + _EVERY_S
        if self._pod.connection.core_only is not None:
            return
        try:
            self.last = synchronise(self._pod, clocks=self._clocks)
        except RetropodError:
            return
        self._note(self.last)
