"""MPU-6050, MPU-6500 and MPU-9250 (without its magnetometer) as a register file with the FIFO behind it.

Ref: InvenSense PS-MPU-6000A rev 3.4 and RM-MPU-6000A rev 4.2; PS-MPU-6500A rev 1.3 and RM-MPU-6500A rev 2.1; MPU-9250
register map rev 1.6; self-test of the 6500 and 9250 by AN-MPU-9250A-03.
Not modelled: the auxiliary I2C bus, the DMP, interrupt pins, filters beyond the source's low-pass, temperature in FIFO.
"""

import struct

from micropython import const

from vpod.motion import Motion
from vpod.sampling import Sampling

_SMPLRT_DIV = const(0x19)
_CONFIG = const(0x1A)
_GYRO_CONFIG = const(0x1B)
_ACCEL_CONFIG = const(0x1C)
_LP_ACCEL_ODR = const(0x1E)
_MOT_THR = const(0x1F)
_FIFO_EN = const(0x23)
_INT_ENABLE = const(0x38)
_INT_STATUS = const(0x3A)
_ACCEL_XOUT_H = const(0x3B)
_TEMP_OUT_H = const(0x41)
_GYRO_XOUT_H = const(0x43)
_GYRO_ZOUT_L = const(0x48)
_SIGNAL_PATH_RESET = const(0x68)
_ACCEL_INTEL_CTRL = const(0x69)
_USER_CTRL = const(0x6A)
_PWR_MGMT_1 = const(0x6B)
_PWR_MGMT_2 = const(0x6C)
_FIFO_COUNTH = const(0x72)
_FIFO_COUNTL = const(0x73)
_FIFO_R_W = const(0x74)
_WHO_AM_I = const(0x75)

_DEVICE_RESET = const(0x80)
_SLEEP = const(0x40)
_CYCLE = const(0x20)
_USER_FIFO_EN = const(0x40)
_USER_FIFO_RESET = const(0x04)
_BOTH = const(0x78)  # FIFO_EN: accelerometer and three gyroscope axes
_FIFO_OFLOW = const(0x10)
_MOTION = const(0x40)
_DATA_RDY = const(0x01)
_HIGH_PASS = const(0x07)
_INTEL_ON = const(0xC0)
_WAKE_HZ = (1.25, 5.0, 20.0, 40.0)

# WHO_AM_I, FIFO bytes, PWR_MGMT_1 after a reset, temperature: LSB per K, degrees at 0
_PARTS = {
    "mpu6050": (0x68, 1024, 0x40, 340.0, 36.53),
    "mpu6500": (0x70, 512, 0x01, 333.87, 21.0),
    "mpu9250": (0x71, 512, 0x01, 333.87, 21.0),
}
_GYR_LSB_DPS = (131.0, 65.5, 32.8, 16.4)
# Self-test codes of this part: acceleration and rate of x, y, z. The 6050 has 5 bits for each, the others 8.
_CODES_6050 = ((13, 15, 11), (12, 14, 10))
_CODES_6500 = ((140, 150, 130), (180, 190, 170))


class Mpu6050(Sampling):
    """One chip on the bus: `read_into` and `write` are I2C transactions that were addressed to it."""

    KINDS = tuple(_PARTS)
    IDENTITY = _WHO_AM_I
    PACKING = ">hhh"

    def __init__(self, config: dict, faults: list, clock, control, scene) -> None:
        kind = config["kind"]
        self._who_am_i, size, self._power, lsb_k, zero_c = _PARTS[kind]
        self._old = kind == "mpu6050"
        # of an overflow, the youngest `size` bytes stay: frames that are cut in the middle
        super().__init__(config, faults, clock, control, scene, size, -(-size // 12), ("acc", "gyr"))
        self._temperature = struct.pack(">h", int((config["temperature_c"] - zero_c) * lsb_k))
        self.power_on()

    # -- power and configuration

    def power_on(self) -> None:
        """The state after power comes back."""
        self._regs = bytearray(128)
        self._motion = Motion()
        self._last = 0  # what an empty FIFO reads as
        self._seen = -1
        self._reset()

    def _reset(self) -> None:
        for register in range(128):
            self._regs[register] = 0
        self._regs[_PWR_MGMT_1] = self._power
        self._regs[_WHO_AM_I] = self._who_am_i
        acc, gyr = _CODES_6050 if self._old else _CODES_6500
        if self._old:
            for i in range(3):
                self._regs[0x0D + i] = acc[i] >> 2 << 5 | gyr[i]
            self._regs[0x10] = (acc[0] & 3) << 4 | (acc[1] & 3) << 2 | acc[2] & 3
        else:
            self._regs[0x00:0x03] = bytes(gyr)
            self._regs[0x0D:0x10] = bytes(acc)
        self._fifo.clear()
        self._configure()

    def _configure(self) -> None:
        regs = self._regs
        awake = not regs[_PWR_MGMT_1] & (_SLEEP | _CYCLE)
        fast = regs[_CONFIG] & 7 in (0, 7)
        if self._old:
            rate = (8000.0 if fast else 1000.0) / (1 + regs[_SMPLRT_DIV])
        elif fast or regs[_GYRO_CONFIG] & 3:
            rate = 8000.0  # the divider counts only with the filter on
        else:
            rate = 1000.0 / (1 + regs[_SMPLRT_DIV])
        self._rate_hz = self._true(rate) if awake else 0.0
        self._watch_motion(regs[_PWR_MGMT_1] & (_SLEEP | _CYCLE) == _CYCLE)
        self._acc_lsb = 1 / (16384 >> (regs[_ACCEL_CONFIG] >> 3 & 3))
        self._gyr_lsb = 1 / _GYR_LSB_DPS[regs[_GYRO_CONFIG] >> 3 & 3]
        filling = regs[_USER_CTRL] & _USER_FIFO_EN and regs[_FIFO_EN] == _BOTH
        self._stream(self._rate_hz if filling else 0.0)

    def _watch_motion(self, cycling: bool) -> None:
        """Low-power looks at the accelerometer: the 6050 wants its high-pass on, the others their own logic."""
        regs = self._regs
        self._cycle_hz = 0.0
        if not cycling:
            self._motion.disarm()
        elif self._old:
            self._cycle_hz = _WAKE_HZ[regs[_PWR_MGMT_2] >> 6]
            if regs[_ACCEL_CONFIG] & _HIGH_PASS:
                self._motion.arm(int(regs[_MOT_THR] * 0.002 * (16384 >> (regs[_ACCEL_CONFIG] >> 3 & 3))))
        else:
            self._cycle_hz = 0.24 * 2 ** regs[_LP_ACCEL_ODR]
            if regs[_ACCEL_INTEL_CTRL] & _INTEL_ON == _INTEL_ON:
                self._motion.arm(int(regs[_MOT_THR] * 0.004 * (16384 >> (regs[_ACCEL_CONFIG] >> 3 & 3))))

    def _elements(self) -> tuple:
        return ("acc", self._rate_hz, self._acc_lsb), ("gyr", self._rate_hz, self._gyr_lsb)

    # -- transactions

    def read_into(self, register: int, buf) -> None:
        """Fill `buf` from `register` on. The address increments, but not at the FIFO."""
        if register == _FIFO_COUNTH:
            self._be_late()
        self._produce()
        if self.faults.read_into(register, buf):
            return
        if register <= _GYRO_ZOUT_L and register + len(buf) > _INT_STATUS:
            self._refresh()
        for place in range(len(buf)):
            if register == _FIFO_R_W:
                self._fifo_into(memoryview(buf)[place:])
                return
            if register == _FIFO_COUNTH:  # reading the high byte holds the low one
                self._regs[_FIFO_COUNTH] = self._fifo.count >> 8
                self._regs[_FIFO_COUNTL] = self._fifo.count & 0xFF
            buf[place] = self._regs[register & 0x7F]
            if register == _INT_STATUS:
                self._fifo.overflowed = False
                self._motion.take()
                self._seen = self._number(self._rate_hz)
            register += 1

    def write(self, register: int, data) -> None:
        """Write `data` from `register` on."""
        self._produce()
        if self.faults.swallows_write():
            return
        for value in data:
            self._write(register & 0x7F, value)
            register += 1

    def _write(self, register: int, value: int) -> None:
        if register == _WHO_AM_I or _INT_STATUS <= register <= _GYRO_ZOUT_L or register in (_FIFO_COUNTH, _FIFO_COUNTL):
            return
        if register == _PWR_MGMT_1 and value & _DEVICE_RESET:
            self._reset()
            return
        if register == _USER_CTRL:
            if value & _USER_FIFO_RESET and not (self._old and value & _USER_FIFO_EN):
                self._fifo.clear()
            value &= 0xF0  # the lower bits clear themselves
        if register == _SIGNAL_PATH_RESET:
            return
        changed = self._regs[register] != value
        self._regs[register] = value
        if changed and register in (
            _SMPLRT_DIV, _CONFIG, _GYRO_CONFIG, _ACCEL_CONFIG, _FIFO_EN, _USER_CTRL, _PWR_MGMT_1, _PWR_MGMT_2,
            _MOT_THR, _LP_ACCEL_ODR, _ACCEL_INTEL_CTRL,
        ):  # fmt: skip
            self._configure()

    def _fifo_into(self, buf) -> None:
        self.stats.read()
        got = self._fifo.take_into(buf, len(buf))
        if got:
            self._last = buf[got - 1]
        for place in range(got, len(buf)):
            buf[place] = self._last
        self._drained()

    def _refresh(self) -> None:
        """Bring the output registers and INT_STATUS up to now."""
        regs = self._regs
        enabled = regs[_INT_ENABLE]
        status = _FIFO_OFLOW if self._fifo.overflowed and enabled & _FIFO_OFLOW else 0
        if self._rate_hz:
            fresh = self._number(self._rate_hz) > self._seen
            status |= _DATA_RDY if fresh and enabled & _DATA_RDY else 0
            self._newest_into(regs, _ACCEL_XOUT_H, "acc", self._rate_hz, self._acc_lsb)
            self._newest_into(regs, _GYRO_XOUT_H, "gyr", self._rate_hz, self._gyr_lsb)
            regs[_TEMP_OUT_H : _TEMP_OUT_H + 2] = self._temperature
        elif self._cycle_hz:
            self._newest_into(regs, _ACCEL_XOUT_H, "acc", self._cycle_hz, self._acc_lsb)
            self._motion.feel(struct.unpack_from(">hhh", regs, _ACCEL_XOUT_H))
            status |= _MOTION if self._motion.seen and enabled & _MOTION else 0
        regs[_INT_STATUS] = status

    def interrupt(self) -> int:
        """Level of INT; the short pulses of data ready are not modelled."""
        self._refresh()
        return 1 if self._regs[_INT_STATUS] & _MOTION else 0

    # -- self-test

    def _testing(self) -> bool:
        return bool((self._regs[_GYRO_CONFIG] | self._regs[_ACCEL_CONFIG]) & 0xE0)

    def self_test_counts(self, element: str):
        """Counts that the self-test adds to the axes of `element`, None if off: exactly the factory's trim."""
        acc = element == "acc"
        bits = self._regs[_ACCEL_CONFIG if acc else _GYRO_CONFIG] >> 5
        if not bits:
            return None
        codes = (_CODES_6050 if self._old else _CODES_6500)[0 if acc else 1]
        lsb = self._acc_lsb if acc else self._gyr_lsb
        added = [int(self._response(acc, codes[i]) / lsb) if bits & (4 >> i) else 0 for i in range(3)]
        if self._old and not acc:
            added[1] = -added[1]
        return added

    def _response(self, acc: bool, code: int) -> float:
        """In g or degrees per second."""
        if not self._old:  # 2620 LSB at 16384 LSB/g or at 131 LSB/dps
            return 2620 * 1.01 ** (code - 1) / (16384 if acc else 131)
        if acc:
            return 0.34 * (0.92 / 0.34) ** ((code - 1) / 30)
        return 25 * 1.046 ** (code - 1)
