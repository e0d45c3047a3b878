"""A pod that lies: it answers with wrong types, numbers, lengths and sizes, without end, or with anything.

`LIES` has each kind by name. A fuzzer can give a LyingPod any other function of these two forms:

- an answer: `lie(message, values)` returns the messages to send instead of one true message;
- a flood: `lie(pod, request)` yields bytes, which are sent until the host closes the port or asks something else.
"""

import itertools
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from host.tinypod import TinyPod, payload
from retropod.client import connection
from retropod.client import pod as client
from retropod.client.roundtrip import Patience
from retropod.runs import download
from retrowire import codec, framing, schema

Values = dict[str, Any]
Answer = Callable[[int, Values], Iterable[tuple[int, Values]]]
_NUMBERS = {row[0]: [field[0] for field in codec.fields(row[0]) if field[1] in schema.NONE] for row in codec.messages()}
ANSWERS = [row[0] for row in codec.messages() if row[0] < schema.HELLO_GET]
_PAUSE_S = 0.001  # between two portions of a flood


_WAITS = (
    (connection, "_LIST_S"),
    (connection, "_STREAM_S"),
    (connection, "_PROMPT_S"),
    (client, "_PAUSE_S"),
    (download, "_SILENCE_S"),
    (download, "_LONGEST_SILENCE_S"),
    (download, "_REVIVE_S"),
    (download, "_PATIENCE_S"),
    (download, "_WITHIN_S"),
)


def shorten_waits(factor: float, assign: Callable[[Any, str, Any], None] = setattr) -> None:
    """Multiply all waits of the host for a pod by `factor`. `assign`: setattr, or one that can be undone."""
    waits = Patience.waits
    assign(Patience, "waits", lambda *args: (wait_s * factor for wait_s in waits(*args)))
    for module, name in _WAITS:
        assign(module, name, getattr(module, name) * factor)


class LyingPod(TinyPod):
    """A TinyPod that tells the truth in its Hello if `greets`, and lies in all else."""

    def __init__(self, lie: "Answer | Flood", run: bytes = b"", greets: bool = True) -> None:
        super().__init__(run)
        self._lie, self._greets = lie, greets
        self._asks = 0  # counts requests, and the closing of the port: a flood of an earlier one ends
        self._truth = False

    def write(self, data: bytes) -> None:
        for byte in data:
            if self._decoder.push(byte):
                self._handle(self._decoder.message, bytes(self._decoder.payload[: self._decoder.length]))

    def close(self) -> None:
        self._asks += 1
        super().close()

    def send(self, message: int, **values: Any) -> None:
        if self._truth or isinstance(self._lie, Flood):
            super().send(message, **values)
            return
        for other, changed in self._lie(message, values):
            super().send(other, **changed)

    def _handle(self, message: int, body: bytes) -> None:
        self._truth = message == schema.HELLO_GET and self._greets
        self._asks += 1
        if isinstance(self._lie, Flood) and not self._truth:
            self.asked.append((message, codec.unpack(message, body, 0, len(body))))
            threading.Thread(target=self._pour, args=(self._lie, body[0], self._asks), daemon=True).start()
            return
        super()._handle(message, body)

    def _setting(self, request: int, text: bytes) -> None:
        name = text.decode().partition("=")[0]
        self.settings.setdefault(name, "1")
        super()._setting(request, text)

    def _pour(self, flood: "Flood", request: int, asked: int) -> None:
        for data in flood.pour(request):
            if self._asks != asked:
                return
            self.say(data)
            time.sleep(flood.pause_s)

    def frame(self, message: int, **values: Any) -> bytes:
        """Return a valid frame without sending it."""
        return frame(message, **values)


class Flood:
    """Bytes without end in answer to one request, with a pause after each portion."""

    def __init__(self, pour: Callable[[int], Iterator[bytes]], pause_s: float = _PAUSE_S) -> None:
        self.pour, self.pause_s = pour, pause_s


def frame(message: int, sequence: int = 0, **values: Any) -> bytes:
    """Return a valid frame."""
    body = payload(message, **values)
    out = bytearray(framing.frame_size(len(body)))
    return bytes(out[: framing.encode_into(message, sequence, body, len(body), out)])


def _answer(*of: int) -> Callable[[Callable[[Values], Values]], Answer]:
    """Make a lie of a function that changes the values of the messages `of`, or of every message."""

    def make(change: Callable[[Values], Values]) -> Answer:
        return lambda message, values: [(message, change(values) if not of or message in of else values)]

    return make


def _extreme(highest: bool) -> Answer:
    def lie(message: int, values: Values) -> list[tuple[int, Values]]:
        limits = {name: (1 << 32 if highest else -(1 << 32)) for name in _NUMBERS[message] if name != "request"}
        return [(message, {**values, **limits})]  # the codec cuts each number to the limit of its field

    return lie


def _unknown(message: int, values: Values) -> list[tuple[int, Values]]:
    fields = {field[0]: schema.NONE[field[1]] for field in codec.fields(message) if field[1] in schema.NONE}
    return [(message, {**fields, **values})]


def _every_type(message: int, values: Values) -> list[tuple[int, Values]]:
    request = values.get("request", 0)
    kinds = [kind for kind in ANSWERS if kind not in (message, schema.ERROR)]
    return [(kind, {"request": request} if "request" in _NUMBERS[kind] else {}) for kind in kinds]


def _random(seed: int) -> Iterator[bytes]:
    chance = random.Random(seed)
    while True:
        yield chance.randbytes(chance.randrange(1, 700))


def _slow_bytes(request: int) -> Iterator[bytes]:
    for data in itertools.cycle(frame(schema.RUN_ENTRY, request=request, run=1)):
        yield bytes((data,))


def _texts(text: bytes) -> Answer:
    return _answer()(lambda values: {**values, **({"text": text} if "text" in values else {"name": text[:16]})})


def _only_known(lie: Answer) -> Answer:
    """Drop values of fields that a message does not have."""

    def known(message: int, values: Values) -> list[tuple[int, Values]]:
        fields = {field[0] for field in codec.fields(message)}
        return [(other, {name: value for name, value in changed.items() if other != message or name in fields})
                for other, changed in lie(message, values)]  # fmt: skip

    return known


LIES: dict[str, Answer | Flood] = {
    "done instead of an answer": lambda message, values: [(schema.DONE, {"request": values.get("request", 0)})],
    "every other type": _every_type,
    "an unknown refusal": lambda message, values: [
        (schema.ERROR, {"request": values.get("request", 0), "code": 250, "detail": -1, "text": b"\xff\x1b[31m\n"})
    ],
    "everything three times": lambda message, values: [(message, values)] * 3,
    "no end of a list": lambda message, values: [] if message == schema.DONE else [(message, values)],
    "a wrong count": _answer(schema.DONE)(lambda values: {**values, "value": 7}),
    "a huge count": _answer(schema.DONE)(lambda values: {**values, "value": 0xFFFFFFFF}),
    "the highest numbers": _extreme(True),
    "the lowest numbers": _extreme(False),
    "unknown numbers": _unknown,
    "another run": _answer(schema.DIGEST, schema.RUN_ENTRY)(lambda values: {**values, "run": 77}),
    "offsets that overlap": _answer(schema.RUN_DATA)(lambda values: {**values, "offset": values["offset"] // 2}),
    "offsets beyond the end": _answer(schema.RUN_DATA)(lambda values: {**values, "offset": 0xFFFFFF00}),
    "empty pieces": _answer(schema.RUN_DATA)(lambda values: {**values, "data": b""}),
    "other request numbers": _answer()(lambda values: {**values, "request": values.get("request", 0) % 255 + 1}),
    "no request number": _answer()(lambda values: {**values, "request": 0}),
    "a huge size": _answer(schema.RUN_ENTRY, schema.DIGEST)(lambda values: {**values, "size": 0xFFFFFFFE}),
    "a size of nothing": _answer(schema.RUN_ENTRY, schema.DIGEST)(lambda values: {**values, "size": 0}),
    "a wrong digest": _answer(schema.DIGEST)(lambda values: {**values, "sha256": bytes(32)}),
    "a text that is not a number": _only_known(_texts(b"length_factor=NaN")),
    "a text that overflows": _only_known(_texts(b"length_factor=1e999")),
    "a text of another form": _only_known(_texts(b"length_factor=[{\"\xff\x1b[2J\":" + b"[" * 60)),
    "an empty text": _only_known(_texts(b"")),
    "entries without end": Flood(
        lambda request: (frame(schema.RUN_ENTRY, request=request, run=run) for run in itertools.count())
    ),
    "the same entry without end": Flood(
        lambda request: itertools.repeat(frame(schema.RUN_ENTRY, request=request, run=1))
    ),
    "settings without end": Flood(
        lambda request: itertools.repeat(frame(schema.SETTING, request=request, text=b"wearer=1"))
    ),
    "tests without end": Flood(
        lambda request: itertools.repeat(frame(schema.CHECK, request=request, item=1, text=b"bus"))
    ),
    "the same piece without end": Flood(
        lambda request: itertools.repeat(frame(schema.RUN_DATA, request=request, offset=0, data=b"x" * 100))
    ),
    "frames of a stream without end": Flood(
        lambda request: (frame(schema.STRIDE, number & 0xFF, number=number) for number in itertools.count())
    ),
    "payloads that are cut off": Flood(
        lambda request: itertools.repeat(_raw_frame(schema.STATUS, bytes((request, 0, 0))))
    ),
    "unknown messages": Flood(lambda request: itertools.repeat(_raw_frame(0x3F, bytes((request,)) * 9))),
    "a byte at a time": Flood(_slow_bytes, 0.01),
    "noise": Flood(_random),
    "noise without a delimiter": Flood(lambda request: itertools.repeat(b"\x55" * 4096)),
    "delimiters": Flood(lambda request: itertools.repeat(bytes(4096))),
}  # fmt: skip


def _raw_frame(message: int, body: bytes) -> bytes:
    out = bytearray(framing.frame_size(len(body)))
    return bytes(out[: framing.encode_into(message, 0, body, len(body), out)])
