"""Truth of the simulated week: time, oscillators that are off and drift, a line with uneven delays."""

import math
import random
from typing import Any, NamedTuple

from retropod.client import wire
from retropod.client.messages import TimeMessage, TimeSetMessage
from retropod.client.timesync import Clocks
from retrowire import codec, schema

NOON = 1_800_000_000.0
_TICKS = 1 << 30
_FAR_PPM = 82.5  # and 17 of drift: just within the allowance of the host
_HOT, _WARM = (86_400.0, 11e-6), (5_400.0, 6e-6)  # period in s and relative amplitude: a day, and shoes in the sun


class Crystal:
    """The ESP32's clock, up to 100 ppm off, which wanders as if by temperature."""

    def __init__(self, draw: random.Random) -> None:
        self.ppm = draw.choice([-_FAR_PPM, _FAR_PPM, draw.uniform(-_FAR_PPM, _FAR_PPM)])
        self._phases = [(2 * math.pi / period, size, draw.uniform(0, 6.28)) for period, size in (_HOT, _WARM)]

    def seconds(self, true_s: float) -> float:
        """Return its count since time 0."""
        wander = sum(size / pace * (1 - math.cos(pace * true_s + phase)) for pace, size, phase in self._phases)
        return true_s * (1 + self.ppm * 1e-6) + wander


class Chip:
    """An ESP32 with power: `ticks_ms` by the crystal, a real-time clock by its own oscillator over resets and sleep."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.soft = False
        self.power_on()

    def power_on(self) -> None:
        """All that was kept is gone."""
        self.memory, self._slept_s, self.rtc_error = b"", 0.0, self._world.draw.uniform(-0.045, 0.045)
        self._powered_s = self._born_s = self._world.true_s
        self._rtc_base_s = 0.0

    def reset(self, planned: bool) -> None:
        """Ticks begin at 0 again. The real-time clock falls back to its own count, unless it was set right before."""
        world = self._world
        gap_s = world.draw.uniform(0.4, 4.0)
        reading_s = self._rtc_s()
        counted_s = self._rtc_base_s + (world.true_s - self._born_s) * (1 + self.rtc_error)
        world.true_s += gap_s
        self._rtc_base_s = (reading_s if planned else counted_s) + gap_s * (1 + self.rtc_error)
        self._born_s, self._slept_s = world.true_s, 0.0

    def sleep(self, seconds: float) -> None:
        """Light sleep: the real-time clock's oscillator counts, the ticks take that over."""
        self._world.true_s += seconds
        crystal = self._world.crystal
        went = crystal.seconds(self._world.true_s) - crystal.seconds(self._world.true_s - seconds)
        self._slept_s += seconds * (1 + self.rtc_error) - went

    def _uptime_s(self) -> float:
        crystal = self._world.crystal
        return crystal.seconds(self._world.true_s) - crystal.seconds(self._born_s) + self._slept_s

    def _rtc_s(self) -> float:
        return self._rtc_base_s + self._uptime_s()

    def ticks_ms(self) -> int:
        return int(self._uptime_s() * 1000) % _TICKS

    @staticmethod
    def ticks_diff(later: int, earlier: int) -> int:
        return (later - earlier + _TICKS // 2) % _TICKS - _TICKS // 2

    def rtc(self) -> tuple[int, int]:
        now = self._rtc_s()
        return int(now), int(now % 1 * 1e6)

    def keep(self, note: bytes) -> None:
        self.memory = bytes(note)

    def kept(self) -> bytes:
        return self.memory

    def was_soft(self) -> bool:
        return self.soft

    # the other calls of a board by the recorder
    @staticmethod
    def device_id() -> bytes:
        return bytes(range(1, 9))

    @staticmethod
    def reset_cause() -> int:
        return 1

    @staticmethod
    def storage(_path: str) -> tuple[int, int]:
        return 1 << 30, 1 << 30


class World:
    """True time in s, and everything that counts it."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.true_s = 0.0
        self.crystal = Crystal(self.draw)
        self.clocks = Clocks(lambda: NOON + self.true_s, lambda: 5.0 + self.true_s)


class _Delays(NamedTuple):
    there_s: float
    back_s: float


class Line:
    """A stand-in for a connection: requests reach the pod's own handlers with uneven delays."""

    def __init__(self, world: World, handle: Any) -> None:
        self._world, self._handle = world, handle
        self.core_only, self.minor = None, schema.PROTOCOL_MINOR
        draw = world.draw
        self._usual = _Delays(draw.choice([0.0004, 0.004, 0.001]), draw.choice([0.0005, 0.0005, 0.003]))

    def ask(self, request: TimeSetMessage, answer: type[TimeMessage]) -> TimeMessage:
        """As `Connection.ask`."""
        payload = wire.by_name(request.type).encode(request.values)
        self._wait(self._usual.there_s + self._world.draw.uniform(0, 0.005))  # a turn of the pod's loop
        payload = self._handle(codec.unpack(schema.TIME_SET, payload, 0, len(payload)))
        self._wait(self._usual.back_s)
        decoded = wire.decode(schema.TIME, payload)
        assert isinstance(decoded, answer)
        return decoded

    def _wait(self, least_s: float) -> None:
        draw = self._world.draw
        late = draw.expovariate(1 / 0.001) + (draw.uniform(0.01, 0.08) if draw.random() < 0.05 else 0.0)
        self._world.true_s += least_s + late
