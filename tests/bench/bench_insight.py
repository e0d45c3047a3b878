"""Errors of the analysis on sessions of the gait model, and the time of a report."""

import resource
import statistics
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.registry import NotMeasured, Row, figures
from host.madeupruns import LAPS, SYNC, a_stride, contents

_SEEDS = (3, 4)
_METRICS = ("cadence_spm", "contact_time_s", "aerial_time_s", "speed_mps", "length_m")
_EDGES = ("start", "end", "distance")
_UNITS = {"cadence_spm": "1/min", "contact_time_s": "s", "aerial_time_s": "s", "speed_mps": "m/s", "length_m": "m",
          "start": "s", "end": "s", "distance": "m"}  # fmt: skip
_WAYS = ("forward", "backward")
_FIGURES = [f"insight_{name}_error_{way}" for way in _WAYS for name in (*_METRICS, *_EDGES)]


@figures(*_FIGURES, "insight_bouts_missed")
def bench_truth() -> Iterator[Row]:
    """Compare each bout of hill intervals with the plan: largest absolute error by metric and direction."""
    from retropod.virtual.runtime import find_runtime

    if find_runtime() is None:
        raise NotMeasured("no MicroPython runtime")
    pairs = [pair for seed in _SEEDS for pair in _bouts(seed)]
    found = [(bout, true) for bout, true in pairs if bout is not None]
    yield "insight_bouts_missed", len(pairs) - len(found), "bouts", f"of {len(pairs)} bouts of hill intervals"
    for way in _WAYS:
        chosen = [(bout, true) for bout, true in found if true.direction == way]
        method = f"largest absolute error in {len(chosen)} bouts of hill intervals of the gait model"
        for name in (*_METRICS, *_EDGES):
            yield f"insight_{name}_error_{way}", max(_error(name, *pair) for pair in chosen), _UNITS[name], method


def _bouts(seed: int):
    from host.modelstrides import engine_strides
    from host.modeltruth import true_bouts
    from retropod.insight.analysis import analyse
    from retropod.insight.context import RunContext
    from retropod.virtual.gaitmodel import scenario

    model = scenario("hill-intervals", 833.0, seed, repeats=3, strides=20)
    found = analyse(engine_strides(model), [], RunContext(gyroscope=True, mount="given", origin_s=0.0)).bouts
    for true in true_bouts(model.strides):
        near = (one for one in found if one.direction == true.direction and abs(one.start_s - true.start_s) < 2.0)
        yield next(near, None), true


def _error(name: str, bout, true) -> float:
    measured = {"start": bout.start_s, "end": bout.end_s, "distance": bout.distance_m}
    planned = {"start": true.start_s, "end": true.end_s, "distance": true.distance_m}
    if name in planned:
        return abs(measured[name] - planned[name])
    return abs((bout.values[name].value or 0.0) - true.values[name])  # walking: true aerial time 0, measured absent


@figures("report_s", "show_s")
def bench_commands() -> Iterator[Row]:
    """Measure the processor time of `show` and `report` of a run of 5,000 strides, about an hour."""
    strides = [
        a_stride(n, direction="backward" if n // 40 % 2 else "forward", length=1.4 - 2.8 * (n // 40 % 2), period=0.7,
                 toe_off=0.1, contact=0.58, contact_time=0.2 + n % 7 / 200)
        for n in range(5000)
    ]  # fmt: skip
    retropod = Path(sysconfig.get_path("scripts")) / "retropod"
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run.rpr"
        run.write_bytes(contents(strides, [SYNC, LAPS[0]]))
        for name, options in (("report_s", ["--output", f"{folder}/report.html"]), ("show_s", [])):
            command = [str(retropod), name.removesuffix("_s"), str(run), *options]
            taken = statistics.median(_seconds(command) for _ in range(3))
            yield name, taken, "s", "processor time of the command, 5,000 strides in 125 bouts, median of 3"


def _seconds(command: list[str]) -> float:
    """Return the processor time, in s, which other programs change little."""
    begin = _children_s()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return _children_s() - begin


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
