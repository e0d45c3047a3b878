"""What is behind a port, found out without changing it: the app, a MicroPython prompt, a boot loader, or nothing."""

import time
from collections.abc import Generator
from contextlib import contextmanager

import serial

from retropod.client.pod import Pod
from retropod.client.refusals import NoAnswer
from retropod.transport.serial import BAUD, PortGone, SerialTransport

APP = "app"
REPL = "repl"
BOOT_LOADER = "boot_loader"
SILENT = "silent"
FILES = "files"  # silent, but its flash holds files
CORRUPT_TEXT = b"looks corrupt"  # in what stock MicroPython says of a file system that does not mount
_LISTEN_S = 1.0
_QUIET_S = 0.5
_SETTLE_S = 10.0


def probe(port: str, baud: int = BAUD) -> str:
    """One of the names above. Raises PortBusy, or NoPod when there is no such port."""
    try:
        with Pod(SerialTransport(port, baud), hello_attempts=2):
            return APP
    except (NoAnswer, PortGone):
        return _listen(port, baud)


def settle(port: str, baud: int = BAUD) -> None:
    """End what keeps MicroPython's prompt away, and let it work off what came meanwhile: frames are keys to it."""
    with _opened(port, baud) as (transport, seen):
        transport.write(b"\r\x03")
        end = time.monotonic() + _SETTLE_S
        while time.monotonic() < end and not (_pauses(seen) and seen.endswith(b">>> ")):
            seen.clear()
            transport.write(b"\x03\x02")  # forget what was typed, leave the raw REPL


@contextmanager
def _opened(port: str, baud: int) -> Generator[tuple[SerialTransport, bytearray]]:
    """The port, and all that has come from it."""
    transport = SerialTransport(port, baud)
    seen = bytearray()
    try:
        transport.start(seen.extend, lambda error: None)
        yield transport, seen
    finally:
        transport.close()


def _pauses(seen: bytearray) -> bool:
    """Waits; whether nothing came in the second half of it."""
    time.sleep(_QUIET_S)
    length = len(seen)
    time.sleep(_QUIET_S)
    return len(seen) == length


def _listen(port: str, baud: int) -> str:
    """Knock as a person would, Enter, Ctrl-C, and Ctrl-B out of the raw REPL, and look at what comes back."""
    try:
        with _opened(port, baud) as (transport, seen):
            transport.write(b"\r\x03\x02\r")
            end = time.monotonic() + _LISTEN_S
            while time.monotonic() < end and b">>> " not in seen:
                time.sleep(0.02)
    except serial.SerialException:
        return SILENT
    return _read_off(bytes(seen))


def _read_off(seen: bytes) -> str:
    if b">>> " in seen or b"MicroPython" in seen:
        return REPL
    if b"waiting for download" in seen or b"DOWNLOAD_BOOT" in seen:
        return BOOT_LOADER
    return SILENT
