"""Set-up of the LSM6DS family: detection of the part and choice of the rate. Unloaded after the start.

Ref: ST LSM6DSO32 data sheet DS13082, LSM6DSO DS12140, LSM6DSOX DS12814; application notes AN5473, AN5192, AN5272.
"""

from struct import unpack_from

from micropython import const

from pod.sensors import SensorError
from pod.sensors import lsm6ds_registers as R
from pod.sensors.chip import choose_rate, force

# Hz: mHz; code of ODR_XL, ODR_G, BDR_XL and BDR_GY; divisor of the 6667 Hz oscillator
_RATES = {104: (104_172, 4, 64), 208: (208_344, 5, 32), 416: (416_687, 6, 16), 833: (833_375, 7, 8)}
_ACC_LSB_UG = {"lsm6dso32": 976, "lsm6dso": 488, "lsm6dsox": 488}

_RESET_MS = const(50)
_REST_READS = const(24)
_REST_READ_MS = const(6)
_REST_SPREAD_LSB = const(80)  # 0.08 g or 0.04 g; 5.6 dps
_NEAR_PERCENT = const(12)


def prepare(sensor, rate_hz: int) -> None:
    """Set the scale of the part and the rate. Raises SensorError if the FIFO is too short at `rate_hz`."""
    sensor.acc_lsb_ug = _ACC_LSB_UG.get(sensor.chip, 0)
    sensor.rate_hz = choose_rate("lsm6ds", rate_hz, _RATES, sensor.fifo_samples)
    _, sensor.code, sensor.divisor = _RATES[sensor.rate_hz]


def start(sensor) -> None:
    """Reset and configure the chip, start sampling. Raises SensorError if the configuration fails."""
    reset(sensor)
    code = sensor.code << 4
    control = bytearray(10)  # CTRL1_XL to CTRL9_XL and CTRL10_C; zeros: high performance, only the ODR/2 filter
    control[0] = code | R.FS_XL_WIDEST
    control[1] = code | R.FS_G_2000_DPS
    control[2] = R.CTRL3_BDU | R.CTRL3_IF_INC
    control[8] = R.CTRL9_DEN_DEFAULT | R.CTRL9_I3C_DISABLE
    fifo = bytearray((0, 0, sensor.code << 4 | sensor.code, R.FIFO_MODE_CONTINUOUS))
    sensor.write(R.REG_CTRL3_C, R.CTRL3_BDU | R.CTRL3_IF_INC)
    sensor.bus.writeto_mem(sensor.address, R.REG_CTRL1_XL, control)
    sensor.sleep_ms(R.SETTLE_MS)
    _identify(sensor)
    _set_rate(sensor)
    # Bypass, then continuous mode: the FIFO starts empty.
    sensor.write(R.REG_FIFO_CTRL4, 0)
    sensor.bus.writeto_mem(sensor.address, R.REG_FIFO_CTRL1, fifo)
    sensor.wanted = (
        (R.REG_WHO_AM_I, bytearray((sensor.identity,)), bytearray(1)),
        (R.REG_FIFO_CTRL1, fifo, bytearray(4)),
        (R.REG_CTRL1_XL, control, bytearray(10)),
    )
    if not sensor.configured():
        raise SensorError("sensor_reset", "the sensor does not keep its configuration")
    sensor.begin()


def reset(sensor) -> None:
    """Reset all registers to their power-on values. Raises SensorError if the chip does not answer afterwards."""
    sensor.write(R.REG_CTRL3_C, R.CTRL3_SW_RESET | R.CTRL3_IF_INC)
    one = bytearray(1)
    for _ in range(_RESET_MS):
        sensor.sleep_ms(1)
        try:
            sensor.bus.readfrom_mem_into(sensor.address, R.REG_CTRL3_C, one)
        except OSError:
            continue  # It may not answer during the reset.
        if not one[0] & R.CTRL3_SW_RESET:
            _check_identity(sensor, one)
            return
    raise SensorError("sensor_lost", "the sensor does not come back from its reset")


def _check_identity(sensor, one: bytearray) -> None:
    sensor.bus.readfrom_mem_into(sensor.address, R.REG_WHO_AM_I, one)
    if one[0] != R.WHO_AM_I and not sensor.identity and sensor.chip != "auto":
        sensor.identity = one[0]
        force(sensor, one[0])
    if one[0] != (sensor.identity or R.WHO_AM_I):
        raise SensorError("sensor_lost", "WHO_AM_I reads 0x%02x" % one[0])
    sensor.identity = one[0]


def _set_rate(sensor) -> None:
    fine = bytearray(1)
    sensor.bus.readfrom_mem_into(sensor.address, R.REG_INTERNAL_FREQ_FINE, fine)
    steps = (fine[0] ^ 0x80) - 0x80
    sensor.rate_mhz = (66_670_000 + steps * 100_005) // (10 * sensor.divisor)  # 0.15 % of 6667 Hz per step


def _identify(sensor) -> None:
    """Detect the part from gravity. A setting takes precedence, and a contradiction is stored in `doubt`."""
    gravity, still = _sample_at_rest(sensor)
    guess = "lsm6dso32" if gravity < 1449 else "lsm6dso"  # 1025 or 2049 LSB; their geometric mean between
    expected = 1_000_000 // _ACC_LSB_UG[guess]
    if not still:
        sensor.note = ""
        if sensor.chip == "auto":
            sensor.note = "the pod was moving: range guessed"
            sensor.reason = "was_moving"
    elif abs(gravity - expected) * 100 > expected * _NEAR_PERCENT:
        sensor.doubt = "1 g reads as %d counts" % gravity
        sensor.reason = "odd_gravity"
    elif sensor.chip != "auto" and _ACC_LSB_UG[guess] != sensor.acc_lsb_ug:
        sensor.doubt = "1 g reads as %d counts, not a value of the %s" % (gravity, sensor.chip)
        sensor.reason = "other_range"
    if sensor.chip == "auto":
        sensor.chip = guess
        sensor.acc_lsb_ug = _ACC_LSB_UG[guess]


def _sample_at_rest(sensor) -> tuple:
    """Return gravity in counts and whether the chip was still, from the output registers."""
    counts = bytearray(12)
    sums = [0] * 6
    lowest = [32767] * 6
    highest = [-32768] * 6
    for _ in range(_REST_READS):
        sensor.sleep_ms(_REST_READ_MS)
        sensor.bus.readfrom_mem_into(sensor.address, R.REG_OUTX_L_G, counts)
        for i, value in enumerate(unpack_from("<6h", counts, 0)):
            sums[i] += value
            lowest[i] = min(lowest[i], value)
            highest[i] = max(highest[i], value)
    still = max([highest[i] - lowest[i] for i in range(6)]) < _REST_SPREAD_LSB
    square = sum([(total // _REST_READS) ** 2 for total in sums[3:]])
    return int(square**0.5), still
