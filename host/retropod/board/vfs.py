"""The file system of a board on which only the boot loader answers, read by esptool."""

import contextlib

from retropod.board import espimage, esptool
from retropod.board.boardport import BoardPort
from retropod.board.progress import Observer
from retropod.errors import DamagedData, NoPod, OperationFailed, PortBusy

_LABELS = ("vfs", "ffat")  # labels of the file system in MicroPython's partition tables
_MAGIC = b"littlefs"  # in the first or the second block
_BLOCK = 4096


def boot_loader_answers(port: BoardPort, observer: Observer) -> bool:
    """Return whether a boot loader can be reached, by the board's reset lines if it has any.

    Raises EsptoolUnusable.
    """
    try:
        esptool.identify(port, observer)
    except (NoPod, PortBusy, OperationFailed):
        return False
    return True


def read(port: BoardPort, observer: Observer) -> bytes:
    """Return an image of the file system partition, empty without one. Errors as `esptool.read`."""
    part = _partition(port, observer)
    return esptool.read(port, part.offset, part.size, observer) if part else b""


def has_files(port: BoardPort, observer: Observer) -> bool:
    """Return whether the flash has a file system of MicroPython, or cannot be read.

    Raises NoPod if no chip answers, and EsptoolUnusable.
    """
    try:
        part = _partition(port, observer)
        return part is not None and _MAGIC in esptool.read(port, part.offset, 2 * _BLOCK, observer)
    except OperationFailed:
        return True


def _partition(port: BoardPort, observer: Observer) -> espimage.Partition | None:
    table = esptool.read(port, espimage.TABLE_AT, espimage.TABLE_BYTES, observer)
    with contextlib.suppress(DamagedData):  # The board was never flashed, or not completely.
        for part in espimage.partitions(table, espimage.TABLE_AT):
            if part.label in _LABELS:
                return part
    return None
