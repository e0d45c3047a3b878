"""MPU-6050, and MPU-6500 and MPU-9250 on the same boards with another WHO_AM_I (the magnetometer is not used).

Ref: InvenSense PS-MPU-6000A rev 3.4, RM-MPU-6000A rev 4.2; PS-MPU-6500A rev 1.3, RM-MPU-6500A rev 2.1; RM-MPU-9250A
rev 1.6. Self-test: RM-MPU-6000A section 4.1 (change from factory trim within 14 %) and AN-MPU-9250A-03.
All are used at +-16 g and +-2000 dps. The FIFO overwrites single bytes, and its size is not a multiple of a frame. The
start of a frame is unknown after an overflow, so the driver empties the FIFO, and the pod's clock gives the loss.
"""

from struct import unpack_from

from micropython import const

from pod.sensors import SensorError
from pod.sensors._kernel_swap import swap
from pod.sensors.chip import Chip, choose_rate, force

_REG_SELF_TEST_X_GYRO = const(0x00)  # 6500
_REG_SELF_TEST_X = const(0x0D)
_REG_SMPLRT_DIV = const(0x19)
_REG_GYRO_CONFIG = const(0x1B)
_REG_ACCEL_CONFIG = const(0x1C)
_REG_LP_ACCEL_ODR = const(0x1E)  # 6500
_REG_MOT_THR = const(0x1F)
_REG_MOT_DUR = const(0x20)
_REG_FIFO_EN = const(0x23)
_REG_INT_PIN_CFG = const(0x37)
_REG_INT_ENABLE = const(0x38)
_REG_INT_STATUS = const(0x3A)
_REG_ACCEL_XOUT_H = const(0x3B)
_REG_TEMP_OUT_H = const(0x41)
_REG_ACCEL_INTEL_CTRL = const(0x69)  # 6500; MOT_DETECT_CTRL of the 6050
_REG_USER_CTRL = const(0x6A)
_REG_PWR_MGMT_1 = const(0x6B)
_REG_PWR_MGMT_2 = const(0x6C)
_REG_FIFO_COUNTH = const(0x72)
_REG_FIFO_R_W = const(0x74)
_REG_WHO_AM_I = const(0x75)

_DEVICE_RESET = const(0x80)
_SLEEP = const(0x40)
_CYCLE = const(0x20)
_CLKSEL_GYRO = const(0x01)
_FS_2000_DPS = const(0x18)
_AFS_16_G = const(0x18)
_FIFO_BOTH = const(0x78)
_USER_FIFO_EN = const(0x40)
_USER_FIFO_RESET = const(0x04)
_INT_OFLOW_AND_READY = const(0x11)
_INT_MOTION = const(0x40)
_INT_LATCHED = const(0x20)
_DATA_RDY = const(0x01)
_HPF_HOLD = const(0x07)
_STBY_GYRO = const(0x07)
_WAKE_20_HZ = const(0x80)
_LP_ODR_31_HZ = const(0x07)
_INTEL_ON = const(0xC0)

# WHO_AM_I: name, FIFO bytes
_PARTS = {0x68: ("mpu6050", 1024), 0x70: ("mpu6500", 512), 0x71: ("mpu9250", 512)}
_SIZE_LEAST = const(512)  # of the FIFO of a clone
_SIZE_MOST = const(1024)
# Hz: mHz, SMPLRT_DIV, DLPF_CFG: the widest low-pass below half the rate (1: 184 Hz, 2: 94 Hz)
_RATES = {200: (200_000, 4, 2), 250: (250_000, 3, 2), 333: (333_333, 2, 2), 500: (500_000, 1, 1)}
_FRAME = const(12)
_BURST = const(32)  # frames of one transaction
_RESET_MS = const(100)
_SETTLE_MS = const(100)  # gyroscope from sleep 35 ms, plus its filter and PLL
_UNEVEN_MOST = const(3)  # readings: a frame may be half written once, but not three times in a row
_TEST_READS = const(50)
_TEST_SETTLE_MS = const(50)
_OLD_TRIM_PERCENT = const(14)


class Mpu6050(Chip):
    """One chip, with the methods of `lsm6ds.Lsm6ds`. A word of the FIFO is a whole sample."""

    axes = 6
    full_scale = 32767
    acc_lsb_ug = 488  # 2048 LSB/g
    gyr_lsb_udps = 60_976  # 16.4 LSB/dps

    def __init__(self, bus, address: int, rate_hz: int, part: str, sleep_ms, ticks_us=None, ticks_diff=None):
        """`part`: "auto" or a name of the schema's chip enum, which must match the chip."""
        super().__init__(bus, address, sleep_ms, ticks_us, ticks_diff)
        self._identity = self._read(_REG_WHO_AM_I)
        self.chip, size = _PARTS.get(self._identity, (part, _SIZE_LEAST))
        if self.chip == "auto":
            raise SensorError("sensor_lost", "WHO_AM_I reads 0x%02x" % self._identity)
        if part not in ("auto", self.chip):
            raise SensorError("sensor_other", "the sensor is a %s, the setting says %s" % (self.chip, part))
        if self._identity not in _PARTS:
            force(self, self._identity)
        self.fifo_samples = size // _FRAME
        self.rate_hz = choose_rate(self.chip, rate_hz, _RATES, self.fifo_samples)
        self.samples = bytearray(_BURST * _FRAME)
        self._raw = bytearray(_BURST * _FRAME)
        whole = memoryview(self._raw)
        self._views = [whole[: n * _FRAME] for n in range(1, _BURST + 1)]  # stored, because slicing allocates
        self._frames = 0

    def start(self) -> None:
        """Reset and configure the chip, start sampling. Raises SensorError if the configuration fails."""
        self._reset()
        nominal_mhz, divider, low_pass = _RATES[self.rate_hz]
        filters = bytes((divider, low_pass, _FS_2000_DPS, _AFS_16_G))
        if self.chip != "mpu6050":
            filters += bytes((low_pass,))  # ACCEL_CONFIG 2: filter of the accelerometer
        self._keep((
            (_REG_PWR_MGMT_1, bytes((_CLKSEL_GYRO, 0))),
            (_REG_SMPLRT_DIV, filters),
            (_REG_FIFO_EN, bytes((_FIFO_BOTH,))),
            (_REG_INT_ENABLE, bytes((_INT_OFLOW_AND_READY,))),
        ))  # fmt: skip
        self.sleep_ms(_SETTLE_MS)
        if not self.rate_mhz:
            self.rate_mhz = self._measured(nominal_mhz)
        self.empty()
        self.wanted += ((_REG_USER_CTRL, bytearray((_USER_FIFO_EN,)), bytearray(1)),)
        self._expect(_REG_WHO_AM_I, self._identity)
        if not self.configured():
            raise SensorError("sensor_reset", "the sensor does not keep its configuration")
        self._frames = 0
        self.overrun = False

    def level(self) -> int:
        """Return the number of samples in the FIFO. After an overflow, empty it, set `overrun` and return 0."""
        count = self._bytes()
        # more bytes than whole frames, or frames with a shifted start: after a burst that was cut off
        self.overrun = count > self.fifo_samples * _FRAME or count % _FRAME != 0
        if self.overrun:
            self.empty()
            return 0
        return count // _FRAME

    def waiting(self, words: int) -> int:
        """Return the number of whole samples in the result of `level`."""
        return words

    def read(self, words: int) -> int:
        """Read a burst of up to `words` samples and return their number. Call `unpack` before the next read."""
        self._frames = min(words, _BURST)
        if self._frames:
            self.bus.readfrom_mem_into(self.address, _REG_FIFO_R_W, self._views[self._frames - 1])
            self.refuse_ones(self._raw, self._frames * _FRAME)
        return self._frames

    def unpack(self) -> int:
        """Put the samples of the burst into `samples` and return their number, then 0."""
        count = self._frames
        self._frames = 0
        swap(self._raw, count * self.axes, self.samples)
        return count

    def temperature_cc(self) -> int:
        """Return the temperature of the die in 0.01 degrees Celsius."""
        self.bus.readfrom_mem_into(self.address, _REG_TEMP_OUT_H, self._two)
        raw = unpack_from(">h", self._two, 0)[0]
        return 3653 + raw * 10 // 34 if self.chip == "mpu6050" else 2100 + raw * 10_000 // 33_387

    # -- sleep

    def sleep(self) -> None:
        """Stop sampling, with the lowest current. `start` wakes the chip."""
        self.write(_REG_PWR_MGMT_1, _SLEEP)

    def wake_on_motion(self, threshold_mg: int) -> None:
        """Sleep. Set the interrupt pin and `moved` if the acceleration changes by more than `threshold_mg`."""
        self._reset()
        self.sleep_ms(_SETTLE_MS)
        self.write(_REG_INT_PIN_CFG, _INT_LATCHED)
        if self.chip == "mpu6050":
            self.write(_REG_MOT_THR, max(1, min(255, threshold_mg // 2)))  # 2 mg per step
            self.write(_REG_MOT_DUR, 1)
            self.write(_REG_ACCEL_CONFIG, _AFS_16_G | _HPF_HOLD)  # reference of the change
            self.write(_REG_INT_ENABLE, _INT_MOTION)
            self.write(_REG_PWR_MGMT_2, _WAKE_20_HZ | _STBY_GYRO)
        else:
            self.write(_REG_MOT_THR, max(1, min(255, threshold_mg // 4)))  # WOM_THR: 4 mg per step
            self.write(_REG_ACCEL_CONFIG, _AFS_16_G)
            self.write(_REG_ACCEL_INTEL_CTRL, _INTEL_ON)
            self.write(_REG_LP_ACCEL_ODR, _LP_ODR_31_HZ)
            self.write(_REG_INT_ENABLE, _INT_MOTION)
            self.write(_REG_PWR_MGMT_2, _STBY_GYRO)
        self._read(_REG_INT_STATUS)
        self.write(_REG_PWR_MGMT_1, _CYCLE)

    def moved(self) -> bool:
        """Return True if the chip detected motion since the last call."""
        return self._read(_REG_INT_STATUS) & _INT_MOTION != 0

    # -- self-test

    def self_test(self) -> list:
        """Return (axis, measured, least, most) of six axes: mg and dps of deflection by the built-in test.

        The pod must be still. Takes a quarter of a second, then restarts the chip with an empty FIFO.
        """
        old = self.chip == "mpu6050"
        # The factory trim is for +-8 g on the 6050 and +-2 g on the others, and for +-250 dps.
        acc_range, acc_lsb = (0x10, 4096) if old else (0x00, 16384)
        self.write(_REG_USER_CTRL, 0)
        at_rest = self._deflection(0x00, acc_range)
        moved = self._deflection(0xE0, acc_range)
        acc_trim, gyr_trim = self._trims_6050() if old else self._trims_6500()
        rows = []
        for i in range(3):
            row = self._limits((moved[i] - at_rest[i]) * 1000 / acc_lsb, acc_trim[i] * 1000 / acc_lsb, old, 225, 675)
            rows.append(("a" + "xyz"[i],) + row)
        for i in range(3):
            change = (moved[4 + i] - at_rest[4 + i]) / 131
            rows.append(("g" + "xyz"[i],) + self._limits(change, gyr_trim[i] / 131, old, 60, 1000))
        self.start()
        return rows

    def _deflection(self, test: int, acc_range: int) -> list:
        self.write(_REG_GYRO_CONFIG, test)
        self.write(_REG_ACCEL_CONFIG, test | acc_range)
        self.sleep_ms(_TEST_SETTLE_MS)
        return self._average(">7h", _REG_ACCEL_XOUT_H, 14, _TEST_READS, 2)

    @staticmethod
    def _limits(change: float, trim: float, old: bool, least: int, most: int) -> tuple:
        if old:
            within = abs(trim) * _OLD_TRIM_PERCENT / 100
            return round(change), round(trim - within), round(trim + within)
        if not trim:  # no factory trim: absolute limits
            return round(change), least, most
        return round(change), round(trim / 2), round(trim * 3 / 2)

    def _trims_6050(self) -> tuple:
        x, y, z, low = self._counts("4B", _REG_SELF_TEST_X, 4)
        acc = (x >> 5 << 2 | low >> 4 & 3, y >> 5 << 2 | low >> 2 & 3, z >> 5 << 2 | low & 3)
        gyr = (x & 31, y & 31, z & 31)
        acc_trim = [4096 * 0.34 * (0.92 / 0.34) ** ((code - 1) / 30) if code else 0 for code in acc]
        gyr_trim = [25 * 131 * 1.046 ** (code - 1) if code else 0 for code in gyr]
        gyr_trim[1] = -gyr_trim[1]
        return acc_trim, gyr_trim

    def _trims_6500(self) -> tuple:
        acc = self._counts("3B", _REG_SELF_TEST_X, 3)
        gyr = self._counts("3B", _REG_SELF_TEST_X_GYRO, 3)
        acc_trim, gyr_trim = [[2620 * 1.01 ** (code - 1) if code else 0 for code in codes] for codes in (acc, gyr)]
        return acc_trim, gyr_trim

    # ----------------------------------------------------------------------------------------------

    def _bytes(self) -> int:
        """Return the number of bytes in the FIFO: a multiple of a frame, unless frames have a shifted start."""
        count = 0
        for _ in range(_UNEVEN_MOST):
            # high byte first: reading it latches both
            self.bus.readfrom_mem_into(self.address, _REG_FIFO_COUNTH, self._two)
            count = self._two[0] << 8 | self._two[1]
            if count > _SIZE_MOST:
                raise OSError("FIFO level %d" % count)  # A data line that is stuck high reads as 65535.
            if count % _FRAME == 0:
                break
        return count

    def _fresh(self) -> bool:
        return self._read(_REG_INT_STATUS) & _DATA_RDY != 0

    def empty(self) -> None:
        # The 6050 resets its FIFO only while the FIFO is disabled.
        self.write(_REG_USER_CTRL, 0)
        self.write(_REG_USER_CTRL, _USER_FIFO_RESET)
        self.write(_REG_USER_CTRL, _USER_FIFO_EN)

    def _reset(self) -> None:
        self.write(_REG_PWR_MGMT_1, _DEVICE_RESET)
        self.sleep_ms(_RESET_MS)
        if self._read(_REG_WHO_AM_I) != self._identity:
            raise SensorError("sensor_lost", "WHO_AM_I reads 0x%02x after the reset" % self._one[0])
        if self._read(_REG_PWR_MGMT_1) & _DEVICE_RESET:
            raise SensorError("sensor_lost", "the sensor does not come back from its reset")
        self.write(_REG_PWR_MGMT_1, _CLKSEL_GYRO)
