"""A bad cable that loses, changes, doubles, delays and splits bytes, all from one seed.

It can be pulled, and it can be a link that delays all bytes by a constant latency, or stores them during a freeze.
"""

import os
import random
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from retropod.virtual.ports import PtyPort

_READ_BYTES = 4096
_POLL_MS = 20
_WAITING_MS = 2  # the same while bytes are on their way
_SPLIT_S = 0.002


@dataclass(frozen=True)
class Rates:
    """Faults per byte (lost, changed or doubled, each a third), and the shares of pieces that wait or are split."""

    byte: float = 0.001
    delay: float = 0.01  # a piece waits for up to `delay_s`: longer than the silence after which a pod drops a frame
    delay_s: float = 0.08
    split: float = 0.1


class Faults:
    """Faults of the bytes of one direction. `count`: by kind."""

    def __init__(self, chance: random.Random, rate: float) -> None:
        self._chance = chance
        self._rate = rate
        self._next = self._gap()
        self.count = {"lost": 0, "changed": 0, "doubled": 0}

    def _gap(self) -> int:
        """Return the number of good bytes before the next fault."""
        return int(self._chance.expovariate(self._rate)) if self._rate else 1 << 60

    def spoil(self, data: bytes) -> bytes:
        """Return the bytes at the other end."""
        out = bytearray()
        while self._next < len(data):
            out += data[: self._next]
            out += self._hit(data[self._next])
            data = data[self._next + 1 :]
            self._next = self._gap()
        self._next -= len(data)
        return bytes(out + data)

    def _hit(self, byte: int) -> bytes:
        kind = self._chance.choice(("lost", "changed", "doubled"))
        self.count[kind] += 1
        if kind == "lost":
            return b""
        return bytes((byte, byte)) if kind == "doubled" else bytes((byte ^ 1 << self._chance.randrange(8),))


class Latency:
    """Bytes of one direction on their way, in order, each piece until its time."""

    def __init__(self, deliver: Callable[[bytes], None]) -> None:
        self._deliver = deliver
        self._pieces: deque[tuple[float, bytes]] = deque()

    @property
    def waiting(self) -> bool:
        """Return whether bytes are on their way."""
        return bool(self._pieces)

    def put(self, due_s: float, data: bytes) -> None:
        """Deliver at `due_s` of the monotonic clock."""
        if data:
            self._pieces.append((due_s, data))

    def step(self) -> None:
        """Deliver all pieces whose time has come."""
        while self._pieces and self._pieces[0][0] <= time.monotonic():
            self._deliver(self._pieces.popleft()[1])


class BadLine(threading.Thread):
    """Carries bytes between a pod's port and one of its own; `url` is the name of that, another after each plug."""

    def __init__(self, url: str, seed: int, rates: Rates, latency_s: float = 0.0) -> None:
        """`latency_s`: of each direction, in s, in addition to the delays of `rates`."""
        super().__init__(name="bad line", daemon=True)
        self.latency_s = latency_s
        self._up_way, self._down_way = Latency(self._send_to_host), Latency(self._send_to_pod)
        self._frozen_until = 0.0
        self._rates = rates
        self._chance = random.Random(seed)
        self.to_host = Faults(random.Random(seed + 1), rates.byte)
        self.to_pod = Faults(random.Random(seed + 2), rates.byte)
        self.carried = 0  # bytes that the pod has sent
        self._pod = os.open(url, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._port: PtyPort | None = None
        self._lock = threading.Lock()
        self._dead_until = 0.0
        self._ends = False
        self.plug()
        self.start()

    @property
    def url(self) -> str:
        """Return the port to open. Its name does not exist while the cable is pulled."""
        port = self._port
        return port.url if port else "/dev/pts/pulled"

    def plug(self) -> None:
        """Put the cable in."""
        with self._lock:
            if self._port is None:
                self._port = PtyPort()

    def pull(self) -> None:
        """Pull it: the host's port goes away."""
        with self._lock:
            if self._port is not None:
                self._port.close()
            self._port = None

    def mute(self, seconds: float) -> None:
        """Lose all bytes for this time."""
        self._dead_until = time.monotonic() + seconds

    def freeze(self, seconds: float) -> None:
        """Store the bytes of both directions for this time, then deliver them all."""
        self._frozen_until = time.monotonic() + seconds

    def close(self) -> None:
        """End it."""
        self._ends = True
        self.join()
        self.pull()
        os.close(self._pod)

    def run(self) -> None:
        """Carry bytes until closed."""
        while not self._ends:
            poll = select.poll()
            poll.register(self._pod, select.POLLIN)
            with self._lock:
                cable = self._port.waitable() if self._port else None
                if cable is not None:
                    poll.register(cable, select.POLLIN)
            waiting = self._up_way.waiting or self._down_way.waiting
            ready = {fd for fd, _ in poll.poll(_WAITING_MS if waiting else _POLL_MS if cable is not None else 5)}
            if self._pod in ready:
                self._up()
            with self._lock:
                data = self._port.read() if self._port and cable in ready else b""
            self._down_way.put(self._due_s(), self._passed(self.to_pod, data))
            if time.monotonic() >= self._frozen_until:
                self._down_way.step()
                self._up_way.step()

    def _due_s(self) -> float:
        return time.monotonic() + self.latency_s

    def _up(self) -> None:
        data = os.read(self._pod, self._chance.randrange(1, _READ_BYTES))
        self.carried += len(data)
        data = self._passed(self.to_host, data)
        if self._chance.random() < self._rates.split and len(data) > 1:
            at = self._chance.randrange(1, len(data))
            self._up_way.put(self._due_s(), data[:at])
            self._up_way.put(self._due_s() + _SPLIT_S, data[at:])
        else:
            self._up_way.put(self._due_s(), data)

    def _passed(self, faults: Faults, data: bytes) -> bytes:
        if not data or time.monotonic() < self._dead_until:
            return b""
        if self._chance.random() < self._rates.delay:
            time.sleep(self._chance.random() * self._rates.delay_s)
        return faults.spoil(data)

    def _send_to_host(self, data: bytes) -> None:
        while data and not self._ends:
            with self._lock:
                if self._port is None:
                    return
                data = data[self._port.write(data) :]
            if data:
                time.sleep(0.001)

    def _send_to_pod(self, data: bytes) -> None:
        while data and not self._ends:
            try:
                data = data[os.write(self._pod, data) :]
            except BlockingIOError:
                time.sleep(0.001)
