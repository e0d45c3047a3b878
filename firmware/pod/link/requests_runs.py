"""Requests about stored runs: list, read, digest, erase."""

from pod.link import jobs
from pod.link.link import KEPT_FREE
from pod.link.refused import Refused
from pod.storage.runentry import Entry
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
    file = _opened(parts, run)
    size = file.seek(0, 2)
    if offset > size:
        file.close()
        raise Refused(_OUT_OF_RANGE, "", size)
    session.begin(jobs.RunData(session, request, file, offset, min(size, offset + length)), True)


def _digest(session, parts, values: list) -> None:
    request, run = values

    def send(job) -> None:
        session.reply(schema.DIGEST, [request, run, job.size, job.digest])

    session.begin(jobs.RunDigest(_opened_closed(parts, run), send), True)


def _run_erase(session, parts, values: list) -> None:
    request, run, force, sha256 = values
    file = _opened_closed(parts, run)
    if force:
        file.close()
        _erase(parts, run)
        session.done(request, run)
        return

    def erase_if_same(job) -> None:
        if job.digest == sha256:
            _erase(parts, run)
            session.done(request, run)
        else:
            session.refuse(request, _NOT_VERIFIED, "", 0)

    session.begin(jobs.RunDigest(file, erase_if_same), True)


def _erase(parts, run: int) -> None:
    parts.runs.remove(run)
    parts.recorder.made_room()


def _opened(parts, run: int):
    """The run's file. Refused when there is no such run."""
    try:
        return parts.runs.open(run)
    except OSError:
        raise Refused(_NO_SUCH_RUN, "", run)


def _opened_closed(parts, run: int):
    """The file of a run that has ended. Refused when the run is still open, or there is no such run."""
    if run == parts.recorder.run:
        raise Refused(_RUN_OPEN, "", run)
    return _opened(parts, run)


class RunList(jobs.Job):
    """One `run_entry` for every run, then `done` with the number of runs."""

    def __init__(self, session, request: int, runs, recorder):
        self._session = session
        self._request = request
        self._runs = runs
        self._recorder = recorder
        self._numbers = runs.numbers()
        self._next = 0
        self._sent = 0
        self._entry = None

    def step(self) -> bool:
        """A few blocks of one run; all of a run whose strides are known without a count. True at the end."""
        if self._session.link.free() <= KEPT_FREE:
            return False
        if self._entry is None:
            if self._next == len(self._numbers):
                self._session.done(self._request, self._sent)
                return True
            self._entry = self._open(self._numbers[self._next])
            self._next += 1
            if self._entry is None or not (self._entry.ended or self._is_open()):
                return False
        if self._is_open():
            self._entry.close()  # the recorder knows its strides: to count 1 MB of it takes 9 s
        elif not self._entry.step():
            return False
        self._send(self._entry)
        self._entry = None
        return False

    def _is_open(self) -> bool:
        return self._entry.run == self._recorder.run

    def _open(self, run: int):
        try:
            return Entry(self._runs, run, self._recorder.texts)
        except OSError:
            return None  # it was erased while the list was sent

    def _send(self, entry) -> None:
        is_open = self._is_open()
        flags = entry.flags() | (_FLAG_OPEN if is_open else 0)
        strides = self._recorder.strides if is_open else entry.strides
        self._session.reply(schema.RUN_ENTRY, [self._request, entry.run, entry.size, entry.start_s, strides, flags])
        self._sent += 1

    def close(self) -> None:
        """Close the file that is open."""
        if self._entry:
            self._entry.close()


HANDLERS = {
    schema.RUN_LIST: _run_list,
    schema.RUN_READ: _run_read,
    schema.DIGEST_GET: _digest,
    schema.RUN_ERASE: _run_erase,
}
