"""Answers that take longer than one iteration of the main loop: step by step, so that sampling continues."""

import hashlib

from pod.link.link import KEPT_FREE
from pod.ondemand import load
from retrowire import codec, schema

_FAIL = codec.value("verdict", "fail")
_CHECK_BYTES = 150  # of an item's text

_DATA_HEAD = codec.size(schema.RUN_DATA)
_DATA_BYTES = 507  # with its head 512, the most that a pod's frame carries
_DIGEST_CHUNK = 1024
_DIGEST_CHUNKS = 4  # a step: some 10 ms, and a megabyte takes seconds


class Job:
    """Base of an answer in steps. `eager`: it waits for nothing but room in the queue."""

    eager = True


class RunData(Job):
    """Sends bytes of a run, from `offset` to `end`, then `done` with how many."""

    def __init__(self, session, request: int, file, offset: int, end: int):
        self._session = session
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
        """As many frames as the queue takes. True at the end."""
        session = self._session
        while session.link.free() > KEPT_FREE:
            if self._offset >= self._end:
                self.close()
                session.done(self._request, self._end - self._begin)
                return True
            self._send()
        return False

    def _send(self) -> None:
        got = min(self._file.readinto(self._data), self._end - self._offset)
        if got == 0:
            self._end = self._offset  # the file is shorter than it was
            return
        self._values[1] = self._offset
        codec.pack_into(schema.RUN_DATA, self._values, self._payload, 0)
        self._session.link.send(schema.RUN_DATA, self._payload, _DATA_HEAD + got)
        self._offset += got

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class RunDigest(Job):
    """SHA-256 of a whole run; `then(job)` is called when `digest` stands."""

    def __init__(self, file, then):
        self.size = 0
        self.digest = b""
        self._file = file
        self._hash = hashlib.sha256()
        self._chunk = bytearray(_DIGEST_CHUNK)
        self._then = then

    def step(self) -> bool:
        """A few chunks. True at the end."""
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
    """No rows: what stands for a part that is not loaded."""
    yield from ()


class Checks(Job):
    """One `check` for every item, then `done` with their number. A part is unloaded before the next one is loaded."""

    eager = False  # it waits for samples

    def __init__(self, session, request: int, parts):
        self._session = session
        self._request = request
        self._parts = parts
        self._left = ["pod.link.check_rest", "pod.link.check_state", "pod.link.check"]
        self._loaded = False
        self._rows = _nothing()
        self._sent = 0

    def step(self) -> bool:
        """One item, or nothing while it waits for samples. True at the end."""
        if self._session.link.free() <= KEPT_FREE:
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
                self._session.reply(schema.CHECK_REASON, [self._request, self._sent, reason])
            self._session.reply(schema.CHECK, [self._request, self._sent, verdict, value, text.encode()[:_CHECK_BYTES]])
        return False

    def _next_part(self) -> bool:
        """Unload a part in one step and load the next one in another, so that its memory is free by then."""
        if self._loaded:
            self._loaded = False
            self._rows = _nothing()
            return False
        if not self._left:
            self._session.done(self._request, self._sent)
            return True
        self._loaded = True
        self._rows = load(self._left.pop()).rows(self._parts, self._session.link)
        return False

    def close(self) -> None:
        """Give up a measurement that is under way."""
        self._rows.close()


class Rows(Job):
    """Prepared answers, one a step, then `done` with their number."""

    def __init__(self, session, request: int, message: int, rows: list):
        self._session = session
        self._request = request
        self._message = message
        self._rows = rows
        self._next = 0

    def step(self) -> bool:
        """As many as the queue takes. True at the end."""
        while self._session.link.free() > KEPT_FREE:
            if self._next == len(self._rows):
                self._session.done(self._request, self._next)
                return True
            self._session.reply(self._message, self._rows[self._next])
            self._next += 1
        return False

    def close(self) -> None:
        """Nothing is open."""
