"""The pod's flash: a block device in one file, littlefs on it. The host kills the child to cut the power."""

import vfs

_BLOCK_BYTES = 4096  # the erase block of the ESP32's SPI flash


class FileFlash:
    """Block device of the extended protocol (offsets within a block), as littlefs wants it."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "r+b")
        self._blocks = self._file.seek(0, 2) // _BLOCK_BYTES
        self.writes_left = 0  # until the power is cut; 0: never
        self.torn = False
        self.on_cut = None
        self.corrupt = False

    def is_blank(self) -> bool:
        """As stock firmware judges it: by the first block."""
        first = bytearray(_BLOCK_BYTES)
        self.readblocks(0, first)
        return first == _ERASED

    def readblocks(self, block: int, buf, offset: int = 0) -> None:
        self._file.seek(block * _BLOCK_BYTES + offset)
        self._file.readinto(buf)

    def writeblocks(self, block: int, buf, offset=None) -> None:
        if offset is None:
            self._erase(block)
            offset = 0
        if self.writes_left:
            self._count_down(block * _BLOCK_BYTES + offset, buf)
        self._file.seek(block * _BLOCK_BYTES + offset)
        self._file.write(buf)

    def _count_down(self, at: int, buf) -> None:
        self.writes_left -= 1
        if self.writes_left == 0:
            if self.torn:
                self._file.seek(at)
                self._file.write(bytes(buf)[: len(buf) // 2])
            self.on_cut()  # does not come back

    def _erase(self, block: int) -> None:
        self._file.seek(block * _BLOCK_BYTES)
        self._file.write(_ERASED)

    def ioctl(self, op: int, arg: int):
        if op == 4:
            return self._blocks
        if op == 5:
            return _BLOCK_BYTES
        if op == 6:
            self._erase(arg)
        return 0


_ERASED = b"\xff" * _BLOCK_BYTES


def mount_root(path: str) -> FileFlash:
    """Mount the littlefs in `path` as root. Format a blank flash first, as stock firmware does at the first boot.

    Any other content sets `corrupt` and leaves no root.
    """
    flash = FileFlash(path)
    vfs.umount("/")
    try:
        root = vfs.VfsLfs2(flash)
    except OSError:
        flash.corrupt = not flash.is_blank()
        if flash.corrupt:
            return flash
        vfs.VfsLfs2.mkfs(flash)
        root = vfs.VfsLfs2(flash)
    vfs.mount(root, "/")
    return flash
