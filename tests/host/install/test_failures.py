"""What systems say when a port does not work is answered with what mends it."""

import pytest

from retropod.errors import NoPod, OperationFailed, PortBusy
from retropod.install.failures import explained

SAID = [
    ("could not open port 'COM3': PermissionError(13, 'Access is denied.', None, 5)", PortBusy, "close the other"),
    ("[Errno 16] could not open port /dev/cu.usbserial-0001: [Errno 16] Resource busy", PortBusy, "close the other"),
    ("Could not exclusively lock port /dev/ttyUSB0: [Errno 11] Resource temporarily unavailable", PortBusy, "close"),
    ("[Errno 13] could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0'",
     OperationFailed, "dialout"),
    ("could not open port 'COM9': FileNotFoundError(2, 'The system cannot find the file specified.', None, 2)",
     NoPod, "CP210x"),
    ("[Errno 2] could not open port /dev/ttyUSB0: [Errno 2] No such file or directory", NoPod, "CH340"),
    ("Cannot configure port, something went wrong. Original message: OSError(22, 'A device attached to the system "
     "is not functioning.', None, 31)", OperationFailed, "driver"),
    ("WriteFile failed (PermissionError(13, 'The device does not recognize the command.', None, 22))",
     OperationFailed, "driver"),
    ("device reports readiness to read but returned no data (device disconnected or multiple access on port?)",
     NoPod, "another cable"),
    ("A fatal error occurred: Failed to connect to ESP32: Wrong boot mode detected (0x13)!", NoPod, "BOOT"),
    ("A fatal error occurred: MD5 of file does not match data in flash!", OperationFailed, "cable"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "hint"), SAID, ids=[text[:40] for text, _, _ in SAID])
def test_known(text: str, kind: type, hint: str) -> None:
    error = explained("PORT", text)
    assert type(error) is kind
    assert error.message.startswith("PORT ")
    assert hint in error.hint


def test_unknown() -> None:
    assert explained("PORT", "something new") is None
