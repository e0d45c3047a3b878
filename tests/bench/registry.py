"""Registry of benchmarks: functions `bench_*` in files `bench_*.py` that yield (name, value, unit, method)."""

import importlib.util
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import datasets

Counts = dict[str, list[int]]  # row -> whole numbers, which the method names
Value = float | Counts
Row = tuple[str, Value, str, str]
Bench = Callable[[], Iterator[Row]]
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build"
BASELINE = HERE.parent / "baseline.json"


class NotMeasured(Exception):
    """A tool or the data for a figure is missing; the text says which."""


def recordings(name: str = "") -> Path:
    """Return the folder of a known data set, or of any labelled recordings. Raises NotMeasured without one."""
    folder = datasets.known(name) if name else datasets.preferred()
    if folder is None:
        raise NotMeasured(f"RETROPOD_DATA contains no {name or 'labelled'} recordings")
    return folder


def figures(*names: str, gate: bool = False) -> Callable[[Bench], Bench]:
    """Name the figures that a benchmark yields, so that a missing one can be reported.

    `gate=True`: they do not depend on the machine, are quick, and `make check` compares them with tests/baseline.json.
    """

    def mark(bench: Bench) -> Bench:
        vars(bench).update(figures=names, gate=gate)
        return bench

    return mark


@dataclass(frozen=True)
class Result:
    """One figure. `value` is None when it could not be measured; `method` then gives the reason."""

    name: str
    value: Value | None
    unit: str
    method: str


def load(path: Path) -> object:
    name = f"retropod_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def benches(gate_only: bool = False) -> Iterator[Bench]:
    for path in sorted(HERE.glob("bench_*.py")):
        module = load(path)
        for name, value in vars(module).items():
            if name.startswith("bench_") and callable(value) and (not gate_only or getattr(value, "gate", False)):
                yield value


def names_of(bench: Bench) -> tuple[str, ...]:
    return getattr(bench, "figures", (bench.__name__.removeprefix("bench_"),))


def measure(bench: Bench) -> Iterator[Result]:
    """Results of one benchmark; every figure that it names and does not yield is reported as not measured."""
    missing = list(names_of(bench))
    reason = "the benchmark did not yield it"
    try:
        for name, value, unit, method in bench():
            if name in missing:
                missing.remove(name)
            yield Result(name, value, unit, method)
    except NotMeasured as error:
        reason = str(error)
    except Exception as error:  # one that fails must not take the others with it
        traceback.print_exc()
        reason = f"failed: {type(error).__name__}"
    for name in missing:
        yield Result(name, None, "", reason)


def baseline() -> dict[str, dict[str, Any]]:
    """Name -> {value, better: lower | higher | same, margin: largest allowed change for the worse, 0 if absent}."""
    return json.loads(BASELINE.read_text()) if BASELINE.is_file() else {}
