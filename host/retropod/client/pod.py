"""Client of a connected pod: who it is, what it holds, what it streams, what it shall do."""

import json
from collections.abc import Iterator
from typing import Any

from retropod.client import wire
from retropod.client.connection import Connection, Transport
from retropod.client.refusals import NoAnswer, is_prompt, mismatch, silence
from retropod.client.roundtrip import TOTAL_S, Patience
from retropod.client.stream import LEASE_S, RENEW_S, Stream
from retropod.errors import OperationFailed
from retrowire import codec, schema

# Hello: opening the port may have reset the board, which then loads its app for 3 s and more. Requests wait in its
# ring of 259 bytes until then. One a second reaches a pod soon after it is up and leaves the ring half empty.
HELLO_S = 8.0
_HELLO = Patience(HELLO_S, first_s=0.5, most_s=1.0)
_SOON, _SOON_S = 3, 2.5  # hellos before the port is searched for a prompt, and the time that they take
# A recording, a setting and a mount are written to flash before they are answered; each write takes about 0.1 s.
_STORED = Patience(work_s=0.5)
# The pod opens every run before its entry, and reads up to 1 kB of it. It counts the strides of a run that a power cut
# ended: with 1.5 MB of raw samples that takes 20 s, and a host that gave up would start the count again.
_LISTED = Patience(30.0, work_s=1.0)
_READ_BYTES_S = 50_000  # at least, by a pod that computes a digest while it samples
# A pod that answered a moment ago is at another line rate, which it leaves within 1 s, or at a prompt.
_REVIVALS, _REVIVAL = 4, Patience(2.5, first_s=0.5, most_s=0.5)
_SOFT_RESET = b"\x04"
# The self-tests wait up to 15 s for the pod to lie still or for a measured rate, and send nothing during that time.
# A repeat costs the pod little, but most pauses are shorter than the first one here.
_PAUSE_S, _TESTED = 6.0, Patience(12.0, first_s=4.0)


class Pod:
    """A pod behind a transport. Says hello first; against another protocol version only the core works."""

    def __init__(self, transport: Transport, hello_attempts: int | None = None) -> None:
        """Greet for up to 8 s, or at most `hello_attempts` times. Raises NoPod, after closing the transport."""
        self.connection = Connection(transport)
        self.fast = 0  # baud of the line while that is not its own, see linerate
        try:
            self.greeting = self._first_hello(hello_attempts)
        except BaseException:
            self.connection.close()
            raise

    def __enter__(self) -> "Pod":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port."""
        self.connection.close()

    @property
    def pod_id(self) -> str:
        """The device id as hex digits."""
        return self.greeting.device_id

    def hello(self, attempts: int | None = None, within_s: float = HELLO_S) -> wire.Message:
        """Greet for up to `within_s` seconds, or at most `attempts` times; settle which messages both sides know."""
        return self._greet(_HELLO._replace(total_s=within_s, attempts=attempts))

    def _greet(self, patience: Patience) -> wire.Message:
        hello = self.connection.ask("hello_get", patience, **wire.greeting())
        same = hello.major == schema.PROTOCOL_MAJOR and hello.fingerprint == codec.fingerprint()
        self.connection.core_only = None if same else mismatch(hello)
        self.connection.minor = min(hello.minor, schema.PROTOCOL_MINOR) if same else schema.PROTOCOL_MINOR
        return hello

    def _first_hello(self, attempts: int | None) -> wire.Message:
        """Greet; search for a prompt after 2.5 s, then go on for a board that is still loading its app."""
        try:
            return self._hello_or_prompt(_SOON if attempts is None else min(attempts, _SOON), HELLO_S)
        except NoAnswer:
            if (attempts is not None and attempts <= _SOON) or is_prompt(self.connection.splitter.text):
                raise
        return self._hello_or_prompt(None if attempts is None else attempts - _SOON, HELLO_S - _SOON_S)

    def _hello_or_prompt(self, attempts: int | None, within_s: float) -> wire.Message:
        try:
            return self.hello(attempts, within_s)
        except NoAnswer:
            if not self.connection.at_prompt():
                raise
            raise silence(self.connection.transport.url, self.connection.splitter) from None

    def status(self) -> wire.Message:
        """State, clock, battery, storage, counters."""
        return self.connection.ask("status_get")

    def runs(self) -> list[wire.Message]:
        """What is stored on the pod, oldest first."""
        return sorted(self.connection.ask_list("run_list", _LISTED), key=lambda entry: entry.run)

    def read_run(self, run: int, offset: int, length: int, answer_s: float = 2.0) -> Iterator[tuple[int, bytes]]:
        """Yield pieces (offset, bytes) of a stored run as they come, until none comes for `answer_s` seconds.

        The caller requests missing pieces again.
        """
        with self.connection.reading(run) as reading:
            yield from reading.pieces(offset, length, answer_s)

    def digest(self, run: int, size: int = 0) -> tuple[int, bytes]:
        """Size and SHA-256 of a stored run, computed by the pod: reading all of a large `size` takes it a while."""
        answer = self.connection.ask("digest_get", _reading(size), run=run)
        return answer.raw["size"], answer.sha256

    def stream(self, *what: str, lease_s: float = LEASE_S, renew_s: float = RENEW_S) -> Stream:
        """`strides`, `raw`, `events`: a context manager to iterate over. The pod streams `lease_s` unasked."""
        return Stream(self.connection, what, lease_s, renew_s, self.greeting.boot_count)

    def record(self, action: str, *what: str) -> int:
        """`start` (what: strides, raw, events), `stop` or `lap`. Returns the number of the run."""
        return self.connection.ask("record", _STORED, action=action, what=what).value

    def erase(self, run: int, sha256: bytes, size: int = 0, force: bool = False) -> None:
        """Erase a stored run. Unless forced, the pod refuses a `sha256` (of the copy here) that is not the run's."""
        self.connection.ask("run_erase", _reading(size), run=run, force=int(force), sha256=sha256)

    def set_time(self, epoch_s: float, error_s: float | None, uptime_s: float | None = None) -> wire.Message:
        """Tell the pod the time (seconds since 1970, UTC) and how wrong that may be; None: it shall only answer.

        `uptime_s`: when it was that time; without, when the pod hears of it. A pod of minor 0 knows only that.
        """
        whole, error_ms = int(epoch_s), None if error_s is None else min(error_s, 60.0)
        at = None if uptime_s is None else round(uptime_s * 1000)
        return self.connection.ask(
            "time_set",
            epoch_s=whole,
            epoch_ms=min(int((epoch_s - whole) * 1000), 999) / 1000,
            error_ms=error_ms,
            uptime_s=None if at is None else at // 1000,
            uptime_ms=None if at is None else at % 1000 / 1000,
        )

    def settings(self, name: str = "") -> dict[str, Any]:
        """Every setting and its value, or the one called `name`. Raises PodRefused (`bad_setting`) for no such."""
        return _settings(self.connection.ask_list("setting_get", text=name))

    def change(self, name: str, value: Any) -> dict[str, Any]:
        """Set and save a setting; returns the value as the pod keeps it, by name."""
        return _settings(self.connection.ask_list("setting_set", _STORED, text=f"{name}={json.dumps(value)}"))

    def mount(self, action: str = "query", matrix: tuple[float, ...] | None = None) -> wire.Message:
        """`query`, `learn`, `given` (nine numbers, shoe = matrix x chip), `forget`, `cancel`. Returns the mount."""
        return self.connection.ask("mount_do", _STORED, action=action, matrix=matrix)

    def faults(self) -> list[wire.Message]:
        """The last faults, oldest first."""
        return self.connection.ask_list("fault_get")

    def checks(self) -> Iterator[wire.Message]:
        """The pod's tests of itself, each as it comes; in between it may wait long for stillness, or for a rate."""
        came = False
        try:
            for answer in self.connection.ask_stream("check_get", _PAUSE_S, _TESTED):
                came = True
                yield answer
        except NoAnswer:
            if not came:
                raise

    def restart(self) -> None:
        """Restart the pod; it greets again after a second or two."""
        self.connection.ask("restart")

    def revive(self) -> None:
        """Make a pod that has fallen silent answer again; raises NoAnswer when that does not help.

        A frame may hold a byte 3, and a board that starts takes that for Ctrl-C: asked while it was reset, it ends in
        MicroPython's prompt. From there a soft reset brings the app back. Only for a pod that has answered before.
        """
        for attempt in range(_REVIVALS):
            try:
                self.greeting = self._greet(_REVIVAL)
                return
            except NoAnswer:
                if self.connection.at_prompt():
                    self.connection.transport.write(_SOFT_RESET)
                elif attempt == _REVIVALS - 1:
                    raise
        self.greeting = self.hello()

    def await_hello(self, timeout_s: float) -> wire.Message:
        """Greet for up to `timeout_s` seconds a pod that is restarting. Raises NoPod."""
        self.greeting = self.hello(within_s=timeout_s)
        return self.greeting


def _reading(size: int) -> Patience:
    """Patience with a pod that may read a file of `size` bytes while it samples.

    A repeat costs the pod nothing while it reads, and it does not read again.
    """
    reads_s = size / _READ_BYTES_S
    return Patience(TOTAL_S + 2 * reads_s, work_s=min(0.5 + reads_s, 2.0))


def _settings(answers: list[wire.Message]) -> dict[str, Any]:
    pairs = [answer.text.partition("=") for answer in answers]
    try:
        return {name: json.loads(value) for name, _, value in pairs}
    except ValueError as error:
        raise OperationFailed(f"the pod sent a setting that is none: {error}") from error


def describe(hello: Any) -> str:
    """Name and id of a pod as one short text."""
    return f"{hello.name} ({hello.device_id})" if hello.name else hello.device_id
