"""Shares and bouts by direction of a replay, in the time of the recording."""

from dataclasses import replace
from typing import Any

from retropod.insight.bouts import bout_strides
from retropod.insight.stride import Stride, rounded
from retropod.insight.summary import Summary, summarise
from retropod.replay.replay import Replayed


def shares(result: Replayed) -> tuple[Summary, list[list[Stride]]]:
    """Return the totals of all strides, and the strides of each bout. Their uptime is in s of the recording."""
    timed = [replace(one, uptime_s=one.sample / result.rate_hz) for one in result.strides]
    return summarise(timed), list(bout_strides(timed))


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
            {"direction": one[0].direction, "start_s": one[0].uptime_s, "end_s": one[-1].end_s, "strides": len(one)}
            for one in parts
        ),
    })  # fmt: skip
