"""The one place that knows esptool, as a subprocess: its licence is the GPL, and its output is its interface."""

import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from retropod.board.espimage import CHIPS, Chip
from retropod.board.steps import Watcher
from retropod.errors import NoPod, OperationFailed
from retropod.transport import failures

_FAST_BAUD = 460_800
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_UNITS = {"KB": 1 << 10, "MB": 1 << 20}


class BoardFound(NamedTuple):
    """What esptool recognised: the chip, its flash in bytes, what it calls itself."""

    chip: Chip
    flash_bytes: int
    description: str


def restart(port: str, watcher: Watcher) -> None:
    """Start what is flashed on the board, by its reset lines. Raises NoPod when no chip answers."""
    _run(port, watcher, "chip-id")


def recognise(port: str, watcher: Watcher) -> BoardFound:
    """Which chip answers in its boot loader. Raises NoPod when none does, OperationFailed for one that is no pod's."""
    out = _run(port, watcher, "flash-id", stay=True)
    kind = re.search(r"Chip type:\s*(\S+)(.*)", out)
    size = re.search(r"Detected flash size:\s*(\d+)(KB|MB)", out)
    if kind is None or size is None:
        raise OperationFailed(f"{port}: esptool does not say which chip it found", "try another cable or board")
    chip = _chip(kind[1])
    if chip is None:
        raise OperationFailed(f"{kind[1]} is no chip that pods are made of", f"use one of {', '.join(CHIPS)}")
    return BoardFound(chip, int(size[1]) * _UNITS[size[2]], (kind[1] + kind[2]).strip())


def _chip(name: str) -> Chip | None:
    """ESP32-D0WD and ESP32-PICO are the ESP32; ESP32-S3 is a family of its own."""
    for family in ("ESP32-S3", "ESP32-C3"):
        if name.startswith(family):
            return CHIPS[family]
    others = ("ESP32-S2", "ESP32-C", "ESP32-H", "ESP32-P")
    return CHIPS["ESP32"] if name.startswith("ESP32") and not name.startswith(others) else None


def write(port: str, chip: Chip, image: bytes, watcher: Watcher) -> None:
    """Erase the whole flash and write `image`; esptool compares what was written by itself."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "firmware.bin"
        path.write_bytes(image)
        _run(port, watcher, "write-flash", "--erase-all", f"0x{chip.offset:x}", str(path), chip=chip.name)


def read(port: str, offset: int, size: int, watcher: Watcher) -> bytes:
    """`size` bytes of flash from `offset` on; the chip stays in its boot loader. Errors as `recognise`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flash.bin"
        _run(port, watcher, "read-flash", f"0x{offset:x}", f"0x{size:x}", str(path), stay=True)
        return path.read_bytes()


def has_reset_lines(port: str) -> bool:
    """Whether the board behind `port` can be reset from here."""
    return not port.startswith("socket:")


def _run(port: str, watcher: Watcher, *arguments: str, chip: str = "auto", stay: bool = False) -> str:
    """`stay`: leave the chip in its boot loader, for what comes next."""
    if importlib.util.find_spec("esptool") is None:
        raise OperationFailed("esptool is not installed", "pip install 'retropod[flash]'")
    resets = has_reset_lines(port)
    command = [sys.executable, "-m", "esptool", "--chip", chip, "--port", port]
    command += ["--before", "default-reset" if resets else "no-reset"]
    command += ["--after", "hard-reset" if resets and not stay else "no-reset"]
    command += ["--baud", str(_FAST_BAUD)] if resets else []
    command += arguments
    lines: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line)
                if found := _PERCENT.search(line):
                    watcher.progress(float(found[1]) / 100)
            code = process.wait()
        except BaseException:
            process.kill()
            raise
    out = "".join(lines)
    watcher.log(f"$ {' '.join(command[1:])}\n{out}")
    if code:
        raise failures.explained(port, out) or _failed(port, out)
    return out


def _failed(port: str, output: str) -> NoPod | OperationFailed:
    if "Failed to connect" in output or "No serial data received" in output:
        return NoPod(f"no boot loader answers on {port}", failures.BOOT)
    last = [line for line in output.splitlines() if line.strip()][-1:] or ["esptool failed"]
    return OperationFailed(f"{port}: {last[0].strip()}", "try another USB cable or port")
