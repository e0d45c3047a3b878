"""The host's files, read only, under one mount point. The built app comes from there.

They are read only so that `mpremote rm -r :` cannot delete the host's files.
"""

import vfs
from micropython import const

MOUNT_POINT = "/host"
_EROFS = const(30)  # MicroPython's errno module does not name it


class ReadOnly:
    """A VFS that forwards reads to another one and refuses all else with EROFS."""

    def __init__(self, inner) -> None:
        self._inner = inner

    def mount(self, readonly: bool, mkfs: bool) -> None:
        pass

    def umount(self) -> None:
        pass

    def open(self, path: str, mode: str):
        if mode.strip("rbt"):
            raise OSError(_EROFS)
        return self._inner.open(path, mode)

    def stat(self, path: str):
        return self._inner.stat(path)

    def statvfs(self, path: str):
        return (1, 1, 1, 0, 0, 0, 0, 0, 0, 255)  # `df` shows a full disk of one byte: nothing to store here

    def ilistdir(self, path: str):
        return self._inner.ilistdir(path)

    def getcwd(self) -> str:
        return "/"

    def chdir(self, path: str) -> None:
        pass

    def _refuse(self, *_args) -> None:
        raise OSError(_EROFS)

    remove = rename = mkdir = rmdir = _refuse


def mount_host() -> None:
    """Mount the host's root at MOUNT_POINT; call before the root changes."""
    vfs.mount(ReadOnly(vfs.VfsPosix("/")), MOUNT_POINT)
