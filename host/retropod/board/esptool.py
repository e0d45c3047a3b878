"""The boot loader of a board. Only this module uses esptool, as a subprocess: its licence is the GPL.

It parses esptool's output, which is its only interface; transport/failures.py matches its error texts.
"""

import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from retropod.board.boardport import BoardPort
from retropod.board.espimage import CHIPS, EspChip
from retropod.board.progress import Observer
from retropod.errors import OperationFailed
from retropod.transport import failures

_FAST_BAUD = 460_800
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_UNITS = {"KB": 1 << 10, "MB": 1 << 20}


class DetectedBoard(NamedTuple):
    """A board as esptool detects it: chip, size of its flash in bytes, and esptool's description."""

    chip: EspChip
    flash_bytes: int
    description: str


def restart(port: BoardPort, observer: Observer) -> None:
    """Start the flashed program by the board's reset lines. Raises NoPod if no chip answers."""
    _run(port, observer, "chip-id")


def identify(port: BoardPort, observer: Observer) -> DetectedBoard:
    """Identify the chip that answers in its boot loader.

    Raises NoPod if no chip answers, OperationFailed for a chip that the app does not support.
    """
    out = _run(port, observer, "flash-id", stay=True)
    kind = re.search(r"Chip type:\s*(\S+)(.*)", out)
    size = re.search(r"Detected flash size:\s*(\d+)(KB|MB)", out)
    if kind is None or size is None:
        raise OperationFailed(f"{port.url}: esptool reports no chip", "try another cable or board")
    chip = _chip(kind[1])
    if chip is None:
        raise OperationFailed(f"{kind[1]} is not a supported chip", f"use one of {', '.join(CHIPS)}")
    return DetectedBoard(chip, int(size[1]) * _UNITS[size[2]], (kind[1] + kind[2]).strip())


def _chip(name: str) -> EspChip | None:
    """Return the chip family: ESP32-D0WD and ESP32-PICO belong to the ESP32, ESP32-S3 is a family itself."""
    for family in ("ESP32-S3", "ESP32-C3"):
        if name.startswith(family):
            return CHIPS[family]
    others = ("ESP32-S2", "ESP32-C", "ESP32-H", "ESP32-P")
    return CHIPS["ESP32"] if name.startswith("ESP32") and not name.startswith(others) else None


def write(port: BoardPort, chip: EspChip, image: bytes, observer: Observer) -> None:
    """Erase the whole flash and write `image`. esptool verifies the written data. Errors as `identify`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "firmware.bin"
        path.write_bytes(image)
        _run(port, observer, "write-flash", "--erase-all", f"0x{chip.offset:x}", str(path), chip=chip.name)


def read(port: BoardPort, offset: int, size: int, observer: Observer) -> bytes:
    """Return `size` bytes of flash from `offset` on. The chip stays in its boot loader. Errors as `identify`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flash.bin"
        _run(port, observer, "read-flash", f"0x{offset:x}", f"0x{size:x}", str(path), stay=True)
        return path.read_bytes()


def has_reset_lines(port: BoardPort) -> bool:
    """Return whether the host can reset the board at `port`."""
    return not port.url.startswith("socket:")


def _run(port: BoardPort, observer: Observer, *arguments: str, chip: str = "auto", stay: bool = False) -> str:
    """Run esptool on the released port and return its output. `stay`: leave the chip in its boot loader."""
    if importlib.util.find_spec("esptool") is None:
        raise OperationFailed("esptool is not installed", "pip install 'retropod[flash]'")
    resets = has_reset_lines(port)
    command = [sys.executable, "-m", "esptool", "--chip", chip, "--port", port.url]
    command += ["--before", "default-reset" if resets else "no-reset"]
    command += ["--after", "hard-reset" if resets and not stay else "no-reset"]
    command += ["--baud", str(_FAST_BAUD)] if resets else []
    command += arguments
    with port.released():
        code, out = _output(command, observer)
    observer.log(f"$ {' '.join(command[1:])}\n{out}")
    if code:
        raise failures.explained(port.url, out) or _unknown_failure(port.url, out)
    return out


def _output(command: list[str], observer: Observer) -> tuple[int, str]:
    """Run `command` and return its exit code and output. Report the percentages that it prints as progress."""
    lines: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line)
                if found := _PERCENT.search(line):
                    observer.progress(float(found[1]) / 100)
            return process.wait(), "".join(lines)
        except BaseException:
            process.kill()
            raise


def _unknown_failure(port: str, output: str) -> OperationFailed:
    last = [line for line in output.splitlines() if line.strip()][-1:] or ["esptool failed"]
    return OperationFailed(f"{port}: {last[0].strip()}", "try another USB cable or port")
