"""What systems and tools say when a port does not work, and what mends it."""

import re
from typing import NamedTuple

from retropod.errors import NoPod, OperationFailed, PortBusy, RetropodError


class _Known(NamedTuple):
    pattern: str
    kind: type[RetropodError]
    cause: str
    hint: str


_CLOSE = "close the other program (a serial monitor, an editor's terminal, mpremote), then try again"
_DRIVER = (
    "install the driver of the board's USB chip: CP210x from silabs.com, CH340 and CH9102 from wch-ic.com; "
    "then plug it in again"
)
# The first that fits counts. Texts: pyserial 3.5 and esptool 5 on Linux, macOS and Windows.
_KNOWN = (
    _Known(r"PermissionError\(13, ['\"](?:Access is denied|Zugriff verweigert)|Access is denied",
           PortBusy, "is in use by another program", _CLOSE),
    _Known(r"Could not exclusively lock|Resource busy|Device or resource busy|EBUSY|in use by another program|"
           r"port is busy|Resource temporarily unavailable",
           PortBusy, "is in use by another program", _CLOSE),
    _Known(r"Permission denied|EACCES|\[Errno 13\]",
           OperationFailed, "may not be opened by this account",
           "Linux: sudo usermod -aG dialout $USER (Arch: uucp), then log in again"),
    _Known(r"FileNotFoundError|No such file or directory|could not find|cannot find the file",
           NoPod, "is not there", f"plug the board in with a cable that carries data; no port at all: {_DRIVER}"),
    _Known(r"A device attached to the system is not functioning|ClearCommError|WriteFile failed|OSError\(22",
           OperationFailed, "does not work: its driver and its chip disagree", _DRIVER),
    _Known(r"semaphore timeout|Device not configured|Input/output error|device reports readiness to read but returned",
           NoPod, "went away while in use", "try another cable and a port of the computer itself, not of a hub"),
    _Known(r"Wrong boot mode detected|serial noise or corruption|Invalid head of packet",
           NoPod, "answers, but its boot loader does not",
           "hold the board's BOOT button, press and release its reset button, let go of BOOT, and try again"),
    _Known(r"MD5 of file does not match|Packet content transfer stopped|checksum error",
           OperationFailed, "took the image damaged", "try another cable; a bare sensor board may need its own supply"),
)  # fmt: skip


def explained(port: str, output: str) -> RetropodError | None:
    """The error that `output` of a tool or a system's exception speaks of; None when it is not known."""
    for known in _KNOWN:
        if re.search(known.pattern, output, re.IGNORECASE):
            return known.kind(f"{port} {known.cause}", known.hint)
    return None
