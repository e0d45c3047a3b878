"""Requests of a host: each one is answered or refused.

A host repeats a request if the answer was lost. The pod then repeats the answer, not the action.
"""

import gc

from pod import Refused
from pod.storage.settings import SettingError
from retrowire import codec, schema

_REPEAT_MS = 10_000  # a repeated request is recognised for so long
_UNKNOWN_MESSAGE = codec.value("error", "unknown_message")
_MALFORMED = codec.value("error", "malformed")
_BUSY = codec.value("error", "busy")
_FAILED = codec.value("error", "failed")
_BAD_SETTING = codec.value("error", "bad_setting")
_EVENT_DROPPED = codec.value("event", "frames_dropped")


class Session:
    """Conversation with one host at a time."""

    def __init__(self, link, streams, answers, publisher, groups, settings, confirm):
        """`groups`: objects with `handlers`, a dictionary message -> method that takes the values of a request.

        `confirm()` ends the trial of the `settings`.
        """
        self._link = link
        self._streams = streams
        self._answers = answers
        self._publisher = publisher
        self._groups = groups
        self._settings = settings
        self._confirm = confirm
        self._last = b""  # the last request
        self._last_ms = _REPEAT_MS  # its age
        self._dropped = 0  # frames that were reported as dropped
        # Repeat the action of these requests: their answers describe the present state.
        self._fresh = (schema.HELLO_GET, schema.STATUS_GET, schema.TIME_SET, schema.STREAM)

    def receive(self) -> None:
        """Read from the link, and answer a request that is complete."""
        if self._link.receive():
            frame = self._link.frame
            self.frame(frame.message, frame.payload, frame.length)

    def frame(self, message: int, payload, length: int) -> None:
        """Answer the request in a frame."""
        if length < 1 or message < schema.HELLO_GET:
            return  # This is not a request.
        self._streams.silent_ms = 0
        key = bytes((message,)) + bytes(payload[:length])
        if self._is_repeated(message, key):
            return
        request = payload[0]
        refuse = self._answers.refuse
        try:
            self._handle(message, payload, length)
        except Refused as refusal:
            refuse(request, refusal.code, str(refusal), refusal.detail)
        except SettingError as error:
            refuse(request, _BAD_SETTING, str(error), 0)
        except MemoryError:
            gc.collect()
            refuse(request, _BUSY, "memory", 0)
        except OSError as error:
            detail = error.errno if isinstance(error.errno, int) else 0
            refuse(request, _FAILED, str(error), detail)
        self._last = key
        self._last_ms = 0

    def step(self, elapsed_ms: int) -> None:
        """Continue the job, confirm settings once an answer to a host has left, and report dropped frames."""
        self._streams.step(elapsed_ms)
        if self._settings.on_trial and self._streams.greeted and self._link.idle:
            self._confirm()
        if self._answers.job:
            self._last_ms = 0  # Count from the end of the answer, so that a repeated request does not restart the job.
            self._answers.work()
        elif self._last_ms < _REPEAT_MS:
            self._last_ms += elapsed_ms
        dropped = self._link.dropped
        if dropped != self._dropped and self._link.idle:
            self._publisher.event(_EVENT_DROPPED, dropped - self._dropped, dropped)
            self._dropped = dropped

    def close(self) -> None:
        """End streams and the job."""
        self._streams.lease(0, 0)
        self._answers.end()

    def _handle(self, message: int, payload, length: int) -> None:
        for group in self._groups:
            handler = group.handlers.get(message)
            if handler:
                break
        else:
            raise Refused(_UNKNOWN_MESSAGE, "", message)
        try:
            values = codec.unpack(message, payload, 0, length, self._streams.minor)
        except ValueError:
            raise Refused(_MALFORMED)
        handler(group, values)

    def _is_repeated(self, message: int, key: bytes) -> bool:
        """Return whether this is the last request again, whose answer is then repeated."""
        if message in self._fresh or self._last_ms >= _REPEAT_MS or self._last != key:
            return False
        return self._answers.repeat()
