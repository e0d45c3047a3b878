"""Charges the firmware's CPU time to the virtual clock, and nothing that the simulation computes for itself.

Every stand-in calls enter() first and leave() last. Between leave() and the next enter() the firmware runs: that time
is charged, times the factor between this machine and an ESP32. Calls nest; only the outermost pair counts.

The factor follows from a bytecode loop that is timed several times a second: a machine that other programs slow down
would charge the firmware for them.

The runtime reads CPU time in steps of 1 ms only. So a stretch is measured by the machine's clock in ns, and a long one,
in which the machine may have run something else, is bounded by the CPU time. Nothing here may allocate but where
MemoryError is caught: the heap is locked while finalisers close files.
"""

import gc

import utime
from micropython import const, mem_total

from vpod import board
from vpod.costs import COLLECT_US, LOOP_PS, WORD_RATIO

_now_ns = utime.time_ns
_cpu_s = utime.clock
_LONG_NS = const(1_000_000)  # a stretch above this may contain time in which the machine ran something else
_CPU_STEP_NS = const(500_000)  # half of what utime.clock() counts in
_DEVICE_GAP_NS = const(8000)  # between two block-device calls, for littlefs's own work, which the table charges
_OWN_COLLECT_BYTES = const(2 << 20)  # allocated by this process between two collections of its own; its heap has 8 MB
_BATCHES = const(21)
_CALLS = const(40)
_RUNS = const(5)  # of the reference loop
_TURNS = const(200)
_TUNE_NS = const(200_000_000)  # of real time between two measurements of the machine's speed
_SHIFT = const(8)  # fractional bits of the factor
# The time of a stand-in's own call depends on its kind.
CLOCK, WRAPPED, CONSOLE = const(0), const(1), const(2)


class Meter:
    """Time of the firmware since the last mark, charged to `clock.advance(us)`.

    `free` above 0 turns all charges off. `threshold` is the firmware's `gc.threshold` in bytes of the ESP32, -1: none.
    `cpu_us` is the sum of the charges, automatic collections included. `loop_ps`: one turn of the reference loop here.
    """

    def __init__(self, clock) -> None:
        self.free = 0
        self.threshold = -1
        self.cpu_us = 0
        self._clock = clock
        self._depth = 1  # the simulation runs until the first leave()
        self._mark_ns = 0
        self._mark_cpu_s = 0.0
        self._mark_bytes = 0
        self._debt_ns = 0
        self._after_device = False
        self._allocated = 0  # by the firmware since its last collection
        self._collected_at = 0  # of all bytes that this process has allocated
        self._least_ns = 0  # largest credit of the firmware: one step of the machine's clock
        self._overheads_ns = (0, 0, 0)  # cost of an enter() and a leave() outside of the excluded time, by kind
        self._calibrated = (self._overheads_ns, 1)  # them, and the reference loop at that time
        self._tuned_ns = 0
        self._factor = 0
        self.loop_ps = 0
        self._spent_ns = None  # while calibrating: the sum of all stretches

    def enter(self, kind: int = CLOCK) -> None:
        """Begin the simulation's own work. `kind`: of the stand-in, which says what its call takes."""
        if self._depth:
            self._depth += 1
            return
        used_ns = _now_ns() - self._mark_ns
        self._depth = 1
        self._after_device = False
        self._charge(used_ns - self._overheads_ns[kind])

    def enter_device(self) -> None:
        """The same for a block device: littlefs's work between two calls of one operation is part of their price."""
        if self._depth:
            self._depth += 1
            return
        used_ns = _now_ns() - self._mark_ns
        self._depth = 1
        if not self._after_device:
            self._charge(used_ns - self._overheads_ns[CLOCK])
        elif used_ns > _DEVICE_GAP_NS:
            self._charge(used_ns - _DEVICE_GAP_NS)
        self._after_device = True

    def leave(self) -> None:
        """The firmware goes on."""
        self._depth -= 1
        if self._depth:
            return
        if self._mark_ns - self._tuned_ns > _TUNE_NS and self._factor:
            self._tune()
        try:
            if mem_total() - self._collected_at > _OWN_COLLECT_BYTES:
                self._collect_own()
            self._mark_cpu_s = _cpu_s()
        except MemoryError:
            pass  # a finaliser: the bound on a long stretch is a little wider
        self._mark_bytes = mem_total()
        self._mark_ns = _now_ns()

    def suspend(self) -> int:
        """Code of the firmware is called from within a stand-in. Returns the depth for resume()."""
        depth = self._depth
        self._depth = 1
        self.leave()
        return depth

    def resume(self, depth: int) -> None:
        """The firmware's code has returned."""
        self.enter()
        self._depth = depth

    def collect(self) -> None:
        """An explicit collection by the firmware."""
        self._collect_own()
        self._allocated = 0
        self._clock.advance(COLLECT_US)

    def _collect_own(self) -> None:
        """Keep automatic collections out of the firmware's stretches: those of a large heap take long."""
        gc.collect()
        self._collected_at = mem_total()

    def _charge(self, used_ns: int) -> None:
        if self._spent_ns is not None:
            self._spent_ns += used_ns
            return
        if self.free:
            return
        if used_ns > _LONG_NS:
            used_ns = self._bounded(used_ns)
        debt = max(self._debt_ns, -self._least_ns) + (used_ns * self._factor >> _SHIFT)
        if self.threshold > 0:
            self._allocated += (mem_total() - self._mark_bytes) // WORD_RATIO
            if self._allocated >= self.threshold:
                self._allocated = 0
                debt += COLLECT_US * 1000
        if debt >= 1000:  # below that, and while it is negative, it waits for the next stretch
            whole = debt // 1000
            debt -= whole * 1000
            self.cpu_us += whole
            self._clock.advance(whole)
        self._debt_ns = debt

    def _bounded(self, used_ns: int) -> int:
        """Without the time that this process did not run, as far as the CPU time shows it."""
        try:
            return min(used_ns, int((_cpu_s() - self._mark_cpu_s) * 1e9) + _CPU_STEP_NS)
        except MemoryError:
            return used_ns

    def calibrate(self, *kinds) -> None:
        """Measure the call of a stand-in of each kind, so that it is not charged to the firmware. Call it while inside.

        The middle of many batches: the machine may do something else during some.
        """
        bare = self._measure(_nothing)
        overheads = tuple(max(0, self._measure(function) - bare) for function in kinds)
        self._time_loop()
        self._calibrated = (overheads, self.loop_ps)
        self._adapt()

    def _measure(self, function) -> int:
        """Time outside of the simulation, in ns a call."""
        found = []
        for _ in range(_BATCHES):
            self._overheads_ns = (0, 0, 0)
            self._spent_ns = 0
            self._depth = 1
            self.leave()
            for _ in range(_CALLS):
                function()
            self._depth = 0
            self.enter()
            found.append(self._spent_ns // _CALLS)
        self._spent_ns = None
        return sorted(found)[_BATCHES // 2]

    def _tune(self) -> None:
        """Follow the machine's speed."""
        self._tuned_ns = self._mark_ns
        self._time_loop()
        self._adapt()

    def _time_loop(self) -> None:
        found = []
        for _ in range(_RUNS):
            begun = _now_ns()
            _loop(_TURNS)
            found.append((_now_ns() - begun) * 1000 // _TURNS)
        self.loop_ps = max(1, sorted(found)[_RUNS // 2])

    def _adapt(self) -> None:
        self._factor = (LOOP_PS << _SHIFT) // self.loop_ps
        self._least_ns = 1000 * self._factor >> _SHIFT
        overheads, loop_ps = self._calibrated
        self._overheads_ns = tuple(overhead * self.loop_ps // loop_ps for overhead in overheads)


def _loop(turns: int) -> None:
    """The reference: plain bytecode, as most of the firmware is."""
    turn = 0
    while turn < turns:
        turn += 1


def _nothing() -> None:
    pass


def simulated(function, kind: int = WRAPPED):
    """A stand-in's function, with the CPU time that it takes kept off the firmware's account."""

    def outside(*args, **kwargs):
        meter = board.meter
        meter.enter(kind)
        try:
            return function(*args, **kwargs)
        finally:
            meter.leave()

    return outside


def simulate(holder, *names: str) -> None:
    """Replace functions of a class or module by their `simulated` selves; all public ones without `names`."""
    for name in names or [name for name in dir(holder) if name[0] != "_"]:
        function = getattr(holder, name)
        if callable(function) and not isinstance(function, type):
            setattr(holder, name, simulated(function))
