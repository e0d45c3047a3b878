"""A chip with nothing around it: the test advances time, the wave is known, and there is no host."""

import struct

from vpod.lsm6ds import Lsm6ds
from vpod.scene import Scene

STANDING = struct.pack("<hhh", 1, 2, 3)
STANDING_AFTER = struct.pack("<hhh", 4, 5, 6)
PATH = None  # a file of int16 triplets, set by the runner


class Clock:
    fast = True
    frozen = False

    def __init__(self):
        self.now_us = 0

    def true_us(self):
        return self.now_us

    def spend_us(self, duration):
        self.now_us += duration

    def freeze(self):
        pass

    def thaw(self):
        pass

    def run_at(self, factor):
        self.fast = False

    def real_us_of(self, true_us):
        return None


class Control:
    def __init__(self, rig):
        self.handlers = {}
        self.events = []
        self._rig = rig

    def on(self, name, handler):
        self.handlers[name] = handler

    def send(self, event, **fields):
        self.events.append(event)

    def ask(self, event, **fields):
        self._rig.asked.append((fields["element"], fields["rate_hz"], fields["lsb"]))
        return {"path": PATH, "count": self._rig.count, "before": list(STANDING), "after": list(STANDING_AFTER)}


class Rig:
    """`chip` behind `read` and `write`; `after_ms` lets time pass; samples are their own index in all three axes."""

    def __init__(
        self, kind="lsm6dso32", faults=(), hold=None, odr_error=0.0, freq_fine=None, count=20_000, accel_first=False
    ):
        self.count = count
        self.asked = []
        self.clock = Clock()
        self.control = Control(self)
        config = {"hold": hold, "tail_ms": 100, "source_start_us": None, "source_us": 1_000_000}
        self.scene = Scene(config, self.clock, self.control)
        chip = {
            "kind": kind,
            "odr_error": odr_error,
            "freq_fine": freq_fine,
            "who_am_i": 0x6C,
            "temperature_c": 30.0,
            "accel_first": accel_first,
        }
        self.chip = Lsm6ds(chip, list(faults), self.clock, self.control, self.scene)

    def write(self, register, *values):
        self.chip.write(register, bytes(values))

    def read(self, register, count=1):
        buf = bytearray(count)
        self.chip.read_into(register, buf)
        return bytes(buf)

    def after_ms(self, duration):
        self.clock.now_us += int(duration * 1000)

    def stream(self, odr=6, batch=None, mode=6):
        """Both elements at code `odr`, batched, FIFO in `mode`."""
        batch = odr if batch is None else batch
        self.write(0x10, odr << 4)
        self.write(0x11, odr << 4)
        self.write(0x09, batch << 4 | batch)
        self.write(0x0A, mode)

    def level(self):
        status = self.read(0x3A, 2)
        return status[0] | (status[1] & 3) << 8

    def words(self, count=None):
        """The next words: (tag, counter, x, y, z), parity checked."""
        data = self.read(0x78, 7 * (self.level() if count is None else count))
        return [unpack(data[at : at + 7]) for at in range(0, len(data), 7)]


def unpack(word):
    ones = 0
    for bit in range(8):
        ones += word[0] >> bit & 1
    assert ones % 2 == 0, "odd parity: 0x%02x" % word[0]
    return (word[0] >> 3, word[0] >> 1 & 3) + struct.unpack("<hhh", word[1:])


def raises(kind, function, *args):
    try:
        function(*args)
    except kind as error:
        return error
    raise AssertionError("nothing raised")
