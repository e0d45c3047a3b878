"""Shares and bouts by direction of a replay, in the time of the recording."""

from dataclasses import replace
from typing import Any

from retropod.insight.stride import rounded
from retropod.insight.summary import Bout, Summary, bouts, summarise
from retropod.replay.replay import Replayed


def shares(result: Replayed) -> tuple[Summary, list[Bout]]:
    """Return the metrics of all strides, and the bouts. Start and end of a bout are in s of the recording."""
    timed = [replace(one, uptime_s=one.sample / result.rate_hz) for one in result.strides]
    return summarise(timed), bouts(timed)


def as_json(result: Replayed) -> dict[str, Any]:
    """Return the summary object for `replay --json`."""
    summary, parts = shares(result)
    return rounded({
        "strides": summary.strides,
        "duration_s": result.duration_s,
        "count": summary.count,
        "share": summary.share,
        "distance_m": summary.distance_m,
        "bouts": tuple(
            {"direction": one.direction, "start_s": one.start_s, "end_s": one.end_s, "strides": one.summary.strides}
            for one in parts
        ),
    })  # fmt: skip
