"""Wall time for a pod's uptime, with a bound for its error: never a guess, always what all exchanges leave possible.

Each exchange says between which two times an uptime was (`timesync.Sync`). From there the pod's crystal carries the
interval on, growing by how far that crystal may be off. What is known of the crystal comes from the exchanges too: two
that lie apart bound its mean rate. Where intervals from several exchanges overlap, the truth lies in the common part.
See docs/decisions/0011-wall-time.md.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retropod.client.timesync import Carry, Sync

PRIOR_PPM = 100.0  # no crystal of an ESP32 board is off by more; holds before anything is measured, and always
SLEEP = 0.05  # of the time slept: the oscillator that counts then
WANDER_PPM = 20.0  # around its own mean, by temperature: an AT-cut crystal between -20 and 60 degrees Celsius
_SHORTEST_S = 30.0  # exchanges closer than this say nothing of use about a rate
_NEAREST = 12  # exchanges on either side that are asked about one moment: those further away add nothing
_MOST = 600  # exchanges of a boot that are looked at: their pairs grow with the square


class Wall(NamedTuple):
    """A wall time (s since 1970, UTC) and how wrong it may be at most, in s."""

    time_s: float
    error_s: float


class Rate(NamedTuple):
    """Wall seconds per second of uptime, less one, in ppm: somewhere in `low` to `high`."""

    low: float = -PRIOR_PPM
    high: float = PRIOR_PPM

    @property
    def measured(self) -> bool:
        """Whether more is known than before any measurement."""
        return self.high - self.low < 2 * PRIOR_PPM

    def around(self) -> "Rate":
        """What the crystal may do at any one moment, given that this is its mean."""
        return Rate(max(self.low - WANDER_PPM, -PRIOR_PPM), min(self.high + WANDER_PPM, PRIOR_PPM))


class BootClock:
    """Uptime of one boot to wall time. Built from exchanges, at least one."""

    def __init__(self, syncs: Iterable[Sync], rate: Rate | None = None, slept_s: float = 0.0) -> None:
        """`rate`: the crystal's mean if known from other boots too, else it is worked out from these exchanges.

        `slept_s`: how long the pod had slept at the uptimes that will be asked for.
        """
        given = sorted({awake(sync, slept_s) for sync in syncs}, key=lambda sync: sync.uptime_s)
        given = given[:: 1 + len(given) // _MOST]
        self.syncs = consistent(given)
        self.rejected = len(given) - len(self.syncs)
        self.rate = mean_rate([self.syncs]) if rate is None else rate
        self._now = self.rate.around()
        self._uptimes = [sync.uptime_s for sync in self.syncs]

    def at(self, uptime_s: float) -> Wall:
        """Wall time at this uptime."""
        place = bisect_left(self._uptimes, uptime_s)
        near = self.syncs[max(place - _NEAREST, 0) : place + _NEAREST]
        spans = [carried_to(uptime_s, sync, self._now) for sync in near]
        low, high = max(span[0] for span in spans), min(span[1] for span in spans)
        if low > high:  # they contradict each other, and nothing tells which is right: any of them may be
            low, high = min(span[0] for span in spans), max(span[1] for span in spans)
        return Wall((low + high) / 2, (high - low) / 2)


def awake(sync: Sync, slept_s: float) -> Sync:
    """An exchange as of a time when the pod had slept so long: wider by what the sleep in between leaves unsure."""
    slack = abs(slept_s - sync.slept_s) * SLEEP
    return sync._replace(low_s=sync.low_s - slack, high_s=sync.high_s + slack, slept_s=slept_s)


def carried_to(uptime_s: float, sync: Sync, rate: Rate) -> tuple[float, float]:
    """The interval of an exchange at another uptime, for a crystal of that rate."""
    apart = uptime_s - sync.uptime_s
    first, second = apart * rate.low * 1e-6, apart * rate.high * 1e-6
    return sync.low_s + apart + min(first, second), sync.high_s + apart + max(first, second)


def consistent(syncs: Sequence[Sync]) -> list[Sync]:
    """Without those that contradict most others: this machine's clock was wrong then. In a tie nothing tells which."""
    if len(syncs) < 3:
        return list(syncs)
    uptime, low, high = _columns(syncs)
    apart = uptime - uptime[:, None]
    slack = np.abs(apart) * PRIOR_PPM * 1e-6
    against = (low[:, None] + apart - slack > high) | (high[:, None] + apart + slack < low)
    kept, count = np.ones(len(syncs), bool), against.sum(1)
    while count.max() > kept.sum() / 2:
        worst = int(count.argmax())
        kept[worst] = False
        count -= against[worst]
        count[worst] = 0
    return [sync for sync, keep in zip(syncs, kept, strict=True) if keep]


def mean_rate(boots: Iterable[Sequence[Sync]]) -> Rate:
    """The crystal's mean rate: what every pair of exchanges within one boot leaves possible.

    `boots`: exchanges boot by boot, each ascending. Pairs that nothing fits leave what was known before.
    """
    slowest, fastest = -PRIOR_PPM, PRIOR_PPM
    for syncs in boots:
        uptime, low, high = _columns(consistent(syncs[:: 1 + len(syncs) // _MOST]))
        apart = uptime - uptime[:, None]
        far = apart >= _SHORTEST_S
        if far.any():
            at_least = ((low - high[:, None])[far] / apart[far] - 1.0) * 1e6 - WANDER_PPM
            at_most = ((high - low[:, None])[far] / apart[far] - 1.0) * 1e6 + WANDER_PPM
            slowest, fastest = max(slowest, float(at_least.max())), min(fastest, float(at_most.min()))
    return Rate(slowest, fastest) if slowest <= fastest else Rate()


def _columns(syncs: Sequence[Sync]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Uptimes, lower and upper ends."""
    table = np.array([sync[1:4] for sync in syncs], np.float64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def over_resets(boot: int, syncs: Iterable[Sync], carries: Iterable[Carry], slept_s: float = 0.0) -> list[Sync]:
    """Exchanges of this boot, and those of boots before and after that a clock was carried to or from, as of this one.

    They are told on this boot's uptime, below zero for what was before it, and widened by what each reset left unsure;
    that covers whatever the boot before a reset has slept. `slept_s`: as for `BootClock`.
    """
    by_boot: dict[int, list[Sync]] = {}
    for sync in syncs:
        by_boot.setdefault(sync.boot, []).append(sync)
    carried = {carry.boot: carry for carry in carries}
    found = list(by_boot.get(boot, ()))
    shift = error = 0.0
    for number in range(boot, 0, -1):  # the boots before: their uptime ran on into this one
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
