"""Builds the objects and runs them in one loop; holds the one catch-all. Only main.py imports it.

Sampling comes first. Every step of the loop has a time budget, and the sensor is drained between two steps if it is
time. While the file system is in use, flash.py drains it.
"""

import sys
from io import IOBase

from pod.autonomy.supervisor import Supervisor
from pod.clock.clock import Clock
from pod.clock.rtcnote import RtcNote
from pod.hal import board
from pod.hal.port import Console
from pod.link.link import KEPT_FREE, Link
from pod.link.publisher import Publisher
from pod.link.session import Session
from pod.sampling.mount import Mount
from pod.sampling.sampler import Sampler
from pod.storage import bootguard, store
from pod.storage.faults import Faults
from pod.storage.recorder import Recorder
from pod.storage.runs import BY_APP, Runs
from pod.storage.trial import Trial
from retrowire import codec, framing

_QUEUE_FRAMES = 6
_IDLE_MS = 5
_BUSY_MS = 1  # while frames wait to be written: a UART's queue runs dry in 11 ms
_HURRY_MS = 12  # of a long answer in one turn: the sensor is drained every 20 ms
_COUNT_MS = 200  # of a start may go to counting the stored runs; a long folder is read later, entry by entry
_FAREWELL_MS = 500  # for an answer that is still in the queue when the board is to restart
_SHORT_TURNS = 20  # in a row, that found no memory: then the pod starts anew
_QUICK_CRASHES = 3  # crashes within a minute of a start: the board rests in the REPL, where it can be mended

_FAULT_EXCEPTION = codec.value("fault", "exception")
_FAULT_SETTINGS = codec.value("fault", "settings")
_FAULT_STORAGE = codec.value("fault", "storage")
_FAULT_START = codec.value("fault", "start_failed")
_FAULT_IGNORED = codec.value("fault", "settings_ignored")
_FAULT_EVENT = codec.value("event", "fault")


class Parts:
    """The objects of the app, each built from those before it."""

    def __init__(self, console: Console):
        self.board = board
        self.trouble = None  # an exception of the drain while the file system was in use
        self.fingerprint = codec.fingerprint()
        self.settings = board.read_settings()
        self.clock = Clock(store.read_number(board.BOOT_COUNT) + 1, board.ticks_ms, board.ticks_diff)
        self.rtc_note = RtcNote(board, self.clock)
        self.faults = Faults(board.FAULTS, self.clock)
        self.trial = Trial(board.SLOT)
        self.runs = Runs(board.RUNS, board.RUN_COUNT)
        self.publisher = Publisher(self.clock)
        self.mount = Mount(board.MOUNT, board.power_was_lost(), self.publisher)
        self.recorder = Recorder(board, self.settings, self.clock, self.faults, self.runs, self.mount)
        self.sampler = Sampler(board, self.settings, self.clock, self.faults, self.publisher, self.mount)
        self.recorder.attach(self.sampler)
        decoder = framing.Decoder(framing.MAX_HOST_FRAME)
        ticks = board.ticks_us, board.ticks_diff
        self.link = Link(console, decoder, framing.encode_into, framing.MAX_POD_FRAME, _QUEUE_FRAMES, *ticks)
        self.link.set_line(board.line_rate(self.settings))
        self.session = Session(self.link, self)
        self.supervisor = Supervisor(self)
        self.publisher.attach(self.session, self.recorder, self.sampler, self.supervisor)
        self.faults.listen(self._tell_fault)

    def _tell_fault(self, code: int, _text: str) -> None:
        self.publisher.event(_FAULT_EVENT, self.sampler.index, code, 0)

    def collect(self) -> None:
        """Drain the sensor while the file system is in use: no exception may pass through that."""
        try:
            self.sampler.collect()
        except Exception as error:
            self.trouble = error


def run() -> None:
    """Run until a byte 3 knocks. Whatever happens, the console works as a REPL afterwards."""
    board.quiet()
    console = Console()
    console.take()
    parts = None
    try:
        parts = Parts(console)
        _count_boot(parts)
        _loop(parts)
    finally:
        if parts and parts.link.watch:
            parts.link.watch.end()
        console.give_back()


def _count_boot(parts: Parts) -> None:
    if parts.settings.fault:
        code = _FAULT_IGNORED if bootguard.settings_ignored else _FAULT_SETTINGS
        parts.faults.add(code, parts.settings.fault)
    try:
        store.write_number(board.BOOT_COUNT, parts.clock.boot)
    except OSError as error:
        parts.faults.add(_FAULT_STORAGE, "boot count: %s" % error)
    if parts.trial.failure:
        parts.faults.add(_FAULT_START, "went back, " + parts.trial.failure)
        _settle(parts)


def _settle(parts: Parts) -> None:
    """What runs now is good; on trial this is the start-up check, and a board without the trial's watchdog follows."""
    try:
        parts.runs.count_all()
        board.storage("/")
        parts.session.restart = parts.trial.on
        parts.trial.settle()
    except OSError as error:
        parts.session.restart = False
        parts.faults.add(_FAULT_STORAGE, "slot: %s" % error)


def _loop(parts: Parts) -> None:
    try:
        parts.sampler.step()  # a sensor that is there is known before the first host asks
        if not parts.sampler.present:
            parts.sampler.preload()
        board.loaded()
        board.while_flash_is_used(parts.collect)
        _resume(parts)
        _run(parts)
        bootguard.settle(board.STARTS)
    except Exception as error:
        _crashed(parts, error)
    finally:
        _close(parts)
        board.while_flash_is_used(None)
    if parts.session.restart:
        _say_farewell(parts)
        parts.rtc_note.note()
        board.reset()


def _resume(parts: Parts) -> None:
    """Continue a run that was open at the reset, unless there are so many runs that a host would have to wait."""
    begun = board.ticks_ms()
    while not parts.runs.counted_all and board.ticks_diff(board.ticks_ms(), begun) < _COUNT_MS:
        parts.runs.step()
    parts.recorder.step(0)


def _run(parts: Parts) -> None:
    """Turn by turn. One that finds no memory gives up what a host asked for; sampling and recording go on."""
    short = 0
    while not parts.link.stopped and not parts.session.restart:
        try:
            _turn(parts)
            short = 0
        except MemoryError as error:
            short += 1
            board.heap_free()
            if short > _SHORT_TURNS:
                raise
            parts.session.close()
            _note(parts, error)


def _note(parts: Parts, error: Exception) -> None:
    """Keep what happened, unless there is no memory even for that."""
    try:
        parts.faults.add(_FAULT_EXCEPTION, _where(error))
    except MemoryError:
        board.heap_free()


def _turn(parts: Parts) -> None:
    if parts.trouble:
        error, parts.trouble = parts.trouble, None
        raise error
    drain = parts.sampler.step
    drain()
    elapsed_ms = parts.clock.take_elapsed()
    parts.link.step(elapsed_ms)
    drain()
    parts.session.step(elapsed_ms)
    drain()
    parts.recorder.step(elapsed_ms)
    drain()
    parts.supervisor.step(elapsed_ms)
    parts.rtc_note.step(elapsed_ms)
    drain()
    parts.faults.step()
    parts.mount.step()
    parts.runs.step()
    if parts.trial.on and parts.trial.step(elapsed_ms, parts.session.greeted and parts.link.idle):
        _settle(parts)
    if parts.session.bulk:
        _hurry(parts)
    elif not parts.link.unread and not (parts.session.eager and parts.link.free() > KEPT_FREE):
        board.idle(_IDLE_MS if parts.link.idle else _BUSY_MS)


def _hurry(parts: Parts) -> None:
    """Get on with a long answer as fast as the line and the flash allow, until it is the sensor's turn again."""
    begun = board.ticks_ms()
    while parts.session.bulk and board.ticks_diff(board.ticks_ms(), begun) < _HURRY_MS:
        parts.session.work()
        parts.link.write()
        if parts.link.free() <= KEPT_FREE:
            board.idle(_BUSY_MS)


def _crashed(parts: Parts, error: Exception) -> None:
    """Keep what happened, tell the host, start anew."""
    board.heap_free()
    _note(parts, error)
    parts.session.restart = parts.clock.uptime_s >= 60 or not _crashes_quickly(parts)
    if not parts.session.restart:
        sys.print_exception(error)


def _crashes_quickly(parts: Parts) -> bool:
    """Whether the last starts all ended in an exception within their first minute."""
    return len([row for row in parts.faults.rows() if _is_quick_crash(row, parts.clock.boot)]) >= _QUICK_CRASHES


def _is_quick_crash(row: tuple, boot: int) -> bool:
    return row[2] == _FAULT_EXCEPTION and row[1] < 60 and boot - row[0] < _QUICK_CRASHES


class _Text(IOBase):
    """A stream that keeps what is written to it."""

    def __init__(self):
        self.kept = b""

    def write(self, data) -> int:
        """Keep `data`."""
        self.kept += bytes(data)
        return len(data)


def _where(error: Exception) -> str:
    """Type, text and the innermost lines of an exception; of their files the name alone, so that it all fits."""
    out = _Text()
    sys.print_exception(error, out)
    lines = [line.strip() for line in out.kept.decode().split("\n") if line.strip()]
    short = [line.split("/")[-1] if line.startswith("File ") else line for line in lines[-3:]]
    return " < ".join(reversed(short))


def _close(parts: Parts) -> None:
    parts.session.close()
    parts.faults.step()
    parts.mount.step()
    if parts.recorder.run and not parts.session.restart:
        try:
            parts.recorder.stop(BY_APP)
        except Exception as error:
            parts.faults.add(_FAULT_STORAGE, _where(error))


def _say_farewell(parts: Parts) -> None:
    for _ in range(_FAREWELL_MS // _IDLE_MS):
        if parts.link.idle:
            break
        parts.link.step(_IDLE_MS)
        board.idle(_IDLE_MS)
    board.idle(2 * _IDLE_MS)  # the last bytes leave the hardware's queue
