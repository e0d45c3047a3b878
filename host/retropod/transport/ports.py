"""The serial ports of this machine, and those that may lead to a pod."""

from typing import Any, NamedTuple

from serial.tools import list_ports

# USB ids of the bridge chips and USB controllers on ESP32 boards. Only a Hello shows that a board is a pod.
# Ref: id tables of cp210x.c, ch341.c, ftdi_sio_ids.h and pl2303.h (Linux) and of ch343.c (WCHSoftGroup/ch343ser_linux);
# mpconfigboard.h of ARDUINO_NANO_ESP32 (MicroPython).
_LIKELY = {
    (0x10C4, 0xEA60): "CP210x",
    (0x10C4, 0xEA61): "CP210x",
    (0x10C4, 0xEA63): "CP210x",
    (0x10C4, 0xEA70): "CP2105",
    (0x10C4, 0xEA71): "CP2108",
    (0x10C4, 0xEA7A): "CP2105",
    (0x10C4, 0xEA7B): "CP2108",
    (0x1A86, 0x5523): "CH341",
    (0x1A86, 0x7522): "CH340K",
    (0x1A86, 0x7523): "CH340",
    (0x1A86, 0xE523): "CH330",
    (0x4348, 0x5523): "CH341",
    (0x1A86, 0x55D2): "CH342",
    (0x1A86, 0x55D3): "CH343",
    (0x1A86, 0x55D4): "CH9102",
    (0x1A86, 0x55D5): "CH344",
    (0x1A86, 0x55D6): "CH9143",
    (0x1A86, 0x55D7): "CH9103",
    (0x1A86, 0x55D8): "CH9101",
    (0x1A86, 0x55DA): "CH347",
    (0x1A86, 0x55DB): "CH347",
    (0x1A86, 0x55DD): "CH347",
    (0x1A86, 0x55DE): "CH347",
    (0x1A86, 0x55DF): "CH9104",
    (0x1A86, 0x55E8): "CH9114",
    (0x1A86, 0x55E9): "CH9111",
    (0x1A86, 0x55EA): "CH9111",
    (0x1A86, 0x55EB): "CH346",
    (0x1A86, 0x55EC): "CH346",
    (0x0403, 0x6001): "FT232",
    (0x0403, 0x6010): "FT2232",
    (0x0403, 0x6011): "FT4232",
    (0x0403, 0x6014): "FT232H",
    (0x0403, 0x6015): "FT230X/FT231X",
    (0x067B, 0x2303): "PL2303",
    (0x067B, 0x2304): "PL2303TB",
    (0x067B, 0x23A3): "PL2303GC",
    (0x067B, 0x23B3): "PL2303GB",
    (0x067B, 0x23C3): "PL2303GT",
    (0x067B, 0x23D3): "PL2303GL",
    (0x067B, 0x23E3): "PL2303GE",
    (0x067B, 0x23F3): "PL2303GS",
    (0x303A, 0x0002): "ESP32-S2 USB",
    (0x303A, 0x1001): "Espressif USB-JTAG",
    (0x303A, 0x4001): "MicroPython USB",
    (0x2341, 0x056B): "Arduino Nano ESP32",
    (0x2341, 0x0070): "Arduino Nano ESP32",
}
_ESPRESSIF = 0x303A  # the vendor gives numbers to makers of boards too: each of its devices is an ESP32


class PortInfo(NamedTuple):
    """A port: device name or URL, description by the system, known bridge chip (or empty).

    `virtual`: a virtual pod of this computer has it.
    """

    device: str
    description: str
    bridge: str
    virtual: bool = False


def ports(everything: bool = False) -> list[PortInfo]:
    """Return the ports with a bridge that pods use, or all ports (`everything`), sorted by name."""
    found = [_info(port) for port in list_ports.comports()]
    return sorted(port for port in found if everything or port.bridge)


def _info(port: Any) -> PortInfo:
    description = port.description or ""
    return PortInfo(port.device, "" if description == "n/a" else description, _bridge(port.vid, port.pid))


def _bridge(vid: int | None, pid: int | None) -> str:
    """Return the name of a bridge, or an empty text. A port without USB ids is not on USB: ttyS0, Bluetooth."""
    if vid is None or pid is None:
        return ""
    return _LIKELY.get((vid, pid), "Espressif USB" if vid == _ESPRESSIF else "")
