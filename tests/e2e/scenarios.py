"""Scenarios on a running pod, virtual or real, slow enough for a UART of 115,200 baud."""

import random
import time
from collections.abc import Iterator

import serial

import commands
from e2e.tool import PATIENCE_S, Tool, is_stride
from retropod.client import frames, wire
from retropod.client.pod import Pod
from retropod.errors import NoPod, PortBusy
from retropod.transport.serial import SerialTransport

_QUIET_S = 0.06  # time without input after which the pod drops an unfinished frame
_START_S = 30.0  # limit from a reset to the first answer: a pod on a chip needs 3 s, one that compiles its app 17 s
_RATE_S = 20.0  # uptime at which a pod knows its sample rate


def open_port(tool: Tool) -> serial.Serial:
    """Open the port without a client."""
    return serial.serial_for_url(tool.port, baudrate=tool.baud, timeout=0.2, exclusive=True)


def greets(tool: Tool) -> dict:
    """Return the identity and the state of the pod."""
    return tool.good("info", "--json").objects[0]


def survives_garbage(tool: Tool) -> None:
    """Send random bytes before the first frame."""
    noise = random.Random(11)
    for _ in range(3):
        with open_port(tool) as port:
            # 0x03 as the first byte after silence is an interrupt request, so begin with another byte
            port.write(b"U" + noise.randbytes(100))
            time.sleep(0.1)
        greets(tool)


def requests() -> list[bytes]:
    """Return requests of different lengths, as a host sends them."""
    layouts = {layout.name: layout.id for layout in wire.layouts().values()}
    named = {"status_get": {"request": 3}, "run_read": {"request": 3, "run": 3, "offset": 3, "length": 3}}
    return [frames.build(layouts[name], 3, wire.encode(name, **values)) for name, values in named.items()]


def cut_at_every_byte(request: bytes) -> Iterator[bytes]:
    """Yield the incomplete requests of a killed host."""
    for length in range(1, len(request) + 1):
        yield request[:length]


def killed_host_locks_nobody_out(tool: Tool, cuts: Iterator[bytes]) -> int:
    """Check that mpremote connects after each piece of a request, and that a soft reset starts the app."""
    tried = 0
    for piece in cuts:
        with open_port(tool) as port:
            port.write(piece)
        time.sleep(_QUIET_S)
        assert mpremote(tool, "exec", "print(6*7)").strip() == "42", piece
        tried += 1
        start_app(tool)
        await_app(tool)
    greets(tool)
    return tried


def mpremote(tool: Tool, *steps: str) -> str:
    """Run mpremote on the pod of `tool` and return its output. Fails if mpremote fails."""
    return commands.mpremote(tool.port, *steps)


def start_app(tool: Tool) -> None:
    """Leave the REPL: Ctrl-B for the friendly one, Ctrl-D for a soft reset, which runs main.py."""
    with open_port(tool) as port:
        port.write(b"\r\x02")
        time.sleep(0.05)
        port.write(b"\x04")
        time.sleep(0.3)


def await_app(tool: Tool) -> None:
    """Wait until the app answers, for a board that may be starting. Raises NoPod or PortBusy after 30 s.

    A process that a virtual pod starts holds the lock of the port until it executes its program.
    """
    end = time.monotonic() + _START_S
    while True:
        try:
            Pod(SerialTransport(tool.port, tool.baud)).close()
            return
        except (NoPod, PortBusy):
            if time.monotonic() > end:
                raise


def await_rate(tool: Tool) -> None:
    """Wait until the pod has measured its sample rate: 8 s of samples and some, after its start."""
    uptime_s = greets(tool)["pod"]["uptime_s"]
    time.sleep(max(0.0, _RATE_S - uptime_s))


def loses_no_run(tool: Tool, seconds: float) -> dict:
    """Record, stop, download, read and erase a run. Return its entry in the list of the pod."""
    run = tool.good("record", "start", "--json").objects[0]["run"]
    time.sleep(seconds)
    tool.good("record", "lap")
    tool.good("record", "stop")
    entry = next(one for one in tool.good("runs", "--json").objects if one["run"] == run)
    fetched = tool.good("download", str(run), "--json").objects[0]
    assert fetched["size_bytes"] == entry["size_bytes"]
    shown = tool.good("show", fetched["file"], "--json").objects
    assert sum(one["type"] == "stride" for one in shown) == entry["strides"]
    assert [one["kind"] for one in shown if one["type"] == "event"].count("lap") == 1
    again = tool.good("download", str(run), "--json").objects[0]
    assert again["already"]
    tool.good("erase", str(run))
    assert run not in [one["run"] for one in tool.good("runs", "--json").objects]
    return entry


def refuses_a_second_host(tool: Tool) -> None:
    """Check the error for a port in use, and that the first host keeps the port."""
    with open_port(tool):
        ran = tool("info")
    assert ran.code == 3, ran
    assert "in use" in ran.err
    assert "hint:" in ran.err
    greets(tool)


def streams_without_gaps(tool: Tool, *, seconds: float = 0.0, strides: int = 0) -> dict:
    """Stream strides, events and raw samples for a time or until enough strides came. Return the last object of `live`.

    Nothing may be lost, and the raw samples must cover the strides. The first two may begin before the stream.
    """
    limit = ("--strides", str(strides)) if strides else ("--seconds", str(seconds))
    *streamed, end = tool.good("live", "--raw", "--json", *limit, timeout_s=seconds + PATIENCE_S).objects
    assert end["type"] == "end"
    lost = {name: count for name, count in end["link"].items() if count and name != "raw_samples"}
    assert not lost, lost
    indexes = [one["sample"] for one in streamed if is_stride(one)][2:]
    assert not indexes or end["link"]["raw_samples"] >= indexes[-1] - indexes[0]
    return end
