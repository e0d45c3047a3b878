"""Errors of systems and of esptool get a cause and a remedy."""

from pathlib import Path

import pytest

from retropod.errors import NoPod, OperationFailed, PortBusy, PortMissing
from retropod.transport import failures
from retropod.transport.failures import explained
from retropod.transport.holder import _in_proc, parse_lsof

SAID = [
    ("could not open port 'COM3': PermissionError(13, 'Access is denied.', None, 5)", PortBusy, "close the other"),
    ("[Errno 16] could not open port /dev/cu.usbserial-0001: [Errno 16] Resource busy", PortBusy, "close the other"),
    ("Could not exclusively lock port /dev/ttyUSB0: [Errno 11] Resource temporarily unavailable", PortBusy, "close"),
    ("[Errno 13] could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0'",
     OperationFailed, "dialout"),
    ("could not open port 'COM9': FileNotFoundError(2, 'The system cannot find the file specified.', None, 2)",
     PortMissing, "cable"),
    ("[Errno 2] could not open port /dev/ttyUSB0: [Errno 2] No such file or directory", PortMissing, "list --all"),
    ("Could not open /dev/ttyUSB0, the port is busy or doesn't exist.\n([Errno 2] No such file or directory)",
     PortMissing, "list --all"),
    ("Cannot configure port, something went wrong. Original message: OSError(22, 'A device attached to the system "
     "is not functioning.', None, 31)", OperationFailed, "driver"),
    ("WriteFile failed (PermissionError(13, 'The device does not recognize the command.', None, 22))",
     OperationFailed, "driver"),
    ("device reports readiness to read but returned no data (device disconnected or multiple access on port?)",
     NoPod, "another cable"),
    ("[Errno 21] could not open port /tmp: [Errno 21] Is a directory: '/tmp'", NoPod, "list --all"),
    ("Could not configure port: (25, 'Inappropriate ioctl for device')", NoPod, "list --all"),
    ("A fatal error occurred: Failed to connect to ESP32: Wrong boot mode detected (0x13)!", NoPod, "BOOT"),
    ("A fatal error occurred: Failed to connect to ESP32: No serial data received.", NoPod, "BOOT"),
    ("A fatal error occurred: Failed to start stub flasher. There was no response.", OperationFailed, "--no-stub"),
    ("A fatal error occurred: MD5 of file does not match data in flash!", OperationFailed, "cable"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "hint"), SAID, ids=[text[:40] for text, _, _ in SAID])
def test_known(text: str, kind: type, hint: str) -> None:
    error = explained("PORT", text)
    assert type(error) is kind
    assert "PORT" in error.message
    assert hint in error.hint


def test_unknown() -> None:
    assert explained("PORT", "something new") is None


@pytest.mark.parametrize(("system", "word"), [("win32", "CP210x"), ("darwin", "CH340"), ("linux", "list --all")])
def test_no_port_at_all_may_be_a_driver(system: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures.sys, "platform", system)
    assert word in failures.missing("PORT").hint


def test_the_holder_in_the_output_of_lsof() -> None:
    said = "p77\ncpython3.11\nf3\np512\ncArduino IDE\nf9\n"
    assert parse_lsof(said, own=77) == "Arduino IDE (process 512)"
    assert parse_lsof("", own=77) == ""


def test_a_holder_is_found_among_the_processes(tmp_path: Path) -> None:
    """As in Linux: a process with hidden files, one with another file, and one with the port."""
    port = tmp_path / "ttyUSB0"
    port.touch()
    for number, name, opened in ((11, "locked", None), (12, "other", tmp_path), (13, "minicom", port)):
        folder = tmp_path / "proc" / str(number)
        folder.mkdir(parents=True)
        (folder / "comm").write_text(name + "\n")
        if opened:
            (folder / "fd").mkdir()
            (folder / "fd" / "5").symlink_to(opened)
    assert _in_proc(tmp_path / "proc", port) == "minicom (process 13)"
    assert _in_proc(tmp_path / "proc", tmp_path / "ttyUSB1") == ""
