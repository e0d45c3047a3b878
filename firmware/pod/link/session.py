"""The pod's side of the conversation: requests are answered or refused, streams run while their lease lasts.

A request comes again when its answer was lost: it is not done twice, the answer is sent again.
"""

import gc

from pod.link.refused import Refused
from pod.link.requests import Requests
from pod.sampling.mount import MountError
from pod.storage.recorder import RecorderError
from pod.storage.settings import SettingError
from retrowire import codec, schema

_PAYLOAD = 160  # the longest answer but run data: a fault and its text
_AGAIN_MS = 10_000  # for how long an answer is kept for a repeated request
_WHAT_STRIDES = codec.flag("what", "strides")
_WHAT_RAW = codec.flag("what", "raw")
_WHAT_EVENTS = codec.flag("what", "events")
_UNKNOWN_MESSAGE = codec.value("error", "unknown_message")
_MALFORMED = codec.value("error", "malformed")
_BUSY = codec.value("error", "busy")
_FAILED = codec.value("error", "failed")
_BAD_SETTING = codec.value("error", "bad_setting")
_EVENT_DROPPED = codec.value("event", "frames_dropped")


class Session:
    """One host at a time. `parts`: the objects of the app, by name (see app.py)."""

    def __init__(self, link, parts):
        self.link = link
        self.greeted = False  # by a host, since the start
        self.silent_ms = 1 << 28  # for how long no host has been heard
        self.minor = schema.PROTOCOL_MINOR  # of the host, once it has greeted
        self.restart = False  # somebody asked for it; the app does it once the answer is out
        self._parts = parts
        self._lease_ms = 0
        self._what = 0
        self._job = None
        self.bulk = False  # whether the answer under way goes on as fast as line and flash allow
        self._dropped_told = 0
        # the last request and its answer, for when the answer was lost
        self._asked = b""
        self._asked_ms = _AGAIN_MS
        self._answer = 0
        self._answer_payload = bytearray(_PAYLOAD)
        self._answer_length = 0
        self._requests = Requests(self, parts)
        # asked again, these are simply done again: their answers are of now
        self._fresh = (schema.HELLO_GET, schema.STATUS_GET, schema.TIME_SET, schema.STREAM)
        link.on_frame = self.frame

    # -- from the link -----------------------------------------------------------------------------

    def frame(self, message: int, _sequence: int, payload, length: int) -> None:
        """A whole frame has come."""
        if length < 1 or message < schema.HELLO_GET:
            return  # nothing that a host says
        self.silent_ms = 0
        key = bytes(payload[:length])
        if self._is_repeated(message, key):
            return
        request = payload[0]
        try:
            self._handle(message, payload, length)
        except Refused as refusal:
            self.refuse(request, refusal.code, str(refusal), refusal.detail)
        except (RecorderError, MountError) as error:
            self.refuse(request, error.code, str(error), 0)
        except SettingError as error:
            self.refuse(request, _BAD_SETTING, str(error), 0)
        except MemoryError:
            gc.collect()
            self.refuse(request, _BUSY, "memory", 0)
        except OSError as error:
            detail = error.errno if isinstance(error.errno, int) else 0
            self.refuse(request, _FAILED, str(error), detail)
        self._asked = bytes((message,)) + key
        self._asked_ms = 0

    def _handle(self, message: int, payload, length: int) -> None:
        handler = self._requests.handler(message)
        if handler is None:
            raise Refused(_UNKNOWN_MESSAGE, "", message)
        try:
            values = codec.unpack(message, payload, 0, length, self.minor)
        except ValueError:
            raise Refused(_MALFORMED)
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

    def refuse(self, request: int, code: int, text: str, detail: int) -> None:
        """Answer that it cannot be done; `code`: a number of the schema's `error` enum."""
        room = _PAYLOAD - codec.size(schema.ERROR)
        self.reply(schema.ERROR, [request, code, detail, text.encode()[:room]])

    def lease(self, what: int, lease_ms: int) -> None:
        """Stream this for so long, nothing else."""
        self._what = what
        self._lease_ms = lease_ms

    @property
    def leased(self) -> bool:
        """Whether a host has a stream."""
        return self._lease_ms > 0

    def wants_raw(self) -> bool:
        """Whether the host listens to raw samples, and does not fetch a run meanwhile, which goes first."""
        return self._lease_ms > 0 and self._what & _WHAT_RAW != 0 and not self.bulk

    def stream_stride(self, message: int, payload, length: int) -> None:
        """Send a stride if the host listens. Allocates nothing."""
        if self._lease_ms > 0 and self._what & _WHAT_STRIDES:
            self.link.send(message, payload, length)

    def stream_raw(self, message: int, payload, length: int) -> None:
        """Send raw samples if the host listens. Allocates nothing."""
        if self.wants_raw():
            self.link.send(message, payload, length)

    def stream_event(self, message: int, payload, length: int) -> None:
        """Send an event if the host listens. Allocates nothing."""
        if self._lease_ms > 0 and self._what & _WHAT_EVENTS:
            self.link.send(message, payload, length)

    def step(self, elapsed_ms: int) -> None:
        """Let leases run down, get on with the answer that is under way."""
        if self.silent_ms < 1 << 28:
            self.silent_ms += elapsed_ms
        if self._lease_ms > 0:
            self._lease_ms -= elapsed_ms
        if self._job:
            self._asked_ms = 0  # it counts from the end of the answer: asked again meanwhile, it does not begin anew
            self._step_job()
        elif self._asked_ms < _AGAIN_MS:
            self._asked_ms += elapsed_ms
        if self.link.dropped != self._dropped_told and self.link.idle:
            self._tell_dropped()

    def close(self) -> None:
        """The app ends: nothing is streamed any more."""
        self._lease_ms = 0
        self._end_job()

    def _tell_dropped(self) -> None:
        dropped = self.link.dropped
        self._parts.publisher.event(_EVENT_DROPPED, self._parts.sampler.index, dropped - self._dropped_told, dropped)
        self._dropped_told = dropped

    # -- answers that take a while -----------------------------------------------------------------

    def begin(self, job, bulk: bool = False) -> None:
        """Answer step by step; what was under way before is given up. `bulk`: see there."""
        self._end_job()
        self._job = job
        self.bulk = bulk

    @property
    def eager(self) -> bool:
        """Whether the answer under way waits for nothing but room in the queue."""
        return self._job is not None and self._job.eager

    def work(self) -> None:
        """A step of the answer that is under way, between turns of the loop."""
        self._step_job()

    def _end_job(self) -> None:
        if self._job:
            self._job.close()
            self._job = None
        self.bulk = False

    def _step_job(self) -> None:
        try:
            if self._job and self._job.step():
                self._job = None
                self.bulk = False
        except OSError:
            self._end_job()  # the file went away under it; the host asks again and is told
