"""From a bare board to a working pod: MicroPython, the app, the clock, a short test."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from retropod.board import espimage, esptool, probe, vfs
from retropod.board.mpremote import ReplBoard
from retropod.board.steps import Nobody, Watcher
from retropod.client.messages import HelloMessage
from retropod.errors import NoPod, OperationFailed
from retropod.install import download, install, post_install
from retropod.transport.serial import BAUD

_REPL_S = 30.0  # a new board formats its file system first

KEEP, ERASE = "keep", "erase"


class Flashed(NamedTuple):
    """A pod that works: how it greets, what its test found, the board and its MicroPython."""

    greeting: HelloMessage
    tests: list[tuple[str, str, str]]
    board: install.BoardInfo
    erased: bool


def flash(
    port: str,
    decide: Callable[[str], str],
    firmware: Path | None = None,
    baud: int = BAUD,
    watcher: Watcher | None = None,
) -> Flashed:
    """Make the board at `port` a pod.

    `decide` is told what was found (see probe.py) and answers KEEP or ERASE, or raises. `firmware`: an image to write
    instead of the pinned one. Raises NoPod, PortBusy, OperationFailed, DamagedData; nothing has been erased unless the
    image was found good.
    """
    watcher = watcher or Nobody()
    watcher.step(f"looking at the board on {port}")
    found = probe.probe(port, baud)
    if found not in (probe.APP, probe.REPL):
        watcher.step("looking into its flash")
        found = probe.FILES if vfs.holds_files(port, watcher) else found
    erase = decide(found) == ERASE
    if erase:
        write_micropython(port, firmware, watcher)
    elif found == probe.FILES and esptool.has_reset_lines(port):
        esptool.restart(port, watcher)  # out of the boot loader, in which its flash was looked into
    installed = install.install(port, watcher)
    return _first_hello(port, baud, installed.board, erase, watcher)


def write_micropython(port: str, firmware: Path | None, watcher: Watcher) -> None:
    """Erase the board and put MicroPython on it, which answers then. The image is checked before. Errors as `flash`."""
    watcher.step("recognising the chip")
    board = esptool.recognise(port, watcher)
    watcher.step(f"getting MicroPython {'' if firmware else download.VERSION + ' '}for {board.description}")
    image = _image(firmware, board)
    watcher.step(f"writing MicroPython, {len(image) // 1024} kB, made for this chip and whole by its digests")
    esptool.write(port, board.chip, image, watcher)
    _await_repl(port, watcher)


def _image(firmware: Path | None, board: esptool.BoardFound) -> bytes:
    """The image to write, checked."""
    if firmware is None:
        return download.image(board.chip, board.flash_bytes)
    data = firmware.read_bytes()
    espimage.check(data, board.chip, board.flash_bytes)
    return data


def _await_repl(port: str, watcher: Watcher) -> None:
    watcher.step("waiting for MicroPython")
    board = ReplBoard(port, watcher, timeout_s=_REPL_S)
    for attempt in (1, 2, 3):
        try:
            with board.session():
                return
        except (NoPod, OperationFailed):
            if attempt == 3:
                raise


def _first_hello(port: str, baud: int, info: install.BoardInfo, erased: bool, watcher: Watcher) -> Flashed:
    watcher.step("waiting for the pod's hello")
    greeting = post_install.wait_for_hello(port, post_install.START_S, baud)
    post_install.set_clock(port, baud, watcher)
    watcher.step("testing")
    return Flashed(greeting, post_install.self_test(port, baud), info, erased)
