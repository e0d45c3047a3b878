"""The steps after an installation: wait for the first Hello, set the clock, test the pod.

The port of a starting board may disappear and come back, and an app takes up to 20 s to load.
"""

import contextlib
import secrets
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from retropod.board.boardport import BoardPort
from retropod.board.progress import Observer
from retropod.client import frames, wire
from retropod.client.messages import HelloMessage, StatusMessage
from retropod.client.pod import Pod
from retropod.client.refusals import is_prompt, silence
from retropod.client.timesync import synchronise
from retropod.doctor.answering import own_tests
from retropod.doctor.items import FAIL, SKIPPED
from retropod.errors import NoPod, ProtocolMismatch, RetropodError
from retropod.transport.serial import PortGone, SerialTransport
from retrowire import codec, schema

START_S = 60.0  # limit for the start of a pod; the slowest known app takes 17 s on an ESP32
_PAUSE_S = 0.3  # before a port that disappeared is opened again
_EVERY_S = 0.8  # between two requests: a pod that loads its app buffers 259 bytes, and an old one takes 0.4 s to answer
_PROBE_AFTER = 4  # requests without an answer, before the prompt is probed
_PROBE = b"\r\x02"  # Enter, and Ctrl-B out of the raw REPL; an app drops it as an unfinished frame
_CLEAR = b"\x03\x02"  # Ctrl-C discards the typed line
_CTRL_C = 3
_SHORT = ("sensor", "flash", "clock", "settings", "gravity")
_LEAST_KB = 64
_MOST_BLOCKS = 1024  # received and not read yet, of up to 4 kB


def wait_for_hello(
    port: BoardPort, timeout_s: float = START_S, wanted: Callable[[HelloMessage], bool] = lambda hello: True
) -> HelloMessage:
    """Poll a pod that is starting and return its first Hello that is `wanted`.

    A port that is missing, busy or disappears is opened again until `timeout_s` seconds have passed. Raises NoPod that
    states the limit, or the last error of the port. Raises AtPrompt early if the pod stays at MicroPython's prompt.
    """
    end = time.monotonic() + timeout_s
    while True:
        try:
            with contextlib.closing(port.transport(end - time.monotonic())) as transport:
                hello = _polled(transport, end, wanted)
        except PortGone:
            port.close()  # At once: while it is open, Linux gives the returning port another name.
            if time.monotonic() > end:
                raise
        else:
            if hello is not None:
                return hello
            raise NoPod(
                f"the pod on {port.url} has not answered within {timeout_s:.0f} s",
                f"press its reset button; if it still does not answer, run `retropod --port {port.url} doctor`",
            )
        time.sleep(_PAUSE_S)


def _polled(transport: SerialTransport, end: float, wanted: Callable[[HelloMessage], bool]) -> HelloMessage | None:
    """Return the wanted Hello, or None at `end`. Raises PortGone, AtPrompt."""
    poll = _Poll(transport)
    while (now := time.monotonic()) < end:
        for message in poll.next(min(_EVERY_S, end - now)):
            if wanted(message):
                return message
            time.sleep(_EVERY_S)  # An unwanted Hello came early: keep the rate of the requests.
    return None


class _Poll:
    """Requests for a Hello over an open port, and the answers, which may come late."""

    def __init__(self, transport: SerialTransport) -> None:
        self._transport = transport
        self._received: SimpleQueue[bytes | RetropodError] = SimpleQueue()
        self._splitter = frames.Splitter()
        self._sequence = secrets.randbelow(256)
        self._request = secrets.randbelow(200) + 10
        self._unanswered = 0
        self._prompts = 0
        transport.start(self._store, self._received.put)

    def _store(self, data: bytes) -> None:
        """Store received bytes. Drop them while the host is far behind a device that sends without end."""
        if self._received.qsize() < _MOST_BLOCKS:
            self._received.put(data)

    def next(self, within_s: float) -> list[HelloMessage]:
        """Send a request and return the Hellos that arrive within `within_s`. Return after the first."""
        if self._unanswered >= _PROBE_AFTER:
            self._probe_prompt(within_s)
        self._transport.write(self._frame())
        found = self._hellos(within_s)
        self._unanswered = 0 if found else self._unanswered + 1
        return found

    def _hellos(self, within_s: float, stop: Callable[[], bool] = lambda: False) -> list[HelloMessage]:
        end = time.monotonic() + within_s
        found: list[HelloMessage] = []
        while not found and not stop() and (left := end - time.monotonic()) > 0:
            try:
                received = self._received.get(timeout=left)
            except Empty:
                break
            if isinstance(received, RetropodError):
                raise received
            found = [message for frame in self._splitter.feed(received) if (message := _hello_in(frame)) is not None]
        return found

    def _frame(self) -> bytes:
        """Return the next request. Byte 3 would stop a starting program, so choose a sequence number that avoids it."""
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

    def _probe_prompt(self, within_s: float) -> None:
        """Probe for a prompt in a way that an app ignores. Raises AtPrompt at the second prompt in a row.

        The first prompt may be from before the app. A prompt reads requests as key presses, so its answers to them show
        nothing.
        """
        self._unanswered = 0
        self._splitter.forget()
        self._transport.write(_PROBE)
        self._hellos(within_s, stop=lambda: is_prompt(self._splitter.text))
        if not is_prompt(self._splitter.text):
            self._prompts = 0
            return
        self._transport.write(_CLEAR)
        self._prompts += 1
        if self._prompts > 1:
            raise silence(self._transport.url, self._splitter)


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


def app_version(greeting: HelloMessage) -> str:
    """Return the version of the app from a Hello."""
    return f"{greeting.firmware_major}.{greeting.firmware_minor}.{greeting.firmware_patch}"


def set_clock(port: BoardPort, observer: Observer) -> None:
    """Set the clock of a pod that has just started, unless it uses another protocol."""
    try:
        with port.pod() as pod:
            synchronise(pod)
    except ProtocolMismatch as error:
        observer.log(f"clock not set: {error.message}")


def self_test(port: BoardPort) -> list[tuple[str, str, str]]:
    """Run a short test, 1-2 s, of a pod at rest: (item, `pass`, `warn` or `fail`, finding)."""
    with port.pod() as pod:
        status = pod.status()
        return [_samples(status), *(_own_tests(pod) or _by_status(pod.greeting, status))]


def _own_tests(pod: Pod) -> list[tuple[str, str, str]]:
    """Return the first self-tests of the pod, none from an older app without this request."""
    found: list[tuple[str, str, str]] = []
    for one in own_tests(pod):
        if one.verdict == SKIPPED:
            continue
        if one.item in _SHORT or one.verdict == FAIL:
            found.append((one.item, one.verdict, f"{one.words}: {one.fix}" if one.fix else one.words))
        if one.item == _SHORT[-1]:
            break  # The following tests take 10 s.
    return found


def _by_status(greeting: HelloMessage, status: StatusMessage) -> list[tuple[str, str, str]]:
    free = status.storage_free_kb or 0
    return [
        ("sensor", "fail", "no sensor answers: check its wiring") if greeting.chip == "none"
        else ("sensor", "pass", str(greeting.chip)),
        ("flash", "pass" if free > _LEAST_KB else "warn", f"{free} kB free"),
        ("clock", "pass" if status.clock_state != "unset" else "warn", str(status.clock_state)),
    ]  # fmt: skip


def _samples(status: StatusMessage) -> tuple[str, str, str]:
    if not status.samples:
        return "samples", "warn", "none yet"
    verdict = "warn" if status.samples_lost else "pass"
    return "samples", verdict, f"{status.samples} taken, {status.samples_lost} lost"
