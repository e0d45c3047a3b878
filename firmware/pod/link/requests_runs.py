"""Requests about stored runs: list, read, digest, erase."""

from pod import Refused
from pod.link import answers
from pod.link.link import KEPT_FREE
from pod.storage.runentry import Entry
from retrowire import codec, schema

_NO_SUCH_RUN = codec.value("error", "no_such_run")
_OUT_OF_RANGE = codec.value("error", "out_of_range")
_NOT_VERIFIED = codec.value("error", "not_verified")
_RUN_OPEN = codec.value("error", "run_open")
_FLAG_OPEN = codec.flag("run", "open")


class RunRequests:
    """Handles these requests."""

    def __init__(self, answers, runs, recorder):
        self._answers = answers
        self._runs = runs
        self._recorder = recorder

    def list_runs(self, values: list) -> None:
        """Send a summary of each run."""
        self._answers.begin(RunList(self._answers, values[0], self._runs, self._recorder))

    def read(self, values: list) -> None:
        """Send bytes of a run."""
        request, run, offset, length = values
        file = self._opened(run)
        size = file.seek(0, 2)
        if offset > size:
            file.close()
            raise Refused(_OUT_OF_RANGE, "", size)
        self._answers.begin(answers.RunData(self._answers, request, file, offset, min(size, offset + length)), True)

    def digest(self, values: list) -> None:
        """Send the digest of a run."""
        request, run = values

        def send(job) -> None:
            self._answers.reply(schema.DIGEST, [request, run, job.size, job.digest])

        self._answers.begin(answers.RunDigest(self._opened_ended(run), send), True)

    def erase(self, values: list) -> None:
        """Erase a run, if its digest is the host's or `force` is set."""
        request, run, force, sha256 = values
        file = self._opened_ended(run)
        if force:
            file.close()
            self._erase(request, run)
            return

        def erase_if_same(job) -> None:
            if job.digest == sha256:
                self._erase(request, run)
            else:
                self._answers.refuse(request, _NOT_VERIFIED, "", 0)

        self._answers.begin(answers.RunDigest(file, erase_if_same), True)

    def _erase(self, request: int, run: int) -> None:
        self._runs.remove(run)
        self._recorder.made_room()
        self._answers.done(request, run)

    def _opened(self, run: int):
        """Open the run's file. Raises Refused if it is missing."""
        try:
            return self._runs.open(run)
        except OSError:
            raise Refused(_NO_SUCH_RUN, "", run)

    def _opened_ended(self, run: int):
        """Open the file of a run that has ended. Raises Refused if the run is open or missing."""
        if run == self._recorder.run:
            raise Refused(_RUN_OPEN, "", run)
        return self._opened(run)

    handlers = {
        schema.RUN_LIST: list_runs,
        schema.RUN_READ: read,
        schema.DIGEST_GET: digest,
        schema.RUN_ERASE: erase,
    }


class RunList(answers.Job):
    """Sends one `run_entry` for each run, then `done` with the number of runs."""

    def __init__(self, answers, request: int, runs, recorder):
        self._answers = answers
        self._request = request
        self._runs = runs
        self._recorder = recorder
        self._numbers = runs.numbers()
        self._next = 0
        self._sent = 0
        self._entry = None

    def step(self) -> bool:
        """Count a few blocks of a run, or send a run whose strides are known. Return True at the end."""
        if self._answers.link.free() <= KEPT_FREE:
            return False
        if self._entry is None:
            if self._next == len(self._numbers):
                self._answers.done(self._request, self._sent)
                return True
            self._entry = self._open(self._numbers[self._next])
            self._next += 1
            if self._entry is None or not (self._entry.ended or self._is_open()):
                return False
        if self._is_open():
            self._entry.close()  # The recorder knows its strides. Counting them takes 9 s per MB.
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
            return None  # The run was erased while the list was sent.

    def _send(self, entry) -> None:
        is_open = self._is_open()
        flags = entry.flags() | (_FLAG_OPEN if is_open else 0)
        strides = self._recorder.strides if is_open else entry.strides
        self._answers.reply(schema.RUN_ENTRY, [self._request, entry.run, entry.size, entry.start_s, strides, flags])
        self._sent += 1

    def close(self) -> None:
        """Close the open file."""
        if self._entry:
            self._entry.close()
