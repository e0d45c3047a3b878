"""Installs the stand-ins that charge an ESP32's time (`cost` of the configuration). The table is costs.py.

They are in `sys.modules`, or they replace methods of the usual stand-ins. A pod without costs has none of them.
"""

import builtins
import gc
import io
import select
import sys

from vpod import board, costfs, costs
from vpod.hostfs import MOUNT_POINT, ReadOnly
from vpod.meter import CONSOLE, Meter, simulate, simulated
from vpod.pacedclock import PacedClock

_BITS = 10  # of a byte on the line: start, eight, stop
_POLL_STEP_US = 1000


def power_on(config: dict):
    """Clock and meter, before anything else. Returns the clock."""
    board.clock = PacedClock(config)
    board.meter = Meter(board.clock)
    board.counts = costfs.Counts()
    board.meter.free = 1
    return board.clock


def install() -> None:
    """The rest, once the usual stand-ins are loaded."""
    import os

    import esp32
    import machine

    for holder in (machine.Pin, machine.ADC, machine.RTC, machine.WDT, esp32.NVS):
        simulate(holder)
    simulate(machine.I2C, "scan", "readfrom_mem", "writeto", "readfrom_into", "readfrom")
    machine.I2C.readfrom_mem_into = _transfer(machine.I2C.readfrom_mem_into)
    machine.I2C.writeto_mem = _transfer(machine.I2C.writeto_mem)
    machine.Pin.__call__ = machine.Pin.value
    simulate(machine, *(name for name in dir(machine) if name[0].islower() and callable(getattr(machine, name))))
    files = costfs.Module()
    for name in ("mount", "umount", "VfsLfs2"):
        setattr(os, name, getattr(files, name))
    sys.modules["vfs"] = files
    sys.modules["gc"] = _Gc()
    sys.modules["select"] = _Select()
    sys.modules["esp"] = _Esp()
    sys.modules["sys"] = _Sys()
    simulate(ReadOnly, "open", "stat", "statvfs", "ilistdir")
    micro = sys.modules["micropython"]
    micro.kbd_intr = simulated(micro.kbd_intr)
    global _import
    _import = builtins.__import__
    builtins.__import__ = _counted_import
    board.control.on("counts", lambda message: board.control.send("counts", **board.counts.take()))
    board.control.on("spent", lambda message: _tell_spent())


def _tell_spent() -> None:
    """Send the use of the time since power-on of this processor."""
    board.control.send(
        "spent",
        cpu_us=board.meter.cpu_us,
        flash_us=board.flash.busy_us,
        idle_us=board.clock.slept_us,
        all_us=board.clock.true_us() - board.config["true_us"],
    )


def _nothing() -> None:
    pass


def begin() -> None:
    """Charge the firmware from now on."""
    poll = _Poll()
    poll.register(sys.stdin, select.POLLIN)
    board.meter.calibrate(sys.modules["time"].ticks_us, simulated(_nothing), lambda: poll.ipoll(0))
    board.meter.free = 0
    board.counts.take()
    board.meter.leave()


# -- imports

_import = None
_importing = []  # names counted by the imports that are under way; the last of a nest clears them
_nested = 0


def _counted_import(*args):
    global _nested
    meter = board.meter
    meter.enter()
    before = set(sys.modules)
    _nested += 1
    meter.leave()
    try:
        return _import(*args)
    finally:
        meter.enter()
        for name in sys.modules:
            if name not in before and name not in _importing and _is_firmware(name, sys.modules[name]):
                _importing.append(name)
                board.counts.imported(name)
        _nested -= 1
        if not _nested:
            _importing.clear()
        meter.leave()


def _is_firmware(name: str, module) -> bool:
    """Return whether the pod loads the module from its flash. The build removes `__file__` from modules of the app."""
    if name.split(".")[0] in ("pod", "retrowire"):
        return True
    return not getattr(module, "__file__", MOUNT_POINT).startswith(MOUNT_POINT)


def _transfer(function):
    """A transfer of a bus, without the allocations that `simulated` makes."""

    def outside(self, addr: int, memaddr: int, buf, *, addrsize: int = 8) -> None:
        meter = board.meter
        meter.enter()
        try:
            function(self, addr, memaddr, buf)
        finally:
            meter.leave()

    return outside


# -- modules that cannot be overridden from a path


class _Gc:
    """Stand-in for `gc`."""

    def __init__(self) -> None:
        self.enable, self.disable, self.isenabled = gc.enable, gc.disable, gc.isenabled

    @simulated
    def collect(self) -> None:
        board.meter.collect()

    @simulated
    def mem_free(self) -> int:
        board.clock.advance(costs.COUNT_HEAP_US)
        return gc.mem_free()

    @simulated
    def mem_alloc(self) -> int:
        board.clock.advance(costs.COUNT_HEAP_US)
        return gc.mem_alloc()

    def threshold(self, amount=None):
        """In bytes of the ESP32, whose collections are charged; this runtime's heap is never short."""
        if amount is None:
            return board.meter.threshold
        board.meter.threshold = amount
        return None


class _Esp:
    """Stand-in for `esp`."""

    def osdebug(self, level=None) -> None:
        pass


class _Sys:
    """Stand-in for `sys`: another platform, and a console that costs."""

    def __init__(self) -> None:
        for name in dir(sys):
            if name[:2] != "__":
                setattr(self, name, getattr(sys, name))
        self.platform = "esp32"
        self.stdin = _Input(sys.stdin, sys.stdin.buffer)
        self.stdout = _Output(sys.stdout, sys.stdout.buffer)


class _Input(io.IOBase):
    """The console's input, text or bytes. `inner` is the object for select and C code.

    It is called for every byte, so it is written out: an allocation before enter() would count as the firmware's.
    """

    def __init__(self, inner, buffer=None) -> None:
        self.inner = inner
        if buffer:
            self.buffer = _Input(buffer)

    def read(self, size: int = -1):
        return self._do(self.inner.read, size)

    def readline(self, size: int = -1):
        return self._do(self.inner.readline, size)

    def readinto(self, buf, size: int = -1):
        meter = board.meter
        meter.enter(CONSOLE)
        try:
            board.clock.advance(costs.READ_BYTE_US)
            return self.inner.readinto(buf) if size < 0 else self.inner.readinto(buf, size)
        finally:
            meter.leave()

    def _do(self, function, size: int):
        meter = board.meter
        meter.enter(CONSOLE)
        try:
            board.clock.advance(costs.READ_BYTE_US)
            return function(size)
        finally:
            meter.leave()


class _Output(io.IOBase):
    """The console's output. A write waits, in ticks, for room in the UART's queue."""

    _empty_us = 0  # when the queue will be

    def __init__(self, inner, buffer=None) -> None:
        self.inner = inner
        if buffer:
            self.buffer = _Output(buffer)

    def write(self, data, start: int = 0, length: int = -1) -> int:
        meter = board.meter
        meter.enter(CONSOLE)
        try:
            board.clock.advance(costs.WRITE_US)
            went = self.inner.write(data) if length < 0 else self.inner.write(data, start, length)
            baud = board.line_baud()
            if went and baud:
                self._queue(went, _BITS * 1_000_000 // baud)
            return went
        finally:
            meter.leave()

    def _queue(self, size: int, byte_us: int) -> None:
        now = board.clock.true_us()
        full_us = costs.QUEUE_BYTES * byte_us
        empty = max(now, _Output._empty_us) + size * byte_us
        if empty - now > full_us:
            ticks = -(-(empty - now - full_us) // costs.TICK_US)
            board.clock.advance(ticks * costs.TICK_US)
        _Output._empty_us = empty


class _Select:
    """Stand-in for `select`."""

    def __init__(self) -> None:
        for name in dir(select):
            if name[:2] != "__":
                setattr(self, name, getattr(select, name))
        self.poll = _Poll


class _Poll:
    """Poll objects; waiting is sleeping of the virtual clock."""

    def __init__(self) -> None:
        self._real = select.poll()
        self._given = {}

    def _inner(self, stream):
        return getattr(stream, "inner", stream)

    def register(self, stream, mask: int = select.POLLIN | select.POLLOUT) -> None:
        inner = self._inner(stream)
        self._given[id(inner)] = stream
        self._real.register(inner, mask)

    def modify(self, stream, mask: int) -> None:
        self._real.modify(self._inner(stream), mask)

    def unregister(self, stream) -> None:
        self._real.unregister(self._inner(stream))

    def poll(self, timeout: int = -1) -> list:
        meter = board.meter
        meter.enter(CONSOLE)
        try:
            return self._wait(timeout)
        finally:
            meter.leave()

    def ipoll(self, timeout: int = -1, flags: int = 0):
        meter = board.meter
        meter.enter(CONSOLE)
        try:
            return iter(self._wait(timeout))
        finally:
            meter.leave()

    def _wait(self, timeout: int) -> list:
        costfs.look_ready()
        clock = board.clock
        clock.advance(costs.POLL_US)
        end = clock.true_us() + timeout * 1000
        while True:
            found = [(self._given[id(stream)], event) for stream, event in self._real.ipoll(0)]
            if found or not timeout or (timeout > 0 and clock.true_us() >= end):
                return found
            clock.sleep_us(_POLL_STEP_US)
