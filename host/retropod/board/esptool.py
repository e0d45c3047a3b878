"""The boot loader of a board. Only this module uses esptool, as a subprocess: its licence is the GPL.

It parses esptool's output, which is its only interface; transport/failures.py matches its error texts.
"""

import contextlib
import importlib.util
import re
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

from retropod.board import subprocesses
from retropod.board.boardport import BoardPort
from retropod.board.espimage import CHIPS, EspChip
from retropod.board.progress import Observer
from retropod.errors import OperationFailed, RetropodError
from retropod.transport import failures
from retropod.wording import install_extra

_FAST_BAUD = 460_800
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_UNITS = {"KB": 1 << 10, "MB": 1 << 20}
# esptool prints its progress several times per second, and gives up a chip without an answer after 3 s. It is silent
# only while the chip erases the flash: it waits 240 s for that, and without its stub flasher 40 s per MB.
_SILENCE_S = 30.0
_ERASURE_S = 240.0
_ERASURE_S_PER_MB = 40.0
_TOTAL_S = 3600.0  # without the stub flasher, esptool reads and writes 16 MB in less


class EsptoolUnusable(RetropodError):
    """esptool is missing, or was ended because it printed nothing. The board was not asked or did not answer."""


class DetectedBoard(NamedTuple):
    """A board as esptool detects it: chip, size of its flash in bytes, and esptool's description."""

    chip: EspChip
    flash_bytes: int
    description: str


def check_installed() -> None:
    """Raise EsptoolUnusable if esptool is not installed."""
    if importlib.util.find_spec("esptool") is None:
        raise EsptoolUnusable("esptool is not installed", install_extra("flash"))


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


def write(port: BoardPort, board: DetectedBoard, image: bytes, observer: Observer) -> None:
    """Erase the whole flash and write `image`. esptool verifies the written data. Errors as `identify`."""
    chip, silence_s = board.chip, _ERASURE_S
    with _file("firmware.bin") as path:
        path.write_bytes(image)
        erase = ["--erase-all"]
        if not port.stub:  # The boot loader of the chip erases regions only.
            silence_s = _ERASURE_S_PER_MB * (board.flash_bytes / (1 << 20)) + _SILENCE_S
            region = ("erase-region", "0x0", f"0x{board.flash_bytes:x}")
            _run(port, observer, *region, chip=chip.name, stay=True, silence_s=silence_s)
            erase = []
        arguments = ["write-flash", *erase, f"0x{chip.offset:x}", str(path)]
        _run(port, observer, *arguments, chip=chip.name, silence_s=silence_s)


def read(port: BoardPort, offset: int, size: int, observer: Observer) -> bytes:
    """Return `size` bytes of flash from `offset` on. The chip stays in its boot loader. Errors as `identify`."""
    with _file("flash.bin") as path:
        _run(port, observer, "read-flash", f"0x{offset:x}", f"0x{size:x}", str(path), stay=True)
        return path.read_bytes()


@contextlib.contextmanager
def restarts_after_error(port: BoardPort) -> Generator[None]:
    """Start the program of the board again if the block fails, because `identify` and `read` have stopped it.

    This does not use esptool, which may be the cause of the error.
    """
    try:
        yield
    except BaseException:  # Ctrl-C too
        port.reset()
        raise


@contextlib.contextmanager
def _file(name: str) -> Generator[Path]:
    """Yield the path of a temporary file for esptool. Raises OperationFailed that names it if the disk refuses it."""
    try:
        with tempfile.TemporaryDirectory(prefix="retropod-") as folder:
            yield Path(folder) / name
    except OSError as error:
        raise OperationFailed(
            f"{error.filename or tempfile.gettempdir()}: {error.strerror or error}",
            f"make space in {tempfile.gettempdir()}, or set TMPDIR to another folder",
        ) from error


def has_reset_lines(port: BoardPort) -> bool:
    """Return whether the host can reset the board at `port`."""
    return not port.url.startswith("socket:")


def _run(
    port: BoardPort,
    observer: Observer,
    *arguments: str,
    chip: str = "auto",
    stay: bool = False,
    silence_s: float = 0.0,
) -> str:
    """Run esptool on the released port and return its output.

    `stay`: leave the chip in its boot loader. `silence_s`: limit of the time without output, 30 s if it is 0.
    """
    check_installed()
    resets = has_reset_lines(port)
    command = [sys.executable, "-u", "-m", "esptool", "--chip", chip, "--port", port.url]
    command += ["--before", "default-reset" if resets else "no-reset"]
    command += ["--after", "hard-reset" if resets and not stay else "no-reset"]
    command += ["--baud", str(_FAST_BAUD)] if resets else []
    command += [] if port.stub else ["--no-stub"]
    command += arguments
    with port.released():
        code, out = _output(port, command, observer, silence_s or _SILENCE_S)
    observer.log(f"$ {' '.join(command[1:])}\n{out}")
    if code:
        raise failures.explained(port.url, out) or _unknown_failure(port.url, out)
    return out


def _output(port: BoardPort, command: list[str], observer: Observer, silence_s: float) -> tuple[int, str]:
    """Run `command` and return its exit code and output. Report the percentages that it prints as progress."""

    def on_text(text: str) -> None:
        if found := _PERCENT.findall(text):
            observer.progress(min(float(found[-1]) / 100, 1.0))

    try:
        return subprocesses.run(command, subprocesses.Limits(silence_s, _TOTAL_S), on_text)
    except subprocesses.Silent as silent:
        observer.log(f"$ {' '.join(command[1:])}\n{silent.output}\nended: it {silent.reason}")
        raise EsptoolUnusable(f"{port.url}: esptool {silent.reason} and was ended", _unstuck(port)) from None


def _unstuck(port: BoardPort) -> str:
    if port.stub:
        return "run the same command with --no-stub: `retropod flash --no-stub`, with --repair if it may have runs"
    return f"{failures.BOOT}; try another USB cable or port"


def _unknown_failure(port: str, output: str) -> OperationFailed:
    last = [line for line in output.splitlines() if line.strip()][-1:] or ["esptool failed"]
    return OperationFailed(f"{port}: {last[0].strip()}", "try another USB cable or port")
