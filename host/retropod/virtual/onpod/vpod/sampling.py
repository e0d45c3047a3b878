"""Base of chips with frames in a ring: slots in time, waves, faults, and their state across a restart."""

from vpod.bytering import ByteRing, Frames
from vpod.faults import Faults
from vpod.fifostats import FifoStats
from vpod.wave import WINDOW


class Sampling:
    """Base of a chip. Subclasses add registers, `_elements` (name, Hz, unit per LSB) and transactions.

    `_slot` is the number of the next frame, counted from power-on at the true rate.
    """

    PACKING = "<hhh"
    FULL = 32767

    def __init__(self, config: dict, faults: list, clock, control, scene, size: int, keep: int, names: tuple) -> None:
        """`size`: bytes of the FIFO; `keep`: frames that stay at an overflow; `names`: elements of a frame in order."""
        self.faults = Faults(faults, clock, control, scene, self)
        self._clock = clock
        self._scene = scene
        self._error = config["odr_error"]
        self._fifo = ByteRing(size)
        self._keep = keep
        self._names = names
        self._frames = Frames(keep, names, self.PACKING[0] == ">")
        self._waves = {}
        self._fifo_hz = 0.0
        self._restoring = False
        self.stats = FifoStats(clock)
        self._dropping = 0

    # -- time

    def _true(self, nominal_hz: float) -> float:
        return nominal_hz * (1 + self._error)

    def detune(self, error: float) -> None:
        """The oscillator is off by `error` from now on (fault injection)."""
        self._produce()
        self._error = error
        self._configure()

    def slots_in(self, seconds: float) -> int:
        """Frames that it makes in so long, rounded up."""
        return int(self._fifo_hz * seconds) + 1

    def drop(self, slots: int) -> None:
        """The next look at the FIFO comes so late that `slots` frames have been overwritten (fault injection)."""
        self._dropping = slots

    def _be_late(self) -> None:
        """The level is being looked at: a pod that is late is late here, its drains are not interrupted."""
        if self._dropping and self._fifo_hz:
            self._produce()
            last = self._slot + self._keep - self._fifo.count // self._frames.size + self._dropping - 1
            self._dropping = 0
            self._clock.spend_us(int((last + 0.5) * 1e6 / self._fifo_hz) - self._clock.true_us())

    def _stream(self, rate_hz: float) -> None:
        """From now on the FIFO gets frames at the true `rate_hz`, none if 0."""
        if rate_hz != self._fifo_hz:
            self._fifo_hz = rate_hz
            if rate_hz and not self._restoring:
                self._scene.begin()
        self.stats.fills(bool(rate_hz))
        self._slot = self._number(rate_hz) + 1

    def _number(self, rate_hz: float) -> int:
        return self._scene.sample_number(self._clock.true_us(), rate_hz) if rate_hz else -1

    def _wave(self, name: str, rate_hz: float, lsb: float):
        held = self._waves.get(name)
        if held is None or held[0] != (rate_hz, lsb):
            if held:
                held[1].close()
            held = self._waves[name] = ((rate_hz, lsb), self._scene.wave(name, rate_hz, lsb, self.FULL))
        return held[1]

    # -- frames

    def _produce(self) -> None:
        """Bring the FIFO up to now."""
        self.faults.due()
        if not self._fifo_hz:
            return
        due = self._number(self._fifo_hz) + 1 - self._slot
        if due <= 0:
            return
        if due > self._keep:  # what would be overwritten at once is not made
            self.stats.overran(due - self._keep)
            self._slot += due - self._keep
            self._fifo.overflowed = True
            due = self._keep
        while due:
            several = min(due, WINDOW)
            self._fill(several)
            due -= several

    def _fill(self, count: int) -> None:
        frames = self._frames
        index = self._scene.source_index(self._slot, self._fifo_hz)
        frames.make([self._wave(*element) for element in self._elements()], index, count)
        if self.faults.altering or self._testing():
            for frame in range(count):
                for place in range(len(self._names)):
                    self.faults.alter(frames.data, frame * frames.size + 6 * place, self._names[place])
        self._slot += count
        excess = self._fifo.count + count * frames.size - self._fifo.size
        if excess > 0:
            self.stats.overran(-(-excess // frames.size))
        self._fifo.put(frames.data, count * frames.size)

    def _newest_into(self, buf, at: int, name: str, rate_hz: float, lsb: float) -> None:
        """The newest reading of one element, in the chip's byte order."""
        index = self._scene.source_index(self._number(rate_hz), rate_hz)
        data = self._wave(name, rate_hz, lsb).triplet(index)
        swap = 1 if self.PACKING[0] == ">" else 0
        for i in range(6):
            buf[at + (i ^ swap)] = data[i]
        if self.faults.altering or self._testing():
            self.faults.alter(buf, at, name)

    def _drained(self) -> None:
        if self._fifo_hz and not self._fifo.count:
            self._scene.drained(self._clock.true_us())

    # -- across a restart of the processor

    def state(self) -> dict:
        """Return the state of the chip for `restore`."""
        return {"regs": self._regs.hex(), "fifo": self._fifo.state(), "slot": self._slot, "error": self._error}

    def restore(self, state: dict) -> None:
        """Be what `state` says. The driver measures the rate again, so a held source does not freeze time yet."""
        self._regs[:] = bytes.fromhex(state["regs"])
        self._error = state["error"]
        self._restoring = True
        self._configure()
        self._restoring = False
        self._fifo.restore(state["fifo"])
        self._slot = state["slot"]
