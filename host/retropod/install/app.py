"""Install the app: ask the board what it is, compile for it, copy, compare checksums, start."""

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from retropod.errors import OperationFailed
from retropod.install import image
from retropod.install.mpremote import Board, copy_step

OLDEST = (1, 26, 1)
_ASK = """
import sys, json
i = sys.implementation
print(json.dumps([i.name, list(i.version[:3]), getattr(i, "_mpy", 0), getattr(i, "_machine", "")]))
"""
# Index is what sys.implementation._mpy carries above bit 10 (py/persistentcode.h).
_ARCHITECTURES = (
    "", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp",
    "xtensa", "xtensawin", "rv32imc", "rv64imc",
)  # fmt: skip
# main.py goes first and comes back last: an installation that was cut off must not start. A left-over .py would win
# over the new .mpy of the same name, so what does not belong to the app's folders is removed.
_CLEAR = """
import os
def walk(folder):
    for entry in os.ilistdir(folder):
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            walk(path)
        elif path not in keep:
            os.remove(path)
keep = {keep!r}
for name in ("main.py", "boot.py"):
    try:
        os.remove(name)
    except OSError:
        pass
for folder in ("pod", "retrowire"):
    try:
        walk(folder)
    except OSError:
        pass
"""
_SUMS = """
import binascii, hashlib, json
def total(name):
    h, buf = hashlib.sha256(), bytearray(256)
    with open(name, "rb") as f:
        while True:
            n = f.readinto(buf)
            if not n:
                return binascii.hexlify(h.digest()).decode()
            h.update(buf[:n])
print(json.dumps([total(name) for name in {names!r}]))
"""
_START = ("reset",)


class BoardInfo(NamedTuple):
    """What a board said: MicroPython's version, the processor for mpy-cross, what it calls itself."""

    version: tuple[int, ...]
    architecture: str
    machine: str


def identify(board: Board) -> BoardInfo:
    """Who is behind the port. Raises OperationFailed when the app cannot run there."""
    name, version, mpy, machine = board.ask(_ASK)
    shown = ".".join(map(str, version))
    if name != "micropython" or tuple(version) < OLDEST:
        raise OperationFailed(
            f"{machine or board.port} runs {name} {shown}", "the app needs MicroPython 1.26.1 or newer: micropython.org"
        )
    index = mpy >> 10 & 0xF
    if not 0 < index < len(_ARCHITECTURES):
        raise OperationFailed(f"{machine} loads no compiled code (_mpy={mpy})", "use an ESP32 board")
    return BoardInfo(tuple(version), _ARCHITECTURES[index], machine)


def install(port: str, tell: Callable[[str], Any] = lambda text: None) -> BoardInfo:
    """Put the app on the board behind `port` and start it; files that are no part of the app stay.

    `tell` receives a line whenever a step begins. Raises the errors of Board.run, and OperationFailed when a checksum
    differs after copying.
    """
    board = Board(port)
    tell(f"asking the board on {port}")
    info = identify(board)
    tell(f"compiling the app for {info.architecture}")
    files = image.build(info.architecture)
    tell(f"copying {len(files)} files, {sum(len(file.data) for file in files) // 1024} kB")
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), files)
        _copy(board, Path(folder), files)
    tell("starting the app")
    board.run(("resume",), _START)
    return info


def _write(folder: Path, files: list[image.PodFile]) -> None:
    for file in files:
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)


def _copy(board: Board, folder: Path, files: list[image.PodFile]) -> None:
    *rest, main = files
    keep = tuple(file.name for file in rest)
    entries = sorted({name.split("/")[0] for name in keep})
    _checked(board, rest, ("exec", _CLEAR.format(keep=keep)), copy_step(folder, entries))
    _checked(board, [main], ("resume",), copy_step(folder, [main.name]))


def _checked(board: Board, files: list[image.PodFile], *before: tuple[str, ...]) -> None:
    sums = board.ask(_SUMS.format(names=[file.name for file in files]), *before)
    for file, found in zip(files, sums, strict=True):
        if found != hashlib.sha256(file.data).hexdigest():
            raise OperationFailed(f"{file.name} arrived damaged", "run the installation again")
