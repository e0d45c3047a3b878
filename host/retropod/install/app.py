"""Install the app: ask the board what it is, compile for it, fill a slot, choose it, start."""

from typing import NamedTuple

from retropod.errors import OperationFailed
from retropod.install import image, slots
from retropod.install.mpremote import Board
from retropod.install.steps import Nobody, Watcher

OLDEST = (1, 26, 1)
START = ("reset",)
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


class BoardInfo(NamedTuple):
    """What a board said: MicroPython's version, the processor for mpy-cross, what it calls itself."""

    version: tuple[int, ...]
    architecture: str
    machine: str


def identify(board: Board) -> BoardInfo:
    """Who is behind the port. Interrupts the app. Raises OperationFailed when the app cannot run there."""
    name, version, mpy, machine = board.ask(_ASK)
    shown = ".".join(map(str, version))
    if name != "micropython" or tuple(version) < OLDEST:
        raise OperationFailed(
            f"{machine or board.port} runs {name} {shown}, the app needs MicroPython 1.26.1 or newer",
            f"retropod --port {board.port} flash",
        )
    index = mpy >> 10 & 0xF
    if not 0 < index < len(_ARCHITECTURES):
        raise OperationFailed(f"{machine} loads no compiled code (_mpy={mpy})", "use an ESP32 board")
    return BoardInfo(tuple(version), _ARCHITECTURES[index], machine)


def install(port: str, watcher: Watcher | None = None) -> BoardInfo:
    """Put the app on the board behind `port` and start it; files that are no part of the app stay.

    An app that is there already is kept in the other slot, for when this one does not start. Raises the errors of
    Board.run, and OperationFailed when a checksum differs after copying.
    """
    watcher = watcher or Nobody()
    board = Board(port, watcher)
    watcher.step(f"asking the board on {port}")
    info = identify(board)
    watcher.step(f"compiling the app for {info.architecture}")
    app = image.build(info.architecture)
    layout = slots.look(board, ("resume",))
    slot = slots.fill(board, app, layout, watcher)
    watcher.step("starting the app")
    slots.choose(board, slot)
    slots.replace_starters(board, app)
    if layout.beside:
        slots.tidy(board)
    board.run(("resume",), START)
    return info
