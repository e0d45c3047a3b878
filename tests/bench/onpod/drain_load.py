"""The pod's sampler on a bus that hands out a prepared FIFO. For callgrind: the same but for the number of drains.

usage: micropython drain_load.py CHIP RATE FILE DRAINS SAMPLES WORK      FILE: the bytes of the FIFO, in order;
SAMPLES: of one drain; WORK: 1, or 0 for the bus transactions alone
"""

import sys

from pod.sampling.connection import SensorConnection
from pod.sampling.drain import Drain
from pod.sampling.health import Health
from pod.sampling.mount import Mount
from pod.sampling.pipeline import Pipeline
from pod.sampling.sampler import Sampler, Samples
from pod.storage._kernel_copy import copy

CHIP, RATE, FILE, DRAINS, SAMPLES, WORK = sys.argv[1:]
DRAINS, SAMPLES = int(DRAINS), int(SAMPLES)
# address; identity register and value; FIFO level register and its value; FIFO register; bytes of a sample
CHIPS = {
    "lsm6dso32": (0x6A, 0x0F, 0x6C, 0x3A, bytes((2 * SAMPLES, 0)), 0x78, 14),
    "mpu6050": (0x68, 0x75, 0x68, 0x72, bytes((0, 12 * SAMPLES)), 0x74, 12),
    "adxl345": (0x53, 0x00, 0xE5, 0x39, bytes((SAMPLES,)), 0x32, 6),
}
ADDRESS, WHO, IDENTITY, LEVEL, COUNT, FIFO, WIDTH = CHIPS[CHIP]


class Bus:
    """Registers that hold their values. The FIFO comes from the file without an allocation."""

    def __init__(self):
        self.registers = bytearray(128)
        self.at = 0
        with open(FILE, "rb") as file:
            self.data = file.read()

    def readfrom_mem_into(self, address, register, buf):
        if register == FIFO:
            copy(buf, 0, self.data, self.at, len(buf))
            self.at += len(buf)
        elif register == LEVEL:
            copy(buf, 0, COUNT, 0, len(COUNT))
        else:
            buf[:] = self.registers[register : register + len(buf)]

    def writeto_mem(self, address, register, data):
        self.registers[register : register + len(data)] = data
        self.registers[WHO] = IDENTITY
        if CHIP == "mpu6050":
            self.registers[0x6B] &= 0x7F  # resets are over at once
        elif CHIP != "adxl345":
            self.registers[0x12] &= 0xFE


class Board:
    bus = Bus()
    ticks_us = ticks_diff = None
    rate_mhz = 1000 * int(RATE)  # until the driver states it

    @staticmethod
    def i2c(_settings):
        return Board.bus

    @staticmethod
    def heap_free():
        return 100_000

    @staticmethod
    def sleep_ms(_ms):
        pass


class Settings:
    @staticmethod
    def get(name):
        return {"address": ADDRESS, "rate_hz": int(RATE), "chip": CHIP, "length_factor": 1000}[name]


class Uptime:
    """Advances by the time of a drain's samples, to the tenth of a millisecond."""

    uptime_s = 5
    uptime_ms = 0
    tenths = 0

    def update(self):
        self.tenths += SAMPLES * 10_000_000 // Board.rate_mhz
        self.uptime_s = 5 + self.tenths // 10_000
        self.uptime_ms = self.tenths // 10 % 1000


class Faults:
    @staticmethod
    def add(code, text):
        raise ValueError(text)


class Publisher:
    strides = 0

    def wants_raw(self):
        return False

    def event(self, kind, a, b):
        pass

    def stride(self, payload, length):
        self.strides += 1


def transactions(bus):
    level, samples = bytearray(len(COUNT)), bytearray(WIDTH if CHIP == "adxl345" else WIDTH * SAMPLES)
    for _ in range(DRAINS):
        bus.readfrom_mem_into(ADDRESS, LEVEL, level)
        for _ in range(SAMPLES if CHIP == "adxl345" else 1):
            bus.readfrom_mem_into(ADDRESS, FIFO, samples)


def sampling(board, settings, clock, faults, publisher, mount):
    """Build the sampler as objects.py does."""
    samples = Samples()
    pipeline = Pipeline(settings, samples, publisher, mount, board.heap_free)
    health = Health(samples, faults, publisher, pipeline)
    drain = Drain(clock, samples, faults, publisher, pipeline, health)
    connection = SensorConnection(board, settings, samples, faults, publisher, pipeline, drain, health)
    sampler = Sampler(clock, samples, publisher, pipeline, drain, health, connection, board.heap_free)
    return sampler, drain, samples


def main():
    Board.bus.registers[WHO] = IDENTITY
    Board.bus.registers[0x2C:0x2E] = bytes((0x01, 0x04))  # 1 g at rest, where the LSM6DS looks for it
    publisher = Publisher()
    mount = Mount("/nowhere.json", False, publisher.event)
    sampler, drain, samples = sampling(Board, Settings, Uptime(), Faults, publisher, mount)
    sampler.step()
    Board.rate_mhz = samples.sensor.rate_mhz
    mount.give(b"\x00\x40" + bytes(6) + b"\x00\x40" + bytes(6) + b"\x00\x40")
    if WORK == "1":
        for _ in range(DRAINS):
            drain.run()
    else:
        transactions(Board.bus)
    print(publisher.strides, samples.taken, samples.lost)


main()
