"""Distributes strides, raw samples and events: to the host's streams, to the open run, and strides to Power."""

from retrowire import codec, schema

_STRIDES = codec.flag("what", "strides")
_RAW = codec.flag("what", "raw")
_EVENTS = codec.flag("what", "events")
_DIRECTION = codec.place(schema.STRIDE, "direction")


class Publisher:
    """Passes each message to all sinks. A sink ignores messages that it does not need."""

    def __init__(self, event, samples, streams, recorder, power):
        """`event`: an EventPacker."""
        self._event = event
        self._samples = samples
        self._streams = streams
        self._recorder = recorder
        self._power = power

    def wants_raw(self) -> bool:
        """Return whether a sink needs raw samples now."""
        return self._streams.wants_raw() or self._recorder.wants_raw()

    def stride(self, payload, length: int) -> None:
        """Pass on a `stride` message."""
        self._streams.send(_STRIDES, schema.STRIDE, payload, length)
        self._recorder.add_stride(payload, length)
        self._power.stride(payload[_DIRECTION])

    def raw(self, payload, length: int) -> None:
        """Pass on a `raw` message."""
        if self._streams.wants_raw():
            self._streams.send(_RAW, schema.RAW, payload, length)
        self._recorder.add_raw(payload, length)

    def event(self, kind: int, a: int, b: int) -> None:
        """Pass on an event of now. `kind`: a number of the schema's `event` enum; `a`, `b`: its values."""
        event = self._event
        event.pack(kind, self._samples.index, a, b)
        payload, length = event.payload, event.length
        self._streams.send(_EVENTS, schema.EVENT, payload, length)
        self._recorder.add_event(payload, length)
