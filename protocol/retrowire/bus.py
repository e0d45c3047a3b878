"""Load of bus and line: the sample rates that they carry. The pod loads it on demand, the host checks with it.

A pod drains the FIFO every 20 ms: one transaction for the level, one for each burst of samples. MicroPython needs
147 us for a transaction, in addition to its bits. The processor waits in the meantime, and it needs 673 us for each
sample to find strides, store and send them (28 % at 416 Hz; both measured with an ESP32 image). Both together are the
load. A tenth of the time remains to catch up after a write to flash, during which samples wait in the FIFO.

At 400 kHz, 833 samples/s of an LSM6DS are a load of 85 %, and so are 416 samples/s at 100 kHz. With the execution
times of an ESP32 (`VirtualPod(cost="esp32")`) the pod loses no sample at the limit while it records.
"""

MOST_PERMILLE = 900
_DRAINS_PER_S = 50
_TRANSACTION_US = 147
_PROCESSING_US = 673  # of one sample
_BITS = 9  # of a byte, with its acknowledgement
# Driver: bytes of a sample in the FIFO, bytes of a level, samples of a burst, rates of the chip in Hz.
_DRIVERS = {
    "lsm6ds": (14, 2, 32, (104, 208, 416, 833)),
    "mpu6050": (12, 2, 32, (200, 250, 333, 500)),
    "adxl345": (6, 1, 1, (100, 200)),
}
_AXIS_CENTIBYTES = 105  # on the line, per axis of a compressed sample with its share of heads; 81 measured on people
_ADDRESSING = 3  # bytes of a transaction without its data: address, register, address


def driver(chip: str) -> str:
    """Return the driver of a chip of the schema. The one with the largest load if the chip is unknown."""
    if chip in ("mpu6050", "mpu6500", "mpu9250"):
        return "mpu6050"
    return "adxl345" if chip == "adxl345" else "lsm6ds"


def rate(name: str, asked_hz: int, rates=()) -> int:
    """Return the rate of a driver's chip, or of `rates`, with the smallest ratio to the rate of the setting."""
    rates = rates or _DRIVERS[name][3]
    return min(rates, key=lambda hz: max(hz * 1000 // asked_hz, asked_hz * 1000 // hz))


def load_permille(name: str, i2c_hz: int, rate_hz: int) -> int:
    """Return the load of a driver at this clock and sample rate."""
    return _fixed_us(name, rate_hz) // 1000 + _bits(name, rate_hz) * 1000 // i2c_hz


def rates(name: str, i2c_hz: int) -> list:
    """Return the rates that this clock carries, in Hz, lowest first."""
    return [hz for hz in _DRIVERS[name][3] if load_permille(name, i2c_hz, hz) <= MOST_PERMILLE]


def carried(name: str, i2c_hz: int, asked_hz: int) -> tuple:
    """Return (rate that the bus carries, reason). The rate of the setting and no reason if the bus carries that.

    The pod asks for this because its file of settings may be of an earlier version. The rate is 0 if the bus
    carries no rate.
    """
    possible = rates(name, i2c_hz)
    if rate(name, asked_hz) in possible:
        return asked_hz, ""
    if not possible:
        return 0, "i2c_hz %d carries no rate: at least %d" % (i2c_hz, least_hz(name, rate(name, 1)))
    rate_hz = rate(name, asked_hz, possible)
    return rate_hz, "i2c_hz %d does not carry rate_hz %d: it runs at %d Hz" % (i2c_hz, asked_hz, rate_hz)


def least_hz(name: str, rate_hz: int) -> int:
    """Return the slowest clock that carries this rate, in whole kHz."""
    left_permille = MOST_PERMILLE - _fixed_us(name, rate_hz) // 1000
    return (_bits(name, rate_hz) // (left_permille + 1) + 1) * 1000


def raw_bytes_s(axes: int, rate_hz: int) -> int:
    """Return the bytes in a second of a stream of raw samples."""
    return rate_hz * axes * _AXIS_CENTIBYTES // 100


def line_bytes_s(line_rate: int) -> int:
    """Return the bytes in a second that raw samples may take on a line of `line_rate` bit/s: four fifths of it."""
    return line_rate * 8 // 100


def axes(name: str) -> int:
    """Return the axes of a driver's sample in the FIFO."""
    return 3 if name == "adxl345" else 6


def _transactions(name: str, rate_hz: int) -> int:
    """Return the number of transactions in a second."""
    burst = _DRIVERS[name][2]
    return _DRAINS_PER_S + max(_DRAINS_PER_S if burst > 1 else 0, (rate_hz + burst - 1) // burst)


def _fixed_us(name: str, rate_hz: int) -> int:
    """Return the time in a second that no clock shortens."""
    return _transactions(name, rate_hz) * _TRANSACTION_US + rate_hz * _PROCESSING_US


def _bits(name: str, rate_hz: int) -> int:
    """Return the bits on the bus in a second."""
    sample, level, _, _ = _DRIVERS[name]
    return (_transactions(name, rate_hz) * _ADDRESSING + _DRAINS_PER_S * level + rate_hz * sample) * _BITS
