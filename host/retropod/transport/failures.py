"""Causes and remedies for a port that does not work, from the texts of operating systems and of esptool.

This is the only module that matches these foreign texts: neither pyserial nor esptool reports a reason code.
"""

import re
import sys
from typing import NamedTuple

from retropod.errors import NoPod, OperationFailed, PortBusy, PortMissing, RetropodError
from retropod.transport.holder import holder


class _Known(NamedTuple):
    pattern: str
    kind: type[RetropodError]
    cause: str
    hint: str


DRIVER = (
    "install the driver of the board's USB chip: CP210x from silabs.com, CH340 and CH9102 from wch-ic.com; "
    "then plug it in again"
)
BOOT = "hold the board's BOOT button, press and release its reset button, release BOOT, and try again"
_MISSING = (
    r"FileNotFound|No such file or directory|No such device|could not find|cannot find the file|ENOENT|ENODEV|ENXIO"
)
_BUSY = (
    r"Access is denied|Zugriff verweigert|Could not exclusively lock|Resource busy|EBUSY|EAGAIN|"
    r"in use by another program|port is busy|Resource temporarily unavailable"
)
_FORBIDDEN = r"Permission denied|Operation not permitted|EACCES|EPERM|\[Errno 13\]"
# The first match applies. Texts of pyserial 3.5 and esptool 5 on Linux, macOS and Windows.
_KNOWN = (
    _Known(r"A device attached to the system is not functioning|ClearCommError|WriteFile failed|OSError\(22",
           OperationFailed, "does not work: its driver does not fit its chip", DRIVER),
    _Known(r"semaphore timeout|Device not configured|Input/output error|device reports readiness to read but returned",
           NoPod, "disconnected while in use", "try another cable, and a port of the computer instead of a hub"),
    _Known(r"Is a directory|Inappropriate ioctl",
           NoPod, "is not a serial port", "`retropod list --all` shows every port"),
    _Known(r"Failed to start stub flasher",
           OperationFailed, "has a chip on which esptool's stub flasher does not start",
           "run the same command with --no-stub: `retropod flash --no-stub`, with --repair if it may have runs"),
    _Known(r"Wrong boot mode detected|serial noise or corruption|Invalid head of packet",
           NoPod, "answers, but its boot loader does not", BOOT),
    _Known(r"Failed to connect|No serial data received",
           NoPod, "has no board whose boot loader answers", BOOT),
    _Known(r"MD5 of file does not match|Packet content transfer stopped|checksum error",
           OperationFailed, "received a damaged image",
           "try another cable; a bare sensor board may need its own supply"),
)  # fmt: skip


def explained(port: str, output: str) -> RetropodError | None:
    """Return the error that matches the `output` of a tool or the text of a system's exception, or None."""
    for pattern, error in ((_MISSING, missing), (_BUSY, busy), (_FORBIDDEN, forbidden)):
        if re.search(pattern, output, re.IGNORECASE):
            return error(port)
    for known in _KNOWN:
        if re.search(known.pattern, output, re.IGNORECASE):
            return known.kind(f"{port} {known.cause}", known.hint)
    return None


def missing(port: str) -> PortMissing:
    """Return the error for a port that does not exist."""
    hint = "plug the pod in with a cable that carries data; `retropod list --all` shows every port"
    driver = "" if sys.platform == "linux" else f"; if it shows none, {DRIVER}"
    return PortMissing(f"there is no port {port}", hint + driver)


def busy(port: str) -> PortBusy:
    """Return the error for a port that another program has open. It names the program if the system does."""
    program = holder(port)
    which = program or "a serial monitor, an editor's terminal, mpremote"
    return PortBusy(
        f"{port} is in use by another program{f': {program}' if program else ''}",
        f"close the other program ({which}), then try again",
    )


def forbidden(port: str) -> OperationFailed:
    """Return the error for a port that this account may not open."""
    hint = "close other programs that use the port, and check that your account may use serial ports"
    if sys.platform == "linux":
        hint = "join the group that owns serial ports: `sudo usermod -aG dialout $USER` (Arch: uucp), then log in again"
    return OperationFailed(f"no permission to open {port}", hint)
