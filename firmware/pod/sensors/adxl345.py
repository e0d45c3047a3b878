"""ADXL345: accelerometer without gyroscope, through its FIFO of 32 levels.

Ref: Analog Devices ADXL345 data sheet rev E; application note AN-1025 (FIFO).
Used at +-16 g and full resolution. Each reading of the six data registers removes one entry from the FIFO. The next may
follow after 5 us, and the address bytes of a transaction at 400 kHz take four times as long. The chip has no reset, so
the driver writes every relevant register, and empties the FIFO with its bypass mode.
"""

from micropython import const

from pod.sensors import SensorError
from pod.sensors.chip import Chip, choose_rate, force

_REG_DEVID = const(0x00)
_REG_OFSX = const(0x1E)
_REG_THRESH_ACT = const(0x24)
_REG_ACT_INACT_CTL = const(0x27)
_REG_BW_RATE = const(0x2C)
_REG_POWER_CTL = const(0x2D)
_REG_INT_ENABLE = const(0x2E)
_REG_INT_SOURCE = const(0x30)
_REG_DATA_FORMAT = const(0x31)
_REG_DATAX0 = const(0x32)
_REG_FIFO_CTL = const(0x38)
_REG_FIFO_STATUS = const(0x39)

_DEVID = const(0xE5)
_MEASURE = const(0x08)
_FULL_RES_16_G = const(0x0B)
_SELF_TEST = const(0x80)
_STREAM = const(0x80)
_ENTRIES = const(0x3F)
_DATA_READY = const(0x80)
_ACTIVITY = const(0x10)
_OVERRUN = const(0x01)
_ACTIVITY_AC_XYZ = const(0xF0)
_RATE_25_HZ = const(0x08)
_LOW_POWER = const(0x10)

# Hz: mHz, BW_RATE
_RATES = {100: (100_000, 0x0A), 200: (200_000, 0x0B), 400: (400_000, 0x0C)}
_LEVELS = const(32)
_MOST_ENTRIES = const(33)  # the levels, and one in the data registers
_ENTRY = const(6)
_SETTLE_MS = const(20)  # 1.1 ms and one period from standby, 11 ms at 100 Hz
_ACT_STEP_UG = const(62_500)

_TEST_READS = const(20)  # data sheet: at least a tenth of a second
_TEST_PAUSE_MS = const(6)
_TEST_SETTLE_MS = const(50)
# Least and most change in LSB at full resolution (table 15, for 2.5 V), times the factors of table 14 for 3.3 V.
_TEST_LIMITS = ((50, 540, 177), (-540, -50, 177), (75, 875, 147))


class Adxl345(Chip):
    """One chip, with the methods of `lsm6ds.Lsm6ds`. A word of the FIFO is a whole sample."""

    axes = 3
    full_scale = 4095
    acc_lsb_ug = 3906  # 256 LSB/g
    gyr_lsb_udps = 0
    chip = "adxl345"
    fifo_samples = _LEVELS

    def __init__(self, bus, address: int, rate_hz: int, part: str, sleep_ms, ticks_us=None, ticks_diff=None):
        """`part`: "auto" or "adxl345"."""
        super().__init__(bus, address, sleep_ms, ticks_us, ticks_diff)
        self._identity = self._read(_REG_DEVID)
        if self._identity != _DEVID:
            if part == "auto":
                raise SensorError("sensor_lost", "DEVID reads 0x%02x" % self._identity)
            force(self, self._identity)
        self.rate_hz = choose_rate(self.chip, rate_hz, _RATES, _LEVELS)
        self.samples = bytearray(_MOST_ENTRIES * _ENTRY)
        whole = memoryview(self.samples)
        self._entries = [whole[n * _ENTRY : n * _ENTRY + _ENTRY] for n in range(_MOST_ENTRIES)]  # slicing allocates
        self._waiting = 0

    def start(self) -> None:
        """Configure the chip, start sampling. Raises SensorError if the configuration fails."""
        if self._read(_REG_DEVID) != self._identity:
            raise SensorError("sensor_lost", "DEVID reads 0x%02x" % self._one[0])
        nominal_mhz, code = _RATES[self.rate_hz]
        self.write(_REG_POWER_CTL, 0)  # the data sheet configures in standby
        self.write(_REG_FIFO_CTL, 0)
        rows = (
            (_REG_OFSX, bytes(3)),
            (_REG_INT_ENABLE, bytes(1)),
            (_REG_DATA_FORMAT, bytes((_FULL_RES_16_G,))),
            (_REG_BW_RATE, bytes((code, _MEASURE))),
        )
        self._keep(rows)
        self.sleep_ms(_SETTLE_MS)
        if not self.rate_mhz:
            self.rate_mhz = self._measured(nominal_mhz)
        self.write(_REG_FIFO_CTL, _STREAM)
        self.wanted += ((_REG_FIFO_CTL, bytearray((_STREAM,)), bytearray(1)),)
        self._expect(_REG_DEVID, self._identity)
        if not self.configured():
            raise SensorError("sensor_reset", "the sensor does not keep its configuration")
        self._waiting = 0
        self.overrun = False

    def empty(self) -> None:
        """Empty the FIFO."""
        self.write(_REG_FIFO_CTL, 0)
        self.write(_REG_FIFO_CTL, _STREAM)
        self._waiting = 0
        self.overrun = False

    def level(self) -> int:
        """Return the number of samples in the FIFO. Set `overrun` if samples were overwritten."""
        entries = self._read(_REG_FIFO_STATUS) & _ENTRIES
        if entries > _MOST_ENTRIES:
            raise OSError("FIFO level %d" % entries)  # A data line that is stuck high reads as 63.
        self.overrun = entries >= _LEVELS and self._read(_REG_INT_SOURCE) & _OVERRUN != 0
        return entries

    def waiting(self, words: int) -> int:
        """Return the number of whole samples in the result of `level`."""
        return words

    def read(self, words: int) -> int:
        """Read up to `words` samples, one per transaction. Return their number. Call `unpack` next."""
        count = min(words, _MOST_ENTRIES)
        self._waiting = 0
        for i in range(count):
            self.bus.readfrom_mem_into(self.address, _REG_DATAX0, self._entries[i])
        if count:
            self.refuse_ones(self.samples, count * _ENTRY)
        self._waiting = count
        return count

    def unpack(self) -> int:
        """Return the number of samples in `samples` after a read, then 0."""
        count = self._waiting
        self._waiting = 0
        return count

    temperature_cc = staticmethod(lambda: None)  # no thermometer

    # -- sleep

    def sleep(self) -> None:
        """Stop sampling, with the lowest current. `start` wakes the chip."""
        self.write(_REG_POWER_CTL, 0)
        self.write(_REG_FIFO_CTL, 0)

    def wake_on_motion(self, threshold_mg: int) -> None:
        """Sleep. Set the interrupt pin and `moved` if the acceleration changes by more than `threshold_mg`."""
        self.write(_REG_POWER_CTL, 0)
        self.write(_REG_INT_ENABLE, 0)
        self.write(_REG_FIFO_CTL, 0)
        self.write(_REG_BW_RATE, _RATE_25_HZ | _LOW_POWER)
        self.write(_REG_THRESH_ACT, max(1, min(255, threshold_mg * 1000 // _ACT_STEP_UG)))
        self.write(_REG_ACT_INACT_CTL, _ACTIVITY_AC_XYZ)  # change from the acceleration at the time of enabling
        self.write(_REG_POWER_CTL, _MEASURE)
        self.sleep_ms(_SETTLE_MS * 4)
        self.write(_REG_INT_ENABLE, _ACTIVITY)
        self._read(_REG_INT_SOURCE)

    def moved(self) -> bool:
        """Return True if the chip detected motion since the last call."""
        return self._read(_REG_INT_SOURCE) & _ACTIVITY != 0

    # -- self-test

    def self_test(self) -> list:
        """Return (axis, measured, least, most) of three axes: mg of deflection by the built-in test at 3.3 V.

        The pod must be still. Takes a third of a second, then restarts the chip with an empty FIFO.
        """
        self.write(_REG_FIFO_CTL, 0)
        at_rest = self._deflection(_FULL_RES_16_G)
        moved = self._deflection(_FULL_RES_16_G | _SELF_TEST)
        rows = []
        for i in range(3):
            least, most, percent = _TEST_LIMITS[i]
            change_mg = round((moved[i] - at_rest[i]) * 1000 / 256)
            rows.append(("a" + "xyz"[i], change_mg, least * percent * 10 // 256, most * percent * 10 // 256))
        self.start()
        return rows

    def _deflection(self, data_format: int) -> list:
        self.write(_REG_DATA_FORMAT, data_format)
        self.sleep_ms(_TEST_SETTLE_MS)
        return self._average("<3h", _REG_DATAX0, _ENTRY, _TEST_READS, _TEST_PAUSE_MS)

    # ----------------------------------------------------------------------------------------------

    def _fresh(self) -> bool:
        if not self._read(_REG_INT_SOURCE) & _DATA_READY:
            return False
        self.bus.readfrom_mem_into(self.address, _REG_DATAX0, self._entries[0])  # The read clears the flag.
        return True
