"""Pack files: MicroPython imports the app's modules from a few files as if they were folders.

Each file costs several searches of a folder and a block of flash. So all compiled modules of a package are stored in
one file, `PACKAGE.pack`: a line with the length of the index, the index, then the modules one after the other. The
index has a line for each module: `name offset length`, with the offset from the end of the index.
"""

import os
from io import BytesIO

import vfs

_FOLDER = 0x4000
_FILE = 0x8000
_ENOENT = 2
_EROFS = 30
_AT = "/packs"


_mounted = []


def mount(folder: str) -> str:
    """Make the pack files of a folder importable. Return the entry for `sys.path`. Raises OSError if one is damaged."""
    _mounted.append(_Packs(folder))
    vfs.mount(_mounted[0], _AT)
    return _AT


def release() -> None:
    """Close the file of the last module. The next import opens it again."""
    for one in _mounted:
        one.release()


def umount() -> None:
    """Undo `mount`. Loaded modules stay."""
    release()
    _mounted.clear()
    vfs.umount(_AT)


class _Packs:
    """A read-only file system of compiled modules."""

    def __init__(self, folder: str):
        self._folder = folder
        self._package = ""  # of the open pack file
        self._file = None
        self._indexes = {}  # path of a package -> (offset of its first module, index)
        for entry in os.ilistdir(folder or "/"):
            name = entry[0]
            if name.endswith(".pack"):
                self._indexes[name[:-5].replace(".", "/")] = _index(folder + "/" + name)

    def _find(self, path: str):
        """Return (package, offset, length) of a module's file, None if it is missing."""
        package, _, name = path.rpartition("/")
        if package not in self._indexes or not name.endswith(".mpy"):
            return None
        begin, index = self._indexes[package]
        at = index.find(b"\n%s " % name[:-4].encode())
        if at < 0:
            return None
        words = index[at + 1 : index.find(b"\n", at + 1)].split()
        return package, begin + int(words[1]), int(words[2])

    def mount(self, _readonly: bool, _mkfs: bool) -> None:
        pass

    def umount(self) -> None:
        pass

    def stat(self, path: str) -> tuple:
        path = path.strip("/")
        if not path or path in self._indexes:
            return _stat(_FOLDER, 0)
        found = self._find(path)
        if not found:
            raise OSError(_ENOENT)
        return _stat(_FILE, found[2])

    def open(self, path: str, mode: str):
        found = self._find(path.strip("/"))
        if "w" in mode or "a" in mode or "+" in mode:
            raise OSError(_EROFS)
        if not found:
            raise OSError(_ENOENT)
        package, offset, length = found
        if package != self._package:
            self.release()
            self._file = open(self._folder + "/" + package.replace("/", ".") + ".pack", "rb")
            self._package = package
        self._file.seek(offset)
        return BytesIO(self._file.read(length))

    def release(self) -> None:
        """Close the open pack file."""
        if self._package:
            self._package = ""
            self._file.close()

    def ilistdir(self, _path: str):
        return iter(())

    def statvfs(self, _path: str) -> tuple:
        return 1, 1, 0, 0, 0, 0, 0, 0, 0, 255

    def getcwd(self) -> str:
        return "/"

    def chdir(self, _path: str) -> None:
        pass

    def _refuse(self, *_what) -> None:
        raise OSError(_EROFS)

    remove = rename = mkdir = rmdir = _refuse


def _index(path: str) -> tuple:
    """Return (offset of the first module, index) of a pack file."""
    with open(path, "rb") as file:
        try:
            index = file.read(int(file.readline()))
        except ValueError:
            raise OSError("%s is damaged" % path)
        return file.tell(), index


def _stat(kind: int, size: int) -> tuple:
    return kind, 0, 0, 0, 0, 0, size, 0, 0, 0
