"""The first Hello of a board that starts: its port may vanish and come back, and an app takes up to 20 s to load."""

import secrets
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from retropod.board.steps import Watcher
from retropod.client import frames, wire
from retropod.client.messages import HelloMessage, StatusMessage
from retropod.client.pod import Pod
from retropod.client.refusals import AtPrompt, is_prompt, silence
from retropod.client.timesync import synchronise
from retropod.doctor.answering import own_tests
from retropod.doctor.items import FAIL, SKIPPED
from retropod.errors import NoPod, PortBusy, ProtocolMismatch, RetropodError
from retropod.transport.serial import BAUD, SerialTransport
from retrowire import codec, schema

START_S = 60.0  # the longest time that a pod may take to start; the slowest known app takes 17 s on an ESP32
_PAUSE_S = 0.3  # before a port that vanished is opened again
_EVERY_S = 0.8  # between two requests: a pod that loads its app holds 259 bytes, and an old one takes 0.4 s to answer
_KNOCK_AFTER = 4  # requests without an answer
_KNOCK = b"\r\x02"  # Enter, and Ctrl-B out of the raw REPL; an app drops it as an unfinished frame
_CLEAR = b"\x03\x02"  # Ctrl-C: the prompt forgets what was typed
_CTRL_C = 3
_SHORT = ("sensor", "flash", "clock", "settings", "gravity")
_LEAST_KB = 64


def wait_for_hello(
    port: str,
    timeout_s: float = START_S,
    baud: int = BAUD,
    wanted: Callable[[HelloMessage], bool] = lambda hello: True,
) -> HelloMessage:
    """Poll a pod that is starting and return its first Hello that is `wanted`.

    A port that is missing, busy or vanishes is opened again until `timeout_s` seconds have passed. Raises NoPod that
    states the limit, or the last error of the port. Raises NoPod early if the pod stays at MicroPython's prompt.
    """
    end = time.monotonic() + timeout_s
    while True:
        try:
            hello = _polled(port, baud, end, wanted)
        except (NoPod, PortBusy) as error:
            if isinstance(error, AtPrompt) or time.monotonic() > end:
                raise
        else:
            if hello is not None:
                return hello
            raise NoPod(
                f"the pod on {port} has not answered within {timeout_s:.0f} s",
                f"press its reset button; if that does not help: retropod --port {port} doctor",
            )
        time.sleep(_PAUSE_S)


def _polled(port: str, baud: int, end: float, wanted: Callable[[HelloMessage], bool]) -> HelloMessage | None:
    """Return the wanted Hello, or None at `end`. Raises NoPod when the port goes away, AtPrompt, PortBusy."""
    transport = SerialTransport(port, baud)
    poll = _Poll(port, transport)
    try:
        while (now := time.monotonic()) < end:
            for message in poll.next(min(_EVERY_S, end - now)):
                if wanted(message):
                    return message
                time.sleep(_EVERY_S)  # a Hello that is not wanted came early: keep the rate of the requests
        return None
    finally:
        transport.close()


class _Poll:
    """Requests for a Hello over an open port, and the answers, which may come late."""

    def __init__(self, port: str, transport: SerialTransport) -> None:
        self._port, self._transport = port, transport
        self._came: SimpleQueue[bytes | RetropodError] = SimpleQueue()
        self._splitter = frames.Splitter()
        self._sequence = secrets.randbelow(256)
        self._request = secrets.randbelow(200) + 10
        self._unanswered = 0
        self._prompts = 0
        transport.start(self._came.put, self._came.put)

    def next(self, within_s: float) -> list[HelloMessage]:
        """Send a request and return the Hellos that come within `within_s`, at the latest after the first."""
        if self._unanswered >= _KNOCK_AFTER:
            self._look_for_prompt(within_s)
        self._transport.write(self._frame())
        found = self._hellos(within_s)
        self._unanswered = 0 if found else self._unanswered + 1
        return found

    def _hellos(self, within_s: float, stop: Callable[[], bool] = lambda: False) -> list[HelloMessage]:
        end = time.monotonic() + within_s
        found: list[HelloMessage] = []
        while not found and not stop() and (left := end - time.monotonic()) > 0:
            try:
                came = self._came.get(timeout=left)
            except Empty:
                break
            if isinstance(came, RetropodError):
                raise came
            found = [message for frame in self._splitter.feed(came) if (message := _hello_in(frame)) is not None]
        return found

    def _frame(self) -> bytes:
        """Return the next request. Byte 3 would end a program that starts, so choose a sequence number without it."""
        layout = wire.by_name("hello_get")
        frame = b""
        for _ in range(32):
            self._sequence = (self._sequence + 1) & 0xFF
            self._request = self._request % 255 + 1
            values = {
                "request": self._request,
                "major": schema.PROTOCOL_MAJOR,
                "minor": schema.PROTOCOL_MINOR,
                "fingerprint": codec.fingerprint(),
            }
            frame = frames.build(layout.id, self._sequence, layout.encode(values))
            if _CTRL_C not in frame:
                break
        return frame

    def _look_for_prompt(self, within_s: float) -> None:
        """Knock, which leaves an app alone. Raises AtPrompt at the second prompt in a row: one may be on the way.

        A prompt takes requests for keys, so the answers to them show nothing.
        """
        self._unanswered = 0
        self._splitter.forget()
        self._transport.write(_KNOCK)
        self._hellos(within_s, stop=lambda: is_prompt(self._splitter.text))
        if not is_prompt(self._splitter.text):
            self._prompts = 0
            return
        self._transport.write(_CLEAR)
        self._prompts += 1
        if self._prompts > 1:
            raise silence(self._port, self._splitter)


def _hello_in(frame: frames.Frame) -> HelloMessage | None:
    """Return the Hello in a frame from the pod, otherwise None. A prompt echoes requests, which are not answers."""
    layout = wire.layouts(schema.PROTOCOL_MINOR).get(frame.id)
    if layout is None or frame.id >= schema.HELLO_GET:
        return None
    try:
        message = layout.decode(frame.payload)
    except wire.WireError:
        return None
    return message if isinstance(message, HelloMessage) else None


def firmware(greeting: HelloMessage) -> str:
    """Return the version of the app in a Hello."""
    return f"{greeting.firmware_major}.{greeting.firmware_minor}.{greeting.firmware_patch}"


def set_clock(port: str, baud: int, watcher: Watcher) -> None:
    """Set the clock of a pod that has just started. A pod of another protocol is left to its own host."""
    try:
        with Pod(SerialTransport(port, baud)) as pod:
            synchronise(pod)
    except ProtocolMismatch as error:
        watcher.log(f"clock not set: {error.message}")


def self_test(port: str, baud: int = BAUD) -> list[tuple[str, str, str]]:
    """A short test of a pod that lies still, a second or two: (what, `pass` or `warn` or `fail`, what was found)."""
    with Pod(SerialTransport(port, baud)) as pod:
        status = pod.status()
        return [_samples(status), *(_own_tests(pod) or _by_status(pod.greeting, status))]


def _own_tests(pod: Pod) -> list[tuple[str, str, str]]:
    """The first of the pod's tests of itself; none from an older app, which has no such request."""
    found: list[tuple[str, str, str]] = []
    for one in own_tests(pod):
        if one.verdict == SKIPPED:
            continue
        if one.item in _SHORT or one.verdict == FAIL:
            found.append((one.item, one.verdict, f"{one.words}: {one.fix}" if one.fix else one.words))
        if one.item == _SHORT[-1]:
            break  # those behind it take ten seconds
    return found


def _by_status(greeting: HelloMessage, status: StatusMessage) -> list[tuple[str, str, str]]:
    free = status.storage_free_kb or 0
    return [
        ("sensor", "fail", "none answers: check its wiring") if greeting.chip == "none"
        else ("sensor", "pass", str(greeting.chip)),
        ("flash", "pass" if free > _LEAST_KB else "warn", f"{free} kB free"),
        ("clock", "pass" if status.clock_state != "unset" else "warn", str(status.clock_state)),
    ]  # fmt: skip


def _samples(status: StatusMessage) -> tuple[str, str, str]:
    if not status.samples:
        return "samples", "warn", "none yet"
    verdict = "warn" if status.samples_lost else "pass"
    return "samples", verdict, f"{status.samples} taken, {status.samples_lost} lost"
