"""The file system of a board that only its boot loader speaks for, read by esptool."""

from retropod.errors import DamagedData, RetropodError
from retropod.install import espimage, esptool
from retropod.install.steps import Watcher

_LABELS = ("vfs", "ffat")  # what MicroPython's partition tables call it


def answers(port: str, watcher: Watcher) -> bool:
    """Whether a boot loader can be reached at all, by the board's reset lines if it has any."""
    try:
        esptool.recognise(port, watcher)
    except RetropodError:
        return False
    return True


def read(port: str, watcher: Watcher) -> bytes:
    """The file system's partition as it lies in flash; empty when the board has none."""
    table = esptool.read(port, espimage.TABLE_AT, espimage.TABLE_BYTES, watcher)
    try:
        found = [part for part in espimage.partitions(table, espimage.TABLE_AT) if part.label in _LABELS]
    except DamagedData:
        found = []  # nothing was ever flashed, or not to the end
    return esptool.read(port, found[0].offset, found[0].size, watcher) if found else b""
