"""Requests and streams over a transport: who waits for which answer, what was lost, what is still on its way."""

import secrets
import threading
import time
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from retropod.client import frames, wire
from retropod.client.refusals import PodRefused, is_prompt, silence
from retropod.client.roundtrip import Patience, RoundTrip
from retropod.errors import OperationFailed, RetropodError
from retrowire import schema

IN_FLIGHT_BYTES = 192  # the smallest serial ring of a pod holds 259 bytes and drops the rest without a word
_LISTS = 4  # how often a list that came with holes is requested
_LIST_S = 60.0  # limit of one list, in s: 200 runs take a slow pod 10 s
_READS = 8  # requests of one reading whose late answers are accepted
_CTRL_C = 3
_KNOCK = b"\r\x02"  # Enter, and Ctrl-B out of the raw REPL; an app takes it for an unfinished frame and drops it
_CLEAR = b"\x03\x02"  # Ctrl-C: what was typed is forgotten
_PROMPT_S = 1.0
_USUAL = Patience()
_ONLY_TO = {  # answers in many parts, to requests that are called so: a host that was killed may have left some behind
    "run_entry": "run_list",
    "run_data": "run_read",
    "digest": "digest_get",
    "setting": "setting_",
    "fault": "fault_get",
    "check": "check_get",
}
_TRIES = 32  # more than are needed: some six bytes of a frame go with its sequence number


class Transport(Protocol):
    """What carries the bytes: a serial port, a socket, a capture that is played back."""

    url: str

    def start(self, on_bytes: Any, on_lost: Any) -> None: ...
    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...


class Listener(Protocol):
    """Takes what comes unasked, in the reader's thread: so it may not block."""

    def message(self, message: wire.Message) -> None: ...
    def gap(self, frames_lost: int) -> None: ...
    def lost(self, error: RetropodError) -> None: ...


class _Window:
    """How many unanswered bytes are on their way to the pod; waits while they would overrun its ring."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._changed = threading.Condition()

    def take(self, count: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._free >= count)
            self._free -= count

    def give(self, count: int) -> None:
        with self._changed:
            self._free += count
            self._changed.notify_all()


class Connection:
    """Frames over one transport. Thread-safe; answers find their request by its number."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.splitter = frames.Splitter()
        self.unknown = 0  # whole frames that this host has no layout for, or that were too short for theirs
        self.sent_bytes = 0
        self.requests = 0  # frames sent, repeats included
        self.round_trip = RoundTrip()
        self.minor = schema.PROTOCOL_MINOR
        self.core_only: RetropodError | None = None  # why nothing but the core may be said, if that is so
        self._window = _Window(IN_FLIGHT_BYTES)
        self._waiting: dict[int, tuple[str, SimpleQueue[wire.Message | RetropodError]]] = {}
        self._lock = threading.Lock()
        self._request = secrets.randbelow(255)  # a pod may remember the last host's last request
        self._sequence = 0
        self._listeners: list[Listener] = []
        self._failure: RetropodError | None = None
        transport.start(self._received, self._gone)

    def close(self) -> None:
        """Let go of the transport."""
        self.transport.close()

    def listen(self, listener: Listener) -> None:
        """Hand everything unasked to `listener` from now on."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Stop handing anything to `listener`."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def ask(self, name: str, patience: Patience = _USUAL, **values: Any) -> wire.Message:
        """Send a request and return its answer; repeat it under the same number while no answer comes.

        An answer to an earlier attempt counts. Raises PodRefused, NoAnswer, ProtocolMismatch, or the error of a port
        that went away.
        """
        with self._exchange(name, values) as exchange:
            return exchange.first(patience)

    def ask_list(self, name: str, patience: Patience = _USUAL, **values: Any) -> list[wire.Message]:
        """Send a request that a list answers, and return its entries; request it again if it came with holes.

        Each entry is progress: only silence after the last entry counts as time without an answer. One list takes at
        most 60 s.
        """
        for _ in range(_LISTS):
            with self._exchange(name, values) as exchange:
                entries = exchange.entries(patience)
            if entries is not None:
                return entries
        raise OperationFailed(f"the answer to {name} came with holes {_LISTS} times", "check the cable")

    def ask_stream(self, name: str, pause_s: float, silence: Patience, **values: Any) -> Iterator[wire.Message]:
        """Send a request and yield its answers until `done`; repeat it under its number after pauses of `pause_s`.

        The pod ignores the repeat while it works, and sends `done` again when it has ended. Raises as `ask`, NoAnswer
        after a pause for which `silence` has no patience.
        """
        with self._exchange(name, values) as exchange:
            answer = exchange.first(_USUAL)
            while answer.type != "done":
                yield answer
                answer = exchange.receive(pause_s) or exchange.first(silence)

    def reading(self, run: int) -> "Reading":
        """Return a reading of one stored run, to be used as a context manager."""
        return Reading(self, run)

    def _exchange(self, name: str, values: dict[str, Any]) -> "_Exchange":
        return self.open(name, SimpleQueue(), values)

    def open(
        self, name: str, answers: "SimpleQueue[wire.Message | RetropodError]", values: dict[str, Any]
    ) -> "_Exchange":
        """Give a request its number; from now on its answers go to `answers`. Raises ProtocolMismatch."""
        layout = wire.by_name(name)
        if self.core_only is not None and not wire.is_core(layout.id):
            raise self.core_only
        with self._lock:
            self._request = self._request % 255 + 1
            while self._request in self._waiting or self._request == _CTRL_C:
                self._request = self._request % 255 + 1
            self._waiting[self._request] = name, answers
            return _Exchange(
                self, name, layout.encode({"request": self._request, **values}), layout.id, self._request, answers
            )

    def transmit(self, number: int, payload: bytes) -> int:
        """Send one frame now; returns its bytes. Raises what made the port go away."""
        if self._failure is not None:
            raise self._failure
        with self._lock:
            frame = self._frame(number, payload)
            self.transport.write(frame)
            self.sent_bytes += len(frame)
            self.requests += 1
        return len(frame)

    def _frame(self, number: int, payload: bytes) -> bytes:
        """The next frame, without a Ctrl-C in it if a sequence number can help that.

        On a board that is starting, or that is no pod, byte 3 ends the program.
        """
        frame = b""
        for _ in range(_TRIES):
            self._sequence = (self._sequence + 1) & 0xFF
            frame = frames.build(number, self._sequence, payload)
            if _CTRL_C not in frame:
                break
        return frame

    def at_prompt(self) -> bool:
        """Whether a MicroPython prompt is there, asked in a way that leaves an app alone.

        A prompt takes a frame for keys pressed, some of which complete names, or open the mode for pasting or the raw
        REPL: what came in answer to frames tells nothing. `splitter.text` holds the prompt afterwards.
        """
        self.splitter.forget()
        self.transport.write(_KNOCK)
        end = time.monotonic() + _PROMPT_S
        while not (found := is_prompt(self.splitter.text)) and time.monotonic() < end:
            time.sleep(0.02)
        if found:
            self.transport.write(_CLEAR)
        return found

    def forget(self, request: int) -> None:
        """Answers to this request are of no interest any more."""
        with self._lock:
            self._waiting.pop(request, None)

    @property
    def window(self) -> _Window:
        """The bytes on their way."""
        return self._window

    # In the reader's thread:

    def _received(self, data: bytes) -> None:
        now = time.monotonic()
        for frame in self.splitter.feed(data):
            if frame.lost:
                for listener in tuple(self._listeners):
                    listener.gap(frame.lost)
            message = self._decoded(frame)
            if message is not None:
                message.received_s = now
                self._deliver(message)

    def _decoded(self, frame: frames.Frame) -> wire.Message | None:
        layout = wire.layouts(self.minor).get(frame.id)
        if frame.id >= schema.HELLO_GET:
            return None  # what this host said itself: a REPL echoes
        try:
            if layout is not None:
                return layout.decode(frame.payload)
        except wire.WireError:
            pass
        self.unknown += 1
        return None

    def _deliver(self, message: wire.Message) -> None:
        request = message.values.get("request", 0)
        if request:
            name, answers = self._waiting.get(request, ("", None))
            if answers is not None and name.startswith(_ONLY_TO.get(message.type, "")):
                answers.put(message)  # else: the answer to a request that was given up, or to another host's
            return
        for listener in tuple(self._listeners):
            listener.message(message)

    def _gone(self, error: RetropodError) -> None:
        self._failure = error
        for _, answers in tuple(self._waiting.values()):
            answers.put(error)
        for listener in tuple(self._listeners):
            listener.lost(error)


class _Exchange:
    """One request under way: sends, repeats and receives under one number, and gives its bytes back at the end."""

    def __init__(
        self,
        connection: Connection,
        name: str,
        payload: bytes,
        number: int,
        request: int,
        answers: "SimpleQueue[wire.Message | RetropodError]",
    ) -> None:
        self._connection, self._name, self._payload, self._number = connection, name, payload, number
        self.request, self._answers = request, answers
        self._sent = 0
        self._held = 0

    def __enter__(self) -> "_Exchange":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self) -> None:
        """Send, or send again: the pod has read or lost the frame before by now."""
        self.settle()
        size = len(self._payload) + 11  # two delimiters, COBS code, header, CRC, delimiter
        self._connection.window.take(size)
        self._held = size
        self._sent += 1
        self._connection.transmit(self._number, self._payload)

    def first(self, patience: Patience) -> wire.Message:
        """Send until an answer comes and return it. Updates the measured round trip. Raises as `Connection.ask`."""
        trip = self._connection.round_trip
        for wait_s in patience.waits(trip.wait_s):
            begun = time.monotonic()
            self.send()
            answer = self.receive(wait_s)
            if answer is not None:
                if not patience.work_s:  # else most of the time was the pod's work
                    trip.answered(wait_s, time.monotonic() - begun if self._sent == 1 else None)
                return answer
        raise silence(self._connection.transport.url, self._connection.splitter)

    def entries(self, patience: Patience) -> list[wire.Message] | None:
        """Return the entries of a list, None if some are missing. Raises as `Connection.ask`.

        After a pause the request is repeated under its number. A pod that still works on the list ignores the repeat,
        a pod that has sent it sends `done` again: either way the entries that came count.
        """
        got: list[wire.Message] = []
        end = time.monotonic() + _LIST_S
        answer = self.first(patience)
        while answer.type != "done":
            if time.monotonic() > end:
                raise OperationFailed(f"the answer to {self._name} does not end", "restart the pod, then try again")
            got.append(answer)
            pause_s = self._connection.round_trip.wait_s + patience.work_s
            answer = self.receive(pause_s) or self.first(patience)
        return got if answer.value == len(got) else None

    def receive(self, timeout_s: float) -> wire.Message | None:
        """Return the next answer, None if none comes in time. Raises PodRefused or the error of a lost port."""
        try:
            answer = self._answers.get(timeout=timeout_s)
        except Empty:
            return None
        self.settle()
        if isinstance(answer, RetropodError):
            raise answer
        if answer.type == "error":
            raise PodRefused(self._name, answer)
        return answer

    def close(self) -> None:
        """Ignore the answers from now on."""
        self._connection.forget(self.request)
        self.settle()

    def settle(self) -> None:
        """Count the bytes sent as read or lost."""
        if self._held:
            self._connection.window.give(self._held)
            self._held = 0


class Reading:
    """A stored run read in pieces. Data is accepted by offset: an answer to an earlier request of this reading counts.

    On a link that stalls, the answer to one request arrives after the next was sent. Both are of the same run.
    """

    def __init__(self, connection: Connection, run: int) -> None:
        self._connection, self._run = connection, run
        self._answers: SimpleQueue[wire.Message | RetropodError] = SimpleQueue()
        self._open: list[_Exchange] = []

    def __enter__(self) -> "Reading":
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._open.pop().close()

    def pieces(self, offset: int, length: int, silence_s: float) -> Iterator[tuple[int, bytes]]:
        """Request `length` bytes from `offset` on and yield (offset, bytes) as they come.

        Ends with the pod's `done`, or after `silence_s` seconds without an answer. Raises PodRefused, or the error of a
        port that went away.
        """
        values = {"run": self._run, "offset": offset, "length": length}
        while len(self._open) >= _READS:
            self._open.pop(0).close()
        for earlier in self._open:
            earlier.settle()
        latest = self._connection.open("run_read", self._answers, values)
        self._open.append(latest)
        latest.send()
        while (answer := latest.receive(silence_s)) is not None:
            if answer.type == "run_data":
                yield answer.raw["offset"], answer.data
            elif answer.values.get("request") == latest.request:
                return
