"""`make soak`: the acceptance criteria of a pod on an ESP32, on a virtual pod that costs what an ESP32 costs.

MINUTES: length of each recording (10). ORDERS, CUTS: how many (20, 100). ONLY: names of scenarios, separated by spaces.
Prints a line for each trial and ends with 1 when a criterion failed.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from soak.cuts import CUTS, power_cuts
from soak.hosts import deaths, followers
from soak.interruptions import interruptions
from soak.orders import ORDERS, hil, random_orders
from soak.recordings import FAMILIES, recording, start
from soak.roundtrips import MANY, trips
from soak.verdict import Verdict

Scenario = Callable[[Path, float], Iterator[Verdict]]
_TRIP_MINUTES = 2.0
_CUTS_A_LINE = 10


def raw(folder: Path, minutes: float) -> Iterator[Verdict]:
    """Six axes at 416 Hz with raw samples."""
    yield recording(folder, minutes, "lsm6dso32", 416, raw=True)


def fast(folder: Path, minutes: float) -> Iterator[Verdict]:
    """Six axes at 833 Hz."""
    yield recording(folder, minutes, "lsm6dso32", 833, raw=False)


def mpu6050(folder: Path, minutes: float) -> Iterator[Verdict]:
    """An MPU-6050."""
    yield recording(folder, minutes, "mpu6050", 200, raw=False)


def adxl345(folder: Path, minutes: float) -> Iterator[Verdict]:
    """An ADXL345."""
    yield recording(folder, minutes, "adxl345", 200, raw=False)


def starts(folder: Path, minutes: float) -> Iterator[Verdict]:
    """A run that starts automatically."""
    for chip, rate_hz in FAMILIES:
        yield start(folder / chip, chip, rate_hz)


def requests(folder: Path, minutes: float) -> Iterator[Verdict]:
    """Round trips."""
    for runs in (0, MANY):
        yield trips(folder / str(runs), min(minutes, _TRIP_MINUTES), runs)


def hosts(folder: Path, minutes: float) -> Iterator[Verdict]:
    """Hosts that repeat, follow each other, are killed."""
    yield from followers(folder / "followers")
    yield from deaths(folder / "deaths", seed=1)


def orders(folder: Path, minutes: float) -> Iterator[Verdict]:
    """Commands in random order."""
    yield from random_orders(folder, _count("ORDERS", ORDERS))


def hardware(folder: Path, minutes: float) -> Iterator[Verdict]:
    """tests/hil."""
    yield hil(folder)


def cuts(folder: Path, minutes: float) -> Iterator[Verdict]:
    """Power cuts."""
    count = _count("CUTS", CUTS)
    for first in range(0, count, _CUTS_A_LINE):
        yield power_cuts(folder, min(_CUTS_A_LINE, count - first), seed=first + 1)


def _count(name: str, default: int) -> int:
    return int(os.environ.get(name, str(default)))


def live(folder: Path, minutes: float) -> Iterator[Verdict]:
    """`live --keep` through a sleep of the computer of 12 s, twenty pulled cables and a reset of the pod."""
    yield interruptions(folder)


SCENARIOS: dict[str, Scenario] = {
    "requests": requests,
    "starts": starts,
    "raw": raw,
    "fast": fast,
    "mpu6050": mpu6050,
    "adxl345": adxl345,
    "hosts": hosts,
    "orders": orders,
    "hil": hardware,
    "cuts": cuts,
    "live": live,
}


def main() -> int:
    """Run, print verdicts."""
    minutes = float(os.environ.get("MINUTES", "10"))
    names = os.environ.get("ONLY", "").split() or list(SCENARIOS)
    if unknown := set(names) - set(SCENARIOS):
        sys.stderr.write(f"error: unknown scenario {', '.join(unknown)}\nhint: {' '.join(SCENARIOS)}\n")
        return 2
    failed = 0
    for name in names:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="retropod-", ignore_cleanup_errors=True) as folder:
            for verdict in SCENARIOS[name](Path(folder), minutes):
                failed += bool(verdict.faults)
                sys.stdout.write(f"{verdict.line} [{time.monotonic() - began:.0f} s]\n")
                sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
