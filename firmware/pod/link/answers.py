"""Answers to the requests of a host: sent at once, or step by step by a job."""

import hashlib

from pod.link.link import KEPT_FREE
from retrowire import codec, schema

_FAIL = codec.value("verdict", "fail")
_CHECK_BYTES = 150  # of an item's text

_DATA_HEAD = codec.size(schema.RUN_DATA)
_DATA_BYTES = 507  # 512 with its head, the longest payload of a pod's frame
_DIGEST_CHUNK = 1024
_DIGEST_CHUNKS = 4  # per step, which takes about 10 ms
_PAYLOAD = 160  # size of the longest answer except run data: a fault with its text


class Answers:
    """Sends answers, and stores the last one in case it is lost.

    `job`: the Job that runs, or None. `restart`: restart the pod once the answer is sent.
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


class Job:
    """Base of an answer in steps. `eager`: it only waits for room in the queue."""

    eager = True


class RunData(Job):
    """Sends bytes of a run from `offset` to `end`, then `done` with their number."""

    def __init__(self, answers, request: int, file, offset: int, end: int):
        self._answers = answers
        self._request = request
        self._file = file
        self._offset = offset
        self._begin = offset
        self._end = end
        self._values = [request, 0, b""]
        self._payload = bytearray(_DATA_HEAD + _DATA_BYTES)
        self._data = memoryview(self._payload)[_DATA_HEAD:]
        file.seek(offset)

    def step(self) -> bool:
        """Send as many frames as fit in the queue. Return True at the end."""
        answers = self._answers
        while answers.link.free() > KEPT_FREE:
            if self._offset >= self._end:
                self.close()
                answers.done(self._request, self._end - self._begin)
                return True
            self._send()
        return False

    def _send(self) -> None:
        got = min(self._file.readinto(self._data), self._end - self._offset)
        if got == 0:
            self._end = self._offset  # The file has become shorter.
            return
        self._values[1] = self._offset
        codec.pack_into(schema.RUN_DATA, self._values, self._payload, 0)
        self._answers.link.send(schema.RUN_DATA, self._payload, _DATA_HEAD + got)
        self._offset += got

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class RunDigest(Job):
    """Computes the SHA-256 of a run, then calls `then(job)`, which reads `digest` and `size`."""

    def __init__(self, file, then):
        self.size = 0
        self.digest = b""
        self._file = file
        self._hash = hashlib.sha256()
        self._chunk = bytearray(_DIGEST_CHUNK)
        self._then = then

    def step(self) -> bool:
        """Hash a few chunks. Return True at the end."""
        return any(self._take() for _ in range(_DIGEST_CHUNKS))

    def _take(self) -> bool:
        got = self._file.readinto(self._chunk)
        if got == _DIGEST_CHUNK:
            self._hash.update(self._chunk)
            self.size += got
            return False
        self._hash.update(self._chunk[:got])
        self.size += got
        self.close()
        self.digest = self._hash.digest()
        self._then(self)
        return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _nothing():
    """Generate no rows: placeholder while no part is loaded."""
    yield from ()


class Checks(Job):
    """Sends one `check` per item of the self-test, then `done` with their number."""

    eager = False  # the self-test waits for samples

    def __init__(self, answers, request: int, parts: list):
        """`parts`: functions that load a part and return its rows; the last one is called first."""
        self._answers = answers
        self._request = request
        self._parts = parts
        self._loaded = False
        self._rows = _nothing()
        self._sent = 0

    def step(self) -> bool:
        """Send one item, or wait for samples. Return True at the end."""
        if self._answers.link.free() <= KEPT_FREE:
            return False
        try:
            row = next(self._rows)
        except StopIteration:
            return self._next_part()
        except MemoryError:
            row = _FAIL, 0, "heap no memory for the test"
        except OSError as error:
            row = _FAIL, 0, "flash %s" % error
        if row:
            self._sent += 1
            verdict, value, text = row[:3]
            for reason in row[3:]:  # at most one
                self._answers.reply(schema.CHECK_REASON, [self._request, self._sent, reason])
            self._answers.reply(schema.CHECK, [self._request, self._sent, verdict, value, text.encode()[:_CHECK_BYTES]])
        return False

    def _next_part(self) -> bool:
        """Unload a part in one step and load the next one in another, so that its memory is free by then."""
        if self._loaded:
            self._loaded = False
            self._rows = _nothing()
            return False
        if not self._parts:
            self._answers.done(self._request, self._sent)
            return True
        self._loaded = True
        self._rows = self._parts.pop()()
        return False

    def close(self) -> None:
        """End a measurement that runs."""
        self._rows.close()


class Rows(Job):
    """Sends prepared answers, then `done` with their number."""

    def __init__(self, answers, request: int, message: int, rows: list):
        self._answers = answers
        self._request = request
        self._message = message
        self._rows = rows
        self._next = 0

    def step(self) -> bool:
        """Send as many as fit in the queue. Return True at the end."""
        while self._answers.link.free() > KEPT_FREE:
            if self._next == len(self._rows):
                self._answers.done(self._request, self._next)
                return True
            self._answers.reply(self._message, self._rows[self._next])
            self._next += 1
        return False

    def close(self) -> None:
        """Do nothing: no file is open."""
