"""Forwards bytes between the host's cable and the pod's console, and prints the boot messages of a board.

It never blocks the pod permanently. While no program has the cable open, the output of the pod is lost, as on a serial
line. While a program has it open and does not read, the pod waits for a bounded time. After that bytes are lost and
counted.
"""

import os
import select
import threading
import time
from collections.abc import Callable

from retropod.virtual.child import ChildConsole
from retropod.virtual.ports import Port
from retropod.virtual.repl_filter import Screen
from retropod.virtual.throttle import Throttle
from retropod.virtual.uartline import heard

_BUFFER_BYTES = 1 << 16
_UART_RING_BYTES = 259  # size of the ESP32's stdin ring, which drops the rest silently
_STUCK_S = 2.0  # longest wait of the pod for a host that does not read
_LEAVES_S = 0.2  # time for the bytes on the line when the pod changes its rate
_IDLE_MS = 20  # interval of the checks for a program that opens the cable


class Relay(threading.Thread):
    """The thread that forwards the bytes. `events` is the descriptor of the pod's out-of-band lines."""

    def __init__(
        self,
        port: Port,
        console: ChildConsole,
        events: int,
        on_event: Callable[[bytes], None],
        on_end: Callable[[bool], None],
        baud: int | None = None,
        backpressure: bool = False,
        on_host_bytes: Callable[[bytes], None] = lambda data: None,
    ) -> None:
        super().__init__(name="virtual pod relay", daemon=True)
        self.screen = Screen()
        self.dropped_to_host = 0
        self.dropped_to_pod = 0
        self._port = port
        self._console = console
        self._events = events
        self._on_event = on_event
        self._on_end = on_end
        self._on_host_bytes = on_host_bytes
        self._line = b""
        self._to_host = bytearray()
        self._to_pod = bytearray()
        self._up = Throttle(baud)
        self._down = Throttle(baud)
        self._ring = _UART_RING_BYTES if baud else None
        self._pod_rate: int | None = None  # None: the rate of the host's end
        self._patience_s = _STUCK_S if backpressure else 0.0
        self._moved_at = time.monotonic()
        self._wake_read, self._wake_write = os.pipe()
        self._child_ended: int | None = None
        self._interrupt: Callable[[], bool] = lambda: False
        self._stopping = False

    # -- called by the pod

    def attach(self, ended: int, interrupt: Callable[[], bool]) -> None:
        """A new child runs on the console."""
        self._child_ended, self._interrupt = ended, interrupt
        self.wake()

    def enter_raw_repl(self) -> None:
        """Before a child starts that is to come up in the raw REPL: Ctrl-A goes before all that waits unread."""
        self._to_pod[:0] = self._console.take_back()
        self._console.write(b"\x01")

    def print(self, data: bytes) -> None:
        """Put bytes on the line as if the pod's ROM had written them."""
        self._to_host += data

    def set_pod_rate(self, baud: int) -> None:
        """The pod's UART runs at `baud` from now on and hears rubbish from a host at another. By this thread only."""
        self._to_host += self.screen.pass_on(self._console.read())
        deadline = time.monotonic() + _LEAVES_S
        while self._to_host and time.monotonic() < deadline:
            self._push_to_host()
            time.sleep(0.0005)
        self.start_at(baud)

    def start_at(self, baud: int) -> None:
        """A processor starts whose UART runs at `baud`."""
        self._pod_rate = baud
        self._up.set_baud(baud)

    def _follow_host(self) -> None:
        if self._pod_rate is not None:
            self._down.set_baud(self._port.rate())

    def wake(self) -> None:
        """Look at everything again."""
        os.write(self._wake_write, b"!")

    def stop(self) -> None:
        """End the thread and give its descriptors back."""
        self._stopping = True
        self.wake()
        if self.ident is not None:
            self.join(timeout=10)
        os.close(self._wake_read)
        os.close(self._wake_write)

    # -- the loop

    def run(self) -> None:
        """Carry bytes until stopped."""
        while not self._stopping:
            ready = self._wait()
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            self._carry()
            if self._events in ready:
                self._serve_events()
            if self._child_ended is not None and self._child_ended in ready:
                self._bury()

    def _wait(self) -> set[int]:
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        poll.register(self._events, select.POLLIN)
        if self._child_ended is not None:
            poll.register(self._child_ended, select.POLLIN)
        timeout = self._watch_line(poll)
        return {fd for fd, _ in poll.poll(timeout)}

    def _watch_line(self, poll: select.poll) -> int | None:
        """Register console and cable for what can move now; return for how long to wait at most, ms."""
        cable = self._port.waitable()
        child = 0
        if len(self._to_host) < _BUFFER_BYTES:
            child |= select.POLLIN
        # Asked once: a line that may carry a byte only now must not be waited for as if it had nothing to carry.
        down_ms = self._down.waits_ms() if self._to_pod else 0
        up_ms = self._up.waits_ms() if self._to_host else 0
        if self._to_pod and down_ms == 0 and not self.screen.coming_up_raw:
            child |= select.POLLOUT
        if child:
            poll.register(self._console.master, child)
        if cable is None:
            return _IDLE_MS
        wanted = select.POLLIN if len(self._to_pod) < _BUFFER_BYTES else 0
        if self._to_host and up_ms == 0:
            wanted |= select.POLLOUT
        if wanted:
            try:
                poll.register(cable, wanted)
            except ValueError:  # The other end has just closed the socket.
                return 0
        return max(up_ms, down_ms) or 200

    def _carry(self) -> None:
        if len(self._to_pod) < _BUFFER_BYTES:
            data = self._port.read()
            self._on_host_bytes(data)
            self._to_pod += data
        self._push_to_pod()
        if len(self._to_host) < _BUFFER_BYTES:
            self._to_host += self.screen.pass_on(self._console.read())
        self._push_to_host()

    def _push_to_host(self) -> None:
        size = self._up.allows(len(self._to_host))
        if not size:
            return
        sent = self._write_to_host(bytes(self._to_host[:size]))
        del self._to_host[:sent]
        self._up.used(sent)
        now = time.monotonic()
        if sent:
            self._moved_at = now
        elif len(self._to_host) >= _BUFFER_BYTES and now - self._moved_at > self._patience_s:
            self.dropped_to_host += len(self._to_host)
            self._to_host.clear()

    def _write_to_host(self, data: bytes) -> int:
        rate = self._pod_rate
        out = data if rate is None else heard(data, rate, self._port.rate())
        sent = self._port.write(out)
        return sent if out is data else len(data)

    def _push_to_pod(self) -> None:
        self._follow_host()
        while self._to_pod and not self.screen.coming_up_raw:
            size = self._down.allows(len(self._to_pod))
            if not size:
                return
            part = bytes(self._to_pod[:size])
            at = part.find(b"\x03") if b"\x03" in part and self._console.interrupts() else -1
            if at > 0:
                taken = self._deliver(part[:at])
            elif at == 0:
                taken = 1 if self._interrupt() else self._deliver(part[:1])
            else:
                taken = self._deliver(part)
            if not taken:
                return
            del self._to_pod[:taken]
            self._down.used(taken)

    def _deliver(self, data: bytes) -> int:
        """Into the console's ring; on a throttled line what finds no room there is dropped, as the UART does."""
        if self._ring is None:
            return self._console.write(data)
        came = data if self._pod_rate is None else heard(data, self._port.rate(), self._pod_rate)
        room = max(0, self._ring - self._console.unread())
        if room < len(came):
            self.dropped_to_pod += len(came) - room
        self._console.write(came[:room])
        return len(data)

    def _serve_events(self) -> None:
        *lines, self._line = (self._line + os.read(self._events, 65536)).split(b"\n")
        for line in lines:
            self._on_event(line)

    def _bury(self) -> None:
        """The child is gone: pass on its last words, then let the pod decide what follows."""
        self._child_ended = None
        while data := self._console.read():
            self._to_host += self.screen.pass_on(data)
        self._on_end(self.screen.raw_repl)
