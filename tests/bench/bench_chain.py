"""Known truth of the gait model in each output of the host."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.registry import Counts, NotMeasured, Row, figures


@figures("chain_truth", "chain_values_outside")
def bench_chain() -> Iterator[Row]:
    """One row for each session, direction and metric: the bout with the largest error in its outputs."""
    from chain import METRICS, OUTPUTS, SESSIONS, Entry, Session
    from retropod.virtual.runtime import find_runtime

    if find_runtime() is None:
        raise NotMeasured("no MicroPython runtime")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RETROPOD_RUNS"] = str(Path(folder) / "store")
        entries = [one for name in SESSIONS for one in Session(name, Path(folder)).entries()]
    worst: dict[tuple[str, str, str], Entry] = {}
    for one in sorted(entries, key=_error):
        worst[one.session, one.direction, one.metric] = one
    table: Counts = {}
    for (session, direction, name), one in sorted(worst.items()):
        metric = METRICS[name]
        columns = {"truth": one.truth, **one.found, "tolerance": metric.tolerance(direction, "show")}
        row = " ".join(filter(None, (session, direction, name, metric.unit, "/".join(columns))))
        table[row] = [round(metric.per * value) for value in columns.values()]
    method = f"{len(SESSIONS)} sessions, the bout with the largest error; the report has its rounding more"
    yield "chain_truth", table, "as named", method
    outside = [one for one in entries if one.outside()]
    values_in_all = sum(len(one.found) for one in entries)
    yield "chain_values_outside", len(outside), "bout values", f"of {values_in_all} values in {', '.join(OUTPUTS)}"


def _error(entry) -> float:
    return max(abs(value - entry.truth) for value in entry.found.values())
