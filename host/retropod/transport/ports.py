"""The serial ports of this machine, and those that may lead to a pod."""

from typing import Any, NamedTuple

from serial.tools import list_ports

# USB ids of the bridge chips and USB controllers on ESP32 boards. Only a Hello shows that a board is a pod.
_LIKELY = {
    (0x10C4, 0xEA60): "CP210x",
    (0x1A86, 0x7523): "CH340",
    (0x1A86, 0x55D4): "CH9102",
    (0x0403, 0x6001): "FT232",
    (0x303A, 0x1001): "Espressif USB-JTAG",
    (0x303A, 0x4001): "MicroPython USB",
}


class PortInfo(NamedTuple):
    """A port of this machine: device name, description by the system, and known bridge chip (or empty)."""

    device: str
    description: str
    bridge: str


def ports(everything: bool = False) -> list[PortInfo]:
    """Return the ports with a bridge that pods use, or all ports (`everything`), sorted by name."""
    found = [_info(port) for port in list_ports.comports()]
    return sorted(port for port in found if everything or port.bridge)


def _info(port: Any) -> PortInfo:
    description = port.description or ""
    bridge = _LIKELY.get((port.vid, port.pid), "") if port.vid is not None else ""
    return PortInfo(port.device, "" if description == "n/a" else description, bridge)
