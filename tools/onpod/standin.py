"""Minimal stand-in of a board with an LSM6DSO32, for counting the memory of the app."""

import sys

from micropython import const

_CHIP = const(0x6A)
_WHO_AM_I = const(0x0F)
_CTRL3_C = const(0x12)
_OUTZ_H_A = const(0x2D)


class Pin:
    """Reads high."""

    IN, OUT, OPEN_DRAIN, PULL_UP, PULL_DOWN = 1, 3, 7, 2, 1
    IRQ_RISING, IRQ_FALLING, IRQ_LOW_LEVEL, IRQ_HIGH_LEVEL = 1, 2, 4, 5

    def __init__(self, *_what, **_more):
        pass

    def value(self, *_what):
        return 1


class I2C:
    """Registers of a sensor at rest: 1 g upward, an empty FIFO."""

    def __init__(self, *_what, **_more):
        self.registers = bytearray(256)
        self.registers[_WHO_AM_I] = 0x6C
        self.registers[_OUTZ_H_A] = 4  # 1024 counts of 0.976 mg

    def readfrom_mem_into(self, address, register, buf):
        if address != _CHIP:
            raise OSError(19)
        for i in range(len(buf)):
            buf[i] = self.registers[register + i]

    def writeto_mem(self, address, register, data):
        for i in range(len(data)):
            self.registers[register + i] = data[i]
        self.registers[_CTRL3_C] &= 0xFE  # a reset takes no time


class RTC:
    """Memory that is empty."""

    def memory(self, *_what):
        return b""

    def datetime(self):
        return 2000, 1, 1, 5, 0, 0, 0, 0


class Thing:
    """Object that accepts every call and has every attribute."""

    def __init__(self, *_what, **_more):
        pass

    def __call__(self, *_what, **_more):
        return self

    def __getattr__(self, _what):
        return Thing()


class Machine:
    """The module `machine`."""

    PWRON_RESET = 1
    Pin, I2C, RTC = Pin, I2C, RTC

    def unique_id(self):
        return b"123456"

    def reset_cause(self):
        return 1

    def __getattr__(self, _what):
        return Thing()


class NoFlash:
    """The module `flashbdev` of a board without a file system."""

    bdev = None


class Console:
    """Console without a host."""

    def read(self):
        return -1

    def write(self, _what, _more, length):
        return length


def install():
    """Install the modules that only a board has."""
    sys.modules["machine"] = Machine()
    sys.modules["esp32"] = Thing()
    sys.modules["vfs"] = Thing()
    sys.modules["flashbdev"] = NoFlash()
