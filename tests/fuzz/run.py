"""`make fuzz`: hostile input for every reader of the host, and the counts of its ends.

N: cases per target (1000); FIRST: the first seed (1); ONLY: one target. Ends with 1 if a command ended with an
unexpected exception, hung or took more memory than the stated limit.
"""

import importlib
import multiprocessing
import os
import pkgutil
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import retropod
from fuzz.disasters import DISASTERS
from fuzz.harness import LIMIT_MB, LIMIT_S, Tally, judge
from fuzz.stores import stores
from fuzz.targets import TARGETS, Target
from torture.downloads import bench

_WORKERS = 2
_ALL: dict[str, Target] = {**TARGETS, "stores": stores, **DISASTERS}
_SHOWN = 12  # faults of one target


def preload() -> None:
    """Import all modules of the host, so that each forked process has them."""
    for module in pkgutil.walk_packages(retropod.__path__, "retropod."):
        if "onpod" not in module.name:
            importlib.import_module(module.name)
    importlib.import_module("rich.table")


def base_run(folder: Path) -> bytes:
    """Record a run with raw samples on a virtual pod and return its file."""
    with bench(folder):
        (run,) = folder.rglob("000001.rpr")
        return run.read_bytes()


def fuzz(name: str, base: bytes, seeds: range) -> Tally:
    """Run the cases of these seeds."""
    tally = Tally()
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
            folder = Path(made)
            os.environ |= {
                "RETROPOD_RUNS": str(folder / "runs"),
                "XDG_STATE_HOME": str(folder / "logs"),
                "COLUMNS": "80",
            }
            case = _ALL[name](base, seed, folder)
            tally.add(seed, [judge(step, folder) for step in case.steps])
    return tally


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run all targets and print their counts."""
    count, first = int(os.environ.get("N", "1000")), int(os.environ.get("FIRST", "1"))
    preload()
    names = [os.environ["ONLY"]] if "ONLY" in os.environ else list(_ALL)
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        base = base_run(Path(folder))
    _print(f"{count} cases per target from seed {first}; limits: {LIMIT_S:.0f} s and {LIMIT_MB} MB per command")
    for name in names:
        begun, tally = time.monotonic(), Tally()
        shares = [range(first + worker, first + count, _WORKERS) for worker in range(_WORKERS)]
        with multiprocessing.get_context("fork").Pool(_WORKERS) as pool:
            for part in pool.map(partial(fuzz, name, base), shares, 1):
                tally.merge(part)
        ends = ", ".join(f"{tally.counts[kind]} {kind}" for kind in ("ok", "refused", "unexpected", "hang", "memory"))
        _print(f"{name}: {ends}; longest {tally.seconds:.1f} s, most {tally.megabytes:.0f} MB, "
               f"{time.monotonic() - begun:.0f} s")  # fmt: skip
        for fault in tally.faults[:_SHOWN]:
            _print("  " + " | ".join(fault.splitlines()))
        bad += len(tally.faults)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
