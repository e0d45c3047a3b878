"""A few minutes on the virtual pod with every fault of a sensor. tests/bench/bench_soak.py runs an hour."""

from pathlib import Path

import pytest

from firmware.sensors.soak import FAULTS, TOLD_S, session


@pytest.mark.parametrize(
    ("chip", "rate_hz", "true_hz"), [("lsm6dso32", 833, 833.375), ("mpu6050", 500, 500.0), ("adxl345", 200, 200.0)]
)
def test_faults_are_reported_survived_and_accounted_for(
    micropython: Path, tmp_path: Path, chip: str, rate_hz: int, true_hz: float
) -> None:
    account = session(tmp_path, chip, rate_hz, true_hz, duration_s=72.0, every_s=4.5, seed=3)
    assert len({fault["kind"] for fault in account.faults}) == len({fault["kind"] for fault in FAULTS})
    late = [one for one in zip(account.faults, account.told_s, strict=True) if one[1] is None or one[1] > TOLD_S]
    assert not late
    assert account.wrong == []
    assert account.strides > 35
    assert account.right > (12 if chip == "adxl345" else 30)
    assert account.lost > 100
    # one read of the FIFO per 20 ms, and a few ms error of the pod's clock for each of the sixteen faults
    assert abs(account.unaccounted) < 0.1 * true_hz
    assert account.crashes == 0
    assert account.stored >= len(account.faults)
    assert account.streamed > 0.8 * account.stored  # A slow host may miss some.
    assert set(account.kept) >= {"sensor_lost", "sensor_reset", "sensor_axis", "bus_stuck"}
