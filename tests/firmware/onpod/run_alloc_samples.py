"""Heap costs of a sample while standing: the whole drain, driver, engine and detection of handling.

Prints one JSON object: bytes per drain, samples drained, modules of `pod.sampling`. Viper: only where that runs.
"""

import gc
import json
import struct
import sys

from pod.sampling.connection import SensorConnection
from pod.sampling.drain import Drain
from pod.sampling.health import Health
from pod.sampling.mount import Mount
from pod.sampling.pipeline import Pipeline
from pod.sampling.sampler import Sampler, Samples

DRAINS = 200
PAIRS = 8  # samples a drain


def word(sensor, slot, values):
    tag = sensor << 3 | (slot & 3) << 1
    ones = sum([tag >> bit & 1 for bit in range(8)])
    return bytes((tag | ones & 1,)) + struct.pack("<3h", *values)


# four time slots are a multiple of the counter's period, so that the same bytes serve again and again
WORDS = b"".join([word(1, slot, (1, 2, 3)) + word(2, slot, (0, 0, 1025)) for slot in range(PAIRS)])


class Bus:
    """Standing still; allocates nothing itself."""

    def __init__(self):
        self.registers = bytearray(128)

    def readfrom_mem_into(self, address, register, buf):
        if register == 0x78:
            for i in range(len(buf)):
                buf[i] = WORDS[i]
        elif register == 0x3A:
            buf[0] = 2 * PAIRS
            buf[1] = 0
        elif register == 0x22:
            struct.pack_into("<6h", buf, 0, 1, 2, 3, 0, 0, 1025)
        else:
            for i in range(len(buf)):
                buf[i] = self.registers[register + i]

    def writeto_mem(self, address, register, data):
        for i in range(len(data)):
            self.registers[register + i] = data[i]
        self.registers[0x0F] = 0x6C
        self.registers[0x12] = self.registers[0x12] & 0xFE


class Board:
    bus = Bus()
    ticks_us = ticks_diff = None

    @staticmethod
    def i2c(_settings):
        return Board.bus

    @staticmethod
    def sleep_ms(_ms):
        pass

    @staticmethod
    def free_bus():
        return True

    @staticmethod
    def heap_free():
        return 100_000


class Settings:
    @staticmethod
    def get(name):
        return {"address": 0x6A, "i2c_hz": 400_000, "rate_hz": 416, "chip": "auto", "length_factor": 1000}[name]


class Clock:
    uptime_s = 5
    uptime_ms = 0

    def update(self):
        self.uptime_ms += 20
        if self.uptime_ms >= 1000:
            self.uptime_ms -= 1000
            self.uptime_s += 1


class Faults:
    @staticmethod
    def add(code, text):
        raise ValueError(text)


class Publisher:
    @staticmethod
    def wants_raw():
        return False

    @staticmethod
    def event(kind, a, b):
        pass


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
    Board.bus.registers[0x0F] = 0x6C
    publisher = Publisher()
    mount = Mount("/nowhere.json", False, publisher.event)
    sampler, drain, samples = sampling(Board, Settings, Clock(), Faults, publisher, mount)
    sampler.step()
    for _ in range(300):
        drain.run()
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for _ in range(DRAINS):
        drain.run()
    used = gc.mem_alloc() - before
    modules = [name for name in sys.modules if name.startswith("pod.sampling.")]
    print(
        json.dumps(
            {"bytes_per_drain": used / DRAINS, "samples": samples.taken, "lost": samples.lost, "modules": modules}
        )
    )


main()
