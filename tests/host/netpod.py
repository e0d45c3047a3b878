"""A pod in memory behind a port of the network: raw (`socket://`) or with the options of a line (`rfc2217://`)."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import serial
from serial.rfc2217 import PortManager


class _Client:
    """The connection to one host, with the interface that PortManager writes to."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._lock = connection, threading.Lock()

    def write(self, data: bytes) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._connection.sendall(data)


@contextlib.contextmanager
def served(pod: Any, scheme: str = "socket", delay_s: float = 0.0) -> Iterator[str]:
    """Serve `pod` (a TinyPod) to one host after the other and yield its URL. `delay_s`: from host to pod."""
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(server, pod, scheme, delay_s), daemon=True).start()
    try:
        yield f"{scheme}://127.0.0.1:{server.getsockname()[1]}"
    finally:
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()


def _serve(server: socket.socket, pod: Any, scheme: str, delay_s: float) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            _talk(connection, pod, scheme, delay_s)
        pod.close()


def _talk(connection: socket.socket, pod: Any, scheme: str, delay_s: float) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client, line = _Client(connection), serial.serial_for_url("loop://")  # has every attribute of a line
    manager = PortManager(line, client) if scheme == "rfc2217" else None
    pod.start(
        lambda data: client.write(b"".join(manager.escape(data)) if manager else data), lambda error: connection.close()
    )
    frames = b""
    while data := connection.recv(1024):
        time.sleep(delay_s)
        frames += b"".join(manager.filter(data)) if manager else data
        if frames.endswith((b"\0", b"\r\x02")):  # A pod in memory takes whole frames.
            frames, whole = b"", frames
            pod.write(whole)
