"""Streams of strides, raw samples and events: to the host, to the open run, and strides to Power."""

from retrowire import codec, schema

_STRIDES = codec.flag("what", "strides")
_RAW = codec.flag("what", "raw")
_EVENTS = codec.flag("what", "events")
_DIRECTION = codec.place(schema.STRIDE, "direction")
_FLAGS_HIGH = codec.place(schema.STRIDE, "flags") + 1
_NOT_GAIT_HIGH = codec.flag("stride", "not_gait") >> 8
_LONG_MS = 1 << 28


class Streams:
    """Sends the messages that the host has leased. A lease ends unless the host renews it.

    `greeted`: a host has greeted since the boot. `silent_ms`: time since the last frame of a host. `minor`: protocol
    minor of the host. `lease_ms`: time until the lease ends. `paused`: a run is sent, so send no raw samples.
    """

    def __init__(self, link):
        self.greeted = False
        self.silent_ms = _LONG_MS
        self.minor = schema.PROTOCOL_MINOR
        self.paused = False
        self._link = link
        self._what = 0
        self.lease_ms = 0

    def lease(self, what: int, lease_ms: int) -> None:
        """Stream the messages in `what` for `lease_ms`, and no others."""
        self._what = what
        self.lease_ms = lease_ms

    def step(self, elapsed_ms: int) -> None:
        """Let leases run down."""
        if self.silent_ms < _LONG_MS:
            self.silent_ms += elapsed_ms
        if self.lease_ms > 0:
            self.lease_ms -= elapsed_ms

    def wants_raw(self) -> bool:
        """Return whether the host has leased raw samples and no run is being sent."""
        return self.lease_ms > 0 and self._what & _RAW != 0 and not self.paused

    def send(self, what: int, message: int, payload, length: int) -> None:
        """Send a message if the host has leased `what`, a bit of the schema's `what`. Allocates nothing."""
        if self.lease_ms > 0 and self._what & what:
            self._link.send(message, payload, length)


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
        # A doubtful stride starts no run, but slow walkers have them too, so it extends one.
        if self._power.recording or not payload[_FLAGS_HIGH] & _NOT_GAIT_HIGH:
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
