"""Wall time of strides over a simulated week: the pod's own clock and recorder, the host's own sync and store."""

import sys
from collections.abc import Iterator
from statistics import median

from bench.registry import ROOT, Row, figures

_SEEDS = range(1, 11)


@figures("time_strides_within_bound", "time_median_error_ms", "time_median_bound_ms", "time_repaired_bound_ms")
def bench_week() -> Iterator[Row]:
    sys.path.append(str(ROOT / "firmware"))  # the pod's modules, under CPython
    from week.life import simulate

    weeks = [simulate(seed) for seed in _SEEDS]
    strides, outside = sum(week.strides for week in weeks), sum(len(week.outside) for week in weeks)
    unknown, resets = sum(week.unknown for week in weeks), sum(week.resets for week in weeks)
    method = (
        f"{len(weeks)} simulated weeks, {strides:,} strides: crystals to 100 ppm with a wander, {resets} resets, "
        "batteries that died, sleep, uneven USB delays, syncs by chance; "
    )
    share = 100.0 * (strides - outside) / strides
    yield (
        "time_strides_within_bound",
        share,
        "%",
        method + f"{unknown} strides of unknown time, between bounds that held",
    )
    errors = [error for week in weeks for error in week.errors]
    bounds = [bound for week in weeks for bound in week.bounds]
    repaired = [bound for week in weeks for bound in week.repaired]
    of_set = f"{len(errors):,} strides of runs whose pod was told the time"
    yield "time_median_error_ms", 1000 * median(errors), "ms", of_set
    yield "time_median_bound_ms", 1000 * median(bounds), "ms", of_set
    of_rest = f"{len(repaired):,} strides of runs whose pod was not told: from other syncs, over resets and sleep"
    yield "time_repaired_bound_ms", 1000 * median(repaired), "ms", of_rest
