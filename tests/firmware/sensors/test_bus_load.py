"""The load of the bus is computed from the transactions that the drivers make."""

import json
import re
from pathlib import Path

import pytest

from firmware.test_on_micropython import on_unix
from retrowire import bus, codec

SCRIPT = Path(__file__).with_name("onpod") / "run_bus_load.py"
WORDS = {"lsm6ds": 2, "mpu6050": 1, "adxl345": 1}  # of a sample


def test_numbers_are_those_of_the_drivers(micropython: Path, repo_root: Path) -> None:
    found = json.loads(on_unix(micropython, repo_root, SCRIPT).splitlines()[-1])
    assert set(found) == set(bus._DRIVERS)
    for name, (sample, level, burst, rates) in bus._DRIVERS.items():
        drain = found[name]
        assert drain["level"] == [level]
        assert set(drain["read"]) == {sample * burst}
        assert len(drain["read"]) * burst == drain["words"] // WORDS[name]
        # 400 samples/s of an ADXL345 fill its FIFO during a write to flash, so the driver never uses that rate
        assert tuple(rate for rate in drain["rates"] if (name, rate) != ("adxl345", 400)) == rates


def test_every_chip_has_a_driver() -> None:
    chips = [name for name, _ in codec.enum("chip")]
    assert {bus.driver(chip) for chip in chips} == set(WORDS)


def test_load_of_the_examples() -> None:
    assert round(bus.load_permille("lsm6ds", 400_000, 833), -1) == 850
    assert round(bus.load_permille("lsm6ds", 100_000, 416), -1) == 850
    assert bus.load_permille("lsm6ds", 100_000, 833) > 1000


@pytest.mark.parametrize("name", WORDS)
def test_every_rate_works_from_the_clock_that_the_pod_does_not_check(name: str, repo_root: Path) -> None:
    # The module imports a kernel, so CPython cannot import it.
    text = (repo_root / "firmware" / "pod" / "sampling" / "sensorstart.py").read_text(encoding="utf-8")
    (enough_hz,) = re.findall(r"^_ENOUGH_HZ = ([\d_]+)", text, re.MULTILINE)
    assert bus.rates(name, int(enough_hz)) == list(bus._DRIVERS[name][3])


@pytest.mark.parametrize("name", WORDS)
def test_nearest_clock_is_the_slowest_that_works(name: str) -> None:
    for rate in bus._DRIVERS[name][3]:
        least_hz = bus.least_hz(name, rate)
        assert rate in bus.rates(name, least_hz)
        assert rate not in bus.rates(name, least_hz - 1000)


def test_pod_runs_at_the_nearest_rate_that_the_bus_carries() -> None:
    assert bus.carried("lsm6ds", 100_000, 416) == (416, "")
    assert bus.carried("lsm6ds", 100_000, 833)[0] == 416
    assert bus.carried("mpu6050", 100_000, 416)[0] == 333
    assert bus.carried("adxl345", 50_000, 833) == (833, "")  # its nearest rate is 200 Hz
    assert bus.carried("lsm6ds", 10_000, 104) == (0, "i2c_hz 10000 carries no rate: at least 21000")


def test_line_carries_raw_samples_in_four_fifths() -> None:
    assert bus.raw_bytes_s(6, 416) == 2620
    assert bus.raw_bytes_s(bus.axes("adxl345"), 200) == 630
    assert bus.line_bytes_s(115_200) == 9216
