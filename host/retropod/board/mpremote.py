"""The one file that knows mpremote: its Python interface "is going to change significantly", as its source says."""

import contextlib
import io
import json
import re
import time
from collections.abc import Generator
from typing import Any

from retropod.board.steps import Nobody, Watcher
from retropod.errors import NoPod, OperationFailed, RetropodError
from retropod.transport import failures
from retropod.transport.serial import BAUD, SerialTransport, gone

SILENCE_S = 60.0  # the longest time without a byte from a working board: it may be hashing an app
_ENTER_S = 10.0
_ENTER_ATTEMPTS = 3
_PAUSE_S = 0.3
_READ_S = 5.0  # for single bytes of the protocol; a collection of garbage on the board may delay them
_OVERALL_S = 600.0  # for one piece of code: a board that prints without end is left
_LOGGED = 400  # characters of code and of output in the transcript
_ERRNO = re.compile(r"^OSError: (?:\[Errno )?(\d+)")
_RESET = "import time, machine\ntime.sleep_ms(100)\nmachine.reset()"
_WATCHDOG = "import machine\n_watchdog = machine.WDT(timeout={ms})"
_FEED = "_watchdog.feed()\n"
_STOP, _SOFT_RESET = b"\r\x03", b"\x02\x04"  # Ctrl-C; Ctrl-B and Ctrl-D: leave the raw REPL, start again


class PodError(OperationFailed):
    """Code that ran on the board raised an exception.

    `reason` is the last line of the traceback. `errno` is the number of an OSError, otherwise 0.
    """

    def __init__(self, port: str, traceback: str) -> None:
        self.reason = (traceback.strip().splitlines() or ["unknown exception"])[-1]
        found = _ERRNO.match(self.reason)
        self.errno = int(found[1]) if found else 0
        super().__init__(f"the board on {port} reports {self.reason}", "press the board's reset button and try again")


class ReplBoard:
    """A board on which MicroPython answers at `port`.

    `exec` and `ask` use the open session, or open one for the call. `timeout_s`: the longest silence of a running
    piece of code before it is given up.
    """

    def __init__(self, port: str, watcher: Watcher | None = None, timeout_s: float = SILENCE_S) -> None:
        self.port = port
        self._watcher = watcher or Nobody()
        self._timeout_s = timeout_s
        self._line: Any = None
        self._at_prompt = False  # false while code runs or was cut off
        self._feed = ""

    @contextlib.contextmanager
    def session(self, fresh: bool = True) -> Generator[None]:
        """Stop the app and keep the prompt open for the block. PodFiles an open session this does nothing.

        `fresh`: soft-reset the board first, without main.py, so that its heap is empty. Raises PortBusy, NoPod (no
        port, or no MicroPython answers), OperationFailed.
        """
        if self._line is not None:
            yield
            return
        self._line = self._opened(fresh)
        try:
            yield
        finally:
            self._close(leave=True)

    def exec(self, code: str) -> str:
        """Run `code` on the board and return its output. Raises PodError for an exception, NoPod for silence."""
        with self.session(fresh=False):
            with self._guarded():
                self._at_prompt = False
                self._line.exec_raw_no_follow(self._feed + code)
                out, traceback = self._output(), self._output()
                self._at_prompt = True
            self._watcher.log(f"> {code[:_LOGGED]}\n{out[:_LOGGED]}{traceback}")
            if traceback:
                raise PodError(self.port, traceback)
            return out

    def ask(self, code: str) -> Any:
        """Run `code`, whose last line of output is JSON, and return its value. Raises the errors of `exec`."""
        lines = self.exec(code).strip().splitlines()
        try:
            return json.loads(lines[-1])
        except (IndexError, ValueError):
            raise OperationFailed(f"{self.port}: the board's answer is not valid JSON", "try again") from None

    def restart_if_lost(self, after_s: float) -> None:
        """Let the board's watchdog restart it `after_s` seconds after the last `exec`. Only a restart ends this.

        A pod whose cable is pulled while its app is stopped starts its app again.
        """
        self.exec(_WATCHDOG.format(ms=round(after_s * 1000)))
        self._feed = _FEED

    def restart(self) -> None:
        """Restart the board, which starts its app, and close the port. Raises the errors of `session`.

        After an error or an interrupt in the middle of an `exec` this gets back to the prompt first.
        """
        with self.session(fresh=False):
            with self._guarded():
                if not self._at_prompt:
                    self._enter(self._line, fresh=False, attempts=1)
                self._line.exec_raw_no_follow(_RESET)
            self._close(leave=False)

    def _output(self) -> str:
        """Return the output up to the next end mark: standard output first, then the traceback."""
        data = self._line.read_until(1, b"\x04", timeout=self._timeout_s, timeout_overall=_OVERALL_S)
        if not data.endswith(b"\x04"):
            raise NoPod(
                f"the board on {self.port} stopped answering",
                "check the cable and the pod's power, press its reset button, and try again",
            )
        return data[:-1].decode(errors="replace")

    def _opened(self, fresh: bool) -> Any:
        line = self._connected()
        line.serial.timeout = _READ_S
        try:
            with self._guarded():
                self._enter(line, fresh)
                self._at_prompt = True
        except BaseException:
            _leave_to_app(line)
            raise
        return line

    def _connected(self) -> Any:
        """Return mpremote's transport with an open port. mpremote hides the system's reason, so find it out here."""
        from mpremote.transport import TransportError
        from mpremote.transport_serial import SerialTransport as Line

        for _ in range(2):
            with contextlib.suppress(TransportError, OSError, ValueError):
                return Line(self.port, baudrate=BAUD)
            SerialTransport(self.port).close()
        raise failures.busy(self.port)

    def _enter(self, line: Any, fresh: bool, attempts: int = _ENTER_ATTEMPTS) -> None:
        """Enter the raw REPL. An app that is busy may miss the first interrupt, so try several times."""
        from mpremote.transport import TransportError

        for attempt in range(1, attempts + 1):
            said = io.StringIO()
            try:
                with contextlib.redirect_stdout(said):  # mpremote prints bytes that it did not expect
                    line.enter_raw_repl(soft_reset=fresh, timeout_overall=_ENTER_S)
                return
            except TransportError:
                self._watcher.log(f"no raw REPL at attempt {attempt}: {said.getvalue()[:_LOGGED]}")
            time.sleep(_PAUSE_S)
        raise NoPod(
            f"no MicroPython answers on {self.port}",
            f"press the board's reset button and try again; a bare board: retropod --port {self.port} flash",
        )

    @contextlib.contextmanager
    def _guarded(self) -> Generator[None]:
        """Turn the errors of mpremote and pyserial into this library's."""
        from mpremote import transport_serial as module

        try:
            yield
        except RetropodError:
            raise
        except OSError as error:
            raise gone(self.port) from error
        except (module.TransportError, module.struct.error) as error:
            raise NoPod(
                f"the board on {self.port} does not follow the raw REPL: {error}",
                "check the cable, press the board's reset button, and try again",
            ) from error

    def _close(self, leave: bool) -> None:
        """Close the port. `leave`: leave the raw REPL first, so that the friendly prompt is there."""
        line, self._line, self._feed = self._line, None, ""
        if line is None:
            return
        with contextlib.suppress(OSError):
            if leave:
                line.exit_raw_repl()
        with contextlib.suppress(OSError):
            line.close()


def _leave_to_app(line: Any) -> None:
    """Start the app again after the prompt was not reached: the interrupt may have stopped it."""
    with contextlib.suppress(OSError):
        line.serial.write(_STOP)
        time.sleep(_PAUSE_S)
        line.serial.write(_SOFT_RESET)
    with contextlib.suppress(OSError):
        line.close()
