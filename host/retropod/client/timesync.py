"""Clock synchronisation over a link of unknown delay: sets the pod's clock, relates its uptime to this machine's time.

The pod reads its uptime at an unknown moment between request and answer. So one exchange bounds the wall time of that
uptime from both sides. The intersection of several exchanges counts; the shortest round trip mostly determines it. The
method does not assume that request and answer take equally long.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from retropod.client.messages import TimeMessage
from retropod.client.pod import Pod
from retropod.errors import OperationFailed, RetropodError

_TRIPS = 8  # round trips of one synchronisation, at most
_ENOUGH_S = 0.0025  # one sample at 416 Hz: a smaller error does not improve the time of a stride
_EXACT_S = 0.001  # a tick of the pod's clock; the target of `retropod time sync`
# Stop after _GAINLESS trips in a row that leave more than _GAIN of the error: more trips do not reduce it.
_GAIN, _GAINLESS = 0.9, 2
_TICK_S = 0.001  # resolution of the pod's clock
_SINCE = 1  # protocol minor since which a pod accepts the time of an earlier uptime
_UNSURE_S = 0.5  # longer than any trip that ends before the request is repeated
_PPM = 1e-4  # largest relative drift between the clocks of pod and host during one synchronisation
_EVERY_S = 60.0
# A computer that lost its time begins at 1970, 2000 or the date of its firmware: all before this tool existed.
EARLIEST_S = 1_735_689_600.0  # 2025-01-01
LATEST_S = 4_102_444_800.0  # 2100-01-01; the fields of the wire end in 2106
_UNSEEN_S = 10 * 365.25 * 86_400  # longest time between two uses of a pod


class HostClockWrong(OperationFailed):
    """The time of day of this computer cannot be right. No pod receives it."""


def check_host_clock(now_s: float, known_s: float | None = None) -> None:
    """Raise HostClockWrong if the time of day `now_s` of this computer cannot be right.

    `known_s`: the latest time that this computer has noted for the pod, in s since 1970, or None.
    """
    latest_s = LATEST_S if known_s is None else min(known_s + _UNSEEN_S, LATEST_S)
    if not EARLIEST_S <= now_s <= latest_s:
        raise HostClockWrong(
            f"the clock of this computer is wrong: it shows {_date(now_s)}", "set the date and time of this computer"
        )


def is_possible(epoch_s: float) -> bool:
    """Return whether a stored time, in s since 1970, can be right."""
    return EARLIEST_S <= epoch_s <= LATEST_S


def _date(epoch_s: float) -> str:
    try:
        return time.strftime("%Y-%m-%d", time.gmtime(epoch_s))
    except (OverflowError, ValueError, OSError):
        return f"{epoch_s:.0f} s since 1970"


class Sync(NamedTuple):
    """Wall time (s since 1970, UTC) was between `low_s` and `high_s` when the uptime of that boot was `uptime_s`.

    For `slept_s` of that uptime the pod was asleep: then its crystal is off, and a less accurate clock counts.
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
    """Uptime of the previous boot at the start of this boot: `before_s`, with an error of at most `error_s`."""

    boot: int
    before_s: float
    error_s: float


class Synced(NamedTuple):
    """Result of a synchronisation, in s: error bound of the pod's clock, shortest round trip, pod uptime at `epoch_s`.

    `sync` is the relation as this machine knows it, mostly more accurate. `carry` relates this boot to the previous.
    """

    error_s: float
    round_trip_s: float
    epoch_s: float
    uptime_s: float
    sync: Sync
    carry: Carry | None


class Clocks(NamedTuple):
    """This machine's time of day and its monotonic clock, in s. Simulations replace them."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic


class _Trip(NamedTuple):
    sync: Sync
    took_s: float
    answer: TimeMessage


def measure(pod: Pod, enough_s: float = _ENOUGH_S, clocks: Clocks | None = None) -> Sync:
    """Relate uptime to wall time with an error of `enough_s` if the link allows it. Does not change the pod's clock."""
    return _common(_exchanges(pod, clocks or Clocks(), enough_s))


def synchronise(pod: Pod, exact: bool = False, clocks: Clocks | None = None, known_s: float | None = None) -> Synced:
    """Set the pod's clock. The returned error bound holds for any distribution of the delay between the directions.

    Of up to eight round trips, stop at an error of 2.5 ms (1 ms if `exact`), or when more do not reduce it. Raises
    HostClockWrong before the first one, see `check_host_clock`.
    """
    clocks = clocks or Clocks()
    check_host_clock(clocks.wall(), known_s)
    asked = _exchanges(pod, clocks, _EXACT_S if exact else _ENOUGH_S)
    shortest, known = min(trip.took_s for trip in asked), _common(asked)
    middle, error = (known.low_s + known.high_s) / 2, known.error_s + _TICK_S
    if pod.connection.minor >= _SINCE:
        answer = pod.set_time(middle, error, known.uptime_s)
    else:  # such a pod sets its clock on receipt, at an unknown time after the sending
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
    boot = answer.boot_count or pod.greeting.boot_count
    # The pod rounds its uptime down to whole ticks: the moment of that uptime may precede the request by one tick.
    slept = answer.slept_s or 0.0
    return _Trip(Sync(boot, answer.seconds("uptime") or 0.0, sent - _TICK_S, sent + took, slept), took, answer)


def _common(trips: list[_Trip]) -> Sync:
    """Return the intersection of all trips, at the uptime of the shortest; the shortest alone if they contradict."""
    best = min(trips, key=lambda trip: trip.took_s).sync
    low, high = best.low_s, best.high_s
    for trip in trips:
        sync = trip.sync
        if (sync.boot, sync.slept_s) == (best.boot, best.slept_s):
            apart = best.uptime_s - sync.uptime_s
            low = max(low, sync.low_s + apart - abs(apart) * _PPM)
            high = min(high, sync.high_s + apart + abs(apart) * _PPM)
    if low > high:  # this machine's clock was changed between the trips
        return best
    return best._replace(low_s=low, high_s=high)


def _carry(answer: TimeMessage, boot: int) -> Carry | None:
    if answer.before_s is None or answer.before_error_ms is None:
        return None
    return Carry(boot, answer.seconds("before") or 0.0, answer.before_error_ms)


class Keeper:
    """Periodic synchronisation: sets a pod's clock now and every minute while `step` is called, and calls `note`.

    It ignores a pod that does not answer or uses another protocol version: the caller's own requests report that. With
    a wrong clock of this computer it does nothing except calling `warn`, once.
    """

    def __init__(
        self,
        pod: Pod,
        note: Callable[[Synced], None],
        clocks: Clocks | None = None,
        known_s: float | None = None,
        warn: Callable[[HostClockWrong], None] = lambda wrong: None,
    ) -> None:
        self.last: Synced | None = None
        self._known_s, self._warn, self._warned = known_s, warn, False
        self._pod, self._note, self._clocks = pod, note, clocks or Clocks()
        self._due_s = float("-inf")
        self.step()

    def step(self, now: bool = False) -> None:
        """Set the clock if a minute has passed since the last time, or if `now` is true."""
        if not now and self._clocks.steady() < self._due_s:
            return
        self._due_s = self._clocks.steady() + _EVERY_S
        if self._pod.connection.core_only is not None:
            return
        try:
            self.last = synchronise(self._pod, clocks=self._clocks, known_s=self._known_s)
        except HostClockWrong as wrong:
            if not self._warned:
                self._warn(wrong)
            self._warned = True
            return
        except RetropodError:
            return
        self._note(self.last)
