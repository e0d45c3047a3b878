"""Wall times of a run and its strides, from the clock syncs of the run, of its pod, and across resets."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retropod.client.messages import EventMessage
from retropod.client.timesync import Sync, is_possible
from retropod.durable import digest
from retropod.insight.stride import Stride
from retropod.runs.clocklog import BootSeries, ClockLog, carries_of, jumped, slept, syncs_of
from retropod.runs.files import RunFiles
from retropod.runs.reader import Run
from retropod.runs.walltime import (
    PRIOR_PPM,
    SLEEP,
    BootClock,
    Rate,
    Wall,
    agree,
    agreeing,
    consistent,
    mean_rate,
    over_resets,
)
from retrowire import codec

# The pod derives a stride's uptime from its sample number. It relates both at a FIFO read, up to one sample late. Both
# times are truncated to milliseconds.
_TICKS_S = 0.002
# Until the pod has measured the chip's oscillator, it uses the rate that the chip states, over the last four seconds.
# Chips that report their own error (INTERNAL_FREQ_FINE) are then within 0.5 %, others within the 5 % of data sheets.
_MEASURED_AFTER_S = 15.0
_FIRST_S = 4.0
_COUNTED, _UNCOUNTED = 0.005, 0.05
_SET_UP = (1, 2)  # values of a `sensor` event: the chip was connected, or was configured again
_RATE_CHANGED = codec.value("fault", "sensor_rate")
# The time that a pod receives is wrong by at most a minute. The pod drifts by at most another minute in a week.
_HEADER_ERROR_S = 120.0


@dataclass
class RunTime:
    """Wall times of one run.

    `clock`: None if no sync relates the run's boot to wall time. The run then began within the bounds `between`
    (s since 1970, None: no bound). `repaired`: the times come from syncs outside the run.
    """

    run: Run
    clock: BootClock | None
    repaired: bool
    between: tuple[float | None, float | None] = (None, None)

    @property
    def jump(self) -> str | None:
        """Text about a jump of this computer's clock between the syncs, None without a jump."""
        return jumped(self.clock.jump_s) if self.clock else None

    def at(self, uptime_s: float) -> Wall | None:
        """Return the wall time at an uptime (s) of the run's boot."""
        return self.clock.at(uptime_s) if self.clock else None

    @property
    def start(self) -> Wall | None:
        """Start of the run. Without a header: start of its first stride."""
        began = began_s(self.run)
        return None if began is None else self.at(began)

    def of(self, stride: Stride) -> Wall | None:
        """Return the wall time of the stride's opening mid-stance."""
        header = self.run.header
        return _wall_of(stride, self.clock, header.rate_mhz, str(header.chip), self._chip_starts())

    def _chip_starts(self) -> list[int]:
        """Return the sample numbers at which the measurement of the chip's rate was restarted."""
        return [event.sample for event in self.run.events if _begins_measuring(event)]


class LiveTime:
    """Wall times of a live stream, from the clock syncs of this session only."""

    def __init__(self, chip: str, rate_hz: float | None = None) -> None:
        """`rate_hz`: sample rate. None: unknown, so the lowest one counts."""
        self._chip, self._rate_hz = chip, rate_hz
        self._syncs: list[Sync] = []
        self._starts: list[int] = []
        self._clock: BootClock | None = None

    def learn(self, sync: Sync) -> bool:
        """Add a sync. Drop the syncs of an earlier boot or from before a sleep: they do not apply any more.

        Drop also those that contradict it: a clock jumped in between, and the present relation counts. Return False
        then: times from before the sync may be wrong.
        """
        same = [one for one in self._syncs if (one.boot, one.slept_s) == (sync.boot, sync.slept_s)]
        agreed = [one for one in same if agree(one, sync)]
        self._syncs = [*agreed, sync]
        self._clock = BootClock(self._syncs, slept_s=sync.slept_s)
        return len(agreed) == len(same)

    def reset(self) -> None:
        """Drop everything after a restart of the pod. `of` returns None until the next sync."""
        self._syncs, self._starts, self._clock = [], [], None

    def event(self, event: EventMessage) -> None:
        """Take an event of the stream: it may report that the chip was configured again."""
        if _begins_measuring(event):
            self._starts.append(event.sample)

    def of(self, stride: Stride) -> Wall | None:
        """Return the wall time of the stride's opening mid-stance."""
        return _wall_of(stride, self._clock, self._rate_hz, self._chip, self._starts)


def _begins_measuring(event: EventMessage) -> bool:
    """Return whether this event restarts the measurement of the chip's rate."""
    return (event.kind == "sensor" and event.a in _SET_UP) or (event.kind == "fault" and event.a == _RATE_CHANGED)


def _wall_of(
    stride: Stride, clock: BootClock | None, rate_hz: float | None, chip: str, starts: Sequence[int]
) -> Wall | None:
    if clock is None or stride.uptime_s is None:
        return None
    wall = clock.at(stride.uptime_s)
    rate_hz = rate_hz or 100.0  # Unknown rate: assume the lowest one.
    since = max((at for at in starts if at <= stride.sample), default=0)
    error_s = wall.error_s + 1.0 / rate_hz + _TICKS_S
    if (stride.sample - since) / rate_hz < _MEASURED_AFTER_S:
        error_s += _FIRST_S * (_COUNTED if chip.startswith("lsm6ds") else _UNCOUNTED)
    return Wall(wall.time_s, error_s)


def timing(run: Run, path: Path | None = None, store: RunFiles | None = None) -> RunTime:
    """Return the wall times of a run. `path` and `store` give access to the clock log of its pod."""
    own, carries = syncs_of(run), carries_of(run)
    boot = run.header.boot_count or 0
    logged = (None if run.headless else _logged(run, own, path, store)) or BootSeries()
    syncs, carries = [*own, *logged.syncs], [*carries, *logged.carries]
    rate = mean_rate(_by_boot_and_sleep(syncs))
    slept_s = slept(run)
    of_boot = over_resets(boot, syncs, carries, slept_s) or _by_header(run)
    if run.header.clock_state == "synced" and not own:  # The header repeats a sync, which the log may not contain.
        of_boot += [one for one in _by_header(run) if not any(agree(one, known) for known in of_boot)]
    if of_boot:
        return RunTime(run, BootClock(of_boot, rate, slept_s), repaired=not own)
    return RunTime(run, None, False, _between(boot, run, path, logged, rate))


def _by_header(run: Run) -> list[Sync]:
    """Return a sync from the header, for a run with damaged events. It does not state the clock's error."""
    epoch_s = run.header.seconds("epoch")
    if run.header.clock_state == "unset" or epoch_s is None or not is_possible(epoch_s):
        return []
    uptime_s = run.header.seconds("uptime") or 0.0
    error_s = _HEADER_ERROR_S
    return [Sync(run.header.boot_count, uptime_s, epoch_s - error_s, epoch_s + error_s, slept(run))]


def _logged(run: Run, own: list[Sync], path: Path | None, store: RunFiles | None) -> BootSeries | None:
    """Return the boot series of the pod's clock log that contains this run, or None if it is unknown.

    Boot numbers repeat after an erasure of the flash. With several series, a sync or a download of the run decides.
    """
    if store is None:
        return None
    series = ClockLog(store, run.header.device_id).series()
    found = [one for one in series if any(sync in one.syncs for sync in own)]
    found = found or [one for one in series if any(one.contains(sync) for sync in own)]
    if found or len(series) == 1:
        return (found or series)[-1]
    sha256 = digest(path).hex() if path else ""
    return next((one for one in series if any(fetched.sha256 == sha256 for fetched in one.fetched)), None)


def _by_boot_and_sleep(syncs: list[Sync]) -> list[list[Sync]]:
    """Group syncs by boot and sleep: within a group, only the crystal counted the uptime."""
    boots: dict[tuple[int, float], list[Sync]] = {}
    for sync in sorted(set(syncs), key=lambda one: one.uptime_s):
        boots.setdefault((sync.boot, sync.slept_s), []).append(sync)
    return list(boots.values())


def _between(
    boot: int, run: Run, path: Path | None, logged: BootSeries, rate: Rate
) -> tuple[float | None, float | None]:
    """Return the earliest and the latest possible start of the run (s since 1970), in order. None: no bound.

    The run began after every sync of earlier boots, and before every sync of later boots and its own download.
    """
    boots = {sync.boot: logged.of_boot(sync.boot) for sync in logged.syncs}
    before = [(sync.low_s, 0.0) for number in boots if number < boot for sync in _trusted(boots[number], -1)]
    after = [
        (sync.high_s, _at_least(sync.uptime_s, sync.slept_s))
        for number in boots
        if number > boot
        for sync in _trusted(boots[number], 1)
    ]
    sha256 = digest(path).hex() if path else ""
    after += [(one.at_s, 0.0) for one in logged.fetched if one.sha256 == sha256]
    until_begun = _at_least(run.header.seconds("uptime") or 0.0, slept(run))
    lasted = _at_least(lasted_s(run), 0.0)
    return in_order(
        [(at_s, passed_s + until_begun) for at_s, passed_s in before],
        [(at_s, passed_s + lasted) for at_s, passed_s in after],
    )


def _trusted(syncs: Sequence[Sync], later: int) -> list[Sync]:
    """Return the syncs of a boot without those that others outweigh.

    If contradictions remain, return the earliest agreeing syncs (`later`: -1) or the latest ones (1).
    """
    groups = agreeing(consistent(sorted(syncs, key=lambda one: one.uptime_s)))
    return max(groups, key=lambda group: later * (group[0].low_s - group[0].uptime_s))


def in_order(
    before: Sequence[tuple[float, float]], after: Sequence[tuple[float, float]]
) -> tuple[float | None, float | None]:
    """Return bounds (earliest, latest), in s, of a moment after all of `before` and before all of `after`.

    Each entry is a wall time and the least uptime between it and the moment. If the bounds contradict each other, an
    input is wrong. They are then widened in steps until they are in order:
    1. Ignore the uptimes, because the pod's clock may be wrong.
    2. Use the first wall time of `before` and the last one of `after`, because this machine's clock may have been set.
    3. Return the whole span between the contradicting times.
    """
    if not before or not after:
        earliest = max((at_s + passed_s for at_s, passed_s in before), default=None)
        return earliest, min((at_s - passed_s for at_s, passed_s in after), default=None)
    narrow = max(at_s + passed_s for at_s, passed_s in before), min(at_s - passed_s for at_s, passed_s in after)
    times_before, times_after = [at_s for at_s, _ in before], [at_s for at_s, _ in after]
    for earliest, latest in (narrow, (max(times_before), min(times_after)), (min(times_before), max(times_after))):
        if earliest <= latest:
            return earliest, latest
    return min(times_after), max(times_before)


def _at_least(uptime_s: float, slept_s: float) -> float:
    """Return the least true time (s) for an uptime of which the pod spent `slept_s` asleep."""
    return uptime_s * (1 - PRIOR_PPM * 1e-6) - slept_s * SLEEP


def began_s(run: Run) -> float | None:
    """Return the pod uptime at the start of the run, in s. Without a header: at the start of its first stride."""
    began = run.header.seconds("uptime")
    return run.strides[0].uptime_s if began is None and run.strides else began


def lasted_s(run: Run) -> float:
    """Return the time from the start of the run to its last stride or event, in s."""
    ends = [*(stride.end_s for stride in run.strides[-1:]), *(event.seconds("uptime") or 0.0 for event in run.events)]
    return max(max(ends, default=0.0) - (began_s(run) or 0.0), 0.0)
