"""Answers to the requests of a host: sent at once, or step by step by a job."""

from retrowire import codec, schema

_PAYLOAD = 160  # size of the longest answer except run data: a fault with its text


class Answers:
    """Sends answers, and stores the last one in case it is lost.

    `job`: the Job that runs, None if there is none. `restart`: restart the pod once the answer is sent.
    """

    def __init__(self, link, streams):
        self.link = link
        self.restart = False
        self._streams = streams
        self.job = None
        self._message = 0
        self._payload = bytearray(_PAYLOAD)
        self._length = 0

    def reply(self, message: int, values: list) -> None:
        """Send an answer."""
        self._length = codec.pack_into(message, values, self._payload, 0)
        self._message = message
        self.link.send(message, self._payload, self._length)

    def done(self, request: int, value: int) -> None:
        """Answer a request that has no other answer, or end a list."""
        self.reply(schema.DONE, [request, value])

    def refuse(self, request: int, code: int, text: str, detail: int) -> None:
        """Answer that the request is refused; `code`: a number of the schema's `error` enum."""
        room = _PAYLOAD - codec.size(schema.ERROR)
        self.reply(schema.ERROR, [request, code, detail, text.encode()[:room]])

    def repeat(self) -> bool:
        """Send the last answer again, unless its job still runs. Return False if it is not stored."""
        if self.job:
            return True
        if self._length == 0:
            return False
        self.link.send(self._message, self._payload, self._length)
        return True

    # -- jobs --------------------------------------------------------------------------------------

    def begin(self, job, bulk: bool = False) -> None:
        """Answer step by step; end the job before. `bulk`: work as fast as possible, and pause the raw stream."""
        self.end()
        self.job = job
        self._length = 0
        self._streams.paused = bulk

    def work(self) -> None:
        """Run one step of the job."""
        try:
            if self.job and self.job.step():
                self.job = None
                self._streams.paused = False
        except OSError:
            self.end()  # The file was removed. The host repeats the request and is refused.

    def end(self) -> None:
        """End the job."""
        if self.job:
            self.job.close()
            self.job = None
        self._streams.paused = False
