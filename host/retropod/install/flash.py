"""Set-up of a bare board as a pod: MicroPython, the app, the clock, a short test."""

import contextlib
from collections.abc import Callable, Generator
from pathlib import Path
from typing import NamedTuple

from retropod import inputs
from retropod.board import espimage, esptool, probe, stopped, vfs
from retropod.board.boardport import BoardPort
from retropod.board.mpremote import NoRepl, ReplBoard
from retropod.board.progress import NullObserver, Observer
from retropod.client.messages import HelloMessage
from retropod.errors import OperationFailed, RetropodError
from retropod.install import download, install, post_install
from retropod.transport.serial import PortGone

_REPL_S = 30.0  # a new board formats its file system first
_REPL_ATTEMPTS = 3
_MOST_BYTES = 8 * inputs.MIB  # of an image

KEEP, ERASE = "keep", "erase"


class Flashed(NamedTuple):
    """A working pod: its Hello, the results of its test, the board and its MicroPython."""

    greeting: HelloMessage
    tests: list[tuple[str, str, str]]
    board: install.BoardInfo
    erased: bool


def flash(
    port: BoardPort,
    decide: Callable[[str], str],
    firmware: Path | None = None,
    observer: Observer | None = None,
) -> Flashed:
    """Make the board at `port` a pod.

    `decide` receives the result of the probe (see probe.py) and returns KEEP or ERASE, or raises. `firmware`: an image
    to write instead of the pinned one. It is read before the board is contacted, and checked before the flash is
    erased. The app is compiled before `decide`. After an error up to then the board starts its program again. Raises
    NoPod, PortBusy, UsageError, OperationFailed, DamagedData, EsptoolUnusable.
    """
    observer = observer or NullObserver()
    given = read_image(firmware)
    observer.step(f"detecting the board on {port.url}")
    found = probe.probe(port)
    with _resumed_after_error(port, found):
        if found not in (probe.APP, probe.REPL):
            observer.step("checking its flash for files")
            found = probe.FILES if vfs.has_files(port, observer) else found
        install.compile_app(NullObserver())
        erase = decide(found) == ERASE
        if erase:
            esptool.check_installed()
    if erase:
        write_micropython(port, given, observer)
    elif found not in (probe.APP, probe.REPL) and esptool.has_reset_lines(port):
        esptool.restart(port, observer)  # The check of its flash left the board in its boot loader.
    installed = install.install(port, observer)
    return _first_hello(port, installed.board, erase, observer)


@contextlib.contextmanager
def _resumed_after_error(port: BoardPort, found: str) -> Generator[None]:
    """Start the program of the board again if the block fails, because the probe or esptool has stopped it."""
    try:
        yield
    except BaseException:  # Ctrl-C too
        if found == probe.REPL:
            with contextlib.suppress(RetropodError):
                probe.resume(port)
        elif found != probe.APP:
            port.reset()
        raise


def read_image(firmware: Path | None) -> bytes | None:
    """Return the contents of an image that a user names, None without one. Errors as `inputs.check`."""
    return inputs.read_bytes(firmware, _MOST_BYTES, "give another file: --firmware FILE") if firmware else None


def write_micropython(port: BoardPort, given: bytes | None, observer: Observer) -> None:
    """Erase the board, write MicroPython, and wait for its prompt. Errors as `flash`.

    `given`: an image to write instead of the pinned one.
    """
    with esptool.restarts_after_error(port):
        install.compile_app(NullObserver())
        observer.step("identifying the chip")
        board = esptool.identify(port, observer)
        observer.step(f"getting MicroPython {'' if given else download.VERSION + ' '}for {board.description}")
        image = _image(given, board, observer)
    observer.step(f"writing MicroPython, {len(image) // 1024} kB (image checked: chip and digests match)")
    try:
        esptool.write(port, board, image, observer)
    except RetropodError as error:
        stopped.append(error, "the flash of the board is erased or incomplete: run the command again")
        raise
    _await_repl(port, observer)


def _image(given: bytes | None, board: esptool.DetectedBoard, observer: Observer) -> bytes:
    """Return the checked image to write."""
    if given is None:
        return download.image(board.chip, board.flash_bytes, observer.step)
    espimage.check(given, board.chip, board.flash_bytes)
    return given


def _await_repl(port: BoardPort, observer: Observer) -> None:
    observer.step("waiting for MicroPython")
    board = ReplBoard(port, observer, timeout_s=_REPL_S)
    for attempt in range(1, _REPL_ATTEMPTS + 1):
        try:
            with board.session():
                return
        except (NoRepl, PortGone, OperationFailed):
            if attempt == _REPL_ATTEMPTS:
                raise


def _first_hello(port: BoardPort, info: install.BoardInfo, erased: bool, observer: Observer) -> Flashed:
    observer.step("waiting for the pod's hello")
    greeting = post_install.wait_for_hello(port)
    post_install.set_clock(port, observer)
    observer.step("testing")
    return Flashed(greeting, post_install.self_test(port), info, erased)
