"""Where strides, raw samples and events go: to the host that listens and into the run that is open."""

from pod.storage.messages import EventPacker
from retrowire import schema


class Publisher:
    """Each of the two takes what it wants."""

    def __init__(self, clock):
        self.session = None
        self.recorder = None
        self.supervisor = None
        self._sampler = None
        self._events = EventPacker(clock)

    def attach(self, session, recorder, sampler, supervisor=None) -> None:
        """They exist now; nothing may come before."""
        self.session = session
        self.recorder = recorder
        self._sampler = sampler
        self.supervisor = supervisor

    def index(self) -> int:
        """Index of the next sample: what an event of now belongs to."""
        return self._sampler.index

    def wants_raw(self) -> bool:
        """Whether anybody takes raw samples now."""
        return self.session.wants_raw() or self.recorder.wants_raw()

    def stride(self, payload, length: int) -> None:
        """A `stride` message."""
        self.session.stream_stride(schema.STRIDE, payload, length)
        self.recorder.add_stride(payload, length)
        if self.supervisor:
            self.supervisor.stride(payload)

    def raw(self, payload, length: int) -> None:
        """A `raw` message."""
        self.session.stream_raw(schema.RAW, payload, length)
        self.recorder.add_raw(payload, length)

    def event(self, kind: int, sample: int, a: int, b: int) -> None:
        """Something that happened now. `kind`: a number of the schema's `event` enum; `a`, `b` go with it."""
        self._events.pack(kind, sample, a, b)
        self.session.stream_event(schema.EVENT, self._events.payload, self._events.length)
        self.recorder.add_event(self._events.payload, self._events.length)
