"""The missing data of a damaged run, located in time."""

from typing import NamedTuple

from retropod.runs.reader import Run

# A run may begin with this time without a stride: the wearer may have stood still.
_PAUSE_S = 10.0


class RunGap(NamedTuple):
    """Missing data between two pod uptimes, in s. `lost` is the number of missing items. None: not known.

    `what` is `strides`, `samples` (raw samples) or `end`: the end of the run is missing, with unknown contents.
    """

    what: str
    lost: int | None
    from_s: float | None
    to_s: float | None


def gaps(run: Run) -> list[RunGap]:
    """Return the gaps of a run, sorted by time. A whole run has none.

    A lost block that held only events leaves no gap: it appears only in `run.missing`.
    """
    if run.whole:
        return []
    found = [*_strides(run), *_samples(run)]
    if run.torn and not run.ended:
        found.append(RunGap("end", None, _last_s(run), None))
    return sorted(found, key=lambda gap: gap.from_s or 0.0)


def _strides(run: Run) -> list[RunGap]:
    """Strides are numbered: a skipped number was in a lost block."""
    found: list[RunGap] = []
    began = run.header.seconds("uptime")
    if run.missing and not run.strides:
        found.append(RunGap("strides", None, began, None))
    elif run.missing and began is not None and run.strides[0].number > 0:
        first_s = run.strides[0].uptime_s
        if first_s is not None and first_s - began > _PAUSE_S:
            found.append(RunGap("strides", None, began, first_s))
    for one, other in zip(run.strides, run.strides[1:], strict=False):
        if other.number > one.number + 1:
            found.append(RunGap("strides", other.number - one.number - 1, one.end_s, other.uptime_s))
    return found


def _samples(run: Run) -> list[RunGap]:
    """Samples are numbered too. Events report the samples that the chip lost: these are not missing from the file."""
    lost = {event.sample: event.a for event in run.events if event.kind == "samples_lost"}
    found: list[RunGap] = []
    for one, other in zip(run.raw, run.raw[1:], strict=False):
        end = one.sample + one.count
        count = other.sample - end - lost.get(other.sample, 0)
        if count > 0:
            from_s, to_s = _uptime_s(run, end), _uptime_s(run, other.sample)
            if from_s is not None and to_s is not None:  # two estimates with an inexact rate may cross
                from_s, to_s = min(from_s, to_s), max(from_s, to_s)
            found.append(RunGap("samples", count, from_s, to_s))
    return found


def _uptime_s(run: Run, sample: int) -> float | None:
    """Estimate the uptime of a sample, in s, from the nearest stride or the header, which state both."""
    known = [(stride.sample, stride.uptime_s) for stride in run.strides if stride.uptime_s is not None]
    if (began := run.header.seconds("uptime")) is not None:
        known.append((run.header.sample, began))
    if not known:
        return None
    at, uptime_s = min(known, key=lambda pair: abs(pair[0] - sample))
    return uptime_s + (sample - at) / (run.header.rate_mhz or 416.0)


def _last_s(run: Run) -> float | None:
    """Return the uptime of the last readable stride, event or sample, in s."""
    times = [stride.end_s for stride in run.strides[-1:]]
    times += [event.seconds("uptime") or 0.0 for event in run.events[-3:]]
    if run.raw and (last := _uptime_s(run, run.raw[-1].sample + run.raw[-1].count)) is not None:
        times.append(last)
    return max(times, default=run.header.seconds("uptime"))
