"""A pod of a hundred lines behind a transport in memory. Its answers can be lost or damaged."""

import hashlib
import queue
import threading
import time
from collections.abc import Callable

from retropod.errors import NoPod
from retropod.transport.serial import PortGone
from retrowire import codec, framing, runfile, schema

_ROWS = {row[0]: row for row in codec.messages()}


def payload(message: int, **values: object) -> bytes:
    """A message's payload from raw numbers; fields left out are zero or empty."""
    filled = [
        values.get(field[0], b"" if field[1] == "*" or field[1].endswith("s") else 0) for field in codec.fields(message)
    ]
    room = bytearray(1024)
    return bytes(room[: codec.pack_into(message, filled, room, 0)])


class TinyPod:
    """Answers requests as a pod does. `mangle(index, frame)` may drop (None) or change any frame that it sends."""

    url = "tiny:"

    def __init__(
        self, run: bytes = b"", mangle: Callable[[int, bytes], bytes | None] | None = None, **hello: int
    ) -> None:
        self.run, self.mangle = run, mangle
        self.hello = {
            "major": schema.PROTOCOL_MAJOR,
            "minor": schema.PROTOCOL_MINOR,
            "fingerprint": codec.fingerprint(),
            **hello,
        }
        self.runs: dict[int, bytes] = {}  # where they differ; else three of `run`
        self.erased: list[int] = []
        self.asked: list[tuple[int, list]] = []
        self.settings = {"length_factor": "1000", "length_note": '""', "wearer": '""'}
        self.silent = False
        self.latency_s = 0.0  # from a request to its answer
        self.boot = 1
        self.prompt = b""  # echo of a key if MicroPython runs instead of a pod
        self.soft_resets = 0
        self.device_id = b"\1\2\3\4\5\6\7\10"
        self.refuse: dict[int, str] = {}
        self._sent = 0
        self._sequence = 0
        self._decoder = framing.Decoder(framing.MAX_HOST_FRAME)
        self._out: queue.SimpleQueue[tuple[float, bytes] | None] = queue.SimpleQueue()
        self._on_lost: Callable = lambda error: None

    def start(self, on_bytes: Callable, on_lost: Callable) -> None:
        self._on_lost = on_lost
        # one queue a connection: the end of one must not be taken by the next one's thread
        self._out = out = queue.SimpleQueue()

        def pump() -> None:
            while (item := out.get()) is not None:
                due_s, data = item
                if (left_s := due_s - time.monotonic()) > 0:
                    time.sleep(left_s)
                on_bytes(data)

        threading.Thread(target=pump, daemon=True).start()

    def close(self) -> None:
        self._out.put(None)

    def unplug(self) -> None:
        """The port is gone from now on. Returns None, for `mangle`."""
        self.silent = True
        self._on_lost(PortGone(self.url))

    def vanish(self) -> None:
        self._on_lost(NoPod("tiny: went away"))

    def write(self, data: bytes) -> None:
        assert len(data) <= framing.MAX_HOST_FRAME
        if data[:1] == b"\r":  # Enter: for a prompt, if one is there
            self.say(self.prompt)
            return
        if self.prompt and data[:1] in (b"\x03", b"\x04"):
            self.soft_resets += data[:1] == b"\x04"
            self.silent = data[:1] == b"\x03"
            return
        assert data.startswith(b"\0\0")
        for byte in data:
            if self._decoder.push(byte):
                self._handle(self._decoder.message, bytes(self._decoder.payload[: self._decoder.length]))

    def say(self, data: bytes) -> None:
        """Send any bytes."""
        self._out.put((time.monotonic() + self.latency_s, data))

    def send(self, message: int, **values: object) -> None:
        body = payload(message, **values)
        out = bytearray(framing.frame_size(len(body)))
        length = framing.encode_into(message, self._sequence, body, len(body), out)
        self._sequence = (self._sequence + 1) & 0xFF
        frame = bytes(out[:length])
        self._sent += 1
        if self.mangle is not None:
            frame = self.mangle(self._sent - 1, frame)
        if frame is not None:
            self.say(frame)

    def _handle(self, message: int, body: bytes) -> None:
        values = codec.unpack(message, body, 0, len(body))
        self.asked.append((message, values))
        if self.silent:
            return
        if message in self.refuse:
            code = codec.value("error", self.refuse[message])
            self.send(schema.ERROR, request=values[0], code=code, text=b"")
            return
        answers = {
            schema.HELLO_GET: self._hello,
            schema.STATUS_GET: lambda request: self.send(schema.STATUS, request=request),
            schema.RUN_LIST: self._list,
            schema.DIGEST_GET: self._digest,
            schema.RUN_READ: self._read,
            schema.RUN_ERASE: self._erase,
            schema.SETTING_GET: self._setting,
            schema.SETTING_SET: self._setting,
            schema.TIME_SET: self._time,
        }
        answers.get(message, self._done)(*values)

    def _hello(self, request: int, *_: object) -> None:
        self.send(
            schema.HELLO, request=request, device_id=self.device_id, name=b"tiny", boot_count=self.boot, **self.hello
        )

    def _list(self, request: int) -> None:
        held = self.runs or dict.fromkeys((1, 2, 3), self.run)
        for number, content in held.items():
            self.send(schema.RUN_ENTRY, request=request, run=number, size=len(content), flags=self._flags(content))
        self.send(schema.DONE, request=request, value=len(held))

    def _flags(self, content: bytes) -> int:
        """As a pod gives them: it calls a run damaged whose header it cannot read."""
        try:
            runfile.read_header(content)
        except ValueError:
            return codec.flag("run", "damaged") if self.runs else 0
        return 0

    def _digest(self, request: int, run: int) -> None:
        content = self.runs.get(run, self.run)
        sha256 = hashlib.sha256(content).digest()
        self.send(schema.DIGEST, request=request, run=run, size=len(content), sha256=sha256)

    def _erase(self, request: int, run: int, force: int, sha256: bytes) -> None:
        if not force and sha256 != hashlib.sha256(self.runs.get(run, self.run)).digest():
            self.send(schema.ERROR, request=request, code=codec.value("error", "not_verified"))
            return
        self.erased.append(run)
        self.runs.pop(run, None)
        self.send(schema.DONE, request=request, value=run)

    def _setting(self, request: int, text: bytes) -> None:
        name, _, value = text.decode().partition("=")
        if value:
            self.settings[name] = value
        self.send(schema.SETTING, request=request, text=f"{name}={self.settings[name]}".encode())
        self.send(schema.DONE, request=request, value=1)

    def _time(self, request: int, epoch_s: int, *_: object) -> None:
        self.send(schema.TIME, request=request, host_s=epoch_s, uptime_s=7, boot_count=self.boot)

    def _done(self, request: int, *_: object) -> None:
        self.send(schema.DONE, request=request)

    def _read(self, request: int, run: int, offset: int, length: int) -> None:
        content = self.runs.get(run, self.run)
        end = min(offset + length, len(content))
        for start in range(offset, end, 507):
            self.send(schema.RUN_DATA, request=request, offset=start, data=content[start : min(start + 507, end)])
        self.send(schema.DONE, request=request, value=end - offset)
