"""What a damaged run lacks, told by time."""

from typing import NamedTuple

from retropod.runs.reader import Run

_PAUSE_S = 10.0  # without a stride at the beginning: nobody need have been moving


class Gap(NamedTuple):
    """So many `strides` or raw `samples` are missing between two uptimes; `end`: nobody knows what came after.

    None: not known how many, or until when.
    """

    what: str
    lost: int | None
    from_s: float | None
    to_s: float | None


def gaps(run: Run) -> list[Gap]:
    """What is missing, in order. Empty for a whole run; a block of events alone leaves no trace but its number."""
    if run.whole:
        return []
    found = [*_strides(run), *_samples(run)]
    ended = bool(run.events) and run.events[-1].kind == "stopped"
    if run.torn and not ended:
        found.append(Gap("end", None, _last_s(run), None))
    return sorted(found, key=lambda gap: gap.from_s or 0.0)


def _strides(run: Run) -> list[Gap]:
    """Strides are numbered: a number that was left out was in a block that is lost."""
    found: list[Gap] = []
    began = run.header.seconds("uptime")
    if run.missing and not run.strides:
        found.append(Gap("strides", None, began, None))
    elif run.missing and began is not None and run.strides[0].number > 0:
        first_s = run.strides[0].uptime_s
        if first_s is not None and first_s - began > _PAUSE_S:
            found.append(Gap("strides", None, began, first_s))
    for one, other in zip(run.strides, run.strides[1:], strict=False):
        if other.number > one.number + 1:
            found.append(Gap("strides", other.number - one.number - 1, one.end_s, other.uptime_s))
    return found


def _samples(run: Run) -> list[Gap]:
    """Samples are numbered too; those that the chip lost were told by events."""
    lost = {event.sample: event.a for event in run.events if event.kind == "samples_lost"}
    found: list[Gap] = []
    for one, other in zip(run.raw, run.raw[1:], strict=False):
        end = one.sample + one.count
        missing = other.sample - end - lost.get(other.sample, 0)
        if missing > 0:
            from_s, to_s = _uptime_s(run, end), _uptime_s(run, other.sample)
            if from_s is not None and to_s is not None:  # estimated from two ends, at a rate that is not exact
                from_s, to_s = min(from_s, to_s), max(from_s, to_s)
            found.append(Gap("samples", missing, from_s, to_s))
    return found


def _uptime_s(run: Run, sample: int) -> float | None:
    """About when a sample was taken, by the nearest thing that says both."""
    known = [(stride.sample, stride.uptime_s) for stride in run.strides if stride.uptime_s is not None]
    if (began := run.header.seconds("uptime")) is not None:
        known.append((run.header.sample, began))
    if not known:
        return None
    at, uptime_s = min(known, key=lambda pair: abs(pair[0] - sample))
    return uptime_s + (sample - at) / (run.header.rate_mhz or 416.0)


def _last_s(run: Run) -> float | None:
    """When the last thing happened that can be read."""
    times = [stride.end_s for stride in run.strides[-1:]]
    times += [event.seconds("uptime") or 0.0 for event in run.events[-3:]]
    if run.raw and (last := _uptime_s(run, run.raw[-1].sample + run.raw[-1].count)) is not None:
        times.append(last)
    return max(times, default=run.header.seconds("uptime"))
