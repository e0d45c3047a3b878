"""What systems and tools say when a port does not work, and what mends it. The one place of these texts."""

import re
import sys
from typing import NamedTuple

from retropod.errors import NoPod, OperationFailed, PortBusy, RetropodError
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
BOOT = "hold the board's BOOT button, press and release its reset button, let go of BOOT, and try again"
_MISSING = (
    r"FileNotFound|No such file or directory|No such device|could not find|cannot find the file|ENOENT|ENODEV|ENXIO"
)
_BUSY = (
    r"Access is denied|Zugriff verweigert|Could not exclusively lock|Resource busy|EBUSY|EAGAIN|"
    r"in use by another program|port is busy|Resource temporarily unavailable"
)
_FORBIDDEN = r"Permission denied|Operation not permitted|EACCES|EPERM|\[Errno 13\]"
# The first that fits counts. Texts: pyserial 3.5 and esptool 5 on Linux, macOS and Windows.
_KNOWN = (
    _Known(r"A device attached to the system is not functioning|ClearCommError|WriteFile failed|OSError\(22",
           OperationFailed, "does not work: its driver and its chip disagree", DRIVER),
    _Known(r"semaphore timeout|Device not configured|Input/output error|device reports readiness to read but returned",
           NoPod, "went away while in use", "try another cable and a port of the computer itself, not of a hub"),
    _Known(r"Is a directory|Inappropriate ioctl",
           NoPod, "is no serial port", "`retropod list --all` shows every port"),
    _Known(r"Wrong boot mode detected|serial noise or corruption|Invalid head of packet",
           NoPod, "answers, but its boot loader does not", BOOT),
    _Known(r"MD5 of file does not match|Packet content transfer stopped|checksum error",
           OperationFailed, "took the image damaged", "try another cable; a bare sensor board may need its own supply"),
)  # fmt: skip


def explained(port: str, output: str) -> RetropodError | None:
    """The error that `output` of a tool or a system's exception speaks of; None when it is not known."""
    for pattern, error in ((_MISSING, missing), (_BUSY, busy), (_FORBIDDEN, forbidden)):
        if re.search(pattern, output, re.IGNORECASE):
            return error(port)
    for known in _KNOWN:
        if re.search(known.pattern, output, re.IGNORECASE):
            return known.kind(f"{port} {known.cause}", known.hint)
    return None


def missing(port: str) -> NoPod:
    """There is no such port."""
    hint = "plug the pod in with a cable that carries data; `retropod list --all` shows every port"
    return NoPod(f"there is no port {port}", hint if sys.platform == "linux" else f"{hint}; none at all: {DRIVER}")


def busy(port: str) -> PortBusy:
    """Another program holds the port: which one, where the system tells."""
    who = holder(port)
    which = who or "a serial monitor, an editor's terminal, mpremote"
    return PortBusy(
        f"{port} is in use by another program{f': {who}' if who else ''}",
        f"close the other program ({which}), then try again",
    )


def forbidden(port: str) -> OperationFailed:
    """This account may not open the port."""
    hint = "another program may hold it, or your account may not use serial ports"
    if sys.platform == "linux":
        hint = "join the group that owns serial ports: sudo usermod -aG dialout $USER (Arch: uucp), then log in again"
    return OperationFailed(f"no permission to open {port}", hint)
