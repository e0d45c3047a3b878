"""Flash in memory under a real littlefs; its power can be cut at any write. Allocates nothing: finalisers use it."""

import vfs

from pod.storage._kernel_copy import copy

BLOCK = 4096
FOLDER = "/f"
_BLANK = b"\xff" * BLOCK


class PowerCut(Exception):
    """The power went at this write."""


class Flash:
    """`data`: contents of the cells; `cut_at`: the torn write, from 1; `torn(length)`: so many bytes of it are done."""

    def __init__(self, data, cut_at=0, torn=None):
        self.data = data
        self.writes = 0
        self.dead = False
        self._cut_at = cut_at
        self._torn = torn

    def after_reset(self):
        """Return the same cells for the next boot, with the cut still to come. Further writes of this boot are lost."""
        self.dead = True
        after = Flash(self.data, self._cut_at, self._torn)
        after.writes = self.writes
        return after

    def readblocks(self, block, buf, offset=0):
        copy(buf, 0, self.data, block * BLOCK + offset, len(buf))

    def writeblocks(self, block, buf, offset=0):
        self._program(block * BLOCK + offset, buf, len(buf))

    def _program(self, at, buf, length):
        if self.dead:
            return
        self.writes += 1
        if self.writes == self._cut_at:
            self.dead = True
            copy(self.data, at, buf, 0, self._torn(length))
            raise PowerCut
        copy(self.data, at, buf, 0, length)

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.data) // BLOCK
        if op == 5:
            return BLOCK
        if op == 6:
            self._program(arg * BLOCK, _BLANK, BLOCK)
        return 0


def formatted(blocks):
    data = bytearray(blocks * BLOCK)
    vfs.VfsLfs2.mkfs(Flash(data))
    return data


def power_on(flash):
    vfs.mount(vfs.VfsLfs2(flash), FOLDER)


def power_off():
    vfs.umount(FOLDER)
