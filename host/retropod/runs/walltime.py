"""Wall time for a pod's uptime, with a bound on the error.

Each clock sync gives an interval of wall time for one uptime (`timesync.Sync`). At other uptimes the interval is wider,
by the possible error of the pod's crystal. Two syncs that are far apart bound the crystal's mean rate. The result is
the intersection of the intervals from several syncs. See docs/decisions/0011-wall-time.md.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retropod.client.timesync import Carry, Sync

PRIOR_PPM = 100.0  # largest error of an ESP32 board's crystal; limits every measured rate too
SLEEP = 0.05  # largest relative error of the RC oscillator that counts during sleep
WANDER_PPM = 20.0  # drift of an AT-cut crystal around its mean between -20 and 60 degrees Celsius
_SMALL_S = 1.0  # contradiction that may be a correction of this computer's clock: neither side is certainly wrong
_SHORTEST_S = 30.0  # two syncs that are closer than this do not bound the rate usefully
_NEAREST = 12  # syncs on each side of a moment that are used: further ones do not narrow the interval
_MOST = 600  # syncs of a boot that are used: the cost grows with the square of this


class Wall(NamedTuple):
    """A wall time (s since 1970, UTC) and its largest error, in s."""

    time_s: float
    error_s: float


def local(epoch_s: float) -> datetime:
    """Return s since 1970 as a date and time in the time zone of this computer."""
    return datetime.fromtimestamp(epoch_s, UTC).astimezone()


class Rate(NamedTuple):
    """Bounds of the clock rate: wall seconds per second of uptime minus 1, in ppm."""

    low: float = -PRIOR_PPM
    high: float = PRIOR_PPM

    @property
    def measured(self) -> bool:
        """True if the bounds are narrower than without a measurement."""
        return self.high - self.low < 2 * PRIOR_PPM

    def around(self) -> "Rate":
        """Return the bounds of the momentary rate for these bounds of the mean rate."""
        return Rate(max(self.low - WANDER_PPM, -PRIOR_PPM), min(self.high + WANDER_PPM, PRIOR_PPM))


class BootClock:
    """Conversion from uptime of one boot to wall time. Needs at least one sync."""

    def __init__(self, syncs: Iterable[Sync], rate: Rate | None = None, slept_s: float = 0.0) -> None:
        """`rate`: mean rate of the crystal, if other boots give it. Default: computed from `syncs`.

        `slept_s`: time that the pod had spent asleep, in s, at the uptimes to convert.
        """
        given = sorted({adjusted_for_sleep(sync, slept_s) for sync in syncs}, key=lambda sync: sync.uptime_s)
        given = given[:: 1 + len(given) // _MOST]
        self.syncs = consistent(given)
        self.rejected = len(given) - len(self.syncs)
        self.jump_s = largest_jump(given)
        self.rate = mean_rate([self.syncs]) if rate is None else rate
        self._now = self.rate.around()
        self._groups = [(group, [sync.uptime_s for sync in group]) for group in agreeing(self.syncs)]
        self._near = _Neighbours(given, self.syncs)

    def at(self, uptime_s: float) -> Wall:
        """Return the wall time at this uptime (s). If the syncs contradict each other, the bound covers all of them.

        It also covers the syncs just before and after that uptime, unless they are wrong by over a second.
        """
        spans = [self._span(uptime_s, *group) for group in [*self._groups, *self._near.of(uptime_s)]]
        low, high = min(span[0] for span in spans), max(span[1] for span in spans)
        return Wall((low + high) / 2, (high - low) / 2)

    def _span(self, uptime_s: float, syncs: list[Sync], uptimes: list[float]) -> tuple[float, float]:
        """Return the interval of wall time at this uptime (s), by syncs that agree."""
        place = bisect_left(uptimes, uptime_s)
        near = syncs[max(place - _NEAREST, 0) : place + _NEAREST]
        spans = [interval_at(uptime_s, sync, self._now) for sync in near]
        low, high = max(span[0] for span in spans), min(span[1] for span in spans)
        if low > high:  # The measured rate contradicts them.
            low, high = min(span[0] for span in spans), max(span[1] for span in spans)
        return low, high


class _Neighbours:
    """Syncs that others outweigh by less than a second. A clock may have changed just before or after them."""

    def __init__(self, given: list[Sync], kept: list[Sync]) -> None:
        self._given, self._uptimes = given, [sync.uptime_s for sync in given]
        known = set(kept)
        groups = agreeing(given)
        middles = [_offset(group) for group in groups]
        trusted = [at_s for group, at_s in zip(groups, middles, strict=True) if group[0] in known]
        self._groups = {
            sync: (group, [one.uptime_s for one in group])
            for group, at_s in zip(groups, middles, strict=True)
            if group[0] not in known and any(abs(at_s - other_s) < _SMALL_S for other_s in trusted)
            for sync in group
        }

    def of(self, uptime_s: float) -> list[tuple[list[Sync], list[float]]]:
        """Return the groups, with their uptimes, of the syncs before and after an uptime (s)."""
        place = bisect_left(self._uptimes, uptime_s)
        near = self._given[max(place - 1, 0) : place + 1]
        return [self._groups[sync] for sync in near if sync in self._groups]


def adjusted_for_sleep(sync: Sync, slept_s: float) -> Sync:
    """Return the sync for a moment at which the pod had slept `slept_s`: wider by the error of the sleep clock."""
    slack = abs(slept_s - sync.slept_s) * SLEEP
    return sync._replace(low_s=sync.low_s - slack, high_s=sync.high_s + slack, slept_s=slept_s)


def interval_at(uptime_s: float, sync: Sync, rate: Rate) -> tuple[float, float]:
    """Return the interval (low, high) of wall time at another uptime (s), for a crystal of that rate."""
    apart = uptime_s - sync.uptime_s
    first, second = apart * rate.low * 1e-6, apart * rate.high * 1e-6
    return sync.low_s + apart + min(first, second), sync.high_s + apart + max(first, second)


def agree(one: Sync, other: Sync) -> bool:
    """Return whether two syncs of a boot can both be right, with the largest error of the crystal."""
    low_s, high_s = interval_at(one.uptime_s, adjusted_for_sleep(other, one.slept_s), Rate())
    return low_s <= one.high_s and one.low_s <= high_s


def agreeing(syncs: Sequence[Sync]) -> list[list[Sync]]:
    """Group the syncs of a boot, sorted by uptime, so that those of a group agree. One group: none contradicts another.

    Between two groups the clock of this computer was set, or jumped.
    """
    uptime, low, high = _columns(syncs)
    apart = uptime - uptime[:, None]
    slack = np.abs(apart) * PRIOR_PPM * 1e-6
    against = (low[:, None] + apart - slack > high) | (high[:, None] + apart + slack < low)
    if not against.any():
        return [list(syncs)] if syncs else []
    groups: list[list[int]] = []
    for number in range(len(syncs)):
        for group in groups:
            if not against[number, group].any():
                group.append(number)
                break
        else:
            groups.append([number])
    return [[syncs[number] for number in group] for group in groups]


def consistent(syncs: Sequence[Sync]) -> list[Sync]:
    """Remove the syncs that others outweigh: this machine's clock was wrong then.

    A group of agreeing syncs outweighs a smaller group, if that is a single sync or is earlier. Other contradictions
    remain: nothing shows which group is right.
    """
    groups = agreeing(syncs)
    kept = [group for group in groups if not any(_outweighs(other, group) for other in groups)]
    return sorted((sync for group in kept for sync in group), key=lambda sync: sync.uptime_s)


def _outweighs(group: Sequence[Sync], other: Sequence[Sync]) -> bool:
    votes, against = _exchanges(group), _exchanges(other)
    return votes > max(against, 1) and (against == 1 or group[-1].uptime_s > other[-1].uptime_s)


def _exchanges(syncs: Sequence[Sync]) -> int:
    """Count the exchanges: the pod's record of an exchange in a run states the same uptime as this machine's record."""
    return len({round(sync.uptime_s, 3) for sync in syncs})


def largest_jump(syncs: Sequence[Sync]) -> float | None:
    """Return by how much the clock of this computer jumped, in s, between syncs of a boot, sorted by uptime.

    None if they agree. Of several jumps, return the largest, from an earlier to a later group.
    """
    groups = agreeing(syncs)
    offsets = [_offset(group) for group in groups]
    jumps = [later - earlier for earlier, later in pairwise(offsets)]
    return max(jumps, key=abs, default=None)


def _offset(syncs: Sequence[Sync]) -> float:
    """Return the wall time at uptime 0 by the narrowest of these syncs, in s since 1970."""
    one = _narrowest(syncs)
    return (one.low_s + one.high_s) / 2 - one.uptime_s


def _narrowest(syncs: Sequence[Sync]) -> Sync:
    return min(syncs, key=lambda sync: sync.error_s)


def mean_rate(boots: Iterable[Sequence[Sync]]) -> Rate:
    """Return the bounds of the crystal's mean rate: the intersection over all pairs of syncs within one boot.

    `boots`: the syncs of each boot, sorted by uptime. If the intersection is empty, return the bounds without a
    measurement.
    """
    bounds = [_rate_of_boot(tuple(syncs[:: 1 + len(syncs) // _MOST])) for syncs in boots if len(syncs) > 1]
    rate = _intersection(bounds)
    return rate if rate.low <= rate.high else Rate()


@lru_cache(1 << 12)  # All runs of a pod share the boots of its clock log.
def _rate_of_boot(syncs: tuple[Sync, ...]) -> Rate:
    return _intersection(map(_rate_of_group, agreeing(consistent(syncs))))


def _rate_of_group(syncs: Sequence[Sync]) -> Rate:
    uptime, low, high = _columns(syncs)
    apart = uptime - uptime[:, None]
    far = apart >= _SHORTEST_S
    if not far.any():
        return Rate()
    at_least = ((low - high[:, None])[far] / apart[far] - 1.0) * 1e6 - WANDER_PPM
    at_most = ((high - low[:, None])[far] / apart[far] - 1.0) * 1e6 + WANDER_PPM
    return Rate(float(at_least.max()), float(at_most.min()))


def _intersection(rates: Iterable[Rate]) -> Rate:
    """Return the bounds that all rates and the prior share. `low` exceeds `high` if they contradict each other."""
    known = [Rate(), *rates]
    return Rate(max(one.low for one in known), min(one.high for one in known))


def _columns(syncs: Sequence[Sync]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return uptimes, lower and upper bounds of wall time, each of shape (N,), in s."""
    table = np.array([sync[1:4] for sync in syncs], np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def over_resets(boot: int, syncs: Iterable[Sync], carries: Iterable[Carry], slept_s: float = 0.0) -> list[Sync]:
    """Return the syncs of this boot, and of neighbouring boots across resets that the pod's clock survived.

    All are converted to the uptime of this boot, negative before it, and widened by the error of each reset. That error
    includes the sleep of the boot before the reset. `slept_s`: as for `BootClock`.
    """
    by_boot: dict[int, list[Sync]] = {}
    for sync in syncs:
        by_boot.setdefault(sync.boot, []).append(sync)
    carried = {carry.boot: carry for carry in carries}
    found = list(by_boot.get(boot, ()))
    shift = error = 0.0
    for number in range(boot, 0, -1):  # Earlier boots: their clock continued across the reset into this boot.
        if number not in carried:
            break
        shift, error = shift + carried[number].before_s, error + carried[number].error_s
        found += [_shifted(sync, boot, -shift, error, 0.0) for sync in by_boot.get(number - 1, ())]
    shift = error = 0.0
    number = boot + 1
    while number in carried:
        shift, error = shift + carried[number].before_s, error + carried[number].error_s
        found += [
            _shifted(sync, boot, shift, error + sync.slept_s * SLEEP, slept_s) for sync in by_boot.get(number, ())
        ]
        number += 1
    return found


def _shifted(sync: Sync, boot: int, by_s: float, error_s: float, slept_s: float) -> Sync:
    return Sync(boot, sync.uptime_s + by_s, sync.low_s - error_s, sync.high_s + error_s, slept_s)
