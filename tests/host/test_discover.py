"""Search for pods: by request, without guessing; names of ports that cannot be opened."""

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

    def set_up(unknown=(), virtual=(), **behind):
        found = [PortInfo(name, "", "" if name in unknown else "CP210x") for name in behind]
        monkeypatch.setattr(discover, "ports", lambda everything: [one for one in found if everything or one.bridge])
        monkeypatch.setattr(discover, "registered", lambda: list(virtual))
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
    asked = threading.Barrier(3, timeout=60.0)
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
    assert "retropod sim" in none.value.hint
    assert none.value.message == "no pod found (1 port queried)"
    assert [one.error.message for one in discover.search()] == ["there is no port a"]


def test_ports_with_an_unknown_chip_are_named_and_not_opened(answering):
    answering(a=True, b=True, unknown=("a", "b"))
    with pytest.raises(NoPod) as none:
        discover.connect("auto", 115200)
    assert none.value.message == "no pod found (0 ports queried); ports with another USB chip or none: a, b"
    assert none.value.hint.startswith("run `retropod list --all` to query every port, or name one with --port")
    assert discover.search() == []
    assert [one.hello.name for one in discover.search(everything=True)] == ["tiny", "tiny"]


@pytest.mark.parametrize("unknown", ["", "a"])
def test_a_named_port_is_the_only_one_that_is_asked(answering, unknown):
    answering(a=True, b=True, unknown=unknown)
    (one,) = discover.search(url="a")
    assert one.port == PortInfo("a", "", "" if unknown else "CP210x")
    assert one.hello.name == "tiny"


def test_all_ports_include_a_named_one_that_the_system_does_not_list(answering, monkeypatch):
    answering(a=True)
    monkeypatch.setattr(discover, "SerialTransport", lambda name, baud: TinyPod())
    assert [one.port.device for one in discover.search(True, "socket://h:1")] == ["a", "socket://h:1"]
    assert [one.port.device for one in discover.search(True, "a")] == ["a"]


def test_a_search_uses_the_given_rate(answering, monkeypatch):
    answering(a=True)
    rates = []
    monkeypatch.setattr(discover, "SerialTransport", lambda name, baud: (rates.append(baud), TinyPod())[1])
    discover.search(baud=9600)
    assert rates == [9600]


def test_auto_takes_a_virtual_pod_that_is_alone(answering):
    answering(virtual=["a"], a=True, unknown=["a"])
    with discover.connect("auto", 115200) as pod:
        assert pod.greeting.name == "tiny"
    assert discover.is_virtual("a")
    assert not discover.is_virtual("b")


def test_a_virtual_pod_next_to_a_real_one_is_listed_not_guessed(answering):
    answering(virtual=["v"], a=True, v=True, unknown=["v"])
    with pytest.raises(NoPod, match=r"2 pods answer: v \(virtual\) is tiny .*, a is tiny"):
        discover.connect("auto", 115200)
    assert [(one.port.device, one.port.virtual) for one in discover.search()] == [("v", True), ("a", False)]


def test_a_port_that_is_listed_and_registered_is_asked_once(answering):
    answering(virtual=["a"], a=True)
    assert discover.candidates() == [PortInfo("a", "", "virtual pod", virtual=True)]


def test_auto_reports_the_program_that_uses_the_only_pod(answering, monkeypatch):
    answering(a=True, b=False)

    def opened(name, baud):
        raise PortBusy(f"{name} is in use") if name == "a" else NoPod(f"there is no port {name}")

    monkeypatch.setattr(discover, "SerialTransport", opened)
    with pytest.raises(PortBusy, match="a is in use"):
        discover.connect("auto", 115200)
    busy = discover.no_pod([one.error for one in discover.search()])
    assert isinstance(busy, PortBusy), "`list` reports it too"


class Listed:
    """A port as pyserial describes it."""

    def __init__(self, device, vid, pid):
        self.device, self.vid, self.pid, self.description = device, vid, pid, "n/a"


def test_ports_with_a_known_bridge_come_without_the_others(monkeypatch):
    listed = [Listed("/dev/ttyUSB0", 0x10C4, 0xEA60), Listed("/dev/ttyS0", None, None), Listed("/dev/ttyACM0", 1, 2)]
    monkeypatch.setattr("retropod.transport.ports.list_ports.comports", lambda: listed)
    assert [one.device for one in ports()] == ["/dev/ttyUSB0"]
    assert [one.device for one in ports(everything=True)] == ["/dev/ttyACM0", "/dev/ttyS0", "/dev/ttyUSB0"]


@pytest.mark.parametrize(
    ("ids", "name"),
    [
        ("10c4:ea60", "CP210x"),
        ("10c4:ea70", "CP2105"),
        ("10c4:ea71", "CP2108"),
        ("1a86:7522", "CH340K"),
        ("1a86:7523", "CH340"),
        ("1a86:5523", "CH341"),
        ("1a86:55d2", "CH342"),
        ("1a86:55d3", "CH343"),
        ("1a86:55d4", "CH9102"),
        ("1a86:55d5", "CH344"),
        ("1a86:55d7", "CH9103"),
        ("1a86:55d8", "CH9101"),
        ("0403:6001", "FT232"),
        ("0403:6010", "FT2232"),
        ("0403:6015", "FT230X/FT231X"),
        ("067b:2303", "PL2303"),
        ("067b:23a3", "PL2303GC"),
        ("067b:23f3", "PL2303GS"),
        ("303a:0002", "ESP32-S2 USB"),
        ("303a:1001", "Espressif USB-JTAG"),
        ("303a:4001", "MicroPython USB"),
        ("303a:80c2", "Espressif USB"),  # the number of a board maker
        ("303b:1001", ""),
        ("0483:5740", ""),
        ("1a86:8010", ""),  # a debug probe
    ],
)
def test_bridges_of_esp32_boards_are_known(monkeypatch, ids, name):
    vid, pid = (int(number, 16) for number in ids.split(":"))
    monkeypatch.setattr("retropod.transport.ports.list_ports.comports", lambda: [Listed("x", vid, pid)])
    assert ports(everything=True) == [PortInfo("x", "", name)]
    assert len(ports()) == bool(name)


@pytest.mark.parametrize(
    ("number", "kind", "word"),
    [
        (errno.EACCES, OperationFailed, "dialout"),
        (errno.EBUSY, PortBusy, "close the other"),
        (errno.ENOENT, NoPod, "list --all"),
    ],
)
def test_a_port_that_cannot_be_opened_gives_cause_and_fix(monkeypatch, number, kind, word):
    def fails(*_, **__):
        raise serial.SerialException(number, f"could not open port: {os.strerror(number)}")

    monkeypatch.setattr(port.serial, "serial_for_url", fails)
    monkeypatch.setattr(port.sys, "platform", "linux")
    with pytest.raises(kind) as raised:
        port.SerialTransport("/dev/ttyUSB0")
    assert word in raised.value.hint


def test_the_second_to_open_a_port_learns_that_it_is_busy():
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
