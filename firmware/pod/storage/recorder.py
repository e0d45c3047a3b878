"""Strides, raw samples and events into a run on flash.

`add_stride`, `add_raw` and `add_event` can run while the file system is in use (see flash.py). So they only gather in
memory, and `step` writes. The file is synchronised at least once in every loss window. A power cut cannot lose a block
whose sequence is below `durable`. If the flash is full, the recorder ends the run and keeps the stored data.
"""

from pod import Refused
from pod.storage import runentry, runheader
from pod.storage.messages import copy
from pod.storage.runs import BY_FULL, BY_HOST
from retrowire import codec, framing, runfile, schema

_BLOCK_PAYLOAD = framing.MAX_PAYLOAD  # the longest message, raw samples, must fit
_RESERVE = 32_768  # bytes to leave free for the last blocks, settings, faults and littlefs's own copies
_STRIDES_PER_MIN = 90  # of one foot, for the time left until a run was measured
_SHARE_BYTES = 4  # per stride, for block heads and events
_RAW_BYTES = 5  # per compressed sample with its heads; 4.9 measured on people in motion
_MEASURE_MS = 60_000
_SYNC_MS = 500  # longest duration of a synchronisation, subtracted from the loss window
_AHEAD = 96  # bytes for messages that come during a long flash access: a block with less room is written
_RAW_SLOTS = 4  # raw messages that can wait for the flash: 0.8 s at 416 Hz and six axes

IDLE = codec.value("state", "idle")
RECORDING = codec.value("state", "recording")
FULL = codec.value("state", "full")
_EVENT_LAP = codec.value("event", "lap")
_EVENT_SYNC = codec.value("event", "clock_sync")
_EVENT_CARRIED = codec.value("event", "clock_carried")
_EVENT_FULL = codec.value("event", "storage_full")
_EVENT_RESET = codec.value("event", "reset")
_EVENT_STOPPED = codec.value("event", "stopped")
_FAULT_STORAGE = codec.value("fault", "storage")
_EVENT_DROPPED = codec.value("event", "frames_dropped")
_EVENT_STARTED = codec.value("event", "started")
_WHAT_RAW = codec.flag("what", "raw")
_HOST = codec.value("started_by", "host")
_BY_RESET = codec.value("started_by", "reset")
_BY_STRIDES = codec.value("started_by", "strides")
_BY_BUTTON = codec.value("started_by", "button")
_ALREADY_RECORDING = codec.value("error", "already_recording")
_STORAGE_FULL = codec.value("error", "storage_full")
_FAILED = codec.value("error", "failed")
_NOT_RECORDING = codec.value("error", "not_recording")
_NOT_READ = (0, 0)  # storage: the flash has more than 0 bytes
_WHY = "a request,full flash,end of the app,foot at rest,button,low battery"  # by the numbers of runs.py


class _Gather:
    """Gathers messages of one kind until they fill a block."""

    def __init__(self, kind: int):
        self.kind = kind
        self.payload = bytearray(_BLOCK_PAYLOAD)
        self.length = 0

    def add(self, payload, length: int) -> None:
        copy(self.payload, self.length, payload, 0, length)
        self.length += length

    def drop(self, length: int) -> None:
        """Remove the oldest `length` bytes. Allocates nothing."""
        self.length -= length
        copy(self.payload, 0, self.payload, length, self.length)

    def room(self, length: int) -> bool:
        return self.length + length <= _BLOCK_PAYLOAD


class _RawQueue:
    """Bounded queue of raw messages for the flash. `add` returns False when it is full."""

    def __init__(self):
        self._payloads = [bytearray(_BLOCK_PAYLOAD) for _ in range(_RAW_SLOTS)]
        self._lengths = [0] * _RAW_SLOTS
        self._first = 0
        self.waiting = 0

    def add(self, payload, length: int) -> bool:
        if self.waiting == _RAW_SLOTS:
            return False
        slot = (self._first + self.waiting) % _RAW_SLOTS
        copy(self._payloads[slot], 0, payload, 0, length)
        self._lengths[slot] = length
        self.waiting += 1
        return True

    def oldest(self) -> tuple:
        """Return (payload, length) of the next message."""
        return self._payloads[self._first], self._lengths[self._first]

    def pop(self) -> None:
        self._first = (self._first + 1) % _RAW_SLOTS
        self.waiting -= 1


class Recorder:
    """Records at most one run: `run` is its number, 0 if none is open. `state` is a number of the schema's enum."""

    def __init__(self, board, settings, clock, faults, runs, mount, samples, event, publish):
        """`mount` and `samples` (a Samples) give values for the run's header. `event`: an EventPacker.

        `publish(kind, a, b)` sends an event to the streams and to this recorder.
        """
        self._publish = publish
        self.state = IDLE
        self.run = 0
        self.durable = 0
        self.strides = 0
        self.started_by = 0
        self._ended = (0, BY_HOST)  # last run of this boot that ended, and its reason
        self._board = board
        self._settings = settings
        self._clock = clock
        self._faults = faults
        self._runs = runs
        self._mount = mount
        self._samples = samples
        self._file = None
        self.texts = runheader.Texts()
        self._raw = False
        self._queue = None  # only while a run with raw samples is open
        self._ending = False  # the run accepts no further messages
        self._resumed = False
        self._lost = 0  # messages that were dropped since the last event about it
        self._sequence = 0
        self._strides = _Gather(runfile.STRIDES)
        self._events = _Gather(runfile.EVENTS)
        self._block = bytearray(_BLOCK_PAYLOAD + runfile.BLOCK_AROUND)
        self._event = event
        self._laps = 0
        self._unsaved_ms = -1  # age of the oldest data that a power cut would lose, -1 without such data
        self._window_ms = 0
        self._age_ms = 0
        self._bytes = 0
        self._per_min = [0, 0]  # measured bytes per minute of runs without and with raw samples
        self._storage = _NOT_READ  # (free, total) bytes when `_bytes_then` were written
        self._bytes_then = 0

    def resume(self) -> None:
        """Continue a run that was open at a reset, as a new run that names it. Call this once."""
        self._resumed = True
        self._runs.count_all()
        try:
            before = runentry.last_open(self._runs, self.texts)
            if before:
                self.start(_WHAT_RAW if before.raw else 0, before.run, _BY_RESET)
        except OSError as error:
            self._faults.add(_FAULT_STORAGE, "last run: %s" % error)
        except Refused as error:
            self._faults.add(
                _FAULT_STORAGE, "last run: storage_full" if error.code == _STORAGE_FULL else "last run: refused"
            )

    # -- requests of a host or the button ----------------------------------------------------------

    def start(self, what: int, continues: int = 0, by: int = _HOST, kept: int = 0) -> int:
        """Begin a run and return its number. `what`: bits of the schema's `what`. Raises Refused.

        `by`: a number of the schema's `started_by`; `kept`: number of past strides that belong to the run.
        """
        if not self._resumed:
            self.resume()
        if self._file:
            raise Refused(_ALREADY_RECORDING)
        if not self._room():
            self.state = FULL
            raise Refused(_STORAGE_FULL)
        self._raw = bool(what & _WHAT_RAW) or self._settings.get("record_raw")
        try:
            self._open(continues, kept)
        except OSError as error:
            self._abandon(error)
            raise Refused(_FAILED)
        self.started_by = by
        if by in (_BY_STRIDES, _BY_BUTTON):
            self._note(_EVENT_STARTED, self.strides, by)
        if continues:
            self._note(_EVENT_RESET, self._clock.boot, self._board.reset_cause())
        self.note_time()
        clock = self._clock
        if clock.before_error_ms >= 0:
            self._note_at(0, 0, _EVENT_CARRIED, clock.before_s, clock.before_ms + 1000 * clock.before_error_ms)
        return self.run

    def stop(self, why: int = BY_HOST) -> int:
        """End the run and return its number. All of it is durable then. Raises Refused."""
        self._check_open()
        run = self.run
        self._ending = True  # From now on strides belong to the next run.
        self._write_raw()
        self._flush_blocks()
        self._note(_EVENT_STOPPED, self.strides, why)
        self._flush(self._events)
        self._sync()
        self._check_open()  # A failed write has ended the run already.
        self._close(why)
        self.state = FULL if why == BY_FULL else IDLE
        return run

    def made_room(self) -> None:
        """Read the free storage again after a run was erased."""
        self._storage = _NOT_READ
        if not self._file:
            self.state = IDLE if self._room() else FULL

    def lap(self) -> int:
        """Mark a lap and return the run's number. Raises Refused."""
        self._check_open()
        self._laps += 1
        self._publish(_EVENT_LAP, self._laps, 0)
        return self.run

    def note_time(self) -> None:
        """Record the wall time that a host has set, as a `clock_sync` event of that instant."""
        clock = self._clock
        s, ms = clock.epoch_when_set()
        if self._file and s is not None:
            # Subtract 2**31, so that the time fits a signed field after 2038. The milliseconds include the error bound.
            self._note_at(clock.set_s, clock.set_ms, _EVENT_SYNC, s - 0x7FFFFFFF - 1, ms + 1000 * clock.error_ms)

    # -- messages ----------------------------------------------------------------------------------

    def wants_raw(self) -> bool:
        """Return whether the run takes raw samples."""
        return self._raw and self._file is not None and not self._ending

    def add_stride(self, payload, length: int) -> None:
        """Add a `stride` message to the open run. Without a run, gather it for a run that may begin."""
        if self._file and not self._ending:
            self.strides += 1
            self._add(self._strides, payload, length)
            return
        gather = self._strides
        if not gather.room(length):
            gather.drop(length)
        gather.add(payload, length)

    def add_event(self, payload, length: int) -> None:
        """Add an `event` message to the open run."""
        if self._file and not self._ending:
            self._add(self._events, payload, length)

    def add_raw(self, payload, length: int) -> None:
        """Add a `raw` message, which becomes a block."""
        if self.wants_raw() and not self._queue.add(payload, length):
            self._lost += 1

    def step(self, elapsed_ms: int) -> None:
        """Write data whose loss window is over. End the run before the flash is full."""
        if not self._resumed and self._runs.counted_all:
            self.resume()
        if not self._storage[1] and self._resumed:
            self._read_storage()  # This takes 0.6 s with 200 runs, so requests are answered first after a boot.
        if not self._file:
            return
        self._age_ms += elapsed_ms
        if self._lost:
            self._note(_EVENT_DROPPED, self._lost, 0)
            self._lost = 0
        self._write_raw()
        if not self._strides.room(_AHEAD):
            self._flush(self._strides)
        if not self._events.room(_AHEAD):
            self._flush(self._events)
        if self._unsaved_ms >= 0:
            self._unsaved_ms += elapsed_ms
            if self._unsaved_ms >= self._window_ms:
                self._flush_blocks()
                self._sync()
        if self._file and self._free_estimate() < _RESERVE and not self._room():
            self._note(_EVENT_FULL, 0, 0)
            try:
                self.stop(BY_FULL)
            except Refused:
                pass  # The last block could not be written. The fault is stored, and the run ends at the block before.

    # -- status ------------------------------------------------------------------------------------

    def storage(self) -> tuple:
        """Return (free, total) bytes, as read when a run or an erasure ended, minus the bytes of the open run."""
        if not self._storage[1]:
            self._read_storage()
        return self._free_estimate(), self._storage[1]

    def minutes_left(self) -> int:
        """Return the minutes that the flash lasts, by this run, the last of its kind, or the strides of a runner."""
        free = max(0, self.storage()[0] - _RESERVE)
        raw = self._raw if self._file else self._settings.get("record_raw")
        if self._file:
            self._measure()
        per_min = self._per_min[1 if raw else 0]
        if per_min == 0:
            per_min = _STRIDES_PER_MIN * (codec.size(schema.STRIDE) + _SHARE_BYTES)
            if raw:
                per_min += 60 * self._settings.get("rate_hz") * _RAW_BYTES
        return free // per_min

    # ----------------------------------------------------------------------------------------------

    def _check_open(self) -> None:
        """Raise Refused without an open run, with the reason for which the last run ended."""
        if self._file:
            return
        run, why = self._ended
        ended = "run %d ended: %s" % (run, _WHY.split(",")[why]) if run else ""
        raise Refused(_STORAGE_FULL if self.state == FULL else _NOT_RECORDING, ended)

    def _measure(self) -> None:
        """Measure the bytes per minute of this run, unless it is short."""
        if self._age_ms >= _MEASURE_MS:
            self._per_min[1 if self._raw else 0] = self._bytes * 60 // (self._age_ms // 1000) + 1

    def _open(self, continues: int, kept: int) -> None:
        run = self._runs.new_number()
        values = runheader.values(run, continues, self._board, self._settings, self._clock, self._samples, self._mount)
        gather = self._strides
        gather.drop(max(0, gather.length - kept * codec.size(schema.STRIDE)))
        if gather.length:
            runheader.begin_with(values, gather.payload)
        header = self.texts.packed(values, self._raw)
        file = open(self._runs.path(run), "wb")
        self._runs.added(run)
        try:
            file.write(header)
            file.flush()
        except OSError:
            file.close()
            self._runs.discard(run)
            raise
        if self._raw and self._queue is None:
            self._queue = _RawQueue()
        self._file = file
        self._ending = False
        self.run = run
        self.state = RECORDING
        self.strides = self._strides.length // codec.size(schema.STRIDE)
        self.durable = self._sequence = self._laps = self._events.length = 0
        self._bytes = len(header)
        self._bytes_then = 0
        self._age_ms = 0
        self._unsaved_ms = 0 if self.strides else -1
        self._window_ms = self._settings.get("loss_window_s") * 1000 - _SYNC_MS

    def _note(self, kind: int, a: int, b: int) -> None:
        self._note_at(self._clock.uptime_s, self._clock.uptime_ms, kind, a, b)

    def _note_at(self, s: int, ms: int, kind: int, a: int, b: int) -> None:
        self._event.pack_at(s, ms, kind, self._samples.index, a, b)
        self._add(self._events, self._event.payload, self._event.length)

    def _add(self, gather: _Gather, payload, length: int) -> None:
        if not gather.room(length):
            self._lost += 1
            return
        gather.add(payload, length)
        if self._unsaved_ms < 0:
            self._unsaved_ms = 0

    def _write_raw(self) -> None:
        """Write the raw messages that wait now. Messages that come during a write wait for the next call."""
        queue = self._queue
        if not queue:
            return
        for _ in range(queue.waiting):
            payload, length = queue.oldest()
            queue.pop()  # `_write` copies it before it uses the flash, which can cause the next drain.
            self._write(runfile.RAW, payload, length)

    def _flush_blocks(self) -> None:
        self._flush(self._strides)
        self._flush(self._events)

    def _flush(self, gather: _Gather) -> None:
        if gather.length:
            length = gather.length
            gather.length = 0
            self._write(gather.kind, gather.payload, length)

    def _write(self, kind: int, payload, length: int) -> None:
        if not self._file:
            return
        size = runfile.block_into(kind, self._sequence, payload, length, self._block)
        self._sequence += 1
        try:
            self._file.write(self._block, 0, size)
        except OSError as error:
            self._abandon(error)
            return
        self._bytes += size
        if self._unsaved_ms < 0:
            self._unsaved_ms = 0

    def _sync(self) -> None:
        if not self._file:
            return
        try:
            self._file.flush()
        except OSError as error:
            self._abandon(error)
            return
        self.durable = self._sequence
        self._unsaved_ms = -1

    def _abandon(self, error) -> None:
        """End the run after a failed write. Synchronised data stays, the rest is lost as a whole."""
        self._faults.add(_FAULT_STORAGE, "run %d: %s" % (self.run, error))
        self._close(BY_FULL)
        self.state = FULL

    def _close(self, why: int) -> None:
        file = self._file
        self._file = None
        self._ended = (self.run, why)
        self.run = 0
        self._queue = None
        self._storage = _NOT_READ
        if file:
            self._measure()
            try:
                file.close()
            except OSError:
                pass  # littlefs restores the state of the last synchronisation.

    def _room(self) -> bool:
        """Return whether a run fits. littlefs scans all of the flash for this, so read it only near the limit."""
        if not self._storage[1] or self._free_estimate() < 2 * _RESERVE:
            self._read_storage()
        return self._free_estimate() >= _RESERVE

    def _read_storage(self) -> None:
        self._storage = self._board.storage("/")
        self._bytes_then = self._bytes
        if self.state == IDLE and self._storage[0] < _RESERVE:
            self.state = FULL  # Only `made_room` ends this state: a flash that fails would be written again and again.

    def _free_estimate(self) -> int:
        written = self._bytes - self._bytes_then if self._file else 0
        return self._storage[0] - max(0, written)
