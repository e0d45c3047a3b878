"""Detection of what answers on a port: the app, a MicroPython prompt, a boot loader, or nothing.

It changes no file. It stops a program that does not answer as the app does: `resume` starts it again.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager

from retropod.board.boardport import BoardPort
from retropod.client.refusals import NoAnswer
from retropod.transport.serial import PortGone, SerialTransport

APP = "app"
REPL = "repl"
BOOT_LOADER = "boot_loader"
SILENT = "silent"
FILES = "files"  # silent, but its flash holds files
CORRUPT_TEXT = b"looks corrupt"  # printed by stock MicroPython for a file system that does not mount
_INTERRUPT = b"\r\x03\x02\r"  # Enter, Ctrl-C, Ctrl-B out of the raw REPL, Enter
_SOFT_RESET = b"\x03\x04"  # Ctrl-C discards the typed line, Ctrl-D starts main.py
_PROMPT = b">>> "
# Texts of stock MicroPython and of the ESP32's ROM, which report their state in no other form.
_REPL_TEXTS = (_PROMPT, b"MicroPython")
_BOOT_LOADER_TEXTS = (b"waiting for download", b"DOWNLOAD_BOOT")
_LISTEN_S = 1.0
_QUIET_S = 0.5
_CLEAR_S = 10.0
_MOST_BYTES = 1 << 20


def probe(port: BoardPort) -> str:
    """Return APP, REPL, BOOT_LOADER or SILENT. Raises the errors of BoardPort.open."""
    port.open()
    try:
        with port.pod(hello_attempts=2):
            return APP
    except (NoAnswer, PortGone):
        return _listen(port)


def resume(port: BoardPort) -> None:
    """Start the program again that `probe` has stopped, if it found REPL. Raises the errors of BoardPort.open."""
    with _opened(port) as (transport, _):
        transport.write(_SOFT_RESET)


def clear_prompt(port: BoardPort) -> None:
    """Stop a running program and wait until MicroPython's prompt is idle. Frames are key presses for a prompt."""
    with _opened(port) as (transport, received):
        transport.write(b"\r\x03")
        end = time.monotonic() + _CLEAR_S
        while time.monotonic() < end and not (_is_quiet(received) and received.endswith(_PROMPT)):
            received.clear()
            transport.write(b"\x03\x02")  # Ctrl-C discards the typed line, Ctrl-B leaves the raw REPL


@contextmanager
def _opened(port: BoardPort) -> Generator[tuple[SerialTransport, bytearray]]:
    """Yield a transport and the bytes received from it, up to 1 MB."""
    transport = port.transport()
    received = bytearray()
    try:
        transport.start(lambda data: received.extend(data[: _MOST_BYTES - len(received)]), lambda error: None)
        yield transport, received
    finally:
        transport.close()


def _is_quiet(received: bytearray) -> bool:
    """Wait, and return whether no byte came in the second half of the time."""
    time.sleep(_QUIET_S)
    length = len(received)
    time.sleep(_QUIET_S)
    return len(received) == length


def _listen(port: BoardPort) -> str:
    """Interrupt the program as a user would and classify the answer."""
    try:
        with _opened(port) as (transport, received):
            transport.write(_INTERRUPT)
            end = time.monotonic() + _LISTEN_S
            while time.monotonic() < end and _PROMPT not in received:
                time.sleep(0.02)
    except PortGone:
        return SILENT
    return _classified(bytes(received))


def _classified(received: bytes) -> str:
    if any(text in received for text in _REPL_TEXTS):
        return REPL
    return BOOT_LOADER if any(text in received for text in _BOOT_LOADER_TEXTS) else SILENT
