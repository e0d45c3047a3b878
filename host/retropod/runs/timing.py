"""When the strides of a stored run were: from the run's own exchanges, its pod's others, and resets in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retropod.client.messages import EventMessage
from retropod.client.timesync import Sync, Synced
from retropod.insight.stride import Stride
from retropod.runs.clocklog import ClockLog, Life, carries_of, slept, syncs_of
from retropod.runs.reader import Run
from retropod.runs.store import Store, digest
from retropod.runs.walltime import PRIOR_PPM, SLEEP, BootClock, Rate, Wall, mean_rate, over_resets
from retrowire import codec

# A stride's uptime comes from its sample's number: the look at the FIFO that ties both is late by up to a sample, and
# both ends are cut to milliseconds.
_TICKS_S = 0.002
# Until the chip's oscillator has been measured, its own word for it holds, over some four seconds back. Chips that
# count their own error (INTERNAL_FREQ_FINE) are right to half a percent then, others to what their data sheets allow.
_MEASURED_AFTER_S = 15.0
_FIRST_S = 4.0
_COUNTED, _UNCOUNTED = 0.005, 0.05
_SET_UP = (1, 2)  # what a `sensor` event says of a chip that came or was set up again
_RATE_CHANGED = codec.value("fault", "sensor_rate")
# A pod is told the time with an error of a minute at most, and drifts by as much in a week.
_HEADER_ERROR_S = 120.0


@dataclass
class RunTime:
    """Wall times of one run. `clock` is None when nothing ties its boot to wall time; then it began in `between`."""

    run: Run
    clock: BootClock | None
    repaired: bool  # the run itself does not know it: an exchange before or after it does
    between: tuple[float | None, float | None] = (None, None)

    def at(self, uptime_s: float) -> Wall | None:
        """Wall time at an uptime of the run's boot."""
        return self.clock.at(uptime_s) if self.clock else None

    @property
    def start(self) -> Wall | None:
        """When the run began; without a header, when its first stride did."""
        began = self.run.header.seconds("uptime")
        if began is None and self.run.strides:
            began = self.run.strides[0].uptime_s
        return None if began is None else self.at(began)

    def of(self, stride: Stride) -> Wall | None:
        """When a stride began, at its opening mid-stance."""
        header = self.run.header
        return _wall_of(stride, self.clock, header.rate_mhz, str(header.chip), self._chip_starts())

    def _chip_starts(self) -> list[int]:
        """Sample numbers from which on the chip's rate was measured anew."""
        return [event.sample for event in self.run.events if _begins_measuring(event)]


class LiveTime:
    """Wall times of what a pod streams, from the exchanges of this session alone."""

    def __init__(self, chip: str) -> None:
        self._chip = chip
        self._syncs: list[Sync] = []
        self._starts: list[int] = []
        self._clock: BootClock | None = None

    def learn(self, synced: Synced) -> None:
        """A synchronisation: those of an earlier boot, or from before a sleep, say nothing about now."""
        sync = synced.sync
        same = [one for one in self._syncs if (one.boot, one.slept_s) == (sync.boot, sync.slept_s)]
        self._syncs = [*same, sync]
        self._clock = BootClock(self._syncs, slept_s=sync.slept_s)

    def forget(self) -> None:
        """The pod has started anew: nothing is known until the next synchronisation."""
        self._syncs, self._starts, self._clock = [], [], None

    def event(self, event: EventMessage) -> None:
        """An event of the stream, which may tell of a chip that was set up anew."""
        if _begins_measuring(event):
            self._starts.append(event.sample)

    def of(self, stride: Stride) -> Wall | None:
        """When a stride began, at its opening mid-stance."""
        return _wall_of(stride, self._clock, None, self._chip, self._starts)


def _begins_measuring(event: EventMessage) -> bool:
    """Whether the chip's rate is measured anew from here on."""
    return (event.kind == "sensor" and event.a in _SET_UP) or (event.kind == "fault" and event.a == _RATE_CHANGED)


def _wall_of(
    stride: Stride, clock: BootClock | None, rate_hz: float | None, chip: str, starts: Sequence[int]
) -> Wall | None:
    if clock is None or stride.uptime_s is None:
        return None
    wall = clock.at(stride.uptime_s)
    rate_hz = rate_hz or 100.0  # where that is not known, the slowest
    since = max((at for at in starts if at <= stride.sample), default=0)
    error_s = wall.error_s + 1.0 / rate_hz + _TICKS_S
    if (stride.sample - since) / rate_hz < _MEASURED_AFTER_S:
        error_s += _FIRST_S * (_COUNTED if chip.startswith("lsm6ds") else _UNCOUNTED)
    return Wall(wall.time_s, error_s)


def timing(run: Run, path: Path | None = None, store: Store | None = None) -> RunTime:
    """When a run was. `path` and `store`: where the file lies, for what is known of its pod beside it."""
    own, carries = syncs_of(run), carries_of(run)
    boot = run.header.boot_count or 0
    life = (None if run.headless else _life(run, own, path, store)) or Life()
    syncs, carries = [*own, *life.syncs], [*carries, *life.carries]
    rate = mean_rate(_awake(syncs))
    slept_s = slept(run)
    of_boot = over_resets(boot, syncs, carries, slept_s) or _by_header(run)
    if of_boot:
        return RunTime(run, BootClock(of_boot, rate, slept_s), repaired=not own)
    return RunTime(run, None, False, _between(boot, run, path, life, rate))


def _by_header(run: Run) -> list[Sync]:
    """What the header says, for a run whose events are damaged: it does not say how well the pod knew the time."""
    epoch_s = run.header.seconds("epoch")
    if run.header.clock_state == "unset" or epoch_s is None:
        return []
    uptime_s = run.header.seconds("uptime") or 0.0
    error_s = _HEADER_ERROR_S
    return [Sync(run.header.boot_count, uptime_s, epoch_s - error_s, epoch_s + error_s, slept(run))]


def _life(run: Run, own: list[Sync], path: Path | None, store: Store | None) -> Life | None:
    """What is known of this run's pod at that time. None when nothing is, or when it cannot be told which life it was.

    Two lives of a pod whose flash was erased between them have the same boots: only what ties the run to one counts.
    """
    if store is None:
        return None
    lives = ClockLog(store, run.header.device_id).lives()
    if own:
        return next((life for life in lives if own[0] in life.syncs), None)
    if len(lives) == 1:
        return lives[0]
    sha256 = digest(path).hex() if path else ""
    return next((life for life in lives if any(one.sha256 == sha256 for one in life.fetched)), None)


def _awake(syncs: list[Sync]) -> list[list[Sync]]:
    """By boots, and by the sleeps in each: between two of one list the crystal alone has counted."""
    boots: dict[tuple[int, float], list[Sync]] = {}
    for sync in sorted(set(syncs), key=lambda one: one.uptime_s):
        boots.setdefault((sync.boot, sync.slept_s), []).append(sync)
    return list(boots.values())


def _between(boot: int, run: Run, path: Path | None, life: Life, rate: Rate) -> tuple[float | None, float | None]:
    """Return the earliest and the latest time at which the run can have begun, in order; None where nothing bounds it.

    It began after every exchange of earlier boots, and before every exchange of later boots and every download.
    """
    before = [(sync.low_s, 0.0) for sync in life.syncs if sync.boot < boot]
    after = [(sync.high_s, _at_least(sync.uptime_s, sync.slept_s)) for sync in life.syncs if sync.boot > boot]
    sha256 = digest(path).hex() if path else ""
    after += [(one.at_s, 0.0) for one in life.fetched if one.sha256 == sha256]
    began, ended = run.header.seconds("uptime") or 0.0, _last_uptime_s(run)
    until_begun = _at_least(began, slept(run))
    lasted = _at_least(max(ended - began, 0.0), 0.0)
    return in_order(
        [(at_s, passed_s + until_begun) for at_s, passed_s in before],
        [(at_s, passed_s + lasted) for at_s, passed_s in after],
    )


def in_order(
    before: Sequence[tuple[float, float]], after: Sequence[tuple[float, float]]
) -> tuple[float | None, float | None]:
    """Return bounds (earliest, latest) of a moment that came after all of `before` and before all of `after`, in s.

    Each is a wall time, and the uptime that certainly passed between it and the moment. Where the bounds contradict
    each other, something that was taken for certain is wrong, and they are widened until they are in order: first
    without the uptimes, for which a pod's clock that runs false is enough; then to the widest exchanges, for this
    machine's clock may have been set; at last to the whole span between two times that contradict each other.
    """
    if not before or not after:
        earliest = max((at_s + passed_s for at_s, passed_s in before), default=None)
        return earliest, min((at_s - passed_s for at_s, passed_s in after), default=None)
    narrow = max(at_s + passed_s for at_s, passed_s in before), min(at_s - passed_s for at_s, passed_s in after)
    befores, afters = [at_s for at_s, _ in before], [at_s for at_s, _ in after]
    for earliest, latest in (narrow, (max(befores), min(afters)), (min(befores), max(afters))):
        if earliest <= latest:
            return earliest, latest
    return min(afters), max(befores)


def _at_least(uptime_s: float, slept_s: float) -> float:
    """True time that has passed at least while the pod counted so much."""
    return uptime_s * (1 - PRIOR_PPM * 1e-6) - slept_s * SLEEP


def _last_uptime_s(run: Run) -> float:
    strides = [stride.end_s for stride in run.strides[-1:]]
    return max([*strides, *(event.seconds("uptime") or 0.0 for event in run.events)], default=0.0)
