"""What a host asks and gets: one handler per request. Streams run while their lease lasts.

A request comes again when its answer was lost: it is not done twice, the answer is sent again.
"""

import gc

from pod import VERSION
from pod.jobs import Rows, RunData, RunDigest, RunList
from pod.mount import MountError
from pod.recorder import RecorderError
from pod.settings import SettingError
from retrowire import codec, schema

_PAYLOAD = 160  # the longest answer but run data: a fault and its text
_LEASE_MOST_MS = 600_000
_AGAIN_MS = 10_000  # for how long an answer is kept for a repeated request
_WHAT_STRIDES = codec.flag("what", "strides")
_WHAT_RAW = codec.flag("what", "raw")
_WHAT_EVENTS = codec.flag("what", "events")
_START = codec.value("record_action", "start")
_STOP = codec.value("record_action", "stop")
_LAP = codec.value("record_action", "lap")
_NOT_KNOWN_H = codec.none("H")
_NOT_KNOWN_I = codec.none("I")
_EVENT_DROPPED = codec.value("event", "frames_dropped")


def _capabilities() -> int:
    names = ("raw", "recorder")
    return sum([codec.flag("capabilities", name) for name in names])


class Refused(Exception):
    """A request that is answered by an error; `code` is a name of the schema's enum."""

    def __init__(self, code: str, text: str = "", detail: int = 0):
        super().__init__(text)
        self.code = code
        self.detail = detail


class Session:
    """The pod's side of the conversation. `parts`: the objects of the app, by name (see app.py)."""

    def __init__(self, link, parts):
        self.link = link
        self.greeted = False  # by a host, since the start
        self.restart = False  # somebody asked for it; the app does it once the answer is out
        self._parts = parts
        self._lease_ms = 0
        self._what = 0
        self._job = None
        self._dropped_told = 0
        # the last request and its answer, for when the answer was lost
        self._asked = b""
        self._asked_ms = _AGAIN_MS
        self._answer = 0
        self._answer_payload = bytearray(_PAYLOAD)
        self._answer_length = 0
        self._handlers = {
            schema.HELLO_GET: self._hello,
            schema.STATUS_GET: self._status,
            schema.RUN_LIST: self._run_list,
            schema.RUN_READ: self._run_read,
            schema.DIGEST_GET: self._digest,
            schema.STREAM: self._stream,
            schema.RECORD: self._record,
            schema.TIME_SET: self._time_set,
            schema.RUN_ERASE: self._run_erase,
            schema.SETTING_GET: self._setting_get,
            schema.SETTING_SET: self._setting_set,
            schema.MOUNT_DO: self._mount_do,
            schema.FAULT_GET: self._fault_get,
            schema.RESTART: self._restart,
        }
        # asked again, these are simply done again: their answers are of now
        self._fresh = (schema.HELLO_GET, schema.STATUS_GET, schema.TIME_SET, schema.STREAM)
        link.on_frame = self.frame

    # -- from the link -----------------------------------------------------------------------------

    def frame(self, message: int, _sequence: int, payload, length: int) -> None:
        """A whole frame has come."""
        if length < 1 or message < schema.HELLO_GET:
            return  # nothing that a host says
        key = bytes(payload[:length])
        if self._is_repeated(message, key):
            return
        request = payload[0]
        try:
            self._handle(message, payload, length)
        except Refused as refusal:
            self._refuse(request, refusal.code, str(refusal), refusal.detail)
        except (RecorderError, MountError) as error:
            self._refuse(request, error.code, str(error), 0)
        except SettingError as error:
            self._refuse(request, "bad_setting", str(error), 0)
        except MemoryError:
            gc.collect()
            self._refuse(request, "busy", "memory", 0)
        except OSError as error:
            detail = error.errno if isinstance(error.errno, int) else 0
            self._refuse(request, "failed", str(error), detail)
        self._asked = bytes((message,)) + key
        self._asked_ms = 0

    def _handle(self, message: int, payload, length: int) -> None:
        handler = self._handlers.get(message)
        if handler is None:
            raise Refused("unknown_message", "", message)
        try:
            values = codec.unpack(message, payload, 0, length)
        except ValueError:
            raise Refused("malformed")
        self._answer_length = 0
        handler(values)

    def _is_repeated(self, message: int, key: bytes) -> bool:
        """Whether this is the last request once more; then its answer goes out again, if it was a single one."""
        if message in self._fresh or self._asked_ms >= _AGAIN_MS or self._asked != bytes((message,)) + key:
            return False
        if self._job:
            return True  # the answer is on its way
        if self._answer_length == 0:
            return False
        self.link.send(self._answer, self._answer_payload, self._answer_length)
        return True

    # -- to the link -------------------------------------------------------------------------------

    def reply(self, message: int, values: list) -> None:
        """Answer a request."""
        length = codec.pack_into(message, values, self._answer_payload, 0)
        self._answer = message
        self._answer_length = length
        self.link.send(message, self._answer_payload, length)

    def done(self, request: int, value: int) -> None:
        """Answer a request that has no other answer, or end a list."""
        self.reply(schema.DONE, [request, value])

    def _refuse(self, request: int, code: str, text: str, detail: int) -> None:
        room = _PAYLOAD - codec.size(schema.ERROR)
        self.reply(schema.ERROR, [request, codec.value("error", code), detail, text.encode()[:room]])

    def wants_raw(self) -> bool:
        """Whether the host listens to raw samples."""
        return self._lease_ms > 0 and self._what & _WHAT_RAW != 0

    def stream_stride(self, message: int, payload, length: int) -> None:
        """Send a stride if the host listens. Allocates nothing."""
        if self._lease_ms > 0 and self._what & _WHAT_STRIDES:
            self.link.send(message, payload, length)

    def stream_raw(self, message: int, payload, length: int) -> None:
        """Send raw samples if the host listens. Allocates nothing."""
        if self._lease_ms > 0 and self._what & _WHAT_RAW:
            self.link.send(message, payload, length)

    def stream_event(self, message: int, payload, length: int) -> None:
        """Send an event if the host listens. Allocates nothing."""
        if self._lease_ms > 0 and self._what & _WHAT_EVENTS:
            self.link.send(message, payload, length)

    def step(self, elapsed_ms: int) -> None:
        """Let leases run down, get on with the answer that is under way."""
        if self._lease_ms > 0:
            self._lease_ms -= elapsed_ms
        if self._asked_ms < _AGAIN_MS:
            self._asked_ms += elapsed_ms
        if self._job:
            self._step_job()
        if self.link.dropped != self._dropped_told and self.link.idle:
            self._tell_dropped()

    def close(self) -> None:
        """The app ends: nothing is streamed any more."""
        self._lease_ms = 0
        self._end_job()

    def _tell_dropped(self) -> None:
        dropped = self.link.dropped
        self._parts.outlet.event(_EVENT_DROPPED, self._parts.sampler.index, dropped - self._dropped_told, dropped)
        self._dropped_told = dropped

    # -- answers that take a while -----------------------------------------------------------------

    def _begin(self, job) -> None:
        self._end_job()
        self._job = job

    def _end_job(self) -> None:
        if self._job:
            self._job.close()
            self._job = None

    def _step_job(self) -> None:
        try:
            if self._job and self._job.step():
                self._job = None
        except OSError:
            self._end_job()  # the file went away under it; the host asks again and is told

    # -- handlers: values as the schema orders them ------------------------------------------------

    def _hello(self, values: list) -> None:
        parts = self._parts
        clock = parts.clock
        clock.update()
        capabilities = _capabilities()
        if parts.sampler.sensor and parts.sampler.sensor.gyr_lsb_udps:
            capabilities |= codec.flag("capabilities", "gyroscope")
        self.greeted = True
        self.reply(
            schema.HELLO,
            [
                values[0],
                schema.PROTOCOL_MAJOR,
                schema.PROTOCOL_MINOR,
                parts.fingerprint,
                VERSION[0],
                VERSION[1],
                VERSION[2],
                codec.value("chip", parts.sampler.chip),
                capabilities,
                parts.board.device_id(),
                parts.settings.get("name").encode(),
                codec.value("side", parts.settings.get("side")),
                clock.uptime_s,
                clock.uptime_ms,
                clock.boot,
                clock.state,
            ],
        )

    def _status(self, values: list) -> None:
        from pod import status

        self.reply(schema.STATUS, status.values(values[0], self._parts, self.link))

    def _run_list(self, values: list) -> None:
        self._begin(RunList(self, values[0], self._parts.runs, self._parts.recorder))

    def _run_read(self, values: list) -> None:
        request, run, offset, length = values
        size = self._size(run)
        if offset > size:
            raise Refused("out_of_range", "", size)
        self._begin(RunData(self, request, self._parts.runs.open(run), offset, min(size, offset + length)))

    def _digest(self, values: list) -> None:
        request, run = values
        self._closed_size(run)
        self._begin(RunDigest(request, run, self._parts.runs.open(run), self._send_digest))

    def _send_digest(self, job: RunDigest) -> None:
        self.reply(schema.DIGEST, [job.request, job.run, job.size, job.digest])

    def _run_erase(self, values: list) -> None:
        request, run, force, sha256 = values
        self._closed_size(run)
        if force:
            self._parts.runs.remove(run)
            self.done(request, run)
            return

        def erase_if_same(job: RunDigest) -> None:
            if job.digest == sha256:
                self._parts.runs.remove(run)
                self.done(request, run)
            else:
                self._refuse(request, "not_verified", "", 0)

        self._begin(RunDigest(request, run, self._parts.runs.open(run), erase_if_same))

    def _size(self, run: int) -> int:
        try:
            return self._parts.runs.size(run)
        except OSError:
            raise Refused("no_such_run", "", run)

    def _closed_size(self, run: int) -> int:
        size = self._size(run)
        if run == self._parts.recorder.run:
            raise Refused("run_open", "", run)
        return size

    def _stream(self, values: list) -> None:
        request, what, lease_ms = values
        if what & _WHAT_RAW and lease_ms and not self._line_carries_raw():
            raise Refused("line_too_slow")
        self._what = what
        self._lease_ms = min(lease_ms, _LEASE_MOST_MS)
        self.done(request, 0)

    def _line_carries_raw(self) -> bool:
        """Whether raw samples take at most four fifths of the line."""
        rate = self._parts.board.line_rate(self._parts.settings)
        return rate == 0 or self._parts.settings.get("rate_hz") * 125 <= rate * 8 // 10

    def _record(self, values: list) -> None:
        request, action, what = values
        recorder = self._parts.recorder
        if action == _START:
            run = recorder.start(what)
        elif action == _STOP:
            run = recorder.stop()
        elif action == _LAP:
            run = recorder.lap()
        else:
            raise Refused("out_of_range", "", action)
        self.done(request, run)

    def _time_set(self, values: list) -> None:
        request, s, ms, error_ms = values
        parts = self._parts
        clock = parts.clock
        clock.update()
        if error_ms != _NOT_KNOWN_H:  # else only the round trip is wanted
            clock.set_epoch(s, ms, error_ms)
            parts.recorder.note_time()
        rate_mhz = parts.sampler.clock.rate_mhz if parts.sampler.clock else _NOT_KNOWN_I
        self.reply(schema.TIME, [request, s, ms, clock.uptime_s, clock.uptime_ms, parts.sampler.index, rate_mhz])

    def _setting_get(self, values: list) -> None:
        request, text = values
        settings = self._parts.settings
        self._list_settings(request, [_decoded(text)] if text else settings.names())

    def _setting_set(self, values: list) -> None:
        request, text = values
        self._list_settings(request, [self._parts.settings.set_text(_decoded(text))])

    def _list_settings(self, request: int, names: list) -> None:
        rows = [[request, self._parts.settings.text(name).encode()] for name in names]
        self._begin(Rows(self, request, schema.SETTING, rows))

    def _mount_do(self, values: list) -> None:
        request, action, matrix = values
        mount = self._parts.mount
        name = codec.name("mount_action", action)
        if name == "learn":
            mount.learn()
        elif name == "given":
            mount.give(matrix)
        elif name == "forget":
            mount.forget()
        elif name == "cancel":
            mount.cancel()
        elif name != "query":
            raise Refused("out_of_range", "", action)
        self.reply(schema.MOUNT, [request] + mount.values())

    def _fault_get(self, values: list) -> None:
        request = values[0]
        rows = [[request, boot, s, code, text.encode()] for boot, s, code, text in self._parts.faults.rows()]
        self._begin(Rows(self, request, schema.FAULT, rows))

    def _restart(self, values: list) -> None:
        if self._parts.recorder.run:
            self._parts.recorder.stop()
        self.restart = True
        self.done(values[0], 0)


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeError:
        raise Refused("malformed", "text is no UTF-8")
