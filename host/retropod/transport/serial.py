"""A serial port, or another port that pyserial opens by URL."""

import contextlib
import errno
import sys
import threading
from collections.abc import Callable
from typing import Any

import serial

from retropod.errors import NoPod, RetropodError, UsageError
from retropod.transport import address, failures

BAUD = 115200
_BLOCK = 4096
_POLL_S = 0.1  # read time-out: the longest time that closing waits for the reader, if the driver cannot cancel reads
_WRITE_S = 5.0
_JOIN_S = 2.0


def _faults() -> tuple[type[Exception], ...]:
    """Return the exceptions of a call of a port whose device has disconnected.

    pyserial raises TypeError, ValueError and AttributeError if the handle is closed during a call, and lets
    `termios.error` through, which is not an OSError.
    """
    usual = (OSError, serial.SerialException, TypeError, ValueError, AttributeError)
    if sys.platform == "win32":
        return usual
    import termios

    return (*usual, termios.error)


_FAULTS = _faults()


class SerialTransport:
    """An open port with a thread that passes every received byte to one callback.

    DTR and RTS keep the state that the system sets on opening: both asserted, which neither resets an ESP32 board nor
    starts its boot loader. Where the platform allows, closing leaves both lines unchanged too.
    """

    def __init__(self, url: str, baud: int = BAUD, opened: Any = None) -> None:
        """Open `url` exclusively, or use `opened`, a port from `open_port`, which `close` leaves open.

        Raises the errors of `open_port`.
        """
        self.url = url
        self._kind = address.parse(url).kind
        self.baud = baud
        self.lost = False  # the port has disconnected
        self._owned = opened is None
        self._port = open_port(url, baud) if opened is None else opened
        self._closing = False
        self._thread: threading.Thread | None = None

    def start(self, on_bytes: Callable[[bytes], None], on_lost: Callable[[RetropodError], None]) -> None:
        """Start the reader thread. It calls `on_lost` once if the port disappears."""
        self._thread = threading.Thread(target=self._read, args=(on_bytes, on_lost), name="retropod-port", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Send `data` and block until the system has accepted all of it, for up to 5 s. Raises PortGone."""
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            self.lost = True
            raise PortGone(self.url, f"accepts no data for {_WRITE_S:.0f} s") from error
        except _FAULTS as error:
            self.lost = True
            raise PortGone(self.url) from error

    def change_rate(self, baud: int) -> bool:
        """Set the line rate of this end in bit/s. Return False if the port or its driver cannot."""
        if self._kind not in ("", "rfc2217"):
            return False
        try:
            self._port.baudrate = baud
        except _FAULTS:
            return False
        return True

    def close(self) -> None:
        """Stop the reader, and close the port unless it was passed in open. A second call has no effect."""
        self._closing = True
        if self._owned and hasattr(self._port, "cancel_read"):  # cancelling would also abort the next user's first read
            with contextlib.suppress(*_FAULTS):
                self._port.cancel_read()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)
        if self._owned:
            with contextlib.suppress(*_FAULTS):  # A port that has disconnected may refuse this too.
                self._port.close()

    def detach(self) -> Any:
        """Stop the reader and return the open port, which belongs to the caller from now on."""
        self._owned = False
        self.close()
        return self._port

    def _read(self, on_bytes: Callable[[bytes], None], on_lost: Callable[[RetropodError], None]) -> None:
        while not self._closing:
            try:
                data = self._next()
            except _FAULTS:
                if not self._closing:
                    self.lost = True
                    on_lost(PortGone(self.url))
                return
            if data:
                on_bytes(data)

    def _next(self) -> bytes:
        """Return the received bytes as soon as there is one, or no bytes after the time-out."""
        first = self._port.read(1)
        if not first:
            return b""
        if self._kind != "socket":
            return first + self._port.read(self._port.in_waiting)
        self._port.timeout = 0  # socket:// does not report the number of waiting bytes, so a block would wait
        try:
            return first + self._port.read(_BLOCK)
        finally:
            self._port.timeout = _POLL_S


class PortGone(NoPod):
    """An open port stopped working: the cable was pulled, or the board lost power or restarted its USB."""

    def __init__(self, url: str, cause: str = "disconnected while in use") -> None:
        super().__init__(f"{url} {cause}", "check the cable and the pod's power, then try again")


def open_port(url: str, baud: int = BAUD) -> Any:
    """Open `url` exclusively at `baud` bit/s and return pyserial's port.

    Raises PortMissing, PortBusy, NoPod (nothing answers at a network address), OperationFailed (no permission) or
    UsageError (not a port).
    """
    where = address.parse(url)
    try:
        port = serial.serial_for_url(where.opens, do_not_open=True, baudrate=baud)
        _set_timeouts(port, where.kind)
        if not where.kind:
            port.exclusive = True if sys.platform != "win32" else None
            if sys.platform == "win32":  # CP210x drivers pulse the lines unless both start low and rise together
                port.dtr = port.rts = False
        port.open()
    except Exception as error:  # A handler of pyserial raises many classes, for example OverflowError for a rate.
        raise _explained(where, baud, error) from error
    if not where.kind:
        _hold_lines(port)
    return port


def prepare(port: Any, url: str, baud: int) -> None:
    """Set rate and time-outs of an open port for its next user, and discard received bytes. Raises PortGone."""
    try:
        if port.baudrate != baud:
            port.baudrate = baud
        _set_timeouts(port, address.parse(url).kind)
        port.reset_input_buffer()
    except Exception as error:  # termios.error of a port that has disconnected is not an OSError
        raise PortGone(url) from error


def _set_timeouts(port: Any, kind: str) -> None:
    if port.timeout != _POLL_S:  # Each assignment to an open RFC 2217 port costs a round trip.
        port.timeout = _POLL_S
    if kind != "rfc2217":  # pyserial refuses it there: it limits each write to 5 s in any case.
        port.write_timeout = _WRITE_S


def _hold_lines(port: Any) -> None:
    """Keep DTR and RTS unchanged when the port is closed: clearing one after the other resets a board."""
    if sys.platform == "win32":
        port.dtr = port.rts = True
        return
    import termios

    try:
        settings = termios.tcgetattr(port.fileno())
        settings[2] &= ~termios.HUPCL
        termios.tcsetattr(port.fileno(), termios.TCSANOW, settings)
    except (termios.error, OSError):
        pass  # The port has no modem lines.


def _explained(where: address.Address, baud: int, error: Exception) -> RetropodError:
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, OverflowError):
        return UsageError(f"{where.url} cannot run at {baud} bit/s: {text}", "give a usual rate: --baud 115200")
    if isinstance(error, ValueError):
        return address.invalid(where.url, text)
    if where.remote:
        return failures.unreachable(where.url, text)
    name = errno.errorcode.get(getattr(error, "errno", None) or 0, "")
    return failures.explained(where.url, f"{name} {text}") or NoPod(
        f"{where.url} cannot be opened: {text}", "`retropod list --all` shows every port"
    )
