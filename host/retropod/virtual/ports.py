"""The host's end of the virtual pod's cable: a pseudo-terminal, or a TCP server on the loopback interface."""

import contextlib
import errno
import os
import select
import socket
import tty
from typing import Protocol

from retropod.virtual.uartline import REPL_BAUD, rate_of


class Port(Protocol):
    """A cable that may be open at the far end. No method blocks."""

    url: str

    def waitable(self) -> int | None:
        """Return the descriptor to wait on, None while no program has the other end open."""
        ...

    def read(self) -> bytes:
        """Return the bytes that have arrived, or b""."""
        ...

    def write(self, data: bytes) -> int:
        """Write bytes and return the number accepted. All are accepted and lost if the other end is not open."""
        ...

    def rate(self) -> int:
        """Return the baud rate that the other end is set to."""
        ...

    def close(self) -> None:
        """Remove the cable."""
        ...


class PtyPort:
    """A pseudo-terminal in raw mode; `url` is the path to open."""

    def __init__(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        self.url = os.ttyname(slave)
        os.close(slave)  # from now on the master reports a hang-up while no program has the other end open
        self._poll = select.poll()
        self._poll.register(self._master, select.POLLIN)

    def _is_open(self) -> bool:
        return not any(flags & select.POLLHUP for _, flags in self._poll.poll(0))

    def waitable(self) -> int | None:
        return self._master if self._is_open() else None

    def read(self) -> bytes:
        try:
            return os.read(self._master, 65536)
        except OSError as error:
            if error.errno in (errno.EIO, errno.EAGAIN):
                return b""
            raise

    def write(self, data: bytes) -> int:
        if not self._is_open():
            return len(data)
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0

    def rate(self) -> int:
        return rate_of(self._master)

    def close(self) -> None:
        os.close(self._master)


class SocketPort:
    """A TCP server on the loopback interface, one client at a time; `url` is for pyserial."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.setblocking(False)
        self._client: socket.socket | None = None
        self.url = f"socket://127.0.0.1:{self._server.getsockname()[1]}"

    def waitable(self) -> int | None:
        if self._client is None:
            with contextlib.suppress(BlockingIOError):
                self._client = self._server.accept()[0]
                self._client.setblocking(False)
                self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._client.fileno() if self._client else None

    def _hang_up(self) -> None:
        if self._client:
            self._client.close()
        self._client = None

    def read(self) -> bytes:
        if self._client is None:
            return b""
        try:
            data = self._client.recv(65536)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._hang_up()
        return data

    def write(self, data: bytes) -> int:
        if self._client is None:
            return len(data)
        try:
            return self._client.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            self._hang_up()
            return len(data)

    def rate(self) -> int:
        return REPL_BAUD

    def close(self) -> None:
        self._hang_up()
        self._server.close()
