"""Runs the objects of the app in one loop; holds the one catch-all. Only main.py imports it.

objects.py builds the objects. Sampling comes first: each step of the loop has a time budget, and the sensor is drained
between two steps if that is due. While the file system is in use, flash.py drains it.
"""

import sys
from io import IOBase

from pod import board
from pod.hal import hardware
from pod.hal.port import Console
from pod.link.link import KEPT_FREE
from pod.ondemand import load
from pod.storage.runs import BY_APP
from retrowire import codec

_IDLE_MS = 5
_BUSY_MS = 1  # while frames wait to be written: a UART's queue is empty after 11 ms
_BULK_MS = 12  # of a long answer per iteration: the sensor is drained every 20 ms
_COUNT_MS = 200  # limit for counting the stored runs at the start; a longer folder is read later, entry by entry
_FAREWELL_MS = 500  # limit for sending queued answers before a restart
_SHORT_ITERATIONS = 20  # in a row without enough memory: then the pod restarts
_QUICK_CRASHES = 3  # crashes within a minute of a boot: then the board stays in the REPL, where it can be repaired

_FAULT_EXCEPTION = codec.value("fault", "exception")
_FAULT_STORAGE = codec.value("fault", "storage")
_FAULT_START = codec.value("fault", "start_failed")
# Import all modules now: after one that does not load, main.py goes back to the other slot without a watchdog running.
# `App` loads this module again, because its code takes 3 kB until then.
load("pod.objects")


class App:
    """The main loop. `trouble`: an exception of a drain while the file system was in use."""

    def __init__(self, console):
        self.trouble = None
        objects = load("pod.objects")
        (
            self.clock, self.rtc_note, self.link, self.streams, self.answers, self.trial, self.runs, self.faults,
            self.mount, self.recorder, self.publisher, self.sampler, self.supervisor, self.session,
        ) = objects.build(console, self._publish)  # fmt: skip
        objects.count_boot(self.clock, self.faults)
        if self.trial.failure:
            self.faults.add(_FAULT_START, "went back, " + self.trial.failure)
            self._settle()

    def _publish(self, kind: int, a: int, b: int) -> None:
        self.publisher.event(kind, a, b)

    def collect(self) -> None:
        """Drain the sensor while the file system is in use. No exception may pass through the file system."""
        try:
            self.sampler.collect()
        except Exception as error:
            self.trouble = error

    # -- start and end -----------------------------------------------------------------------------

    def _settle(self) -> None:
        """Make this slot the good one. On trial this is the start-up check, and a boot without the watchdog follows."""
        try:
            self.runs.count_all()
            hardware.storage("/")
            self.answers.restart = self.trial.on
            self.trial.settle()
        except OSError as error:
            self.answers.restart = False
            self.faults.add(_FAULT_STORAGE, "slot: %s" % error)

    def run(self) -> None:
        """Run until an interrupt request or a restart."""
        try:
            self.sampler.start()  # Find the sensor before the first host greets.
            hardware.loaded()
            hardware.while_flash_is_used(self.collect)
            self._resume()
            self._loop()
            board.settle()
        except Exception as error:
            self._crashed(error)
        finally:
            self._close()
            hardware.while_flash_is_used(None)
        if self.answers.restart:
            self._say_farewell()
            self.rtc_note.note()
            hardware.reset()

    def _resume(self) -> None:
        """Continue a run that was open at the reset, unless counting the runs would make a host wait."""
        begun = hardware.ticks_ms()
        while not self.runs.counted_all and hardware.ticks_diff(hardware.ticks_ms(), begun) < _COUNT_MS:
            self.runs.step()
        self.recorder.step(0)

    def _close(self) -> None:
        self.session.close()
        self.faults.step()
        self.mount.step()
        if self.recorder.run and not self.answers.restart:
            try:
                self.recorder.stop(BY_APP)
            except Exception as error:
                self.faults.add(_FAULT_STORAGE, _summary(error))

    def _say_farewell(self) -> None:
        for _ in range(_FAREWELL_MS // _IDLE_MS):
            if self.link.idle:
                break
            self.session.receive()
            self.link.step(_IDLE_MS)
            hardware.sleep_ms(_IDLE_MS)
        hardware.sleep_ms(2 * _IDLE_MS)  # The last bytes leave the hardware's queue.

    # -- main loop ---------------------------------------------------------------------------------

    def _loop(self) -> None:
        """Iterate. Without enough memory end the requests of the host, and continue to sample and record."""
        short = 0
        while not self.link.stopped and not self.answers.restart:
            try:
                self._iterate()
                short = 0
            except MemoryError as error:
                short += 1
                hardware.heap_free()
                if short > _SHORT_ITERATIONS:
                    raise
                self.session.close()
                self._note(error)

    def _iterate(self) -> None:
        if self.trouble:
            error, self.trouble = self.trouble, None
            raise error
        link = self.link
        drain = self.sampler.step
        drain()
        elapsed_ms = self.clock.take_elapsed()
        self.session.receive()
        link.step(elapsed_ms)
        drain()
        self.session.step(elapsed_ms)
        drain()
        self.recorder.step(elapsed_ms)
        drain()
        self.supervisor.step(elapsed_ms)
        self.rtc_note.step(elapsed_ms)
        drain()
        self.faults.step()
        self.mount.step()
        self.runs.step()
        if self.trial.on and self.trial.step(elapsed_ms, self.streams.greeted and link.idle):
            self._settle()
        job = self.answers.job
        if self.streams.paused:
            self._work_bulk()
        elif not link.unread and not (job and job.eager and link.free() > KEPT_FREE):
            hardware.sleep_ms(_IDLE_MS if link.idle else _BUSY_MS)

    def _work_bulk(self) -> None:
        """Send a long answer as fast as line and flash allow, until the next drain is due."""
        begun = hardware.ticks_ms()
        while self.streams.paused and hardware.ticks_diff(hardware.ticks_ms(), begun) < _BULK_MS:
            self.answers.work()
            self.link.write()
            if self.link.free() <= KEPT_FREE:
                hardware.sleep_ms(_BUSY_MS)

    # -- exceptions --------------------------------------------------------------------------------

    def _crashed(self, error: Exception) -> None:
        """Store and report the exception, then restart, unless the app crashes again and again."""
        hardware.heap_free()
        self._note(error)
        self.answers.restart = self.clock.uptime_s >= 60 or not self._crashes_quickly()
        if not self.answers.restart:
            sys.print_exception(error)

    def _note(self, error: Exception) -> None:
        """Store an exception as a fault, unless memory is too short for that."""
        try:
            self.faults.add(_FAULT_EXCEPTION, _summary(error))
        except MemoryError:
            hardware.heap_free()

    def _crashes_quickly(self) -> bool:
        """Return whether the last boots all ended in an exception within their first minute."""
        quick = 0
        for boot, uptime_s, code, _ in self.faults.rows():
            if code == _FAULT_EXCEPTION and uptime_s < 60 and self.clock.boot - boot < _QUICK_CRASHES:
                quick += 1
        return quick >= _QUICK_CRASHES


class _Text(IOBase):
    """A stream that stores the bytes written to it."""

    def __init__(self):
        self.data = b""

    def write(self, data) -> int:
        """Store `data`."""
        self.data += bytes(data)
        return len(data)


def _summary(error: Exception) -> str:
    """Return type, text and innermost lines of an exception. File names come without folders, to be short."""
    out = _Text()
    sys.print_exception(error, out)
    lines = []
    for line in out.data.decode().split("\n"):
        line = line.strip()
        if line:
            lines.insert(0, line.split("/")[-1] if line.startswith("File ") else line)
    return " < ".join(lines[:3])


def run() -> None:
    """Run the app. However it ends, the console works as a REPL afterwards."""
    console = Console()
    console.take()
    app = None
    try:
        app = App(console)
        app.run()
    finally:
        if app and app.link.watch:
            app.link.watch.end()
        console.give_back()
