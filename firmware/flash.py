"""Block device under littlefs that reads files fast and lets the sensor be drained during an access.

A call of littlefs cannot be interrupted: to open, write or find a file in a long folder can take seconds, in which no
other Python code runs. So the block device is a Python object that calls `between` before an access to the flash, at
most every 15 ms. `between` drains the sensor. It must not use the file system, because littlefs is not re-entrant.
"""

import os
from time import ticks_diff, ticks_ms

import vfs
from flashbdev import bdev
from micropython import const

_EVERY_MS = const(15)
# littlefs reads the flash in blocks of four times this size. An access takes 0.15 ms for any size, and the search for a
# file needs dozens of accesses. With the default of 32 bytes it takes five times as long.
_READ_BYTES = const(256)
_PROGRAM_BYTES = const(32)  # the default; commits to a folder are padded to it
_LOOKAHEAD_BYTES = const(64)  # one bit per block: one search covers 2 MB
_ERASE = const(6)  # operation number of littlefs


device = None  # the Flash under the root


class Flash:
    """Block device that wraps another one. `inside` is True while `between` runs."""

    def __init__(self, block_device):
        self._between = None
        self.inside = False
        self._device = block_device
        self._called = ticks_ms()

    def let(self, between) -> None:
        """Call `between()` as described above from now on. None ends this."""
        self._between = between

    def readblocks(self, block: int, buf, offset: int = 0) -> None:
        """Read `buf` from byte `offset` of a block."""
        self._pause()
        self._device.readblocks(block, buf, offset)

    def writeblocks(self, block: int, buf, offset=None) -> None:
        """Program `buf` at byte `offset` of a block. Without an offset, erase the block first."""
        self._pause()
        if offset is None:
            self._device.writeblocks(block, buf)
        else:
            self._device.writeblocks(block, buf, offset)

    def ioctl(self, operation: int, argument: int):
        """Erase a block or return a size, as littlefs requests."""
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
    """Mount the root again, through a Flash. If that fails, mount it as before and leave `device` None."""
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
        pass  # The next read of a file reports the cause.
    vfs.mount(fast or bdev, "/")
    os.chdir("/")


def _littlefs(block_device):
    return vfs.VfsLfs2(block_device, readsize=_READ_BYTES, progsize=_PROGRAM_BYTES, lookahead=_LOOKAHEAD_BYTES)
