"""The file system of a board that only its boot loader speaks for, read by esptool."""

from retropod.board import espimage, esptool
from retropod.board.steps import Watcher
from retropod.errors import DamagedData, OperationFailed, RetropodError

_LABELS = ("vfs", "ffat")  # what MicroPython's partition tables call it
_MAGIC = b"littlefs"  # in the first block or the second
_BLOCK = 4096


def answers(port: str, watcher: Watcher) -> bool:
    """Whether a boot loader can be reached at all, by the board's reset lines if it has any."""
    try:
        esptool.recognise(port, watcher)
    except RetropodError:
        return False
    return True


def read(port: str, watcher: Watcher) -> bytes:
    """The file system's partition as it lies in flash; empty when the board has none."""
    part = _partition(port, watcher)
    return esptool.read(port, part.offset, part.size, watcher) if part else b""


def holds_files(port: str, watcher: Watcher) -> bool:
    """Whether the flash holds a file system of MicroPython, or cannot be read. Raises NoPod when no chip answers."""
    try:
        part = _partition(port, watcher)
        return part is not None and _MAGIC in esptool.read(port, part.offset, 2 * _BLOCK, watcher)
    except OperationFailed:
        return True


def _partition(port: str, watcher: Watcher) -> espimage.Partition | None:
    table = esptool.read(port, espimage.TABLE_AT, espimage.TABLE_BYTES, watcher)
    try:
        found = [part for part in espimage.partitions(table, espimage.TABLE_AT) if part.label in _LABELS]
    except DamagedData:
        return None  # nothing was ever flashed, or not to the end
    return found[0] if found else None
