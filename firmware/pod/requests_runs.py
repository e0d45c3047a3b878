"""Requests that are about stored runs. Loaded for the request."""

from pod.link import KEPT_FREE
from pod.rare import rarely
from pod.requests import Refused
from retrowire import codec, schema

_NO_SUCH_RUN = codec.value("error", "no_such_run")
_OUT_OF_RANGE = codec.value("error", "out_of_range")
_NOT_VERIFIED = codec.value("error", "not_verified")
_RUN_OPEN = codec.value("error", "run_open")
_FLAG_OPEN = codec.flag("run", "open")


def _run_list(session, parts, values: list) -> None:
    session.begin(RunList(session, values[0], parts.runs, parts.recorder))


def _run_read(session, parts, values: list) -> None:
    request, run, offset, length = values
    size = _size(parts, run)
    if offset > size:
        raise Refused(_OUT_OF_RANGE, "", size)
    end = min(size, offset + length)
    session.begin(rarely("jobs").RunData(session, request, parts.runs.open(run), offset, end), True)


def _digest(session, parts, values: list) -> None:
    request, run = values
    _closed_size(parts, run)

    def send(job) -> None:
        session.reply(schema.DIGEST, [request, run, job.size, job.digest])

    session.begin(rarely("jobs").RunDigest(parts.runs.open(run), send), True)


def _run_erase(session, parts, values: list) -> None:
    request, run, force, sha256 = values
    _closed_size(parts, run)
    if force:
        _erase(parts, run)
        session.done(request, run)
        return

    def erase_if_same(job) -> None:
        if job.digest == sha256:
            _erase(parts, run)
            session.done(request, run)
        else:
            session.refuse(request, _NOT_VERIFIED, "", 0)

    session.begin(rarely("jobs").RunDigest(parts.runs.open(run), erase_if_same), True)


def _erase(parts, run: int) -> None:
    parts.runs.remove(run)
    parts.recorder.made_room()


def _size(parts, run: int) -> int:
    try:
        return parts.runs.size(run)
    except OSError:
        raise Refused(_NO_SUCH_RUN, "", run)


def _closed_size(parts, run: int) -> int:
    size = _size(parts, run)
    if run == parts.recorder.run:
        raise Refused(_RUN_OPEN, "", run)
    return size


class RunList:
    """One `run_entry` for every run, then `done` with their number."""

    def __init__(self, session, request: int, runs, recorder):
        self._session = session
        self._request = request
        self._runs = runs
        self._recorder = recorder
        self._numbers = runs.numbers()
        self._next = 0
        self._sent = 0
        self._entry = None
        self._reads = rarely("runentry")

    def step(self) -> bool:
        """A few blocks of one run. True at the end."""
        if self._session.link.free() <= KEPT_FREE:
            return False
        if self._entry is None:
            if self._next == len(self._numbers):
                self._session.done(self._request, self._sent)
                return True
            self._entry = self._open(self._numbers[self._next])
            self._next += 1
        elif self._entry.step():
            self._send(self._entry)
            self._entry = None
        return False

    def _open(self, run: int):
        try:
            return self._reads.Entry(self._runs, run)
        except OSError:
            return None  # erased meanwhile

    def _send(self, entry) -> None:
        is_open = entry.run == self._recorder.run
        flags = entry.flags() | (_FLAG_OPEN if is_open else 0)
        strides = self._recorder.strides if is_open else entry.strides
        self._session.reply(schema.RUN_ENTRY, [self._request, entry.run, entry.size, entry.start_s, strides, flags])
        self._sent += 1

    def close(self) -> None:
        """Done with the file that is open."""
        if self._entry:
            self._entry.close()


HANDLERS = {
    schema.RUN_LIST: _run_list,
    schema.RUN_READ: _run_read,
    schema.DIGEST_GET: _digest,
    schema.RUN_ERASE: _run_erase,
}
