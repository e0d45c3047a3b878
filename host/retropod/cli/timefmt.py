"""Times of runs in words, as far as they are known."""

from datetime import UTC, datetime
from typing import Any

from retropod.cli.info import moment
from retropod.runs.timing import RunTime
from retropod.runs.walltime import Wall

NOT_SET = "the pod's clock was not set"


def start(times: RunTime) -> str:
    """When a run began and how well that is known, or between which times."""
    if (wall := times.start) is None:
        return f"not known: {NOT_SET}{_between(times)}"
    known = f"{moment(wall.time_s)}, right to {span(wall.error_s)}"
    return f"{known}; {NOT_SET}, worked out from other syncs" if times.repaired else known


def drift(times: RunTime) -> str:
    """How far the pod's crystal is off, where exchanges have told; empty where not."""
    rate = times.clock.rate if times.clock else None
    if rate is None or not rate.measured:
        return ""
    slow, give = (rate.low + rate.high) / 2, (rate.high - rate.low) / 2
    return f"{abs(slow):.0f} ppm {'slow' if slow > 0 else 'fast'}, give or take {give:.0f}"


def span(error_s: float) -> str:
    """An error bound in a unit that suits it, rounded up."""
    if error_s < 0.9995:
        return f"{int(error_s * 1000) + 1} ms"
    return f"{error_s:.1f} s" if error_s < 99 else f"{error_s / 60:.0f} min"


def of_day(wall: Wall | None) -> str:
    """Local time of day to the millisecond, with its bound."""
    if wall is None:
        return f"{'-':>12} {'':>9}"
    local = datetime.fromtimestamp(wall.time_s, UTC).astimezone()
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03d} ±{span(wall.error_s):>8}"


def as_json(times: RunTime) -> dict[str, Any]:
    """What is known of a run's time, for `--json`."""
    wall, rate = times.start, times.clock.rate if times.clock else None
    early, late = times.between
    return {
        "start_epoch_s": round(wall.time_s, 3) if wall else None,
        "start_error_ms": round(wall.error_s * 1000, 1) if wall else None,
        "start_repaired": times.repaired,
        "start_after": iso(early),
        "start_before": iso(late),
        "drift_ppm": [round(rate.low, 1), round(rate.high, 1)] if rate and rate.measured else None,
        "syncs": len(times.clock.syncs) if times.clock else 0,
        "syncs_rejected": times.clock.rejected if times.clock else 0,
    }


def stride_json(wall: Wall | None) -> dict[str, Any]:
    """`wall_time` (ISO 8601, UTC) and `wall_error_ms` of a stride."""
    return {
        "wall_time": iso(wall.time_s if wall else None),
        "wall_error_ms": round(wall.error_s * 1000, 1) if wall else None,
    }


def iso(epoch_s: float | None) -> str | None:
    """UTC, to the millisecond."""
    if epoch_s is None:
        return None
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _between(times: RunTime) -> str:
    early, late = times.between
    if early is not None and late is not None:
        return f"; between {moment(early)} and {moment(late)}"
    if late is not None:
        return f"; before {moment(late)}"
    return f"; after {moment(early)}" if early is not None else ""
