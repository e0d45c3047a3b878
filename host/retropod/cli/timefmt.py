"""Times of runs, durations and error bounds as text."""

from typing import Any

from retropod.export import text
from retropod.runs.timing import RunTime
from retropod.runs.walltime import Wall, local
from retropod.wording import bound

_NOT_SET = "the pod's clock was not set"
_NOT_STATED = "imported without `--start`"


def moment(epoch_s: float) -> str:
    """Return the local date and time, to the second."""
    return local(epoch_s).strftime("%Y-%m-%d %H:%M:%S")


def duration(seconds: float | None) -> str:
    """Return seconds as h:mm:ss or m:ss."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def start(times: RunTime) -> str:
    """Return the start of a run with its accuracy, or the times between which it was."""
    if (wall := times.start) is None:
        return f"unknown: {_NOT_STATED if times.run.of_host else _NOT_SET}{_between(times)}"
    known = f"{moment(wall.time_s)}, accurate to {bound(wall.error_s)}" + (f"; {times.jump}" if times.jump else "")
    return f"{known}; {_NOT_SET}, time derived from other syncs" if times.repaired else known


def drift(times: RunTime) -> str:
    """Return the measured rate error of the pod's crystal. Empty if it was not measured."""
    rate = times.clock.rate if times.clock else None
    if rate is None or not rate.measured:
        return ""
    slow, error = (rate.low + rate.high) / 2, (rate.high - rate.low) / 2
    return f"{abs(slow):.0f} ± {error:.0f} ppm {'slow' if slow > 0 else 'fast'}"


def of_day(wall: Wall | None) -> str:
    """Return the local time of day to a tenth of a second, a dash for None."""
    if wall is None:
        return "-"
    at = local(wall.time_s)
    return f"{at:%H:%M:%S}.{at.microsecond // 100_000}"


def as_json(times: RunTime) -> dict[str, Any]:
    """Return the times of a run for `--json`."""
    wall, rate = times.start, times.clock.rate if times.clock else None
    early, late = times.between
    return {
        "start_epoch_s": round(wall.time_s, 3) if wall else None,
        "start_error_s": round(wall.error_s, 4) if wall else None,
        "start_repaired": times.repaired,
        "start_after": iso(early),
        "start_before": iso(late),
        "drift_ppm": [round(rate.low, 1), round(rate.high, 1)] if rate and rate.measured else None,
        "syncs": len(times.clock.syncs) if times.clock else 0,
        "syncs_rejected": times.clock.rejected if times.clock else 0,
        "host_clock_jump_s": _rounded(times.clock.jump_s if times.clock else None),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def stride_json(wall: Wall | None) -> dict[str, Any]:
    """Return `wall_time` (ISO 8601, UTC) of a stride or a lap, and its error bound `wall_error_s`."""
    return {
        "wall_time": iso(wall.time_s if wall else None),
        "wall_error_s": round(wall.error_s, 4) if wall else None,
    }


def iso(epoch_s: float | None) -> str | None:
    """Return UTC in ISO 8601, to the millisecond."""
    return None if epoch_s is None else text.iso(epoch_s)


def _between(times: RunTime) -> str:
    early, late = times.between
    if early is not None and late is not None:
        return f"; between {moment(early)} and {moment(late)}"
    if late is not None:
        return f"; before {moment(late)}"
    return f"; after {moment(early)}" if early is not None else ""
