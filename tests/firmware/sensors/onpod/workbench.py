"""Bench for a chip's model on the stand-in bus, on demand with the pod's sampler. Time is virtual."""

import json
import os
import struct

from vpod import bench, board, wave
from vpod.clock import Clock
from vpod.scene import Scene

CONFIG = json.loads(os.getenv("CONTRACT"))
KIND = CONFIG["kind"]
AXES = 3 if KIND == "adxl345" else 6
ADDRESSES = {"lsm": (0x6A, 0x6B), "mpu": (0x68, 0x69), "adx": (0x53, 0x1D)}[KIND[:3]]
wave.MOUNT_POINT = ""
SDA, SCL = 21, 22

board.config.update(
    {
        "i2c_pins": [SDA, SCL],
        "pins": {},
        "watched": [],
        "int_pin": None,
        "adc_volts": {},
        "unique_id": "00",
        "reset_cause": 1,
    }
)


class Control:
    """Stand-in for the host: renders the motion that the test sets and ignores messages."""

    def __init__(self, on):
        self.on_bench = on
        self.handlers = {}

    def on(self, name, handler):
        self.handlers[name] = handler

    def send(self, event, **fields):
        pass

    def ask(self, event, **fields):
        return self.on_bench.rendered(fields["element"], fields["lsb"])


class Settings:
    """Settings of the pod with default values."""

    def __init__(self, **values):
        self.values = {
            "address": 0, "rate_hz": 416, "chip": "auto", "i2c_hz": 400_000, "board": "devkit", "sda": -1, "scl": -1,
            "length_factor": 1000,
        }  # fmt: skip
        self.values.update(values)

    def get(self, name):
        return self.values[name]


class Bench:
    """A chip at `address` with `settings`. driver() starts the driver that the pod finds."""

    def __init__(self, address=None, movement="ramp", odr_error=0.0, kind=KIND, faults=(), **settings):
        from pod.hal import hardware

        hardware.pins[0], hardware.pins[1] = SDA, SCL
        self.movement = movement
        self.pose_g = (0.0, 0.0, 1.0)
        self.turning_dps = (0.0, 0.0, 0.0)
        config = {"clock_ppm": 0, "ticks_start_ms": 0, "true_us": 0, "patience_ms": None, "speed": "max"}
        board.clock = self.clock = Clock(config)
        board.control = self.control = Control(self)
        scene = {"hold": None, "tail_ms": 0, "source_start_us": None, "source_us": 0}
        self.scene = Scene(scene, self.clock, self.control)
        board.chips.clear()
        self.faults = list(faults)
        self.chip = self.solder(kind, ADDRESSES[0] if address is None else address, odr_error)
        self.settings = Settings(**settings)

    def solder(self, kind, address, odr_error=0.0):
        """Add another chip to the bus."""
        config = {
            "kind": kind, "odr_error": odr_error, "freq_fine": None, "who_am_i": 0x6C, "temperature_c": 30.0,
            "accel_first": False,
        }  # fmt: skip
        chip = bench._MODELS[kind](config, self.faults, self.clock, self.control, self.scene)
        board.chips[address] = chip
        return chip

    def rendered(self, element, lsb):
        values = self.pose_g if element == "acc" else self.turning_dps
        rest = list(struct.pack("<hhh", *[round(value / lsb) for value in values]))
        path = CONFIG[self.movement + "_" + element] if self.movement else None
        return {"path": path, "count": CONFIG["samples"] if path else 0, "before": rest, "after": rest}

    def lie(self, pose_g, turning_dps=(0.0, 0.0, 0.0)):
        """Set the acceleration and rate of a pod at rest from now on, and discard rendered motion."""
        self.pose_g = pose_g
        self.turning_dps = turning_dps
        self.movement = None
        for _, held in self.chip._waves.values():
            held.close()
        self.chip._waves.clear()

    def inject(self, kind, **details):
        details["kind"] = kind
        self.control.handlers["fault"]({"fault": details})

    def driver(self, part="auto"):
        """Return the started driver that the pod finds."""
        from pod import sensors
        from pod.hal import hardware

        bus = hardware.i2c(self.settings)
        return sensors.probe(bus, self.settings, part, hardware.sleep_ms, hardware.ticks_us, hardware.ticks_diff)

    def wait_ms(self, ms):
        self.clock.sleep_us(int(ms * 1000))


def drained(driver):
    """Return [(lost before, [sample, ...])] of the waiting samples. A sample is a tuple of counts."""
    out = []
    words = driver.level()
    took = driver.read(words)
    while took:
        words -= took
        count = driver.unpack()
        while count:
            flat = struct.unpack("<%dh" % (driver.axes * count), driver.samples[: 2 * driver.axes * count])
            out.append((driver.lost(), [flat[i : i + driver.axes] for i in range(0, len(flat), driver.axes)]))
            count = driver.unpack()
        took = driver.read(words)
    return out


def raises(kind, function, *args):
    try:
        function(*args)
    except kind as error:
        return error
    raise AssertionError("nothing raised")


class _Told:
    """Records the output of the sampler."""

    def __init__(self):
        self.events = []
        self.rows = []
        self.flagged = 0

    def wants_raw(self):
        return False

    def stride(self, payload, length):
        pass

    def event(self, kind, a, b):
        self.events.append((board.clock.true_us(), kind, a, b))

    def add(self, code, text):
        self.rows.append((board.clock.true_us(), code, text))


class _Mount:
    """Stand-in without requests."""

    def ignore(self, *_what):
        pass

    set_engine = feed = stride = gap = ignore


class _Engine:
    """Records its input: (index, first count) of every sample, and the place of each gap."""

    def __init__(self, axes):
        self.axes = axes
        self.index = 0
        self.seen = []
        self.gaps = []

    def feed(self, buf, offset, count):
        for i in range(count):
            self.seen.append((self.index, struct.unpack_from("<h", buf, offset + 2 * self.axes * i)[0]))
            self.index += 1
        return 0

    def gap(self, lost):
        self.gaps.append((board.clock.true_us(), lost))
        self.index += lost

    def pop_into(self, record):
        return False


class Running:
    """The pod's sampler on a bench with an engine that records its input, built as objects.py does."""

    def __init__(self, on):
        from pod.clock.clock import Clock as Uptime
        from pod.hal import hardware
        from pod.sampling.connection import SensorConnection
        from pod.sampling.drain import Drain
        from pod.sampling.health import Health
        from pod.sampling.pipeline import Pipeline
        from pod.sampling.sampler import Sampler, Samples

        self.on = on
        self.told = told = _Told()
        self._sleep_ms = hardware.sleep_ms
        free = hardware.heap_free
        uptime = Uptime(1, hardware.ticks_ms, hardware.ticks_diff)
        self.samples = samples = Samples()
        self.pipeline = pipeline = Pipeline(on.settings, samples, told, _Mount(), free)
        health = Health(samples, told, told, pipeline)
        drain = Drain(uptime, samples, told, told, pipeline, health)
        connection = SensorConnection(hardware, on.settings, samples, told, told, pipeline, drain, health)
        self._sampler = Sampler(uptime, samples, told, pipeline, drain, health, connection, free)
        self._sampler.step()
        if samples.sensor:
            self.watched()

    def watched(self):
        self.engine = _Engine(self.samples.sensor.axes)
        self.pipeline.engine = self.engine

    def run_ms(self, ms):
        end = self.on.clock.true_us() + ms * 1000
        while self.on.clock.true_us() < end:
            self._sampler.step()
            self._sleep_ms(5)
