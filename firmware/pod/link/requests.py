"""Requests of a host: one handler for each, with the values in the schema's order.

All handlers of everyday requests stay loaded: a module from flash costs tens of milliseconds.
"""

from pod.link import requests_device, requests_runs
from pod.link.refused import Refused
from retrowire import codec, schema

_LEASE_MOST_MS = 600_000
_WHAT_RAW = codec.flag("what", "raw")
_START = codec.value("record_action", "start")
_STOP = codec.value("record_action", "stop")
_LAP = codec.value("record_action", "lap")
_AXIS_CENTIBYTES = 105  # of a compressed sample with its share of heads: people in motion make 81
_NOT_KNOWN_H = codec.none("H")
_NOT_KNOWN_I = codec.none("I")
_LINE_TOO_SLOW = codec.value("error", "line_too_slow")
_OUT_OF_RANGE = codec.value("error", "out_of_range")


class Requests:
    """A handler answers through the session, or raises what that turns into a refusal."""

    def __init__(self, session, parts):
        self._session = session
        self._parts = parts
        self._own = {schema.STREAM: self._stream, schema.RECORD: self._record, schema.TIME_SET: self._time_set}

    def handler(self, message: int):
        """Return the function that takes the values of this message; None when there is no such request."""
        own = self._own.get(message)
        if own:
            return own
        found = requests_device.HANDLERS.get(message) or requests_runs.HANDLERS.get(message)
        return found and (lambda values: found(self._session, self._parts, values))

    def _stream(self, values: list) -> None:
        request, what, lease_ms = values
        if what & _WHAT_RAW and lease_ms:
            self._check_load()
        self._session.lease(what, min(lease_ms, _LEASE_MOST_MS))
        self._session.done(request, 0)

    def _check_load(self) -> None:
        """Refuse raw samples that would take more than four fifths of the line."""
        parts = self._parts
        line = parts.board.line_rate(parts.settings)
        sensor = parts.sampler.sensor
        if not sensor:
            return
        needed = parts.sampler.clock.rate_mhz // 1000 * sensor.axes * _AXIS_CENTIBYTES // 100
        if line and needed * 10 > line * 8 // 10:
            raise Refused(_LINE_TOO_SLOW, "raw takes %d bytes/s, the line carries %d" % (needed, line // 10), needed)

    def _record(self, values: list) -> None:
        request, action, what = values
        recorder = self._parts.recorder
        if action == _START:
            run = recorder.start(what)
        elif action == _STOP:
            if recorder.wants_raw():
                self._parts.sampler.flush_raw()
            run = recorder.stop()
        elif action == _LAP:
            run = recorder.lap()
        else:
            raise Refused(_OUT_OF_RANGE, "", action)
        self._session.done(request, run)

    def _time_set(self, values: list) -> None:
        request, s, ms, error_ms = values[:4]
        at_s, at_ms = values[4:] or (_NOT_KNOWN_I, _NOT_KNOWN_H)
        parts = self._parts
        clock = parts.clock
        clock.update()
        told = error_ms != _NOT_KNOWN_H  # else only the round trip is wanted
        if told and at_s == _NOT_KNOWN_I:
            clock.set_epoch(s, ms, error_ms)
        elif told and (at_s, at_ms) <= (clock.uptime_s, clock.uptime_ms):
            clock.set_epoch_at(s, ms, error_ms, at_s, at_ms)
        elif told:
            raise Refused(_OUT_OF_RANGE)  # it has started anew since then
        rate_mhz = parts.sampler.clock.rate_mhz if parts.sampler.clock else _NOT_KNOWN_I
        answer = [request, s, ms, clock.uptime_s, clock.uptime_ms, parts.sampler.index, rate_mhz]
        answer += [clock.boot, clock.slept_s]
        if clock.before_error_ms < 0:
            answer += [_NOT_KNOWN_I, _NOT_KNOWN_H, _NOT_KNOWN_I]
        else:
            answer += [clock.before_s, clock.before_ms, clock.before_error_ms]
        self._session.reply(schema.TIME, answer)
        if told:
            parts.rtc_note.note()
            parts.recorder.note_time()
