"""Code on a board over the raw REPL. Only this module uses mpremote, whose Python interface is not stable yet."""

import contextlib
import io
import json
import re
import time
from collections.abc import Generator
from typing import Any

from retropod.board.boardport import BoardPort
from retropod.board.progress import NullObserver, Observer
from retropod.errors import NoPod, OperationFailed, RetropodError
from retropod.transport.serial import PortGone

SILENCE_S = 60.0  # the longest time without a byte from a working board: it may be hashing an app
_ENTER_S = 10.0
_ENTER_ATTEMPTS = 3
_PAUSE_S = 0.3
_READ_S = 5.0  # for single bytes of the protocol; a garbage collection on the board may delay them
_OVERALL_S = 600.0  # for one piece of code
_MOST_BYTES = 1 << 20  # output of one piece of code; the longest sends 8 pieces of 4 kB
_ENTER_OVERALL_S = 3 * _ENTER_S + _READ_S  # for one attempt, which waits for three texts
_LOGGED = 400  # characters of code and of output in the transcript
_ERRNO = re.compile(r"^OSError: (?:\[Errno )?(\d+)")  # MicroPython reports an exception as text only
_RESET = "import time, machine\ntime.sleep_ms(100)\nmachine.reset()"
_WATCHDOG = "import machine\n_watchdog = machine.WDT(timeout={ms})"
_FEED = "_watchdog.feed()\n"
_STOP, _SOFT_RESET = b"\r\x03", b"\x02\x04"  # Ctrl-C; Ctrl-B and Ctrl-D: leave the raw REPL, soft-reset


class PodError(OperationFailed):
    """Code that ran on the board raised an exception.

    `reason` is the last line of the traceback. `errno` is the number of an OSError, otherwise 0.
    """

    def __init__(self, port: str, traceback: str) -> None:
        self.reason = (traceback.strip().splitlines() or ["unknown exception"])[-1]
        found = _ERRNO.match(self.reason)
        self.errno = int(found[1]) if found else 0
        super().__init__(f"the board on {port} reports {self.reason}", "press the board's reset button and try again")


class NoRepl(NoPod):
    """MicroPython does not answer on the port, or stopped answering."""


class ReplBoard:
    """A board on which MicroPython answers at `port`.

    `exec` and `ask` use the open session, or open one for the call. `timeout_s`: limit in s for the silence of a
    running piece of code. The port stays open after a session: its owner closes it.
    """

    def __init__(self, port: BoardPort, observer: Observer | None = None, timeout_s: float = SILENCE_S) -> None:
        self.port = port
        self._observer = observer or NullObserver()
        self._timeout_s = timeout_s
        self._line: Any = None
        self._at_prompt = False  # false while code runs or was interrupted
        self._feed = ""

    @property
    def url(self) -> str:
        """The URL of the port."""
        return self.port.url

    @contextlib.contextmanager
    def session(self, fresh: bool = True) -> Generator[None]:
        """Stop the app and keep the prompt for the block. Within an open session this has no effect.

        `fresh`: soft-reset the board first, without main.py, so that its heap is empty. Raises the errors of
        BoardPort.open, NoRepl, OperationFailed.
        """
        if self._line is not None:
            yield
            return
        self._line = self._opened(fresh)
        try:
            yield
        finally:
            self._end(leave=True)

    def exec(self, code: str) -> str:
        """Run `code` on the board and return its output. Raises PodError for an exception, NoRepl for silence."""
        with self.session(fresh=False):
            with self._converted_errors():
                self._at_prompt = False
                self._line.serial.limit(_OVERALL_S)
                self._line.exec_raw_no_follow(self._feed + code)
                out, traceback = self._output(), self._output()
                self._at_prompt = True
            self._observer.log(f"> {code[:_LOGGED]}\n{out[:_LOGGED]}{traceback}")
            if traceback:
                raise PodError(self.url, traceback)
            return out

    def ask(self, code: str) -> Any:
        """Run `code`, whose last line of output is JSON, and return its value. Raises the errors of `exec`."""
        lines = self.exec(code).strip().splitlines()
        try:
            return json.loads(lines[-1])
        except (IndexError, ValueError):
            raise OperationFailed(f"{self.url}: the board's answer is not valid JSON", "try again") from None

    def restart_if_lost(self, after_s: float) -> None:
        """Let the board's watchdog restart it `after_s` seconds after the last `exec`. Only a restart ends this.

        A pod whose cable is pulled while its app is stopped starts its app again.
        """
        self.exec(_WATCHDOG.format(ms=round(after_s * 1000)))
        self._feed = _FEED

    def restart(self) -> None:
        """Restart the board, which starts its app, and end the session. Raises the errors of `session`.

        After an error or an interrupt in the middle of an `exec`, this returns to the prompt first.
        """
        with self.session(fresh=False):
            with self._converted_errors():
                if not self._at_prompt:
                    self._enter(self._line, fresh=False, attempts=1)
                self._line.serial.limit(_ENTER_S)
            # A board with native USB disconnects when it restarts, perhaps before it has acknowledged the code.
            with contextlib.suppress(PortGone), self._converted_errors():
                self._line.exec_raw_no_follow(_RESET)
            self._end(leave=False)

    def _output(self) -> str:
        """Return the output up to the next end mark: standard output first, then the traceback."""
        data = self._line.read_until(1, b"\x04", timeout=self._timeout_s, timeout_overall=_OVERALL_S)
        if not data.endswith(b"\x04"):
            raise NoRepl(
                f"the board on {self.url} stopped answering",
                "check the cable and the pod's power, press its reset button, and try again",
            )
        return data[:-1].decode(errors="replace")

    def _opened(self, fresh: bool) -> Any:
        """Return mpremote's transport at the prompt. Raises the errors of `session`."""
        try:
            return self._entered(fresh)
        except PortGone:  # The board was still restarting: it disconnected after its port had been opened.
            return self._entered(fresh)

    def _entered(self, fresh: bool) -> Any:
        line = _line_on(self.port.serial(), self.url)
        try:
            with self._converted_errors():
                line.serial.set_timeouts(_READ_S, SILENCE_S)
                self._enter(line, fresh)
                self._at_prompt = True
        except BaseException:
            _resume_app(line)
            raise
        return line

    def _enter(self, line: Any, fresh: bool, attempts: int = _ENTER_ATTEMPTS) -> None:
        """Enter the raw REPL. An app that is busy may miss the first interrupt, so try several times."""
        from mpremote.transport import TransportError

        for attempt in range(1, attempts + 1):
            printed = io.StringIO()
            try:
                line.serial.limit(_ENTER_OVERALL_S)
                with contextlib.redirect_stdout(printed):  # mpremote prints bytes that it did not expect
                    line.enter_raw_repl(soft_reset=fresh, timeout_overall=_ENTER_S)
                return
            except TransportError:
                self._observer.log(f"no raw REPL at attempt {attempt}: {printed.getvalue()[:_LOGGED]}")
            time.sleep(_PAUSE_S)
        raise NoRepl(
            f"no MicroPython answers on {self.url}",
            f"press the board's reset button and try again; if that does not help: "
            f"retropod --port {self.url} flash --repair",
        )

    @contextlib.contextmanager
    def _converted_errors(self) -> Generator[None]:
        """Convert the errors of mpremote and pyserial into errors of this library."""
        from mpremote import transport_serial as module

        try:
            yield
        except RetropodError:
            raise
        except OSError as error:
            self.port.report_loss()
            raise PortGone(self.url) from error
        except (module.TransportError, module.struct.error) as error:
            raise NoRepl(
                f"the board on {self.url} does not follow the raw REPL: {error}",
                "check the cable, press the board's reset button, and try again",
            ) from error

    def _end(self, leave: bool) -> None:
        """End the session. `leave`: leave the raw REPL first, so the friendly prompt is active."""
        line, self._line, self._feed = self._line, None, ""
        if line is not None and leave:
            with contextlib.suppress(OSError):
                line.exit_raw_repl()


class _LimitedPort:
    """pyserial's port for mpremote, which waits without end for a board that prints without end."""

    def __init__(self, port: Any, url: str) -> None:
        self._port, self._url = port, url
        self.limit(_ENTER_S)

    def limit(self, time_s: float) -> None:
        """Allow reading for `time_s` s and 1 MB from now on. Reading more raises NoRepl."""
        self._end, self._left = time.monotonic() + time_s, _MOST_BYTES

    def set_timeouts(self, read_s: float, write_s: float) -> None:
        """Set the limits of one read and of one write in s."""
        self._port.timeout, self._port.write_timeout = read_s, write_s

    def read(self, size: int = 1) -> bytes:
        """Read up to `size` bytes. Raises NoRepl at the limit."""
        if time.monotonic() > self._end or self._left < 0:
            raise NoRepl(
                f"the board on {self._url} prints without end, or too slowly",
                "press its reset button, and try again",
            )
        data: bytes = self._port.read(size)
        self._left -= len(data)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


def _line_on(port: Any, url: str) -> Any:
    """Return mpremote's transport on an open port. Its constructor would open the port a second time."""
    from mpremote.transport_serial import SerialTransport as Line

    line: Any = Line.__new__(Line)
    line.serial, line.device_name = _LimitedPort(port, url), url
    line.in_raw_repl, line.use_raw_paste, line.mounted = False, True, False
    is_pty = getattr(
        Line, "_is_pty_device", None
    )  # newer versions of mpremote read from a pseudo-terminal in another way
    line.is_pty = is_pty(url) if is_pty else False
    return line


def _resume_app(line: Any) -> None:
    """Start the app again after the prompt was not reached: the interrupt may have stopped it."""
    with contextlib.suppress(OSError):
        line.serial.write(_STOP)
        time.sleep(_PAUSE_S)
        line.serial.write(_SOFT_RESET)
