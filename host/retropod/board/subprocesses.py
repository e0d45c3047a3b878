"""Run a program whose silence and whose duration have limits."""

import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import IO, NamedTuple

_KEPT_BYTES = 1 << 16  # end of the output that is kept: a program that prints without end takes no more memory
_BLOCK = 1 << 12
_END_S = 5.0  # from the end of the output to the end of the program


class Silent(Exception):
    """A program was ended: it printed nothing for a time, or did not end. `output` is the end of its output."""

    def __init__(self, reason: str, output: str) -> None:
        super().__init__(reason)
        self.reason, self.output = reason, output


class Limits(NamedTuple):
    """Limits in s: of the time without a byte of output, and of the whole run."""

    silence_s: float
    total_s: float


def run(command: Sequence[str], limits: Limits, on_text: Callable[[str], None] = lambda text: None) -> tuple[int, str]:
    """Run `command` and return its exit code and the end of its output. `on_text` receives each part of the output.

    Ends the program when a limit is reached, and after any error. Raises Silent, OSError.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0) as process:
        try:
            return _followed(process, limits, on_text)
        except BaseException:  # Ctrl-C too
            process.kill()
            raise


def _followed(process: "subprocess.Popen[bytes]", limits: Limits, on_text: Callable[[str], None]) -> tuple[int, str]:
    assert process.stdout is not None
    received: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read, args=(process.stdout, received), daemon=True).start()
    end = time.monotonic() + limits.total_s
    kept = b""
    while data := _next(received, limits, end, kept):
        kept = (kept + data)[-_KEPT_BYTES:]
        on_text(_text(data))
    try:
        return process.wait(_END_S), _text(kept)
    except subprocess.TimeoutExpired:
        raise Silent("did not end after its output", _text(kept)) from None


def _next(received: "SimpleQueue[bytes]", limits: Limits, end: float, kept: bytes) -> bytes:
    """Return the next part of the output, no bytes at its end. Raises Silent at a limit."""
    left_s = end - time.monotonic()
    try:
        if left_s > 0:
            return received.get(timeout=min(limits.silence_s, left_s))
    except Empty:
        if limits.silence_s < left_s:
            raise Silent(f"printed nothing for {limits.silence_s:.0f} s", _text(kept)) from None
    raise Silent(f"did not end within {limits.total_s:.0f} s", _text(kept))


def _read(source: IO[bytes], sink: "SimpleQueue[bytes]") -> None:
    """Forward the output of a program, and no bytes at its end."""
    data = b"-"
    while data:
        try:
            data = source.read(_BLOCK)
        except (OSError, ValueError):  # The program was ended.
            data = b""
        sink.put(data)


def _text(data: bytes) -> str:
    return data.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
