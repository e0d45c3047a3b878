"""Search of the sensor: a part without a driver is named, a clone works if its part is set. Identities: data sheets."""

import errno

import pytest

from pod.sensors import SensorError
from pod.sensors.find import find


class Bus:
    """A bus whose chips are {address: {register: value}}. Other registers read as `other`."""

    def __init__(self, chips: dict[int, dict[int, int]], other: int = 0) -> None:
        self._chips = chips
        self._other = other
        self.reads = 0

    def readfrom_mem_into(self, address: int, register: int, into: bytearray) -> None:
        self.reads += 1
        if address not in self._chips:
            raise OSError(errno.ENODEV)
        into[0] = self._chips[address].get(register, self._other)


def refused(bus: Bus, part: str = "auto", chosen: int = 0, explain: bool = True) -> SensorError:
    with pytest.raises(SensorError) as raised:
        find(bus, chosen, part, explain)
    assert len(str(raised.value)) <= 120  # a longer text of a fault is cut
    return raised.value


UNSUPPORTED = {
    "ICM-20602": (0x68, 0x75, 0x12),
    "ICM-42688": (0x69, 0x75, 0x47),
    "MPU-6886": (0x68, 0x75, 0x19),
    "ICM-20948": (0x69, 0x00, 0xEA),
    "BMI160": (0x68, 0x00, 0xD1),
    "BMI270": (0x69, 0x00, 0x24),
    "LSM6DS3": (0x6A, 0x0F, 0x69),
    "LSM6DSL": (0x6B, 0x0F, 0x6A),
    "LSM6DSV": (0x6B, 0x0F, 0x70),
    "QMI8658": (0x6B, 0x00, 0x05),
    "ADXL372": (0x53, 0x00, 0xAD),
    "MMA8451": (0x1D, 0x0D, 0x1A),
    "LIS3DH": (0x19, 0x0F, 0x33),
    "BNO055": (0x29, 0x00, 0xA0),
}
SIBLINGS = {
    "MPU-6050 clone": ("mpu6050", 0x68, 0x75, 0x72),
    "ICM-20689": ("mpu6050", 0x69, 0x75, 0x98),
    "MPU-9255": ("mpu9250", 0x68, 0x75, 0x73),
    "MPU-6515": ("mpu6500", 0x68, 0x75, 0x74),
    "ISM330DHCX": ("lsm6dso", 0x6A, 0x0F, 0x6B),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_unsupported_part_is_named(name: str) -> None:
    address, register, identity = UNSUPPORTED[name]
    error = refused(Bus({address: {register: identity}}))
    assert error.code == "sensor_unsupported"
    assert name in str(error) and f"0x{address:02X}" in str(error) and "not supported" in str(error)


@pytest.mark.parametrize("name", SIBLINGS)
def test_sibling_is_named_with_the_part_to_set_and_found_with_it(name: str) -> None:
    part, address, register, identity = SIBLINGS[name]
    bus = Bus({address: {register: identity}})
    error = refused(bus)
    assert error.code == "sensor_sibling" and name in str(error) and f"chip to {part}" in str(error)
    assert find(bus, 0, part)[2] == address


def test_set_part_is_found_next_to_a_chip_of_another_kind() -> None:
    """A clock at the other address answers too. Only without the part itself is an unknown identity tried."""
    bus = Bus({0x69: {0x75: 0x68}, 0x68: {0x75: 0x23}})
    assert find(bus, 0, "mpu6050")[2] == 0x69


def test_sensor_that_was_found_automatically_is_not_replaced_by_an_unknown_one() -> None:
    """After a lost connection the search has the name of the part, but no setting names it."""
    with pytest.raises(SensorError):
        find(Bus({0x68: {0x75: 0x23}}), 0, "mpu6050", force=False)


def test_part_with_another_fifo_is_refused_even_if_a_sibling_is_set() -> None:
    error = refused(Bus({0x6A: {0x0F: 0x69}}), "lsm6dso")
    assert error.code == "sensor_unsupported" and "LSM6DS3" in str(error) and "not a lsm6dso either" in str(error)


@pytest.mark.parametrize("value", [0x00, 0xFF])
def test_dead_chip_or_stuck_line_is_refused_even_if_its_part_is_set(value: int) -> None:
    for part in ("auto", "mpu6050"):
        error = refused(Bus({0x68: {}}, value), part)
        assert f"0x68 answers as 0x{value:02x}" in str(error) and "stuck line" in str(error)


def test_other_chips_on_the_bus_are_listed() -> None:
    display, clock, third, fourth, fifth = 0x3C, 0x57, 0x76, 0x77, 0x40
    error = refused(Bus({address: {} for address in (display, clock, third, fourth, fifth)}))
    assert error.code == "sensor_missing"
    assert "other chips at 0x3C 0x40 0x57 0x76" in str(error) and "0x6A" in str(error)


def test_supported_part_at_the_other_address_is_listed_if_an_address_is_set() -> None:
    assert "other chips at 0x69" in str(refused(Bus({0x69: {0x75: 0x68}}), "auto", 0x6A))


def test_search_without_explanation_reads_only_supported_addresses() -> None:
    bus = Bus({})
    assert refused(bus, explain=False).code == ""
    quick = bus.reads
    assert refused(bus).code == "sensor_missing"
    assert bus.reads > quick + 100  # the whole bus
