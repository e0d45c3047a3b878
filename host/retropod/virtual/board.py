"""The hardware of a virtual board."""

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
    """Chip, wires, and the errors of this board's crystal and chip.

    odr_error: relative error of the sample rate (0.01 is 1 % fast). freq_fine: the error that the chip reports, on
    chips that report it; None: the true error. clock_ppm: error of the ESP32's clock against true time. address: None
    is the usual address of the chip. accel_first: order of the two words of a time slot, which no data sheet specifies.
    adc_volts: voltages at analogue inputs, by pin number. int_pin: pin that the chip's interrupt is connected to, -1
    for none. watched: outputs whose changes are reported (VirtualPod.levels). deadly: pins that stop the processor when
    the firmware uses them, as the pins of the flash do.
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
    ticks_start_ms: int = 300  # reading of the ESP32's clock when MicroPython starts

    def wiring(self) -> dict[str, Any]:
        """Chips and pins as the stand-ins on the pod read them."""
        values = asdict(self) | {"address": CHIPS[self.chip].address if self.address is None else self.address}
        return {**values, "chips": [{"kind": self.chip, **values}]}
