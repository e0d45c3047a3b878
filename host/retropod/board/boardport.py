"""The serial port of a board, with one owner for a whole command."""

import contextlib
import time
from collections.abc import Generator
from typing import Any

from retropod.client.pod import Pod
from retropod.errors import NoPod, OperationFailed, PortBusy, RetropodError
from retropod.transport.serial import BAUD, PortGone, SerialTransport, open_port, prepare

_RETURN_S = 10.0  # limit for a port that was open to come back after a restart of the board or after esptool
_PAUSE_S = 0.3
_RESET_S = 0.1


class BoardPort:
    """The owner of a board's port. A command creates one and passes it from step to step, so the port stays open.

    Opening a port can reset some boards through DTR and RTS, and another program can open it in between. The first use
    opens the port. A board with native USB disconnects when it restarts: the next use opens the port again. One user at
    a time: a transport, a pod or mpremote.
    """

    def __init__(self, url: str, baud: int = BAUD, opened: Any = None, stub: bool = True) -> None:
        """`baud`: line rate of the app in bit/s. `opened`: a port from `open_port` to take over.

        `stub`: esptool loads its stub flasher into the chip. False: it uses the chip's boot loader, which is slower.
        """
        self.url, self.baud, self.stub = url, baud, stub
        self._port = opened
        self._returns = opened is not None  # the port has been open, so wait for it if it is missing
        self._transport: SerialTransport | None = None
        self._lost = False

    @classmethod
    def taken_from(cls, pod: Pod) -> "BoardPort":
        """Take over the open port of `pod`, which cannot be used afterwards."""
        transport = pod.connection.transport
        assert isinstance(transport, SerialTransport)  # other transports have no board that a tool could act on
        return cls(transport.url, transport.baud, transport.detach())

    def __enter__(self) -> "BoardPort":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, wait_s: float = 0.0) -> None:
        """Open the port unless it is open. Retry for up to `wait_s` s while it is missing or busy.

        A port that was open before may also be not permitted for a moment, until the system has set it up. Raises the
        errors of `open_port`.
        """
        end = time.monotonic() + wait_s
        while self._port is None:
            try:
                self._port = open_port(self.url, self.baud)
            except (NoPod, PortBusy, OperationFailed) as error:
                final = isinstance(error, OperationFailed) and not self._returns
                if final or time.monotonic() >= end:
                    raise
                time.sleep(_PAUSE_S)
        self._returns = True

    def transport(self, wait_s: float | None = None) -> SerialTransport:
        """Return a transport at the line rate of the app; closing it leaves the port open. Errors as `open`.

        `wait_s`: limit in s for a port that cannot be opened. None: 10 s if it was open before, otherwise no wait.
        """
        self._transport = SerialTransport(self.url, self.baud, self._prepared(self.baud, wait_s))
        return self._transport

    def pod(self, hello_attempts: int | None = None) -> Pod:
        """Return the client of the running app; closing it leaves the port open. Errors as `open` and Pod."""
        return Pod(self.transport(), hello_attempts)

    def serial(self) -> Any:
        """Return pyserial's open port at the line rate of the REPL, for mpremote. Do not close it. Errors as `open`."""
        return self._prepared(BAUD)

    def reset(self) -> None:
        """Pulse the reset line, which starts the program of the board. Has no effect without such a line."""
        with contextlib.suppress(RetropodError, OSError):
            line = self._prepared(self.baud, 0.0)
            line.dtr = False  # otherwise the chip starts its boot loader
            line.rts = True
            time.sleep(_RESET_S)
            line.rts = False

    def report_loss(self) -> None:
        """Report that the port has disconnected, so the next use opens it again."""
        self._lost = True

    @contextlib.contextmanager
    def released(self) -> Generator[None]:
        """Close the port for the block, in which esptool opens it. The next use opens it again."""
        self.close()
        yield

    def close(self) -> None:
        """Stop the user of the port and close the port. A second call has no effect."""
        self._end_use()
        port, self._port, self._lost = self._port, None, False
        if port is not None:
            with contextlib.suppress(OSError):
                port.close()

    def _end_use(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()
            self._lost = self._lost or transport.lost

    def _prepared(self, baud: int, wait_s: float | None = None) -> Any:
        """Return the open port at `baud` bit/s, without bytes received before."""
        self._end_use()
        if self._lost:
            self.close()
        if wait_s is None:
            wait_s = _RETURN_S if self._returns else 0.0
        self.open(wait_s)
        try:
            prepare(self._port, self.url, baud)
        except PortGone:  # The port disconnected while it had no reader.
            self.close()
            self.open(wait_s)
            prepare(self._port, self.url, baud)
        return self._port
