"""Requests about the running measurement: streams, recording, time."""

from pod import Refused
from pod.ondemand import load
from retrowire import codec, schema

_LONGEST_LEASE_MS = 600_000
_RAW = codec.flag("what", "raw")
_START = codec.value("record_action", "start")
_STOP = codec.value("record_action", "stop")
_LAP = codec.value("record_action", "lap")
_UNKNOWN_H = codec.none("H")
_UNKNOWN_I = codec.none("I")
_LINE_TOO_SLOW = codec.value("error", "line_too_slow")
_OUT_OF_RANGE = codec.value("error", "out_of_range")


class RecordingRequests:
    """Handles these requests."""

    def __init__(self, answers, streams, board, settings, clock, rtc_note, samples, pipeline, recorder):
        self._answers = answers
        self._streams = streams
        self._board = board
        self._settings = settings
        self._clock = clock
        self._rtc_note = rtc_note
        self._samples = samples
        self._pipeline = pipeline
        self._recorder = recorder

    def stream(self, values: list) -> None:
        """Lease streams."""
        request, what, lease_ms = values
        if what & _RAW and lease_ms:
            self._check_load()
        self._streams.lease(what, min(lease_ms, _LONGEST_LEASE_MS))
        self._answers.done(request, 0)

    def _check_load(self) -> None:
        """Refuse raw samples that would take more than four fifths of the line."""
        line = self._board.line_rate(self._settings)
        sensor = self._samples.sensor
        if not sensor or not line:
            return
        bus = load("retrowire.bus")
        needed = bus.raw_bytes_s(sensor.axes, self._samples.clock.rate_mhz // 1000)
        if needed > bus.line_bytes_s(line):
            raise Refused(_LINE_TOO_SLOW, "raw takes %d bytes/s, the line carries %d" % (needed, line // 10), needed)

    def record(self, values: list) -> None:
        """Start, stop or mark a run."""
        request, action, what = values
        recorder = self._recorder
        if action == _START:
            run = recorder.start(what)
        elif action == _STOP:
            if recorder.wants_raw():
                self._pipeline.flush_raw()
            run = recorder.stop()
        elif action == _LAP:
            run = recorder.lap()
        else:
            raise Refused(_OUT_OF_RANGE, "", action)
        self._answers.done(request, run)

    def set_time(self, values: list) -> None:
        """Set the clock, unless the host only measures the round trip. Answer with the pod's times."""
        request, s, ms, error_ms = values[:4]
        at_s, at_ms = values[4:] or (_UNKNOWN_I, _UNKNOWN_H)
        clock = self._clock
        clock.update()
        is_set = error_ms != _UNKNOWN_H
        if is_set and at_s == _UNKNOWN_I:
            clock.set_epoch(s, ms, error_ms)
        elif is_set and (at_s, at_ms) <= (clock.uptime_s, clock.uptime_ms):
            clock.set_epoch_at(s, ms, error_ms, at_s, at_ms)
        elif is_set:
            raise Refused(_OUT_OF_RANGE)  # The pod has restarted since that uptime.
        samples = self._samples
        rate_mhz = samples.clock.rate_mhz if samples.clock else _UNKNOWN_I
        answer = [request, s, ms, clock.uptime_s, clock.uptime_ms, samples.index, rate_mhz, clock.boot, clock.slept_s]
        if clock.before_error_ms < 0:
            answer += [_UNKNOWN_I, _UNKNOWN_H, _UNKNOWN_I]
        else:
            answer += [clock.before_s, clock.before_ms, clock.before_error_ms]
        self._answers.reply(schema.TIME, answer)
        if is_set:
            self._rtc_note.note()
            self._recorder.note_time()

    handlers = {schema.STREAM: stream, schema.RECORD: record, schema.TIME_SET: set_time}
