"""A serial port, or anything else that pyserial has a URL for."""

import contextlib
import errno
import sys
import threading
from collections.abc import Callable
from typing import Any

import serial

from retropod.errors import NoPod, RetropodError, UsageError
from retropod.transport import failures

BAUD = 115200
_BLOCK = 4096
_POLL_S = 0.1  # for drivers whose reads cannot be cancelled: how long closing may take


class SerialTransport:
    """An open port with a thread that hands every byte received to one callback.

    DTR and RTS stay as the system sets them on opening: both asserted, which neither resets an ESP32 board nor puts it
    into its bootloader. Where the platform allows, closing leaves them alone too.
    """

    def __init__(self, url: str, baud: int = BAUD) -> None:
        """Open `url` exclusively. Raises NoPod (not there), PortBusy, OperationFailed (no permission),
        UsageError (bad URL)."""
        self.url = url
        self.baud = baud
        self._port = _open(url, baud)
        self._closing = False
        self._thread: threading.Thread | None = None

    def start(self, on_bytes: Callable[[bytes], None], on_lost: Callable[[RetropodError], None]) -> None:
        """Begin to read, in a thread. `on_lost` is called once, when the port goes away by itself."""
        self._thread = threading.Thread(target=self._read, args=(on_bytes, on_lost), name="retropod-port", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Send; blocks until the system has taken all. Raises NoPod when the port is gone."""
        try:
            self._port.write(data)
        except (OSError, serial.SerialException) as error:
            raise gone(self.url) from error

    def change_rate(self, baud: int) -> bool:
        """Set this end to `baud` from now on. False where that means nothing, or the driver cannot."""
        if "://" in self.url and not self.url.startswith("rfc2217:"):
            return False
        try:
            self._port.baudrate = baud
        except (OSError, ValueError, serial.SerialException):
            return False
        return True

    def close(self) -> None:
        """Stop reading and let go of the port. May be called twice."""
        self._closing = True
        if hasattr(self._port, "cancel_read"):  # else the reader notices within its time-out
            with contextlib.suppress(OSError, serial.SerialException, TypeError):
                self._port.cancel_read()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(2.0)
        self._port.close()

    def _read(self, on_bytes: Callable[[bytes], None], on_lost: Callable[[RetropodError], None]) -> None:
        while not self._closing:
            try:
                data = self._next()
            except (OSError, serial.SerialException, TypeError, ValueError):
                # pyserial raises TypeError and ValueError from its own closed handles
                if not self._closing:
                    on_lost(gone(self.url))
                return
            if data:
                on_bytes(data)

    def _next(self) -> bytes:
        """Return what has come, as soon as there is a byte; nothing after a time-out."""
        first = self._port.read(1)
        if not first:
            return b""
        if not self.url.startswith("socket:"):
            return first + self._port.read(self._port.in_waiting)
        self._port.timeout = 0  # socket:// does not tell how many bytes wait, so a block would end by time-out
        try:
            return first + self._port.read(_BLOCK)
        finally:
            self._port.timeout = _POLL_S


class PortGone(NoPod):
    """An open port stopped working: the cable was pulled, or the board lost its power."""


def gone(url: str) -> PortGone:
    """What to raise when an open port stops working."""
    return PortGone(f"{url} went away while in use", "check the cable and the pod's power, then try again")


def _open(url: str, baud: int) -> Any:
    try:
        port = serial.serial_for_url(url, do_not_open=True, baudrate=baud)
        port.timeout = _POLL_S
        port.write_timeout = 5.0
        if "://" not in url:
            port.exclusive = True if sys.platform != "win32" else None
            if sys.platform == "win32":  # there CP210x drivers pulse the lines unless both start low and rise together
                port.dtr = port.rts = False
        port.open()
    except (OSError, ValueError, serial.SerialException) as error:
        raise _explained(url, error) from error
    _hold_lines(port, url)
    return port


def _hold_lines(port: Any, url: str) -> None:
    """Keep DTR and RTS where they are when the port is closed: dropping them one after the other resets a board."""
    if "://" in url:
        return
    if sys.platform == "win32":
        port.dtr = port.rts = True
        return
    import termios

    try:
        settings = termios.tcgetattr(port.fileno())
        settings[2] &= ~termios.HUPCL
        termios.tcsetattr(port.fileno(), termios.TCSANOW, settings)
    except (termios.error, OSError):
        pass  # a port without modem lines has nothing to hold


def _explained(url: str, error: Exception) -> RetropodError:
    text = str(error)
    if isinstance(error, ValueError):
        return UsageError(f"not a port: {url}", "give a device such as /dev/ttyUSB0, COM3 or socket://host:port")
    if url.startswith("socket:"):
        return NoPod(f"nothing answers at {url}", "is the other end listening?")
    name = errno.errorcode.get(getattr(error, "errno", None) or 0, "")
    return failures.explained(url, f"{name} {text}") or NoPod(
        f"{url} cannot be opened: {text.splitlines()[0] if text else type(error).__name__}",
        "`retropod list --all` shows every port",
    )
