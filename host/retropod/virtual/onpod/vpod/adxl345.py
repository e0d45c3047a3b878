"""ADXL345 as a register file with its FIFO of 32 levels behind the data registers.

Ref: Analog Devices ADXL345 data sheet rev E; application note AN-1025 for the FIFO.
Not modelled: taps, free fall, offsets, left-justified data, the fixed 10-bit resolution, trigger mode.
"""

import struct

from micropython import const

from vpod.bytering import ELEMENT
from vpod.motion import Motion
from vpod.sampling import Sampling

_DEVID = const(0x00)
_THRESH_ACT = const(0x24)
_ACT_INACT_CTL = const(0x27)
_BW_RATE = const(0x2C)
_POWER_CTL = const(0x2D)
_INT_ENABLE = const(0x2E)
_INT_SOURCE = const(0x30)
_DATA_FORMAT = const(0x31)
_DATAX0 = const(0x32)
_DATAZ1 = const(0x37)
_FIFO_CTL = const(0x38)
_FIFO_STATUS = const(0x39)

_MEASURE = const(0x08)
_SELF_TEST = const(0x80)
_FULL_RES = const(0x08)
_DATA_READY = const(0x80)
_ACTIVITY = const(0x10)
_AC_XYZ = const(0xF0)
_WATERMARK = const(0x02)
_OVERRUN = const(0x01)
_STREAM = const(2)
_BYPASS = const(0)
_ENTRIES = const(33)  # 32 levels and the output itself
_BETWEEN_READS_US = const(5)  # from one reading of the data registers to the next, for the FIFO to move up

_SELF_TEST_G = (0.9, -0.9, 1.4)  # at 3.3 V: 0.35 to 3.7 g, the same negative, 0.44 to 5.0 g


class Adxl345(Sampling):
    """One chip on the bus: `read_into` and `write` are I2C transactions that were addressed to it."""

    KINDS = ("adxl345",)
    IDENTITY = _DEVID
    FULL = 4095

    def __init__(self, config: dict, faults: list, clock, control, scene) -> None:
        super().__init__(config, faults, clock, control, scene, _ENTRIES * ELEMENT, _ENTRIES, ("acc",))
        self.power_on()

    def power_on(self) -> None:
        """The state after power comes back: standby, FIFO in bypass, 100 Hz."""
        self._regs = bytearray(64)
        self._regs[_DEVID] = 0xE5
        self._regs[_BW_RATE] = 0x0A
        self._regs[_INT_SOURCE] = 0x02
        self._motion = Motion()
        self._seen = -1
        self._read_us = -_BETWEEN_READS_US
        self._fifo.clear()
        self._configure()

    def _configure(self) -> None:
        regs = self._regs
        rate = 3200.0 / (1 << (15 - (regs[_BW_RATE] & 15)))
        self._rate_hz = self._true(rate) if regs[_POWER_CTL] & _MEASURE else 0.0
        if regs[_DATA_FORMAT] & _FULL_RES:
            self._lsb = 1 / 256
        else:
            self._lsb = (1 << (regs[_DATA_FORMAT] & 3)) / 256
        self.FULL = 4095 if regs[_DATA_FORMAT] & 3 == 3 else (512 << (regs[_DATA_FORMAT] & 3)) - 1
        if self._rate_hz and regs[_INT_ENABLE] & _ACTIVITY and regs[_ACT_INACT_CTL] & 0xF0 == _AC_XYZ:
            self._motion.arm(int(regs[_THRESH_ACT] * 0.0625 / self._lsb))
        else:
            self._motion.disarm()
        self._stream(self._rate_hz if regs[_FIFO_CTL] >> 6 == _STREAM else 0.0)

    def _elements(self) -> tuple:
        return (("acc", self._rate_hz, self._lsb),)

    # -- transactions

    def read_into(self, register: int, buf) -> None:
        """Fill `buf` from `register` on; the address increments. Reading data registers takes the oldest entry."""
        if register == _FIFO_STATUS:
            self._be_late()
        self._produce()
        if self.faults.read_into(register, buf):
            return
        last = register + len(buf) - 1
        taken = False
        if register <= _DATAZ1 and last >= _DATAX0:
            self._take()
            taken = True
        self._refresh()
        for place in range(len(buf)):
            buf[place] = self._regs[(register + place) & 0x3F]
        if register <= _INT_SOURCE <= last:
            self._motion.take()
        if taken:
            self._fifo.overflowed = False
            self._seen = self._number(self._rate_hz)
            self._drained()

    def write(self, register: int, data) -> None:
        """Write `data` from `register` on."""
        self._produce()
        if self.faults.swallows_write():
            return
        for value in data:
            self._write(register & 0x3F, value)
            register += 1

    def _write(self, register: int, value: int) -> None:
        if register < 0x1D or register == _INT_SOURCE or _DATAX0 <= register <= _DATAZ1 or register >= _FIFO_STATUS:
            return
        changed = self._regs[register] != value
        self._regs[register] = value
        if register == _FIFO_CTL and value >> 6 == _BYPASS:
            self._fifo.clear()
        if changed and register in (
            _BW_RATE, _POWER_CTL, _DATA_FORMAT, _FIFO_CTL, _INT_ENABLE, _THRESH_ACT, _ACT_INACT_CTL
        ):  # fmt: skip
            self._configure()

    def _take(self) -> None:
        """The next entry into the data registers, if the FIFO has had the time to bring it there."""
        regs = self._regs
        if not self._fifo_hz:
            if self._rate_hz:
                self._newest_into(regs, _DATAX0, "acc", self._rate_hz, self._lsb)
            return
        now = self._clock.true_us()
        if now - self._read_us < _BETWEEN_READS_US:
            return  # the same entry once more
        self._read_us = now
        self.stats.read()
        entry = bytearray(ELEMENT)
        if self._fifo.take_into(entry, ELEMENT):
            regs[_DATAX0 : _DATAZ1 + 1] = entry

    def _refresh(self) -> None:
        entries = self._fifo.count // ELEMENT
        source = 0
        if entries if self._fifo_hz else self._rate_hz and self._number(self._rate_hz) > self._seen:
            source |= _DATA_READY
        if entries and entries >= self._regs[_FIFO_CTL] & 31:
            source |= _WATERMARK
        if self._fifo.overflowed:
            source |= _OVERRUN
        if self._rate_hz:
            newest = bytearray(ELEMENT)
            self._newest_into(newest, 0, "acc", self._rate_hz, self._lsb)
            self._motion.feel(struct.unpack("<hhh", newest))
        if self._motion.seen:
            source |= _ACTIVITY
        self._regs[_INT_SOURCE] = source
        self._regs[_FIFO_STATUS] = entries

    def interrupt(self) -> int:
        """Level of INT1, to which all interrupts go by default; only activity is modelled."""
        self._refresh()
        return 1 if self._regs[_INT_SOURCE] & self._regs[_INT_ENABLE] & _ACTIVITY else 0

    # -- self-test

    def _testing(self) -> bool:
        return bool(self._regs[_DATA_FORMAT] & _SELF_TEST)

    def self_test_counts(self, element: str):
        """Counts that the self-test adds, None if off: within the limits for 3.3 V."""
        if not self._testing():
            return None
        return [int(shift / self._lsb) for shift in _SELF_TEST_G]
