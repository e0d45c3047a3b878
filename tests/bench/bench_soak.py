"""An hour on the virtual pod at its top rate with a fault of the sensor every ten seconds."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.registry import NotMeasured, Row, figures
from firmware.sensors.soak import TOLD_S, session
from retropod.errors import OperationFailed
from retropod.virtual.runtime import find_runtime

HOUR_S = 3600.0
EVERY_S = 10.0
CHIP, RATE_HZ, TRUE_HZ = "lsm6dso32", 833, 833.375


@figures(
    "soak_faults", "soak_faults_not_told", "soak_slowest_told_s", "soak_samples_unaccounted", "soak_crashes",
    "soak_heap_lost_kb", "soak_strides_wrong", "soak_strides_unknown_percent",
)  # fmt: skip
def bench_soak() -> Iterator[Row]:
    try:
        find_runtime()
    except OperationFailed as error:
        raise NotMeasured(error.message) from error
    with tempfile.TemporaryDirectory() as folder:
        account = session(Path(folder), CHIP, RATE_HZ, TRUE_HZ, HOUR_S, EVERY_S)
    method = f"{CHIP} at {RATE_HZ} Hz, {HOUR_S / 3600:g} h of virtual time in {account.wall_s:.0f} s"
    told = [one for one in account.told_s if one is not None]
    quarter = len(account.heap_kb) // 4
    yield "soak_faults", len(account.faults), "", f"{method}; ten kinds in random order"
    late = sum(one is None or one > TOLD_S for one in account.told_s)
    yield "soak_faults_not_told", late, "", f"no event in the stored run within {TOLD_S:g} s"
    yield "soak_slowest_told_s", max(told), "s", "from the fault to the event"
    yield (
        "soak_samples_unaccounted", abs(account.unaccounted), "samples",
        f"time passed x rate less taken and lost ({account.lost}); what waits in the FIFO included",
    )  # fmt: skip
    yield "soak_crashes", account.crashes, "", "tracebacks and restarts in the pod's log"
    yield (
        "soak_heap_lost_kb", max(account.heap_kb[:quarter]) - max(account.heap_kb[-quarter:]), "kB",
        f"most free after a collection in the first quarter less the last, {len(account.heap_kb)} looks",
    )  # fmt: skip
    yield "soak_strides_wrong", len(account.wrong), "", f"of {account.strides}: neither what they were nor unknown"
    unknown = account.strides - account.right - len(account.wrong)
    yield "soak_strides_unknown_percent", 100 * unknown / account.strides, "%", "touched by a fault, or by its repair"
