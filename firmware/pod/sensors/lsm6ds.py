"""LSM6DSO32, LSM6DSO and LSM6DSOX: accelerometer and gyroscope through the tagged FIFO.

Ref: ST LSM6DSO32 data sheet DS13082, LSM6DSO DS12140, LSM6DSOX DS12814; application notes AN5473, AN5192, AN5272.
All three answer WHO_AM_I alike. Full-scale code 01 is the widest range on each: +-32 g on the DSO32, +-16 g on the
others, so one configuration fits, and gravity at rest tells which it is.
"""

from array import array
from struct import unpack_from

from micropython import const

from pod.sensors import SensorError
from pod.sensors import _kernel_lsm6ds as kernel

ADDRESSES = (0x6A, 0x6B)

_REG_FIFO_CTRL1 = const(0x07)
_REG_FIFO_CTRL3 = const(0x09)
_REG_FIFO_CTRL4 = const(0x0A)
_REG_WHO_AM_I = const(0x0F)
_REG_CTRL1_XL = const(0x10)
_REG_CTRL2_G = const(0x11)
_REG_CTRL3_C = const(0x12)
_REG_CTRL5_C = const(0x14)
_REG_CTRL6_C = const(0x15)
_REG_WAKE_UP_SRC = const(0x1B)
_REG_OUT_TEMP_L = const(0x20)
_REG_OUTX_L_G = const(0x22)
_REG_FIFO_STATUS1 = const(0x3A)
_REG_TAP_CFG0 = const(0x56)
_REG_TAP_CFG2 = const(0x58)
_REG_WAKE_UP_THS = const(0x5B)
_REG_WAKE_UP_DUR = const(0x5C)
_REG_MD1_CFG = const(0x5E)
_REG_INTERNAL_FREQ_FINE = const(0x63)
_REG_FIFO_DATA_OUT_TAG = const(0x78)

_WHO_AM_I = const(0x6C)
_CTRL3_SW_RESET = const(0x01)
_CTRL3_IF_INC = const(0x04)
_CTRL3_BDU = const(0x40)
_CTRL9_I3C_DISABLE = const(0x02)
_CTRL9_DEN_DEFAULT = const(0xE0)
_FS_XL_WIDEST = const(0x01 << 2)
_FS_G_2000_DPS = const(0x03 << 2)
_FIFO_MODE_CONTINUOUS = const(0x06)
_STATUS2_OVR_IA = const(0x40)
_STATUS2_OVR_LATCHED = const(0x08)
_STATUS2_DIFF = const(0x03)

# Hz: mHz; code of ODR_XL, ODR_G, BDR_XL and BDR_GY; divisor of the 6667 Hz oscillator
_RATES = {104: (104_172, 4, 64), 208: (208_344, 5, 32), 416: (416_687, 6, 16), 833: (833_375, 7, 8)}
_ACC_LSB_UG = {"lsm6dso32": 976, "lsm6dso": 488, "lsm6dsox": 488}
_GYR_LSB_UDPS = const(70_000)

_FIFO_WORDS = const(512)
_WORD_BYTES = const(7)
_BURST_WORDS = const(64)
_RESET_MS = const(50)
_SETTLE_MS = const(100)  # the gyroscope needs up to 70 ms from power-down, the filters a few samples more

_ODR_26_HZ = const(0x20)
_XL_LOW_POWER = const(0x10)
_INTERRUPTS_ENABLE = const(0x80)
_WAKE_THS_FINE = const(0x10)  # the threshold in 1/256 of full scale
_INT1_WAKE_UP = const(0x20)
_LATCHED = const(0x41)  # until WAKE_UP_SRC is read, and gone at once then
_WU_IA = const(0x08)
_TEST_XL = const(0x01)
_TEST_G = const(0x04)
_TEST_SETTLE_MS = const(100)
_TEST_LOOKS = const(20)
_TEST_LOOK_MS = const(5)
# By which the self-test moves every axis, at least and at most: mg; dps at 2000 dps (data sheets, table 2)
_TEST_LIMITS_MG = (50, 1700)
_TEST_LIMITS_DPS = (150, 700)

_REST_LOOKS = const(24)
_REST_LOOK_MS = const(6)
_REST_SPREAD_LSB = const(80)  # 0.08 g or 0.04 g; 5.6 dps
_NEAR_PERCENT = const(12)


def answers(bus, address: int) -> bool:
    """Whether a chip of the family answers there."""
    one = bytearray(1)
    try:
        bus.readfrom_mem_into(address, _REG_WHO_AM_I, one)
    except OSError:
        return False
    return one[0] == _WHO_AM_I


class Lsm6ds:
    """One chip. `start` first; then `level`, `read`, `unpack` in turn. OSError from any of them: the bus failed."""

    axes = 6
    gyr_lsb_udps = _GYR_LSB_UDPS
    fifo_samples = _FIFO_WORDS // 2
    full_scale = 32767
    slots = 4  # lost samples are told modulo this

    def __init__(self, bus, address: int, rate_hz: int, part: str, sleep_ms, _ticks_us=None, _ticks_diff=None):
        """`part`: "auto" or a name of the schema's chip enum; `sleep_ms`: how to wait for the chip.

        It knows its rate from the factory, so it needs no ticks to measure it with.
        """
        self.chip = part
        self.acc_lsb_ug = _ACC_LSB_UG.get(part, 0)
        self.rate_mhz = 0
        self.samples = bytearray(_BURST_WORDS // 2 * 12)
        self.overrun = False
        self.doubt = ""  # what the check at rest did not like
        self._bus = bus
        self._address = address
        self._sleep_ms = sleep_ms
        from pod.sensors.chip import choose_rate  # forgotten once the sensor runs

        self.rate_hz = choose_rate("lsm6ds", rate_hz, _RATES, self.fifo_samples)
        _, self._code, self._divisor = _RATES[self.rate_hz]
        self._state = array("i", [0] * kernel.LENGTH)
        self._half = bytearray(12)
        self._two = bytearray(2)
        self._raw = bytearray(_BURST_WORDS * _WORD_BYTES)
        whole = memoryview(self._raw)
        # a view for every even number of words, made once: slicing allocates
        self._views = [whole[: n * _WORD_BYTES] for n in range(2, _BURST_WORDS + 1, 2)]
        self._words = 0
        self._wanted = ()

    def start(self) -> None:
        """Reset and configure the chip; samples flow from here on. SensorError when it does not do as it is told."""
        self._reset()
        code = self._code << 4
        control = bytearray(10)  # CTRL1_XL to CTRL9_XL and CTRL10_C; zeros: high performance, no filter but ODR/2
        control[0] = code | _FS_XL_WIDEST
        control[1] = code | _FS_G_2000_DPS
        control[2] = _CTRL3_BDU | _CTRL3_IF_INC
        control[8] = _CTRL9_DEN_DEFAULT | _CTRL9_I3C_DISABLE
        fifo = bytearray((0, 0, self._code << 4 | self._code, _FIFO_MODE_CONTINUOUS))
        self._write(_REG_CTRL3_C, _CTRL3_BDU | _CTRL3_IF_INC)
        self._bus.writeto_mem(self._address, _REG_CTRL1_XL, control)
        self._sleep_ms(_SETTLE_MS)
        self._identify()
        self._set_rate()
        # from bypass to continuous: the FIFO begins empty
        self._write(_REG_FIFO_CTRL4, 0)
        self._bus.writeto_mem(self._address, _REG_FIFO_CTRL1, fifo)
        self._wanted = (
            (_REG_WHO_AM_I, bytearray((_WHO_AM_I,)), bytearray(1)),
            (_REG_FIFO_CTRL1, fifo, bytearray(4)),
            (_REG_CTRL1_XL, control, bytearray(10)),
        )
        if not self.configured():
            raise SensorError("sensor_reset", "the sensor does not keep its configuration")
        self._begin()

    def _begin(self) -> None:
        for i in range(kernel.LENGTH):
            self._state[i] = 0
        self._words = 0
        self.overrun = False

    def configured(self) -> bool:
        """Whether it is the same chip and every register still reads as it was written.

        A chip that lost power for a moment does not say so.
        """
        for register, wanted, got in self._wanted:
            self._bus.readfrom_mem_into(self._address, register, got)
            if got != wanted:
                return False
        return True

    def level(self) -> int:
        """Words that wait in the FIFO; `overrun` says whether some were overwritten since the last look."""
        self._bus.readfrom_mem_into(self._address, _REG_FIFO_STATUS1, self._two)
        words = self._two[0] | (self._two[1] & _STATUS2_DIFF) << 8
        if words > _FIFO_WORDS:
            raise OSError("FIFO level %d" % words)  # a data line that hangs high reads as 1023
        self.overrun = (self._two[1] & (_STATUS2_OVR_IA | _STATUS2_OVR_LATCHED)) != 0
        if self.overrun:
            self._state[kernel.BLIND] = 1
        return words

    def waiting(self, words: int) -> int:
        """Whole samples in `words` words of the FIFO and the half that is already here."""
        return (words + (1 if self._state[kernel.HAVE] else 0)) // 2

    def read(self, words: int) -> int:
        """One burst of at most `words` words; returns how many came. `unpack` until it returns 0 before the next."""
        pairs = min(words, _BURST_WORDS) // 2
        self._state[kernel.AT] = 0
        self._words = 2 * pairs
        if pairs:
            self._bus.readfrom_mem_into(self._address, _REG_FIFO_DATA_OUT_TAG, self._views[pairs - 1])
        return 2 * pairs

    def unpack(self) -> int:
        """The next samples of the burst, into `samples`, none missing between them; 0 when it is used up."""
        return kernel.unpack(self._raw, self._words, self._half, self.samples, _BURST_WORDS // 2, self._state)

    def lost(self) -> int:
        """Samples missing before the ones last unpacked: modulo 4 only, if `overrun`."""
        lost = self._state[kernel.LOST]
        self._state[kernel.LOST] = 0
        return lost

    def rejected(self) -> int:
        """Words thrown away since the start, for a wrong parity or an unknown tag."""
        return self._state[kernel.BAD] + self._state[kernel.STRANGE]

    def temperature_cc(self) -> int:
        """Temperature of the chip, 0.01 degrees Celsius."""
        self._bus.readfrom_mem_into(self._address, _REG_OUT_TEMP_L, self._two)
        return 2500 + unpack_from("<h", self._two, 0)[0] * 100 // 256

    # -- sleep

    def sleep(self) -> None:
        """No samples, least current. `start` wakes it."""
        self._write(_REG_FIFO_CTRL4, 0)
        self._write(_REG_CTRL1_XL, 0)
        self._write(_REG_CTRL2_G, 0)

    def wake_on_motion(self, threshold_mg: int) -> None:
        """Sleep, but raise interrupt pin 1, and `moved`, when acceleration changes by more than that."""
        self._reset()
        range_mg = _ACC_LSB_UG[self.chip] * 32768 // 1000
        self._write(_REG_CTRL6_C, _XL_LOW_POWER)
        self._write(_REG_WAKE_UP_DUR, _WAKE_THS_FINE)
        self._write(_REG_WAKE_UP_THS, max(1, min(63, threshold_mg * 256 // range_mg)))
        self._write(_REG_CTRL1_XL, _ODR_26_HZ | _FS_XL_WIDEST)
        self._sleep_ms(_SETTLE_MS)
        self._write(_REG_TAP_CFG0, _LATCHED)
        self._write(_REG_MD1_CFG, _INT1_WAKE_UP)
        self._write(_REG_TAP_CFG2, _INTERRUPTS_ENABLE)
        self.moved()

    def moved(self) -> bool:
        """Whether it has felt a movement since it was last asked."""
        one = bytearray(1)
        self._bus.readfrom_mem_into(self._address, _REG_WAKE_UP_SRC, one)
        return one[0] & _WU_IA != 0

    # -- self-test

    def self_test(self) -> list:
        """(axis, measured, least, most) of six axes: mg and dps by which the built-in test moves them. Lie still.

        Takes half a second; afterwards the chip runs as before, its FIFO begun anew.
        """
        self._write(_REG_FIFO_CTRL4, 0)
        at_rest = self._deflection(0)
        moved = self._deflection(_TEST_XL | _TEST_G)
        rows = []
        for i in range(3):
            change_mg = abs(moved[3 + i] - at_rest[3 + i]) * self.acc_lsb_ug / 1000
            rows.append(("a" + "xyz"[i], round(change_mg)) + _TEST_LIMITS_MG)
        for i in range(3):
            change_dps = abs(moved[i] - at_rest[i]) * self.gyr_lsb_udps / 1_000_000
            rows.append(("g" + "xyz"[i], round(change_dps)) + _TEST_LIMITS_DPS)
        self.start()
        return rows

    def _deflection(self, test: int) -> list:
        self._write(_REG_CTRL5_C, test)
        self._sleep_ms(_TEST_SETTLE_MS)
        counts = bytearray(12)
        sums = [0] * 6
        for _ in range(_TEST_LOOKS):
            self._sleep_ms(_TEST_LOOK_MS)
            self._bus.readfrom_mem_into(self._address, _REG_OUTX_L_G, counts)
            for i, value in enumerate(unpack_from("<6h", counts, 0)):
                sums[i] += value
        return [total / _TEST_LOOKS for total in sums]

    # ----------------------------------------------------------------------------------------------

    def _reset(self) -> None:
        self._write(_REG_CTRL3_C, _CTRL3_SW_RESET | _CTRL3_IF_INC)
        one = bytearray(1)
        for _ in range(_RESET_MS):
            self._sleep_ms(1)
            try:
                self._bus.readfrom_mem_into(self._address, _REG_CTRL3_C, one)
            except OSError:
                continue  # it may not answer while it resets
            if not one[0] & _CTRL3_SW_RESET:
                self._check_identity(one)
                return
        raise SensorError("sensor_lost", "the sensor does not come back from its reset")

    def _check_identity(self, one: bytearray) -> None:
        self._bus.readfrom_mem_into(self._address, _REG_WHO_AM_I, one)
        if one[0] != _WHO_AM_I:
            raise SensorError("sensor_lost", "WHO_AM_I reads 0x%02x" % one[0])

    def _set_rate(self) -> None:
        fine = bytearray(1)
        self._bus.readfrom_mem_into(self._address, _REG_INTERNAL_FREQ_FINE, fine)
        steps = (fine[0] ^ 0x80) - 0x80
        self.rate_mhz = (66_670_000 + steps * 100_005) // (10 * self._divisor)  # 0.15 % of 6667 Hz a step

    def _identify(self) -> None:
        """Which part it is, from gravity. A setting stands, but what contradicts it is said."""
        gravity, still = self._look_at_rest()
        guess = "lsm6dso32" if gravity < 1449 else "lsm6dso"  # 1025 or 2049 LSB; their geometric mean between
        expected = 1_000_000 // _ACC_LSB_UG[guess]
        if not still:
            self.doubt = "the pod was moving: range guessed" if self.chip == "auto" else ""
        elif abs(gravity - expected) * 100 > expected * _NEAR_PERCENT:
            self.doubt = "1 g reads as %d counts" % gravity
        elif self.chip != "auto" and _ACC_LSB_UG[guess] != self.acc_lsb_ug:
            self.doubt = "1 g reads as %d counts: that is no %s" % (gravity, self.chip)
        if self.chip == "auto":
            self.chip = guess
            self.acc_lsb_ug = _ACC_LSB_UG[guess]

    def _look_at_rest(self) -> tuple:
        """(gravity in counts, whether the chip lay still) from the output registers."""
        counts = bytearray(12)
        sums = [0] * 6
        lowest = [32767] * 6
        highest = [-32768] * 6
        for _ in range(_REST_LOOKS):
            self._sleep_ms(_REST_LOOK_MS)
            self._bus.readfrom_mem_into(self._address, _REG_OUTX_L_G, counts)
            for i, value in enumerate(unpack_from("<6h", counts, 0)):
                sums[i] += value
                lowest[i] = min(lowest[i], value)
                highest[i] = max(highest[i], value)
        still = max([highest[i] - lowest[i] for i in range(6)]) < _REST_SPREAD_LSB
        square = sum([(total // _REST_LOOKS) ** 2 for total in sums[3:]])
        return int(square**0.5), still

    def _write(self, register: int, value: int) -> None:
        self._two[0] = value
        self._bus.writeto_mem(self._address, register, self._two[:1])
