"""A board on a socket: the boot loader answers first, and the flashed image runs after that."""

import contextlib
import socket
import threading
from types import TracebackType
from urllib.parse import urlsplit

from esp32_mock_bootloader import server

_IMAGE_BYTES = 30_000  # a connection with more bytes than this has written an image


class BootLoader:
    """The mock boot loader of an ESP32 in this process, and its `flash`, which is erased at the start.

    It waits 50 ms for an acknowledgement by default. esptool reads a socket byte by byte and needs longer.
    """

    def __init__(self) -> None:
        server._CLIENT_RECV_TIMEOUT = 5.0
        self.flash: bytearray = server.get_flash_image().data
        server.get_flash_image().reset()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"socket://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "BootLoader":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # the listener is closed in the end
            server._tcp_listen_loop(self._listener, None, "esp32", None, "")

    def holds(self, data: bytes, offset: int) -> bool:
        """Return True if the flash has `data` at `offset`."""
        return bytes(self.flash[offset : offset + len(data)]) == data


class BareBoard:
    """Forwards connections to the boot loader until one has written an image and closed, then to the pod."""

    def __init__(self, boot_loader: str, pod: str, image_bytes: int = _IMAGE_BYTES) -> None:
        self._image_bytes = image_bytes
        self._boot_loader, self._pod = _address(boot_loader), _address(pod)
        self.flashed = False
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "BareBoard":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                host, _ = self._server.accept()
                self._join(host)

    def _join(self, host: socket.socket) -> None:
        """Serve one host at a time, as on a cable."""
        with host, socket.create_connection(self._pod if self.flashed else self._boot_loader) as board:
            for end in (host, board):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=_pump, args=(board, host), daemon=True)
            back.start()
            sent = _pump(host, board)
            back.join(5)
        if sent > self._image_bytes:
            self.flashed = True


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or 0)


def _pump(source: socket.socket, sink: socket.socket) -> int:
    """Forward bytes until either end closes, and return their number."""
    carried = 0
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
            carried += len(data)
            if hasattr(socket, "TCP_QUICKACK"):  # else each small write after another waits for 40 ms, on Linux
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
    return carried
