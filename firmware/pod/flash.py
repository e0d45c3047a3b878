"""The board's flash under littlefs: fast to look up, and no access keeps the sensor waiting.

littlefs runs in one piece: while a file is opened, written or found in a long folder, no other Python code runs, for
up to seconds. So the block device is a Python object that calls `between` before each access to the flash, when the
last call is `EVERY_MS` ago. It may drain the sensor, but must not use the file system: littlefs is not re-entrant.
"""

import os

import vfs
from micropython import const

EVERY_MS = const(15)
# littlefs reads the flash in pieces of four times this. An access costs 0.15 ms whatever its size, and the search for a
# file takes dozens of them: the default of 32 bytes takes five times as long.
_READ_BYTES = const(256)
_PROGRAM_BYTES = const(32)  # the default: what a commit to a folder is padded to
_LOOKAHEAD_BYTES = const(64)  # a bit a block: 2 MB are searched for free blocks at once
_ERASE = const(6)  # littlefs's numbers of operations


class Flash:
    """Block device over another one. `inside` is True while `between` runs."""

    def __init__(self, device, ticks_ms, ticks_diff):
        """`ticks_ms`, `ticks_diff`: as in MicroPython's `time`."""
        self._between = None
        self.inside = False
        self._device = device
        self._ticks_ms = ticks_ms
        self._ticks_diff = ticks_diff
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
        now = self._ticks_ms()
        if self._ticks_diff(now, self._called) < EVERY_MS:
            return
        self.inside = True
        try:
            self._between()
        finally:
            self.inside = False
            self._called = self._ticks_ms()


def mounted(device, ticks_ms, ticks_diff) -> Flash:
    """Mount the root again, through a Flash. OSError when that fails; then the root is mounted as before."""
    flash = Flash(device, ticks_ms, ticks_diff)
    fast = None
    vfs.umount("/")
    try:
        fast = _littlefs(flash)
    finally:
        vfs.mount(fast or device, "/")
        os.chdir("/")
    return flash


def _littlefs(device):
    return vfs.VfsLfs2(device, readsize=_READ_BYTES, progsize=_PROGRAM_BYTES, lookahead=_LOOKAHEAD_BYTES)
