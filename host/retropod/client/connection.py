"""Requests and answers over a transport: numbers, repeats, flow limit, distribution of streams."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from retropod.client import frames, wire
from retropod.client.message import Message
from retropod.client.messages import DoneMessage, ErrorMessage, RunDataMessage, RunReadMessage
from retropod.client.refusals import NoAnswer, PodRefused, is_prompt, silence, wrong_answers
from retropod.client.roundtrip import TOTAL_S, Patience, RoundTrip
from retropod.errors import OperationFailed, RetropodError
from retrowire import schema

IN_FLIGHT_BYTES = 192  # the smallest serial ring of a pod holds 259 bytes and drops the rest without notice
_LISTS = 4  # attempts at a list that arrived with gaps
_LIST_S = 60.0  # limit of one list with all attempts, in s: 200 runs take a slow pod 10 s
_STREAM_S = 120.0  # limit of one stream of answers, in s: a self-test waits up to 15 s for rest
_ENTRIES = 4096  # limit of the answers to one request: a flash of 16 MB holds fewer files
_READS = 8  # requests for stored data whose late answers are accepted
_PIECE_BYTES = 16  # counted for each piece in addition to its data, so that empty pieces are not free
_CTRL_C = 3
_LEAVE_RAW_REPL = b"\r\x02"  # Enter, Ctrl-B; the app takes it for an unfinished frame and drops it
_DISCARD_INPUT = b"\x03\x02"  # Ctrl-C, Ctrl-B
_PROMPT_S = 1.0
_MARGIN = 1.5  # of a next wait over the time from the first sending to an answer that may belong to it
_SLACK_BYTES = 1 << 13  # pieces that a pod with smaller blocks needs in addition
_USUAL = Patience()
_TRIES = 32  # more than are needed: about six bytes of a frame change with its sequence number

_Answer = TypeVar("_Answer", bound=Message)
_Span = tuple[int, int]  # [start, end) of the bytes of a run that a request asked for


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

    def take(self, count: int, timeout_s: float) -> bool:
        with self._changed:
            if not self._changed.wait_for(lambda: self._free >= count, timeout_s):
                return False
            self._free -= count
            return True

    def give(self, count: int) -> None:
        with self._changed:
            self._free += count
            self._changed.notify_all()


class _Waiter:
    """A request that expects answers. Without a queue, its answers are late, and nothing needs them."""

    def __init__(
        self, expected: tuple[type[Message], ...], answers: "SimpleQueue[Any] | None", fits: Callable[[Any], bool]
    ) -> None:
        self.expected, self.answers, self.fits = (*expected, ErrorMessage), answers, fits
        self.unexpected = 0


class _Late(NamedTuple):
    """A request for the bytes `span` of a run, whose reading has ended before its answer."""

    run: int
    span: _Span


class Connection:
    """Frames over one transport. Thread-safe; answers find their request by its number."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.splitter = frames.Splitter()
        self.unknown = 0  # whole frames that this host has no layout for, or that were too short for theirs
        self.unexpected = 0  # whole messages that answer no request, or not in the way that it expects
        self.sent_bytes = 0
        self.requests = 0  # frames sent, repeats included
        self.round_trip = RoundTrip()
        self.minor = schema.PROTOCOL_MINOR
        self.core_only: RetropodError | None = None  # the mismatch that limits this connection to the core
        self._window = _Window(IN_FLIGHT_BYTES)
        self._waiting: dict[int, _Waiter] = {}
        self._late: dict[int, _Late] = {}
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

    def ask(
        self,
        request: Message,
        answer: type[_Answer],
        patience: Patience = _USUAL,
        fits: Callable[[_Answer], bool] = lambda answer: True,
    ) -> _Answer:
        """Send a request and return its answer; repeat the request under the same number until an answer arrives.

        An answer to an earlier attempt counts. An answer of another class, or for which `fits` is false, does not.
        Raises PodRefused, NoAnswer, ProtocolMismatch, or the error of a port that went away.
        """
        with self.open(request, (answer,), SimpleQueue(), fits) as exchange:
            return exchange.first(patience)

    def ask_list(self, request: Message, entry: type[_Answer], patience: Patience = _USUAL) -> list[_Answer]:
        """Send a request that a list answers, and return its entries; request it again if entries are missing.

        Each new entry is progress: only the time after the last one counts as time without an answer. All attempts
        together take at most 60 s.
        """
        end = time.monotonic() + _LIST_S
        for _ in range(_LISTS):
            with self._exchange(request, (entry, DoneMessage)) as exchange:
                entries = exchange.entries(patience, end)
            if entries is not None:
                return [one for one in entries if isinstance(one, entry)]
        raise OperationFailed(f"the answer to {request.type} was incomplete {_LISTS} times", "check the cable")

    def ask_stream(
        self, request: Message, answers: tuple[type[_Answer], ...], pause_s: float, silence: Patience
    ) -> Iterator[_Answer]:
        """Send a request and yield its answers until `done`; repeat it under its number after pauses of `pause_s`.

        The pod ignores the repeat while it works, and sends `done` again after it has ended. Raises as `ask`, NoAnswer
        after a pause that exceeds `silence`, and OperationFailed after 120 s.
        """
        with self._exchange(request, (*answers, DoneMessage)) as exchange:
            end = time.monotonic() + _STREAM_S
            answer = exchange.first(_USUAL)
            for _ in range(_ENTRIES):
                if isinstance(answer, DoneMessage):
                    return
                yield answer
                if time.monotonic() > end:
                    break
                answer = exchange.receive(pause_s) or exchange.first(silence)
        raise _endless(request.type)

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
        fits: Callable[[_Answer], bool] = lambda answer: True,
    ) -> "Exchange[_Answer]":
        """Number a request. From now on, put its refusal and its answers that are expected into `answers`.

        `expected`: their classes; `fits`: further condition. Raises ProtocolMismatch if the pod does not know the
        request, and UsageError if the pod cannot receive a frame of that length.
        """
        layout = wire.by_name(request.type)
        if self.core_only is not None and not wire.is_core(layout.id):
            raise self.core_only
        with self._lock:
            self._request = self._request % 255 + 1
            while self._request in self._waiting or self._request == _CTRL_C:
                self._request = self._request % 255 + 1
            payload = layout.encode({**request.values, "request": self._request})
            frames.build(layout.id, 0, payload)
            self._waiting[self._request] = _Waiter(expected, answers, fits)
            return Exchange(self, request.type, payload, layout.id, self._request, answers)

    def adopt(self, run: int, answers: "SimpleQueue[Any]") -> dict[int, _Span]:
        """Put late data of this run into `answers`. Return the requests, by number, with the bytes they asked for."""
        with self._lock:
            found = {number: late.span for number, late in self._late.items() if late.run == run}
            for number in found:
                del self._late[number]
                self._waiting[number].answers = answers
        return found

    def retire(self, run: int, asked: dict[int, _Span]) -> None:
        """Store the requests of a reading that has ended, because their data may still arrive. Drop older ones."""
        with self._lock:
            for number, span in asked.items():
                self._waiting[number].answers = None
                self._late[number] = _Late(run, span)
            while len(self._late) > _READS:
                oldest = next(iter(self._late))
                del self._late[oldest], self._waiting[oldest]

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

    def silence(self, request: int) -> NoAnswer:
        """Return the error for a request that got no answer, or none that it expects."""
        waiter = self._waiting.get(request)
        if waiter is not None and waiter.unexpected:
            return wrong_answers(self.transport.url, waiter.unexpected)
        return silence(self.transport.url, self.splitter)

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

        Count and drop an answer that no request expects. It belongs to a request that was given up, or to one of a
        killed host that used the same number.
        """
        request = message.raw.get("request", 0)
        if not request:
            for listener in tuple(self._listeners):
                listener.message(message)
            return
        waiter = self._waiting.get(request)
        if waiter is None or not isinstance(message, waiter.expected):
            self._reject(waiter)
        elif isinstance(message, ErrorMessage) or waiter.fits(message):
            if waiter.answers is not None:
                waiter.answers.put(message)
        else:
            self._reject(waiter)

    def _reject(self, waiter: _Waiter | None) -> None:
        self.unexpected += 1
        if waiter is not None:
            waiter.unexpected += 1

    def _gone(self, error: RetropodError) -> None:
        self._failure = error
        for waiter in tuple(self._waiting.values()):
            if waiter.answers is not None:
                waiter.answers.put(error)
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
        """Send, or send again: the pod has read or lost the previous frame by now.

        Raises NoAnswer if requests of other threads that get no answer leave no room for it in 8 s.
        """
        self.settle()
        size = len(self._payload) + 11  # two delimiters, COBS code, header, CRC, delimiter
        if not self._connection.window.take(size, TOTAL_S):
            raise self._connection.silence(self.request)
        self._unacknowledged = size
        self._sent += 1
        self._connection.transmit(self._number, self._payload)

    def first(self, patience: Patience) -> _Answer:
        """Send until an answer arrives and return it. Update the measured round trip. Raises as `Connection.ask`."""
        trip = self._connection.round_trip
        first = time.monotonic()
        for wait_s in patience.waits(trip.wait_s):
            begun = time.monotonic()
            self.send()
            answer = self.receive(wait_s)
            if answer is not None:
                if not patience.work_s:  # otherwise most of the time was the pod's work
                    now = time.monotonic()
                    trip.answered(max(wait_s, _MARGIN * (now - first)), now - begun if self._sent == 1 else None)
                return answer
        raise self._connection.silence(self.request)

    def entries(self, patience: Patience, end: float) -> list[_Answer] | None:
        """Return the entries of a list, None if some are missing. Raises as `Connection.ask`.

        After a pause the request is repeated under its number. A pod that still works on the list ignores the repeat.
        A pod that has sent it sends `done` again. Either way the entries that arrived count. Raises OperationFailed at
        the time `end`, and if no new entry arrives within the patience.
        """
        got: list[_Answer] = []
        seen: dict[_Answer, None] = {}
        new_at = time.monotonic()
        answer = self.first(patience.until(end))
        while not isinstance(answer, DoneMessage):
            got.append(answer)
            now = time.monotonic()
            if answer not in seen:
                seen[answer], new_at = None, now
            if now > min(end, new_at + patience.total_s) or len(got) > _ENTRIES:
                raise _endless(self._name)
            pause_s = self._connection.round_trip.wait_s + patience.work_s
            answer = self.receive(pause_s) or self.first(patience.until(end))
        return next((list(entries) for entries in (got, seen) if len(entries) == answer.value), None)

    def receive(self, timeout_s: float) -> _Answer | None:
        """Return the next answer, None if none arrives in time. Raises PodRefused or the error of a lost port."""
        end = time.monotonic() + timeout_s
        while True:
            try:
                answer = self._answers.get(timeout=max(end - time.monotonic(), 0.0))
            except Empty:
                return None
            if isinstance(answer, ErrorMessage) and answer.request != self.request:
                continue  # the late refusal of an earlier request of the same reading
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
    """A stored run read in pieces. Data is accepted by run and offset, whatever the number of its request.

    On a link that stalls, the answer to one request arrives after the next was sent, or after this host has ended one
    reading and begun another of the same run.
    """

    def __init__(self, connection: Connection, run: int) -> None:
        self._connection, self._run = connection, run
        self._answers: SimpleQueue[RunDataMessage | DoneMessage | ErrorMessage | RetropodError] = SimpleQueue()
        self._asked = connection.adopt(run, self._answers)

    def __enter__(self) -> "Reading":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.retire(self._run, self._asked)
        self._asked = {}

    def pieces(self, offset: int, length: int, silence_s: float) -> Iterator[tuple[int, bytes]]:
        """Request `length` bytes from `offset` on and yield (offset, bytes) as they arrive.

        Ends with the pod's `done`, after `silence_s` seconds without an answer, or when twice the requested bytes have
        arrived. Raises PodRefused, or the error of a port that went away.
        """
        request = RunReadMessage(run=self._run, offset=offset, length=length)
        while len(self._asked) >= _READS:
            oldest = next(iter(self._asked))
            del self._asked[oldest]
            self._connection.forget(oldest)
        latest = self._connection.open(request, (RunDataMessage, DoneMessage), self._answers)
        self._asked[latest.request] = (offset, offset + length)
        try:
            latest.send()
            yield from self._arriving(latest, silence_s)
        finally:
            latest.settle()

    def _arriving(
        self, latest: "Exchange[RunDataMessage | DoneMessage]", silence_s: float
    ) -> Iterator[tuple[int, bytes]]:
        left = 2 * sum(end - start + _PIECE_BYTES for start, end in self._asked.values()) + _SLACK_BYTES
        while left > 0 and (answer := latest.receive(silence_s)) is not None:
            data = answer.data if isinstance(answer, RunDataMessage) else b""
            left -= len(data) + _PIECE_BYTES
            if isinstance(answer, DoneMessage):
                if answer.request == latest.request:
                    return
                continue
            at, (start, end) = answer.raw["offset"], self._asked.get(answer.request, (0, 0))
            if data and start <= at and at + len(data) <= end:
                yield at, data
            else:
                self._connection.unexpected += 1


def _endless(name: str) -> OperationFailed:
    return OperationFailed(f"the answer to {name.replace('_', ' ')} does not end", "restart the pod, then try again")
