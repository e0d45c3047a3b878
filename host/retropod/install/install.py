"""Installation of the app: identify the board, compile, fill a slot, choose it, start."""

from typing import NamedTuple

from retropod.board import slot_writer, slots
from retropod.board.boardport import BoardPort
from retropod.board.mpremote import ReplBoard
from retropod.board.progress import NullObserver, Observer
from retropod.board.stopped import stopped
from retropod.build import image, release
from retropod.errors import OperationFailed

OLDEST = (1, 26, 1)
_IDENTIFY = """
import sys, json
i = sys.implementation
print(json.dumps([i.name, list(i.version[:3]), getattr(i, "_mpy", 0), getattr(i, "_machine", "")]))
"""
# The index is in bits 10 to 13 of sys.implementation._mpy (py/persistentcode.h).
_ARCHITECTURES = (
    "", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp",
    "xtensa", "xtensawin", "rv32imc", "rv64imc",
)  # fmt: skip


class BoardInfo(NamedTuple):
    """A board's identity: MicroPython's version, the architecture for mpy-cross, the name of the machine."""

    version: tuple[int, ...]
    architecture: str
    machine: str


class Installed(NamedTuple):
    """The result of an installation. `changed` is False if the pod had this app already. `version` is the app's."""

    board: BoardInfo
    version: str
    changed: bool


class WrongMicroPython(OperationFailed):
    """The app cannot run on the board's MicroPython."""


def identify(board: ReplBoard) -> BoardInfo:
    """Read a board's identity. Stops the app unless a session is open.

    Raises WrongMicroPython or OperationFailed if the app cannot run on the board.
    """
    name, version, mpy, machine = board.ask(_IDENTIFY)
    shown = ".".join(map(str, version))
    if name != "micropython" or tuple(version) < OLDEST:
        raise WrongMicroPython(
            f"{machine or board.url} runs {name} {shown}, the app needs MicroPython 1.26.1 or newer",
            f"run `retropod --port {board.url} flash --repair`: it saves the runs, then writes MicroPython",
        )
    index = mpy >> 10 & 0xF
    if not 0 < index < len(_ARCHITECTURES):
        raise OperationFailed(f"{machine} loads no compiled code (_mpy={mpy})", "use an ESP32 board")
    return BoardInfo(tuple(version), _ARCHITECTURES[index], machine)


def compile_app(observer: Observer) -> None:
    """Compile the app for every kind of board, before the app on the pod stops or its flash is erased.

    `image` remembers the results. Raises OperationFailed if a file does not compile or the compiler does not run.
    """
    observer.step("compiling the app")
    for architecture in release.ARCHITECTURES:
        image.build(architecture)


def build_and_compare(
    board: ReplBoard, info: BoardInfo, layout: slots.SlotLayout, observer: Observer
) -> tuple[image.BuiltApp, dict[str, str], bool]:
    """Build the app for a board and read its files: (app, digests of the running slot, whether the app differs)."""
    app = image.build(info.architecture)
    observer.step("comparing the app with the files on the pod")
    running = slots.read_digests(board, layout.current)
    return app, running, not slots.is_identical(layout, app, running)


def install(port: BoardPort, observer: Observer | None = None) -> Installed:
    """Install the app on the board at `port` and start it. Files that are not part of the app stay.

    An app that is on the board stays in the other slot, in case the new one does not start. Sends only files that the
    board does not have. After an error the board starts its old app again. Raises the errors of ReplBoard.session and
    ReplBoard.exec, and OperationFailed if the storage is full or a checksum differs.
    """
    observer = observer or NullObserver()
    board = ReplBoard(port, observer)
    compile_app(observer)
    observer.step(f"stopping the app and reading the board on {port.url}")
    with stopped(board) as stop:
        info = identify(board)
        layout = slots.read_layout(board)
        stop.keeps_app = bool(layout.current)
        app, running, changed = build_and_compare(board, info, layout, observer)
        if changed:
            slot = slot_writer.fill(board, app, layout, running, observer)
            slots.write_choice(board, slot)
            stop.keeps_app = False
        else:
            slots.confirm_current(board, layout)
        changed = slot_writer.replace_starters(board, app, layout) or changed
        if layout.flat:
            slots.remove_flat_app(board)
        observer.step("starting the app")
    return Installed(info, ".".join(map(str, app.version)), changed)
