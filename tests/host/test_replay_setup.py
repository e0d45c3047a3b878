"""Chip of a replay that does not use the gyroscope."""

import pytest

from retropod.replay.replay import Setup


@pytest.mark.parametrize(
    ("chip", "rate_hz", "true_hz"),
    [("lsm6dso32", 208, 6667 / 32), ("lsm6dso", 104, 6667 / 64), ("mpu6050", 200, 200.0), ("adxl345", 200, 200.0)],
)
def test_the_substitute_runs_at_the_rate_of_the_chip(chip: str, rate_hz: int, true_hz: float) -> None:
    setup = Setup(chip, rate_hz, gyroscope=False)
    nominal_hz = 100 if rate_hz < 150 else 200
    assert setup.board.chip == "adxl345" and setup.substituted == (chip != "adxl345")
    assert nominal_hz * (1 + setup.board.odr_error) == pytest.approx(true_hz, rel=1e-4)
    assert Setup(chip).board.chip == chip
