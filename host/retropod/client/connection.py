"""Requests and answers over a transport: numbers, repeats, flow limit, distribution of streams."""

import secrets
import threading
import time
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from retropod.client import frames, wire
from retropod.client.message import Message
from retropod.client.messages import DoneMessage, ErrorMessage, RunDataMessage, RunReadMessage
from retropod.client.refusals import PodRefused, is_prompt, silence
from retropod.client.roundtrip import Patience, RoundTrip
from retropod.errors import OperationFailed, RetropodError
from retrowire import schema

IN_FLIGHT_BYTES = 192  # the smallest serial ring of a pod holds 259 bytes and drops the rest without notice
_LISTS = 4  # attempts at a list that arrived with gaps
_LIST_S = 60.0  # limit of one list, in s: 200 runs take a slow pod 10 s
_READS = 8  # requests of one reading whose late answers are accepted
_CTRL_C = 3
_LEAVE_RAW_REPL = b"\r\x02"  # Enter, Ctrl-B; the app takes it for an unfinished frame and drops it
_DISCARD_INPUT = b"\x03\x02"  # Ctrl-C, Ctrl-B
_PROMPT_S = 1.0
_USUAL = Patience()
_TRIES = 32  # more than are needed: about six bytes of a frame change with its sequence number

_Answer = TypeVar("_Answer", bound=Message)


class Transport(Protocol):
    """Carrier of bytes: a serial port, a socket, a capture that is played back."""

    url: str

    def start(self, on_bytes: Any, on_lost: Any) -> None: ...
    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...


class Listener(Protocol):
    """Receiver of messages that answer no request. Runs in the reader's thread, so it must not block."""

    def message(self, message: Message) -> None: ...
    def gap(self, frames_lost: int) -> None: ...
    def lost(self, error: RetropodError) -> None: ...


class _Window:
    """Count of unacknowledged bytes. It blocks while another frame would overrun the pod's receive ring."""

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
        self.core_only: RetropodError | None = None  # the mismatch that limits this connection to the core
        self._window = _Window(IN_FLIGHT_BYTES)
        self._waiting: dict[int, tuple[tuple[type[Message], ...], SimpleQueue[Any]]] = {}
        self._lock = threading.Lock()
        self._request = secrets.randbelow(255)  # a pod may remember the last request of the previous host
        self._sequence = 0
        self._listeners: list[Listener] = []
        self._failure: RetropodError | None = None
        transport.start(self._received, self._gone)

    def close(self) -> None:
        """Close the transport."""
        self.transport.close()

    def listen(self, listener: Listener) -> None:
        """Forward each message that answers no request to `listener` from now on."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Stop forwarding messages to `listener`."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def ask(self, request: Message, answer: type[_Answer], patience: Patience = _USUAL) -> _Answer:
        """Send a request and return its answer; repeat the request under the same number until an answer arrives.

        An answer to an earlier attempt counts. Raises PodRefused, NoAnswer, ProtocolMismatch, or the error of a port
        that went away.
        """
        with self._exchange(request, (answer,)) as exchange:
            return exchange.first(patience)

    def ask_list(self, request: Message, entry: type[_Answer], patience: Patience = _USUAL) -> list[_Answer]:
        """Send a request that a list answers, and return its entries; request it again if entries are missing.

        Each entry is progress: only silence after the last entry counts as time without an answer. One list takes at
        most 60 s.
        """
        for _ in range(_LISTS):
            with self._exchange(request, (entry, DoneMessage)) as exchange:
                entries = exchange.entries(patience)
            if entries is not None:
                return [one for one in entries if isinstance(one, entry)]
        raise OperationFailed(f"the answer to {request.type} was incomplete {_LISTS} times", "check the cable")

    def ask_stream(
        self, request: Message, answers: tuple[type[_Answer], ...], pause_s: float, silence: Patience
    ) -> Iterator[_Answer]:
        """Send a request and yield its answers until `done`; repeat it under its number after pauses of `pause_s`.

        The pod ignores the repeat while it works, and sends `done` again after it has ended. Raises as `ask`, and
        NoAnswer after a pause that exceeds `silence`.
        """
        with self._exchange(request, (*answers, DoneMessage)) as exchange:
            answer = exchange.first(_USUAL)
            while not isinstance(answer, DoneMessage):
                yield answer
                answer = exchange.receive(pause_s) or exchange.first(silence)

    def reading(self, run: int) -> "Reading":
        """Return a reading of one stored run, to be used as a context manager."""
        return Reading(self, run)

    def _exchange(self, request: Message, expected: tuple[type[_Answer], ...]) -> "Exchange[_Answer]":
        return self.open(request, expected, SimpleQueue())

    def open(
        self,
        request: Message,
        expected: tuple[type[_Answer], ...],
        answers: "SimpleQueue[_Answer | ErrorMessage | RetropodError]",
    ) -> "Exchange[_Answer]":
        """Number a request. From now on, put its refusal and its answers of the `expected` classes into `answers`.

        Raises ProtocolMismatch if the pod does not know the request.
        """
        layout = wire.by_name(request.type)
        if self.core_only is not None and not wire.is_core(layout.id):
            raise self.core_only
        with self._lock:
            self._request = self._request % 255 + 1
            while self._request in self._waiting or self._request == _CTRL_C:
                self._request = self._request % 255 + 1
            payload = layout.encode({**request.values, "request": self._request})
            self._waiting[self._request] = (*expected, ErrorMessage), answers
            return Exchange(self, request.type, payload, layout.id, self._request, answers)

    def transmit(self, number: int, payload: bytes) -> int:
        """Send one frame now and return its size in bytes. Raises the error of a port that went away."""
        if self._failure is not None:
            raise self._failure
        with self._lock:
            frame = self._frame(number, payload)
            self.transport.write(frame)
            self.sent_bytes += len(frame)
            self.requests += 1
        return len(frame)

    def _frame(self, number: int, payload: bytes) -> bytes:
        """Return the next frame. Choose a sequence number that keeps byte 3 (Ctrl-C) out of it, if there is one.

        Byte 3 ends the program of a board that is starting, or that runs another program.
        """
        frame = b""
        for _ in range(_TRIES):
            self._sequence = (self._sequence + 1) & 0xFF
            frame = frames.build(number, self._sequence, payload)
            if _CTRL_C not in frame:
                break
        return frame

    def at_prompt(self) -> bool:
        """Return whether a MicroPython prompt answers. An app that runs is not disturbed.

        A prompt takes a frame for key presses. Some complete names, or open paste mode or the raw REPL. So bytes that
        arrived in answer to frames prove nothing. `splitter.text` holds the prompt afterwards.
        """
        self.splitter.forget()
        self.transport.write(_LEAVE_RAW_REPL)
        end = time.monotonic() + _PROMPT_S
        while not (found := is_prompt(self.splitter.text)) and time.monotonic() < end:
            time.sleep(0.02)
        if found:
            self.transport.write(_DISCARD_INPUT)
        return found

    def forget(self, request: int) -> None:
        """Drop answers to this request from now on."""
        with self._lock:
            self._waiting.pop(request, None)

    @property
    def window(self) -> _Window:
        """The count of unacknowledged bytes."""
        return self._window

    # In the reader's thread:

    def _received(self, data: bytes) -> None:
        for frame in self.splitter.feed(data):
            if frame.lost:
                for listener in tuple(self._listeners):
                    listener.gap(frame.lost)
            message = self._decoded(frame)
            if message is not None:
                self._deliver(message)

    def _decoded(self, frame: frames.Frame) -> Message | None:
        layout = wire.layouts(self.minor).get(frame.id)
        if frame.id >= schema.HELLO_GET:
            return None  # a request of this host: a REPL echoes
        try:
            if layout is not None:
                return layout.decode(frame.payload)
        except wire.WireError:
            pass
        self.unknown += 1
        return None

    def _deliver(self, message: Message) -> None:
        """Forward an answer to its request, and any other message to the listeners.

        Drop an answer of a class that the request does not expect. It belongs to a request that was given up, or to
        one of a killed host that used the same number.
        """
        request = message.raw.get("request", 0)
        if request:
            expected, answers = self._waiting.get(request, ((), None))
            if answers is not None and isinstance(message, expected):
                answers.put(message)
            return
        for listener in tuple(self._listeners):
            listener.message(message)

    def _gone(self, error: RetropodError) -> None:
        self._failure = error
        for _, answers in tuple(self._waiting.values()):
            answers.put(error)
        for listener in tuple(self._listeners):
            listener.lost(error)


class Exchange(Generic[_Answer]):
    """One request: sends, repeats and receives under one number, and releases its bytes at the end."""

    def __init__(
        self,
        connection: Connection,
        name: str,
        payload: bytes,
        number: int,
        request: int,
        answers: "SimpleQueue[_Answer | ErrorMessage | RetropodError]",
    ) -> None:
        self._connection, self._name, self._payload, self._number = connection, name, payload, number
        self.request, self._answers = request, answers
        self._sent = 0
        self._unacknowledged = 0

    def __enter__(self) -> "Exchange[_Answer]":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self) -> None:
        """Send, or send again: the pod has read or lost the previous frame by now."""
        self.settle()
        size = len(self._payload) + 11  # two delimiters, COBS code, header, CRC, delimiter
        self._connection.window.take(size)
        self._unacknowledged = size
        self._sent += 1
        self._connection.transmit(self._number, self._payload)

    def first(self, patience: Patience) -> _Answer:
        """Send until an answer arrives and return it. Update the measured round trip. Raises as `Connection.ask`."""
        trip = self._connection.round_trip
        for wait_s in patience.waits(trip.wait_s):
            begun = time.monotonic()
            self.send()
            answer = self.receive(wait_s)
            if answer is not None:
                if not patience.work_s:  # otherwise most of the time was the pod's work
                    trip.answered(wait_s, time.monotonic() - begun if self._sent == 1 else None)
                return answer
        raise silence(self._connection.transport.url, self._connection.splitter)

    def entries(self, patience: Patience) -> list[_Answer] | None:
        """Return the entries of a list, None if some are missing. Raises as `Connection.ask`.

        After a pause the request is repeated under its number. A pod that still works on the list ignores the repeat.
        A pod that has sent it sends `done` again. Either way the entries that arrived count.
        """
        got: list[_Answer] = []
        end = time.monotonic() + _LIST_S
        answer = self.first(patience)
        while not isinstance(answer, DoneMessage):
            if time.monotonic() > end:
                raise OperationFailed(f"the answer to {self._name} does not end", "restart the pod, then try again")
            got.append(answer)
            pause_s = self._connection.round_trip.wait_s + patience.work_s
            answer = self.receive(pause_s) or self.first(patience)
        return got if answer.value == len(got) else None

    def receive(self, timeout_s: float) -> _Answer | None:
        """Return the next answer, None if none arrives in time. Raises PodRefused or the error of a lost port."""
        try:
            answer = self._answers.get(timeout=timeout_s)
        except Empty:
            return None
        self.settle()
        if isinstance(answer, RetropodError):
            raise answer
        if isinstance(answer, ErrorMessage):
            raise PodRefused(self._name, answer)
        return answer

    def close(self) -> None:
        """Ignore the answers from now on."""
        self._connection.forget(self.request)
        self.settle()

    def settle(self) -> None:
        """Count the bytes sent as read or lost."""
        if self._unacknowledged:
            self._connection.window.give(self._unacknowledged)
            self._unacknowledged = 0


class Reading:
    """A stored run read in pieces. Data is accepted by offset: an answer to an earlier request of this reading counts.

    On a link that stalls, the answer to one request arrives after the next was sent. Both are of the same run.
    """

    def __init__(self, connection: Connection, run: int) -> None:
        self._connection, self._run = connection, run
        self._answers: SimpleQueue[RunDataMessage | DoneMessage | ErrorMessage | RetropodError] = SimpleQueue()
        self._open: list[Exchange[RunDataMessage | DoneMessage]] = []

    def __enter__(self) -> "Reading":
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._open.pop().close()

    def pieces(self, offset: int, length: int, silence_s: float) -> Iterator[tuple[int, bytes]]:
        """Request `length` bytes from `offset` on and yield (offset, bytes) as they arrive.

        Ends with the pod's `done`, or after `silence_s` seconds without an answer. Raises PodRefused, or the error of a
        port that went away.
        """
        request = RunReadMessage(run=self._run, offset=offset, length=length)
        while len(self._open) >= _READS:
            self._open.pop(0).close()
        for earlier in self._open:
            earlier.settle()
        latest = self._connection.open(request, (RunDataMessage, DoneMessage), self._answers)
        self._open.append(latest)
        latest.send()
        while (answer := latest.receive(silence_s)) is not None:
            if isinstance(answer, RunDataMessage):
                yield answer.raw["offset"], answer.data
            elif answer.request == latest.request:
                return
