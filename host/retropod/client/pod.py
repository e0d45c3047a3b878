"""Client of a connected pod: identity, state, stored runs, streams, settings and actions."""

import json
import math
from collections.abc import Iterator
from typing import Any, TypeVar

from retropod.client import settingcheck, wire
from retropod.client.connection import Connection, Transport
from retropod.client.messages import (
    CheckGetMessage,
    CheckMessage,
    CheckReasonMessage,
    CheckReasonName,
    DigestGetMessage,
    DigestMessage,
    DoneMessage,
    FaultGetMessage,
    FaultMessage,
    HelloMessage,
    MountActionName,
    MountDoMessage,
    MountMessage,
    RecordActionName,
    RecordMessage,
    RestartMessage,
    RunEntryMessage,
    RunEraseMessage,
    RunListMessage,
    SettingGetMessage,
    SettingMessage,
    SettingSetMessage,
    StatusGetMessage,
    StatusMessage,
    TimeMessage,
    TimeSetMessage,
)
from retropod.client.refusals import LIST_HINT, NoAnswer, is_prompt, mismatch, silence
from retropod.client.roundtrip import TOTAL_S, Patience
from retropod.client.stream import LEASE_S, RENEW_S, Stream
from retropod.errors import DamagedData, OperationFailed, UsageError
from retropod.transport.registry import speed_of
from retrowire import codec, schema, settingrows

# Opening the port may have reset the board, which then loads its app for 3 s or more. Until then, requests wait in its
# ring of 259 bytes. One hello per second reaches the pod soon after its start and leaves the ring half empty.
HELLO_S = 8.0
_HELLO = Patience(HELLO_S, first_s=0.5, most_s=1.0)
_SOON, _SOON_S = 3, 2.5  # hellos before the port is checked for a prompt, and their duration in s
# The pod writes a recording, a setting and a mount to flash before it answers. Each write takes about 0.1 s.
_STORED = Patience(work_s=0.5)
_LONGEST_LEASE_S = 600.0  # the pod grants no longer one
# The pod opens every run before its entry, and reads up to 1 kB of it. It counts the strides of a run that a power cut
# ended: with 1.5 MB of raw samples that takes 20 s, and a host that gave up would start the count again.
_LISTED = Patience(30.0, work_s=1.0)
_MOST_BYTES = 0xFFFF << 10  # of a run: `status` cannot report more storage
_READ_BYTES_S = 50_000  # slowest reading of a pod that computes a digest while it samples
_READ_MOST_S = 400.0  # limit of that, in s: 16 MB take 335 s
# A pod that answered a moment ago is at another line rate, which it leaves within 1 s, or at a prompt.
_REVIVALS, _REVIVAL = 4, Patience(2.5, first_s=0.5, most_s=0.5)
_SOFT_RESET = b"\x04"
# The self-tests wait up to 15 s, without sending, until the pod is at rest or its rate is measured. A repeated request
# costs the pod little, but most pauses are shorter than the first one here.
_PAUSE_S, _TESTED = 6.0, Patience(12.0, first_s=4.0)
_Value = TypeVar("_Value")


class Pod:
    """A pod on a transport. It greets first. With another protocol version only the core works."""

    def __init__(self, transport: Transport, hello_attempts: int | None = None) -> None:
        """Greet for up to 8 s, or at most `hello_attempts` times. Close the transport and raise NoPod if that fails."""
        self.connection = Connection(transport)
        self.fast = 0  # temporary rate of the line, in baud; 0: the original rate. See linerate.
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
        """Close the port."""
        self.connection.close()

    @property
    def pod_id(self) -> str:
        """The device id as hex digits."""
        return self.greeting.device_id

    def hello(self, attempts: int | None = None, within_s: float = HELLO_S) -> HelloMessage:
        """Greet for up to `within_s` seconds, or at most `attempts` times. Agree on a protocol minor."""
        return self._greet(_HELLO._replace(total_s=within_s, attempts=attempts))

    def _greet(self, patience: Patience) -> HelloMessage:
        hello = self.connection.ask(wire.greeting(), HelloMessage, patience)
        same = hello.major == schema.PROTOCOL_MAJOR and hello.fingerprint == codec.fingerprint()
        self.connection.core_only = None if same else mismatch(hello)
        self.connection.minor = min(hello.minor, schema.PROTOCOL_MINOR) if same else schema.PROTOCOL_MINOR
        return hello

    def _first_hello(self, attempts: int | None) -> HelloMessage:
        """Greet. After 2.5 s check for a prompt, then continue: the board may still load its app."""
        try:
            return self._hello_or_prompt(_SOON if attempts is None else min(attempts, _SOON), HELLO_S)
        except NoAnswer:
            if (attempts is not None and attempts <= _SOON) or is_prompt(self.connection.splitter.text):
                raise
        return self._hello_or_prompt(None if attempts is None else attempts - _SOON, HELLO_S - _SOON_S)

    def _hello_or_prompt(self, attempts: int | None, within_s: float) -> HelloMessage:
        try:
            return self.hello(attempts, within_s)
        except NoAnswer:
            if not self.connection.at_prompt():
                raise
            raise silence(self.connection.transport.url, self.connection.splitter) from None

    def status(self) -> StatusMessage:
        """Return state, clock, battery, storage and counters."""
        return self.connection.ask(StatusGetMessage(), StatusMessage)

    def runs(self) -> list[RunEntryMessage]:
        """Return the runs stored on the pod, oldest first. Of several entries with one number, the last one counts."""
        entries = self.connection.ask_list(RunListMessage(), RunEntryMessage, _LISTED)
        return [entry for _, entry in sorted({entry.run: entry for entry in entries}.items())]

    def read_run(self, run: int, offset: int, length: int, answer_s: float = 2.0) -> Iterator[tuple[int, bytes]]:
        """Yield pieces (offset, bytes) of a stored run as they arrive, until none arrives for `answer_s` seconds.

        The caller requests missing pieces again. Pieces of an earlier request for this run may be among them.
        """
        with self.connection.reading(run) as reading:
            yield from reading.pieces(offset, length, answer_s)

    def digest(self, run: int, size: int = 0) -> tuple[int, bytes]:
        """Return size and SHA-256 of a stored run, computed by the pod. `size`, in bytes, determines the time-out.

        Raises DamagedData for a size that no pod can store.
        """
        request = DigestGetMessage(run=run)
        answer = self.connection.ask(request, DigestMessage, _reading(size), lambda digest: digest.run == run)
        stored: int = answer.raw["size"]
        if stored > _MOST_BYTES:
            raise DamagedData(
                f"the pod reports {stored} bytes for run {run}, more than it can store",
                "restart the pod, then try again; `retropod doctor` tests its storage",
            )
        return stored, answer.sha256

    def stream(self, *what: str, lease_s: float = LEASE_S, renew_s: float = RENEW_S) -> Stream:
        """Return an iterator, to be used as a context manager, over `strides`, `raw`, `events`.

        The lease runs down by the clock of the pod, which is faster than real time on some virtual pods.
        """
        lease_s = min(lease_s * max(1.0, speed_of(self.connection.transport.url)), _LONGEST_LEASE_S)
        return Stream(self.connection, what, lease_s, renew_s, self.greeting.boot_count)

    def record(self, action: RecordActionName, *what: str) -> int:
        """Start a run (of `strides`, `raw`, `events`), stop it, or mark a lap. Returns the number of the run."""
        return self.connection.ask(RecordMessage(action=action, what=what), DoneMessage, _STORED).value

    def erase(self, run: int, sha256: bytes, size: int = 0, force: bool = False) -> None:
        """Erase a stored run. Without `force`, the pod refuses if `sha256` of the copy differs from the run's."""
        request = RunEraseMessage(run=run, force=int(force), sha256=sha256)
        self.connection.ask(request, DoneMessage, _reading(size))

    def set_time(self, epoch_s: float, error_s: float | None, uptime_s: float | None = None) -> TimeMessage:
        """Send the time (seconds since 1970, UTC) and its error bound. Without a bound the pod only answers.

        `uptime_s`: the pod's uptime at that time; None: the moment of receipt. A pod of minor 0 ignores it.
        """
        epoch, uptime = _parts(epoch_s), _parts(uptime_s)
        request = TimeSetMessage(
            epoch_s=epoch[0],
            epoch_ms=epoch[1],
            error_ms=None if error_s is None else min(error_s, 60.0),
            uptime_s=uptime[0],
            uptime_ms=uptime[1],
        )
        return self.connection.ask(request, TimeMessage)

    def settings(self, name: str = "") -> dict[str, Any]:
        """Return the value of each setting, or only of `name`. Raises PodRefused (`bad_setting`) if it is unknown.

        `pins` gives the pins that follow from the settings. All settings include `undone` if a trial was undone.
        """
        if not settingcheck.fits(name):
            raise UsageError(f"there is no setting with a name of {len(name)} letters", LIST_HINT)
        return _settings(self.connection.ask_list(SettingGetMessage(text=name), SettingMessage))

    def setting(self, name: str, kind: type[_Value]) -> _Value:
        """Return the value of one setting. Raises OperationFailed if the pod's answer is not of this kind."""
        value = self.settings(name).get(name)
        if not isinstance(value, kind):
            raise OperationFailed(f"the pod sent an invalid {name}: {value!r}", "restart the pod, then try again")
        return value

    def change(self, name: str, value: Any) -> dict[str, Any]:
        """Set and save a setting. Returns the value that the pod stored, by name.

        A setting of the hardware takes effect at the next start, on trial: greet the pod within 60 s of its start, or
        it undoes the change. Raises UsageError for a value that no request can hold, PodRefused for an invalid one.
        """
        if isinstance(value, str) and settingrows.kind_of(name) == "text":
            settingcheck.typed(name, value)
        request = SettingSetMessage(text=settingcheck.pair(name, value))
        return _settings(self.connection.ask_list(request, SettingMessage, _STORED))

    def mount(self, action: MountActionName = "query", matrix: tuple[float, ...] | None = None) -> MountMessage:
        """Query or change the mount and return it. `matrix`, for `given`: nine numbers, shoe = matrix x chip."""
        return self.connection.ask(MountDoMessage(action=action, matrix=matrix or ()), MountMessage, _STORED)

    def faults(self) -> list[FaultMessage]:
        """Return the last faults, oldest first."""
        return self.connection.ask_list(FaultGetMessage(), FaultMessage)

    def checks(self) -> Iterator[tuple[CheckMessage, CheckReasonName | int]]:
        """Yield the results of the pod's self-test, each with its reason, as they arrive.

        The pod may wait up to 15 s for rest or a measured rate. The reason is `none` if the pod does not know it, or
        is of an older minor.
        """
        reasons: dict[int, CheckReasonName | int] = {}
        expected = CheckMessage, CheckReasonMessage
        answered = False
        try:
            for answer in self.connection.ask_stream(CheckGetMessage(), expected, _PAUSE_S, _TESTED):
                answered = True
                if isinstance(answer, CheckReasonMessage):
                    reasons[answer.item] = answer.reason
                else:
                    yield answer, reasons.pop(answer.item, "none")
        except NoAnswer:
            if not answered:
                raise

    def restart(self) -> None:
        """Restart the pod. It answers again after 1 to 2 s."""
        self.connection.ask(RestartMessage(), DoneMessage)

    def revive(self) -> None:
        """Restore the connection to a pod that stopped answering. Raises NoAnswer if that fails.

        A frame may contain byte 3, which a starting board takes for Ctrl-C. So a request during a reset can leave the
        board at MicroPython's prompt. A soft reset restarts the app from there. Call this only for a pod that has
        answered before.
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

    def await_hello(self, timeout_s: float) -> HelloMessage:
        """Greet a restarting pod for up to `timeout_s` seconds. Raises NoPod."""
        self.greeting = self.hello(within_s=timeout_s)
        return self.greeting


def _parts(seconds: float | None) -> tuple[int | None, float | None]:
    """Return whole seconds and the rest, in whole milliseconds. Raises UsageError for a number that is not finite."""
    if seconds is None:
        return None, None
    if not math.isfinite(seconds):
        raise UsageError(f"{seconds} is not a time", "set the clock of this computer")
    whole, rest_ms = divmod(round(seconds * 1000), 1000)
    return whole, rest_ms / 1000


def _reading(size: int) -> Patience:
    """Return the time-outs for a pod that may read a file of `size` bytes while it samples.

    The pod ignores a repeated request while it reads, and does not read again.
    """
    reads_s = size / _READ_BYTES_S
    return Patience(min(TOTAL_S + 2 * reads_s, _READ_MOST_S), work_s=min(0.5 + reads_s, 2.0))


def _settings(answers: list[SettingMessage]) -> dict[str, Any]:
    pairs = [answer.text.partition("=") for answer in answers]
    return {name: _value(value) for name, _, value in pairs}


def _value(text: str) -> Any:
    """Return the value of a setting, None if it is not valid JSON: the other settings remain readable."""
    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        return None


def _finite(text: str) -> float:
    """Return a number of JSON. Raises ValueError for NaN, for infinity, and for a number that overflows to it."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def describe(hello: HelloMessage) -> str:
    """Return name and id of a pod as one short text."""
    return f"{hello.name} ({hello.device_id})" if hello.name else hello.device_id
