"""Ports: every form of address, servers of the network, and ports that disconnect, block or belong to no pod."""

import errno
import os
import pty
import socket
import sys
import threading

import pytest
import serial

from host.netpod import served
from host.tinypod import TinyPod
from retropod.cli.failure import report
from retropod.client.pod import Pod
from retropod.errors import NoPod, PortMissing, RetropodError, UsageError
from retropod.transport import address, failures, holder
from retropod.transport import serial as port
from retropod.transport.serial import PortGone, SerialTransport, open_port, prepare

# Of pyserial's network ports: a deprecated call, and a socket that stays open if the other end has closed it.
pytestmark = [
    pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.mark.parametrize("delay_s", [0.0, 0.1])
@pytest.mark.parametrize("scheme", ["socket", "rfc2217", "RFC2217"])
def test_a_pod_answers_behind_a_server_of_the_network(scheme, delay_s):
    with served(TinyPod(b"x" * 600), scheme.lower(), delay_s) as url:
        with Pod(SerialTransport(url.replace(scheme.lower(), scheme))) as pod:
            assert pod.greeting.name == "tiny"
            assert [entry.run for entry in pod.runs()] == [1, 2, 3]
            assert b"".join(data for _, data in pod.read_run(1, 0, 600)) == b"x" * 600
        opened = open_port(url)
        try:
            prepare(opened, url, 115200)  # the next user of an open port
            assert Pod(SerialTransport(url, opened=opened)).status().state == "idle"
        finally:
            opened.close()


def test_only_a_line_with_a_rate_changes_it():
    with served(TinyPod(), "rfc2217") as url:
        transport = SerialTransport(url)
        assert transport.change_rate(460_800)
        transport.close()
    with served(TinyPod()) as url:
        transport = SerialTransport(url)
        assert not transport.change_rate(460_800)
        transport.close()


def test_an_rfc2217_server_is_given_more_than_three_seconds_for_an_answer():
    assert address.parse("rfc2217://pi:4000?ign_set_control").opens == "rfc2217://pi:4000?ign_set_control&timeout=10"
    assert address.parse("RFC2217://pi:4000?timeout=2").opens == "rfc2217://pi:4000?timeout=2"
    assert address.parse("socket://[::1]:4000").opens == "socket://[::1]:4000"
    assert address.parse("/dev/ttyUSB0") == ("/dev/ttyUSB0", "", "/dev/ttyUSB0")


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "has a name"),
        (" ", "has a name"),
        ("/dev/a\0b", "has a name"),
        ("socket://host", "port number"),
        ("socket://host:", "port number"),
        ("socket://:80", "host is missing"),
        ("socket://host:65536", "range"),
        ("socket://host:x", "integer"),
        ("socket://[::1:80", "IPv6"),
        ("socket://host:1?baud=9", "no option"),
        ("socket://host:1?logging=loud", "logging"),
        ("rfc2217://h:0", "port number"),
        ("rfc2217://", "host is missing"),
        ("rfc2217://h:1?timeout=long", "float"),
        ("rfc2217://h:1?timeout=0", "timeout"),
        ("foo://x", "foo"),
        ("://x", "not known"),
        ("alt:///dev/null?class=None", "class"),
    ],
)
def test_an_invalid_address_is_a_usage_error_that_names_the_forms(url, word, capsys):
    with pytest.raises(UsageError) as raised:
        open_port(url)
    assert word in raised.value.message and "socket://host:port" in raised.value.hint
    assert report(raised.value) == 2
    assert capsys.readouterr().err.count("\n") == 2


@pytest.mark.parametrize(
    "url", ["spy:///no/such/device", "loop://?x=1", "hwgrep://no-such-device", "socket://127.0.0.1:9"]
)
def test_a_url_that_opens_nothing_is_not_a_pod(url):
    with pytest.raises(NoPod):
        open_port(url)


@pytest.mark.parametrize("url", ["loop://", "spy://{pty}?file=/dev/null"])
def test_other_handlers_of_pyserial_open(url):
    master, slave = pty.openpty()
    try:
        transport = SerialTransport(url.format(pty=os.ttyname(slave)))
        with pytest.raises(NoPod, match="no answer"):
            Pod(transport, hello_attempts=1)
        assert not transport.change_rate(460_800)
    finally:
        os.close(master)
        os.close(slave)


def test_folders_files_and_other_devices_are_no_serial_ports(tmp_path):
    file = tmp_path / "file"
    file.touch()
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, file, tmp_path / "pipe", "/dev/null"):
        with pytest.raises(NoPod, match="is not a serial port"):
            open_port(str(path))
    for path in (tmp_path / "none", file / "none"):
        with pytest.raises(PortMissing):
            open_port(str(path))


def test_a_server_of_raw_bytes_is_not_taken_for_an_rfc2217_server():
    server = socket.create_server(("127.0.0.1", 0))
    with server, pytest.raises(NoPod, match="is not an RFC 2217 server"):
        open_port(f"rfc2217://127.0.0.1:{server.getsockname()[1]}?timeout=0.2")


def test_a_rate_that_the_system_cannot_express_is_a_usage_error(monkeypatch):
    monkeypatch.setattr(port.serial, "serial_for_url", _raising(OverflowError("too large")))
    with pytest.raises(UsageError, match="99999999999 bit/s"):
        open_port("/dev/ttyUSB0", 99_999_999_999)


def _raising(fault):
    def fails(*_, **__):
        raise fault

    return fails


def _faults():
    yield from (OSError(number, os.strerror(number)) for number in (errno.ENXIO, errno.EIO, errno.EBADF, errno.ENODEV))
    yield from (serial.SerialException("read failed"), serial.PortNotOpenError(), TypeError(), AttributeError("fileno"))
    if sys.platform != "win32":
        import termios

        yield termios.error(errno.EIO, "Input/output error")


class _Vanished:
    """A port whose every call fails with one exception."""

    def __init__(self, fault: Exception) -> None:
        object.__setattr__(self, "fault", fault)
        object.__setattr__(self, "timeout", 0.1)

    def __setattr__(self, name: str, value: object) -> None:
        raise self.fault

    def __getattr__(self, name: str) -> object:
        if name in ("read", "write", "close", "cancel_read"):
            return _raising(self.fault)
        raise self.fault


@pytest.mark.parametrize("fault", list(_faults()), ids=repr)
def test_a_device_that_vanishes_is_gone_whatever_the_system_raises(monkeypatch, fault):
    monkeypatch.setattr(port, "open_port", lambda url, baud: _Vanished(fault))
    transport = SerialTransport("/dev/ttyUSB0")
    lost, ended = [], threading.Event()
    transport.start(lambda data: None, lambda error: (lost.append(error), ended.set()))
    assert ended.wait(10) and isinstance(lost[0], PortGone)
    with pytest.raises(PortGone):
        transport.write(b"x")
    assert not transport.change_rate(460_800)
    with pytest.raises(PortGone):
        prepare(transport._port, transport.url, 115200)
    transport.close()


def test_a_port_that_accepts_no_data_is_not_reported_as_unplugged(monkeypatch):
    monkeypatch.setattr(port, "open_port", lambda url, baud: _Vanished(serial.SerialTimeoutException("Write timeout")))
    with pytest.raises(PortGone, match="accepts no data"):
        SerialTransport("/dev/ttyUSB0").write(b"x")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EACCES, "OperationFailed"),
        (errno.EPERM, "OperationFailed"),
        (errno.EBUSY, "PortBusy"),
        (errno.EAGAIN, "PortBusy"),
        (errno.ENXIO, "PortMissing"),
        (errno.ENODEV, "PortMissing"),
        (errno.EIO, "NoPod"),
        (errno.EMFILE, "NoPod"),
    ],
)
def test_each_system_error_of_opening_is_one_of_ours(monkeypatch, number, kind):
    monkeypatch.setattr(port.serial, "serial_for_url", _raising(OSError(number, os.strerror(number))))
    with pytest.raises(RetropodError) as raised:
        open_port("/dev/ttyUSB0")
    assert type(raised.value).__name__ == kind
    assert "\n" not in raised.value.message


def test_the_holder_of_a_port_is_unknown_where_the_system_does_not_say_it(tmp_path):
    assert holder._in_proc(tmp_path / "none", tmp_path) == ""
    process = tmp_path / "proc" / "1"
    (process / "fd").mkdir(parents=True)
    (process / "fd" / "3").symlink_to(tmp_path / "tty")
    (process / "comm").write_bytes(b"caf\xe9\n")
    assert holder._in_proc(tmp_path / "proc", tmp_path / "tty") == "caf\ufffd (process 1)"
    assert failures.unreachable("socket://h:1", "").message == "nothing answers at socket://h:1"
