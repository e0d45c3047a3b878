"""What is soldered on a virtual board."""

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple


class Part(NamedTuple):
    """A motion sensor: usual I2C address, size of one count, and largest count.

    `acc_lsb_ug`, `gyr_lsb_udps`: sensitivities of the data sheet at the ranges that the pod uses (32 g or 16 g,
    2000 dps), in ug and udps; 0: no gyroscope.
    """

    address: int
    acc_lsb_ug: int
    gyr_lsb_udps: int
    limit: int


CHIPS = {
    "lsm6dso32": Part(0x6A, 976, 70000, 32767),
    "lsm6dso": Part(0x6A, 488, 70000, 32767),
    "lsm6dsox": Part(0x6A, 488, 70000, 32767),
    "mpu6050": Part(0x68, 488, 60976, 32767),
    "mpu6500": Part(0x68, 488, 60976, 32767),
    "mpu9250": Part(0x68, 488, 60976, 32767),
    "adxl345": Part(0x53, 3906, 0, 4095),
}


@dataclass(frozen=True)
class VirtualBoard:
    """What is soldered: chip, wires, and how far this board's crystal and chip are off.

    `odr_error` and `freq_fine` are relative (0.01 is 1 % fast); `freq_fine` is what the chip claims of itself, on those
    that claim anything, None: as it is. `clock_ppm` is the ESP32's error against true time. `address` None: the kind's
    usual one. `accel_first`: the order of the two words of a time slot, which no data sheet promises. `adc_volts`: at
    analogue inputs, by their number. `int_pin`: what the chip's interrupt is soldered to, -1: nothing. `watched`:
    outputs whose changes are told (VirtualPod.levels). `deadly`: pins that stop the processor when they are touched, as
    those of the flash do.
    """

    chip: str = "lsm6dso32"
    address: int | None = None
    i2c_pins: tuple[int, int] = (21, 22)  # SDA, SCL
    clock_ppm: int = 0
    odr_error: float = 0.0
    freq_fine: float | None = None
    who_am_i: int = 0x6C
    temperature_c: float = 28.0
    accel_first: bool = False
    pins: dict[str, int] = field(default_factory=dict)
    adc_volts: dict[str, float] = field(default_factory=dict)
    int_pin: int = -1
    watched: tuple[int, ...] = ()
    deadly: tuple[int, ...] = ()
    unique_id: str = "240ac4000001"
    ticks_start_ms: int = 300  # what the ESP32's clock shows when MicroPython starts

    def wiring(self) -> dict[str, Any]:
        """Chips and pins as the stand-ins on the pod read them."""
        values = asdict(self) | {"address": CHIPS[self.chip].address if self.address is None else self.address}
        return {**values, "chips": [{"kind": self.chip, **values}]}
