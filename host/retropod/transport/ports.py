"""Which ports there are, and which of them may have a pod behind."""

from typing import Any, NamedTuple

from serial.tools import list_ports

# USB ids of bridge chips and chips that ESP32 boards carry; they say "may be", only Hello says "is".
_LIKELY = {
    (0x10C4, 0xEA60): "CP210x",
    (0x1A86, 0x7523): "CH340",
    (0x1A86, 0x55D4): "CH9102",
    (0x0403, 0x6001): "FT232",
    (0x303A, 0x1001): "Espressif USB-JTAG",
    (0x303A, 0x4001): "MicroPython USB",
}


class PortInfo(NamedTuple):
    """A port of this machine: its device name, what the system calls it, and the known bridge chip (or empty)."""

    device: str
    description: str
    bridge: str


def ports(everything: bool = False) -> list[PortInfo]:
    """Ports with a bridge that pods use, or all of them, in the order of their names."""
    found = [_info(port) for port in list_ports.comports()]
    return sorted(port for port in found if everything or port.bridge)


def _info(port: Any) -> PortInfo:
    description = port.description or ""
    bridge = _LIKELY.get((port.vid, port.pid), "") if port.vid is not None else ""
    return PortInfo(port.device, "" if description == "n/a" else description, bridge)
