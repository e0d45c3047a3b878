"""Client of a connected pod: who it is, what it holds, what it streams, what it shall do."""

import json
import time
from collections.abc import Iterator
from typing import Any

from retropod import wire
from retropod.connection import ANSWER_S, ATTEMPTS, Connection, Transport
from retropod.errors import NoPod, OperationFailed
from retropod.refusals import NoAnswer, is_prompt, mismatch, silence
from retropod.stream import LEASE_S, RENEW_S, Stream
from retrowire import codec, schema

# A board that is reset by the opening of its port loads its app for seconds; what comes meanwhile waits in its ring.
_HELLO_S = 0.5
_HELLO_ATTEMPTS = 16
_SOON = 4
_REVIVALS, _REVIVAL_ATTEMPTS = 4, 4
_SOFT_RESET = b"\x04"
_CHECK_S = 18.0
_CHECK_ATTEMPTS = 2


class Pod:
    """A pod behind a transport. Says hello first; against another protocol version only the core works."""

    def __init__(self, transport: Transport, hello_attempts: int = _HELLO_ATTEMPTS) -> None:
        """Raises NoPod when nothing answers; the transport is closed then."""
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

    def hello(self, attempts: int = _HELLO_ATTEMPTS, answer_s: float = _HELLO_S) -> wire.Message:
        """Greet: names both versions, and settles what may be said from here on."""
        hello = self.connection.ask(
            "hello_get", answer_s=answer_s, attempts=attempts,
            major=schema.PROTOCOL_MAJOR, minor=schema.PROTOCOL_MINOR, fingerprint=codec.fingerprint(),
        )  # fmt: skip
        same = hello.major == schema.PROTOCOL_MAJOR and hello.fingerprint == codec.fingerprint()
        self.connection.core_only = None if same else mismatch(hello)
        self.connection.minor = min(hello.minor, schema.PROTOCOL_MINOR) if same else schema.PROTOCOL_MINOR
        return hello

    def _first_hello(self, attempts: int) -> wire.Message:
        """Greet; look soon whether a prompt is there instead, and go on for a board that is still loading its app."""
        try:
            return self._hello_or_prompt(min(attempts, _SOON))
        except NoAnswer:
            if attempts <= _SOON or is_prompt(self.connection.splitter.text):
                raise
        return self._hello_or_prompt(attempts - _SOON)

    def _hello_or_prompt(self, attempts: int) -> wire.Message:
        try:
            return self.hello(attempts)
        except NoAnswer:
            if not self.connection.at_prompt():
                raise
            raise silence(self.connection.transport.url, self.connection.splitter) from None

    def status(self) -> wire.Message:
        """State, clock, battery, storage, counters."""
        return self.connection.ask("status_get")

    def runs(self) -> list[wire.Message]:
        """What is stored on the pod, oldest first."""
        return sorted(self.connection.ask_list("run_list", answer_s=2.0), key=lambda entry: entry.run)

    def read_run(self, run: int, offset: int, length: int, answer_s: float = 2.0) -> Iterator[tuple[int, bytes]]:
        """Pieces (offset, bytes) of a stored run as they come; holes are the caller's to ask for again."""
        for answer in self.connection.ask_stream("run_read", answer_s=answer_s, run=run, offset=offset, length=length):
            if answer.type == "run_data":
                yield answer.raw["offset"], answer.data

    def digest(self, run: int, size: int = 0) -> tuple[int, bytes]:
        """Size and SHA-256 of a stored run, computed by the pod: reading all of a large `size` takes it a while."""
        answer = self.connection.ask("digest_get", run=run, attempts=_reading_attempts(size))
        return answer.raw["size"], answer.sha256

    def stream(self, *what: str, lease_s: float = LEASE_S, renew_s: float = RENEW_S) -> Stream:
        """`strides`, `raw`, `events`: a context manager to iterate over. The pod streams `lease_s` unasked."""
        return Stream(self.connection, what, lease_s, renew_s)

    def record(self, action: str, *what: str) -> int:
        """`start` (what: strides, raw, events), `stop` or `lap`. Returns the number of the run."""
        return self.connection.ask("record", action=action, what=what, answer_s=2.0).value

    def erase(self, run: int, sha256: bytes, size: int = 0, force: bool = False) -> None:
        """Erase a stored run. Unless forced, the pod refuses a `sha256` (of the copy here) that is not the run's."""
        attempts = _reading_attempts(size)
        self.connection.ask("run_erase", run=run, force=int(force), sha256=sha256, attempts=attempts)

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
        return _settings(self.connection.ask_list("setting_get", text=name, answer_s=2.0))

    def change(self, name: str, value: Any) -> dict[str, Any]:
        """Set and save a setting; returns the value as the pod keeps it, by name."""
        return _settings(self.connection.ask_list("setting_set", text=f"{name}={json.dumps(value)}", answer_s=2.0))

    def mount(self, action: str = "query", matrix: tuple[float, ...] | None = None) -> wire.Message:
        """`query`, `learn`, `given` (nine numbers, shoe = matrix x chip), `forget`, `cancel`. Returns the mount."""
        return self.connection.ask("mount_do", action=action, matrix=matrix, answer_s=2.0)

    def faults(self) -> list[wire.Message]:
        """The last faults, oldest first."""
        return self.connection.ask_list("fault_get", answer_s=2.0)

    def checks(self) -> Iterator[wire.Message]:
        """The pod's tests of itself, each as it comes; in between it may wait long for stillness, or for a rate."""
        for _ in range(_CHECK_ATTEMPTS):
            answers = self.connection.ask_stream("check_get", answer_s=_CHECK_S)
            for first in answers:
                yield first
                yield from answers
                return
        raise silence(self.connection.transport.url, self.connection.splitter)

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
                self.greeting = self.hello(_REVIVAL_ATTEMPTS)
                return
            except NoAnswer:
                if self.connection.at_prompt():
                    self.connection.transport.write(_SOFT_RESET)
                elif attempt == _REVIVALS - 1:
                    raise
        self.greeting = self.hello()

    def await_hello(self, timeout_s: float) -> wire.Message:
        """Greet until the pod answers, for one that is restarting."""
        end = time.monotonic() + timeout_s
        while True:
            try:
                self.greeting = self.hello(attempts=1)
                return self.greeting
            except NoPod:
                if time.monotonic() > end:
                    raise


def _reading_attempts(size: int) -> int:
    """How often to ask while a pod may be reading a file of so many bytes beside its sampling.

    Asking again costs it nothing while it reads, and what it has read is not read again.
    """
    return ATTEMPTS + round((2.0 + size / 50_000) / ANSWER_S)


def _settings(answers: list[wire.Message]) -> dict[str, Any]:
    pairs = [answer.text.partition("=") for answer in answers]
    try:
        return {name: json.loads(value) for name, _, value in pairs}
    except ValueError as error:
        raise OperationFailed(f"the pod sent a setting that is none: {error}") from error


def describe(hello: Any) -> str:
    """Name and id of a pod as one short text."""
    return f"{hello.name} ({hello.device_id})" if hello.name else hello.device_id
