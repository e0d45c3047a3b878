"""Streams to the host, and the state of the host: whether it has greeted, how long it is silent, its protocol minor."""

from retrowire import codec, schema

_RAW = codec.flag("what", "raw")
_LONG_MS = 1 << 28


class Streams:
    """Sends what the host has leased. A lease ends unless the host renews it.

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
