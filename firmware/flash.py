"""The board's flash under littlefs: fast to look up, and no access keeps the sensor waiting.

littlefs runs in one piece: while a file is opened, written or found in a long folder, no other Python code runs, for
up to seconds. So the block device is a Python object that calls `between` before each access to the flash, when the
last call is 15 ms ago. It may drain the sensor, but must not use the file system: littlefs is not re-entrant.
"""

import os
from time import ticks_diff, ticks_ms

import vfs
from flashbdev import bdev
from micropython import const

_EVERY_MS = const(15)
# littlefs reads the flash in pieces of four times this. An access costs 0.15 ms whatever its size, and the search for a
# file takes dozens of them: the default of 32 bytes takes five times as long.
_READ_BYTES = const(256)
_PROGRAM_BYTES = const(32)  # the default: what a commit to a folder is padded to
_LOOKAHEAD_BYTES = const(64)  # a bit a block: 2 MB are searched for free blocks at once
_ERASE = const(6)  # littlefs's numbers of operations


device = None  # the Flash that the root is mounted through


class Flash:
    """Block device over another one. `inside` is True while `between` runs."""

    def __init__(self, block_device):
        self._between = None
        self.inside = False
        self._device = block_device
        self._called = ticks_ms()

    def let(self, between) -> None:
        """Call `between()` as described above from now on; None: nothing."""
        self._between = between

    def readblocks(self, block: int, buf, offset: int = 0) -> None:
        """Read `buf` from byte `offset` of a block."""
        self._pause()
        self._device.readblocks(block, buf, offset)

    def writeblocks(self, block: int, buf, offset=None) -> None:
        """Program `buf` at byte `offset` of a block, which is erased before if there is no offset."""
        self._pause()
        if offset is None:
            self._device.writeblocks(block, buf)
        else:
            self._device.writeblocks(block, buf, offset)

    def ioctl(self, operation: int, argument: int):
        """Erase a block, or tell the size, as littlefs asks."""
        if operation == _ERASE:
            self._pause()
        return self._device.ioctl(operation, argument)

    def _pause(self) -> None:
        if self._between is None:
            return
        if self.inside:
            raise OSError("the file system is in use")
        now = ticks_ms()
        if ticks_diff(now, self._called) < _EVERY_MS:
            return
        self.inside = True
        try:
            self._between()
        finally:
            self.inside = False
            self._called = ticks_ms()


def mount() -> None:
    """Mount the root again, through a Flash. Where that fails it is mounted as before, and `device` is None."""
    global device
    if bdev is None or device:
        return
    flash = Flash(bdev)
    fast = None
    vfs.umount("/")
    try:
        fast = _littlefs(flash)
        device = flash
    except OSError:
        pass  # the next read of a file reports the cause
    vfs.mount(fast or bdev, "/")
    os.chdir("/")


def _littlefs(block_device):
    return vfs.VfsLfs2(block_device, readsize=_READ_BYTES, progsize=_PROGRAM_BYTES, lookahead=_LOOKAHEAD_BYTES)
