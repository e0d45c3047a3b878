"""Self-test and wake-on-motion of the LSM6DS family, loaded on demand.

Ref: ST LSM6DSO32 data sheet DS13082, LSM6DSO DS12140, LSM6DSOX DS12814; application notes AN5473, AN5192, AN5272.
"""

from struct import unpack_from

from micropython import const

from pod.sensors import lsm6ds_registers as R
from pod.sensors.lsm6ds_setup import reset

_TEST_SETTLE_MS = const(100)
_TEST_READS = const(20)
_TEST_READ_MS = const(5)
# Least and most deflection of each axis by the self-test: mg; dps at 2000 dps (data sheets, table 2)
_TEST_LIMITS_MG = (50, 1700)
_TEST_LIMITS_DPS = (150, 700)


def wake_on_motion(sensor, threshold_mg: int) -> None:
    """Sleep. Set interrupt pin 1 and `moved` if the acceleration changes by more than `threshold_mg`."""
    reset(sensor)
    range_mg = sensor.acc_lsb_ug * 32768 // 1000
    sensor.write(R.REG_CTRL6_C, R.XL_LOW_POWER)
    sensor.write(R.REG_WAKE_UP_DUR, R.WAKE_THS_FINE)
    sensor.write(R.REG_WAKE_UP_THS, max(1, min(63, threshold_mg * 256 // range_mg)))
    sensor.write(R.REG_CTRL1_XL, R.ODR_26_HZ | R.FS_XL_WIDEST)
    sensor.sleep_ms(R.SETTLE_MS)
    sensor.write(R.REG_TAP_CFG0, R.LATCHED)
    sensor.write(R.REG_MD1_CFG, R.INT1_WAKE_UP)
    sensor.write(R.REG_TAP_CFG2, R.INTERRUPTS_ENABLE)
    sensor.moved()


def self_test(sensor) -> list:
    """Return (axis, measured, least, most) of six axes: mg and dps of deflection by the built-in test.

    The pod must be still. Takes half a second, then restarts the chip with an empty FIFO.
    """
    sensor.write(R.REG_FIFO_CTRL4, 0)
    at_rest = _deflection(sensor, 0)
    moved = _deflection(sensor, R.TEST_XL | R.TEST_G)
    rows = []
    for i in range(3):
        change_mg = abs(moved[3 + i] - at_rest[3 + i]) * sensor.acc_lsb_ug / 1000
        rows.append(("a" + "xyz"[i], round(change_mg)) + _TEST_LIMITS_MG)
    for i in range(3):
        change_dps = abs(moved[i] - at_rest[i]) * sensor.gyr_lsb_udps / 1_000_000
        rows.append(("g" + "xyz"[i], round(change_dps)) + _TEST_LIMITS_DPS)
    sensor.start()
    return rows


def _deflection(sensor, test: int) -> list:
    sensor.write(R.REG_CTRL5_C, test)
    sensor.sleep_ms(_TEST_SETTLE_MS)
    counts = bytearray(12)
    sums = [0] * 6
    for _ in range(_TEST_READS):
        sensor.sleep_ms(_TEST_READ_MS)
        sensor.bus.readfrom_mem_into(sensor.address, R.REG_OUTX_L_G, counts)
        for i, value in enumerate(unpack_from("<6h", counts, 0)):
            sums[i] += value
    return [total / _TEST_READS for total in sums]
