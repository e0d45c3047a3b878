"""Chip of a replay that does not use the gyroscope."""

import pytest

from retropod.replay.replay import Setup, held_pod
from retropod.virtual.gaitmodel import scenario
from retropod.virtual.source import Source


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


@pytest.mark.parametrize(("rate_hz", "true_hz"), [(208, 6667 / 32), (104, 6667 / 64)])
def test_the_pod_measures_that_rate_after_a_change_of_its_setting(
    rate_hz: int, true_hz: float, micropython: object
) -> None:
    source = Source.from_movement(scenario("walk", 208.0, 3, strides=2))
    with held_pod(source, Setup(rate_hz=rate_hz, gyroscope=False)) as (virtual, pod):
        assert virtual.rate_hz == pytest.approx(true_hz)
        assert pod.status().rate_mhz == pytest.approx(true_hz, rel=0.005)
