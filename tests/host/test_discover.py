"""Finding pods: asked, never guessed; and what a port that cannot be opened is called."""

import errno
import os
import pty
import threading
import time

import pytest
import serial

from host.tinypod import TinyPod
from retropod.client import discover
from retropod.client.pod import Pod
from retropod.errors import NoPod, OperationFailed, PortBusy
from retropod.transport import serial as port
from retropod.transport.ports import PortInfo, ports


@pytest.fixture
def answering(monkeypatch):
    """Ports by name, with a pod behind some of them."""

    def set_up(**behind):
        found = [PortInfo(name, "", "CP210x") for name in behind]
        monkeypatch.setattr(discover, "ports", lambda everything: found)
        monkeypatch.setattr(
            discover, "SerialTransport", lambda name, baud=0: TinyPod() if behind[name] else _absent(name)
        )

    return set_up


def _absent(name):
    raise NoPod(f"there is no port {name}")


def test_auto_takes_the_one_pod_that_answers(answering):
    answering(a=False, b=True)
    with discover.connect("auto", 115200) as pod:
        assert pod.greeting.name == "tiny"
        assert pod.connection.transport.url == "tiny:"


def test_auto_opens_the_port_of_its_pod_once(answering, monkeypatch):
    """Opening a port can reset the board behind it, which then takes seconds to start."""
    answering(a=True)
    opened, bare = [], discover.SerialTransport
    monkeypatch.setattr(discover, "SerialTransport", lambda name, baud=0: (opened.append((name, baud)), bare(name))[1])
    with discover.connect("auto", 9600):
        pass
    assert opened == [("a", 9600)]


def test_auto_waits_for_a_board_that_the_opening_of_its_port_has_reset(answering, monkeypatch):
    answering(a=True)
    fake = TinyPod()
    fake.silent, take, began = True, fake.write, time.monotonic()

    def start_after_3_s(data):
        fake.silent = time.monotonic() - began < 3.0
        take(data)

    fake.write = start_after_3_s
    monkeypatch.setattr(discover, "SerialTransport", lambda name, baud=0: fake)
    with discover.connect("auto", 115200) as pod:
        assert pod.greeting.name == "tiny"


def test_ports_are_asked_at_the_same_time(answering, monkeypatch):
    answering(a=True, b=True, c=True)
    asked = threading.Barrier(3, timeout=5.0)
    bare = discover.SerialTransport
    monkeypatch.setattr(discover, "SerialTransport", lambda name, baud=0: (asked.wait(), bare(name))[1])
    assert [one.port.device for one in discover.search()] == ["a", "b", "c"]


def test_several_pods_are_listed_not_guessed(answering):
    answering(a=True, b=True)
    with pytest.raises(NoPod, match=r"2 pods answer: a is tiny .*, b is tiny") as several:
        discover.connect("auto", 115200)
    assert "--port" in several.value.hint


def test_no_pod_says_what_to_try(answering):
    answering(a=False)
    with pytest.raises(NoPod) as none:
        discover.connect("auto", 115200)
    assert "retropod demo" in none.value.hint
    assert [one.error.message for one in discover.search()] == ["there is no port a"]


def test_ports_with_a_known_bridge_come_without_the_others(monkeypatch):
    class Listed:
        def __init__(self, device, vid, pid):
            self.device, self.vid, self.pid, self.description = device, vid, pid, "n/a"

    listed = [Listed("/dev/ttyUSB0", 0x10C4, 0xEA60), Listed("/dev/ttyS0", None, None), Listed("/dev/ttyACM0", 1, 2)]
    monkeypatch.setattr("retropod.transport.ports.list_ports.comports", lambda: listed)
    assert [one.device for one in ports()] == ["/dev/ttyUSB0"]
    assert [one.device for one in ports(everything=True)] == ["/dev/ttyACM0", "/dev/ttyS0", "/dev/ttyUSB0"]


@pytest.mark.parametrize(
    ("number", "kind", "word"),
    [
        (errno.EACCES, OperationFailed, "dialout"),
        (errno.EBUSY, PortBusy, "close the other"),
        (errno.ENOENT, NoPod, "list --all"),
    ],
)
def test_a_port_that_cannot_be_opened_says_why_and_what_mends_it(monkeypatch, number, kind, word):
    def fails(*_, **__):
        raise serial.SerialException(number, f"could not open port: {os.strerror(number)}")

    monkeypatch.setattr(port.serial, "serial_for_url", fails)
    monkeypatch.setattr(port.sys, "platform", "linux")
    with pytest.raises(kind) as raised:
        port.SerialTransport("/dev/ttyUSB0")
    assert word in raised.value.hint


def test_the_second_to_open_a_port_is_told_that_it_is_busy():
    master, slave = pty.openpty()
    first = port.SerialTransport(os.ttyname(slave))
    try:
        with pytest.raises(PortBusy):
            port.SerialTransport(os.ttyname(slave))
    finally:
        first.close()
        os.close(master)
        os.close(slave)


def test_opening_and_closing_leaves_the_modem_lines_alone(monkeypatch):
    """RTS and DTR reset an ESP32 board: a port is opened with both as the system sets them, and does not drop them."""
    import termios

    master, slave = pty.openpty()
    transport = port.SerialTransport(os.ttyname(slave))
    try:
        assert transport._port.dtr
        assert transport._port.rts
        assert not termios.tcgetattr(slave)[2] & termios.HUPCL
    finally:
        transport.close()
        os.close(master)
        os.close(slave)


def test_a_closed_port_frees_it_for_the_next():
    master, slave = pty.openpty()
    try:
        for _ in range(3):
            port.SerialTransport(os.ttyname(slave)).close()
        with pytest.raises(NoPod):
            Pod(port.SerialTransport(os.ttyname(slave)), hello_attempts=1)
        port.SerialTransport(os.ttyname(slave)).close()
    finally:
        os.close(master)
        os.close(slave)
